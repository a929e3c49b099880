"""Why an inspector may look: a search of its own, accepted within the hour, that covers what it looks at.

A search is a line of the log. What is shown by reference to one is seen by whoever reads the log afterwards.
"""

from typing import Final, NamedTuple

import msgspec

from contracts.envelope import Claims
from contracts.event import parse_shared
from contracts.messages.log_search import LogSearch
from gateway.errors import Refusal
from gateway.store import finding
from gateway.store.port import Record, Store, StoredCase, StoredLine
from keys import tokens

SEARCH_LASTS: Final = 3600
"""Seconds for which an inspector's search stands for its look."""

SAY_WHY: Final = (
    "An inspector's look is a line of the log. Send a `log-search` whose `about` is this exchange, and name its `jti` "
    "in `search` within the hour."
)
SAY_WHY_OF_LINE: Final = (
    "An inspector's look is a line of the log. Send a `log-search` that covers this line, by the exchange in its "
    "`about` or, without one, by what it searches for, and name its `jti` in `search` within the hour."
)

SAY_WHY_OF_CASES: Final = (
    "An inspector's look is a line of the log. Send a `log-search` for requests (`event` is `contact-request`, or is "
    "left out) that covers the cases you need, and name its `jti` in `search` within the hour."
)
REQUESTS: Final = (None, "contact-request")
"""What a search for cases may say in `event`: a case is found by its request."""

_SEARCH: Final = msgspec.json.Decoder(Claims[LogSearch])


class Look(NamedTuple):
    """Who looks, by which search of its own, and when."""

    reader: str
    search: str | None
    at: int


async def check_exchange(store: Store, look: Look, exchange: str) -> None:
    """Raises Refusal unless the reader has searched about this exchange, whether or not there is one."""
    wanted = await _said(store, look)
    if wanted is None or wanted.about != exchange:
        raise Refusal("not-permitted", SAY_WHY)


async def check_line(store: Store, look: Look, index: int, line: StoredLine | None) -> None:
    """Raises Refusal unless the reader has made this search; where there is such a line, the search has to cover it."""
    wanted = await _said(store, look)
    if wanted is None or (line is not None and not await _covers(store, wanted, index, line)):
        raise Refusal("not-permitted", SAY_WHY_OF_LINE)


async def check_cases(store: Store, look: Look) -> LogSearch:
    """What the reader searched for, where that is cases. Raises Refusal unless it has made this search.

    Records say much of a case in one place. Which cases they are of is said by the search: one that says nothing more
    than why is for all of them, and that is what the log then says. See `covers_case`.
    """
    wanted = await _said(store, look)
    if wanted is None or wanted.event not in REQUESTS:
        raise Refusal("not-permitted", SAY_WHY_OF_CASES)
    return wanted


def covers_case(wanted: LogSearch, case: StoredCase) -> bool:
    """Whether the search describes the request that this case began with."""
    if wanted.about not in (None, case.exchange.id):
        return False
    index, record = next(((i, each) for i, each in case.lines if _asks(each)), (-1, None))
    if record is None:
        return False
    return index > wanted.after and finding.fits(wanted, record.shared.part, record.exact.part)


def _asks(record: Record) -> bool:
    return parse_shared(record.shared.part).event == "contact-request"


async def _covers(store: Store, wanted: LogSearch, index: int, line: StoredLine) -> bool:
    """A line whose record is gone belongs to no exchange, and no search is too narrow for it: nothing is opened."""
    if wanted.about is not None:
        first = await store.lines_of(wanted.about, "", whole=True, after=index - 1, limit=1)
        return [each.index for each in first] == [index]
    if line.record is None:
        return True
    return index > wanted.after and finding.fits(wanted, line.record.shared.part, line.record.exact.part)


async def _said(store: Store, look: Look) -> LogSearch | None:
    """What the reader searched for, if that was accepted and still stands."""
    found = await store.message(look.reader, look.search) if look.search else None
    record = found[1] if found else None
    decision = record.decision if record else None
    if record is None or record.token is None or decision is None or decision.decision != "accepted":
        return None
    if decision.at + SEARCH_LASTS <= look.at:
        return None
    parsed = tokens.parse(record.token)
    return _SEARCH.decode(parsed.claims).body if parsed.header.typ == "rj.log-search.v1+jwt" else None
