"""Case records, for an inspector who says why: one search of the log, then page after page of the cases it describes.

Nothing personal is in them, and nothing of them is kept at the desk.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from contracts.case_record import CASES_PAGE, CaseRecord, CaseRecords
from contracts.envelope import GATEWAY
from contracts.messages.log_search import LogSearch
from contracts.text import AgencyId, Id, Instant
from contracts.vocabulary import Purpose, SearchReason
from gateway.desk import outbox
from gateway.desk.agency import Agency
from gateway.desk.errors import NotBelieved
from gateway.desk.ids import new_id
from gateway.desk.sealer import Draft
from gateway.desk.staff import Staff

CASES_MAX: Final = 100_000
"""Cases that one look gathers at the most: more than a year of the whole country's."""


class CountCases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cases, by whom and why. `since` and `until` are when they were asked, `agency` is who asked."""

    staff: Staff
    why: SearchReason
    agency: AgencyId | None = None
    about: Id | None = None
    purpose: Purpose | None = None
    since: Instant | None = None
    until: Instant | None = None


class PageCases(CountCases, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page of them, by a search of its own: from after which exchange on, and how many cases to look at."""

    after: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=CASES_PAGE)] = CASES_PAGE


class Cases(Struct, frozen=True, kw_only=True):
    """The cases as they stood at `at`, by the search `jti` at `leaf`. Not `whole`: there are more."""

    records: tuple[CaseRecord, ...]
    at: int
    jti: str
    leaf: int | None
    whole: bool


class CasesPage(Struct, frozen=True, kw_only=True):
    """A page of cases as the local API gives it; `next` is the next page's `after`, null at the end."""

    records: tuple[CaseRecord, ...]
    looked: int
    at: int
    next: str | None
    jti: str
    leaf: int | None


async def gather(agency: Agency, wanted: CountCases) -> Cases:
    """All of them. Raises Refused, GatewayAway, NotBelieved."""
    jti, leaf = await _say_why(agency, wanted)
    records: list[CaseRecord] = []
    looked, after, at = 0, "", 0
    while True:
        page = await _page(agency, jti, after, CASES_PAGE)
        records += page.records
        looked, at = looked + page.looked, page.at
        if page.next is None or looked >= CASES_MAX:
            return Cases(records=tuple(records), at=at, jti=jti, leaf=leaf, whole=page.next is None)
        after = page.next


async def one_page(agency: Agency, wanted: PageCases) -> CasesPage:
    """A page. Raises Refused, GatewayAway, NotBelieved."""
    jti, leaf = await _say_why(agency, wanted)
    page = await _page(agency, jti, wanted.after or "", wanted.limit)
    return CasesPage(records=page.records, looked=page.looked, at=page.at, next=page.next, jti=jti, leaf=leaf)


async def _say_why(agency: Agency, wanted: CountCases) -> tuple[str, int | None]:
    """The search that says it: for requests, since a case is found by its request."""
    said = LogSearch(
        why=wanted.why,
        agency=wanted.agency,
        about=wanted.about,
        event="contact-request",
        purpose=wanted.purpose,
        since=wanted.since,
        until=wanted.until,
        limit=1,
    )
    draft = Draft(to=GATEWAY, exchange=new_id(), actor=agency.actor(wanted.staff), body=said)
    sent = await outbox.send_now(agency, draft)
    return sent.jti, sent.leaf


async def _page(agency: Agency, search: str, after: str, limit: int) -> CaseRecords:
    """The page, if it moves on: otherwise a gateway could keep a desk asking for ever."""
    page = await agency.case_records(search, after, limit)
    if page.next is not None and page.next <= after:
        raise NotBelieved("The gateway's case records have no end. Ring its operator.")
    return page
