"""`log-search`, inspector → gateway: what is searched for, and why. Itself a line of the log."""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.text import AgencyId, ClauseNumber, Id, Instant, Pseudonym
from contracts.vocabulary import Purpose, ReasonCode, SealedField, SearchReason


class LogSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each member given narrows the search; `after` and `limit` page through the lines by leaf index.

    `field` is one of those that a line is about, `state` how the exchange stood after it.
    """

    why: SearchReason
    agency: AgencyId | None = None
    person: Pseudonym | None = None
    about: Id | None = None
    event: Annotated[str, Meta(pattern=r"^[a-z][a-z-]{1,38}[a-z]$(?!\n)", max_length=40)] | None = None
    purpose: Purpose | None = None
    code: ReasonCode | None = None
    clause: ClauseNumber | None = None
    field: SealedField | None = None
    state: Annotated[str, Meta(pattern=r"^[a-z][a-z-]{1,38}[a-z]$(?!\n)", max_length=40)] | None = None
    since: Instant | None = None
    until: Instant | None = None
    after: Annotated[int, Meta(ge=-1, le=2**53)] = -1
    limit: Annotated[int, Meta(ge=1, le=500)] = 100
