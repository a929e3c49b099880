"""What a receipt carries beside its proof: the leaf, and the openings that its reader may see.

A receipt is a C2SP tlog-proof; this is its `extra`. Nothing vouches for `extra` itself: the leaf is checked by the
proof, and each opening by the leaf's commitment (`keys.receipts.check`).
"""

from typing import Final

import msgspec
from msgspec import Struct

from contracts.codec import Malformed, b64url, unb64url
from contracts.event import Opening
from contracts.tlog_proof import TlogProof


class Carried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All base64url. Without `shared` or `exact` that part is not for this reader, or is erased."""

    leaf: str
    shared: str | None = None
    salt: str | None = None
    exact: str | None = None
    exact_salt: str | None = None


_CARRIED: Final = msgspec.json.Decoder(Carried)


def carry(leaf: bytes, shared: Opening | None = None, exact: Opening | None = None) -> Carried:
    """The leaf with its openings, as a receipt carries them."""
    return Carried(
        leaf=b64url(leaf),
        shared=b64url(shared.part) if shared else None,
        salt=b64url(shared.salt) if shared else None,
        exact=b64url(exact.part) if exact else None,
        exact_salt=b64url(exact.salt) if exact else None,
    )


def carried(proof: TlogProof) -> tuple[bytes, Opening | None, Opening | None]:
    """The leaf's bytes and the openings of `shared` and `exact`. Raises Malformed."""
    try:
        extra = _CARRIED.decode(proof.extra or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("The receipt does not carry its leaf.") from None
    return unb64url(extra.leaf), _opening(extra.shared, extra.salt), _opening(extra.exact, extra.exact_salt)


def _opening(part: str | None, salt: str | None) -> Opening | None:
    if part is None or salt is None:
        return None
    return Opening(salt=unb64url(salt), part=unb64url(part))
