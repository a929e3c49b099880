"""The shapes of short strings: each has a length limit and a pattern.

`$(?!\\n)` rather than `$`: Python's `$` also matches before a last line feed; JSON Schema's does not.
"""

from typing import Annotated, Final

from msgspec import Meta

UUID7: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$(?!\n)"

Id = Annotated[str, Meta(pattern=UUID7, max_length=36, description="A UUID of version 7 (RFC 9562), lower case.")]
AgencyId = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$(?!\n)", max_length=40, description="An agency in the directory."),
]
OfficeId = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$(?!\n)", max_length=40, description="An office of an agency.")
]
Origin = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9-]+)?$(?!\n)", max_length=120, description="A gateway's log."),
]
KeyId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)", max_length=22, description="A key in the directory.")]
Pseudonym = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)",
        max_length=22,
        description="The agency's own pseudonym for one of its staff or systems; only the agency knows the person.",
    ),
]
Digest = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)", max_length=43, description="A SHA-256 digest, base64url, unpadded."),
]
Signature = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{86}$(?!\n)", max_length=86, description="An Ed25519 signature, base64url.")
]
DAY: Final = (
    r"^(20[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))|20([02468][048]|[13579][26])-02-29)$(?!\n)"
)
"""Days of this century that exist: no 31 June, and 29 February in leap years alone."""

Day = Annotated[str, Meta(pattern=DAY, max_length=10, description="A date, YYYY-MM-DD.")]
Instant = Annotated[int, Meta(ge=0, le=4_102_444_800, description="Seconds since 1970-01-01T00:00:00Z, before 2100.")]
ClauseNumber = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]?(\.[1-9][0-9]?){0,2}$(?!\n)", max_length=8, description="A clause.")
]
