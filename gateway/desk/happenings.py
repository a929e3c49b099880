"""What happened to an agency's cases, in order: so that its own system can follow them without asking for lists."""

from typing import Final

from msgspec import Struct

from gateway.desk.agency import Agency
from gateway.desk.bell import rings
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case, CaseState, Side
from gateway.desk.ids import new_id, now

KIND: Final = "event"
PAGE: Final = 500


class Happening(Struct, frozen=True, kw_only=True):
    """`event` is a message's name, `notice-` and a notice's, or the desk's own word; `leaf` its line of the log.

    `record` names a record of the desk's own, such as a referral. One that belongs to no case has no exchange.
    `by` is whoever of this agency's staff did it, by the pseudonym that the gateway knows; `client` is the client of
    the local API by which it was done, where it was this desk's doing.
    """

    exchange: str | None
    event: str
    side: Side
    state: CaseState | None
    at: int
    leaf: int | None = None
    record: str | None = None
    by: str | None = None
    client: str | None = None


def note(
    drawer: Drawer, event: str, case: Case, leaf: int | None = None, *, by: str | None = None, client: str | None = None
) -> None:
    """Write down what happened, in the same transaction as what it did. Ring the agency's bell afterwards."""
    happened = Happening(
        exchange=case.exchange,
        event=event,
        side=case.side,
        state=case.state,
        at=now(),
        leaf=leaf,
        by=by,
        client=client,
    )
    drawer.put(KIND, new_id(), happened, (case.exchange,))


def note_record(
    drawer: Drawer, event: str, side: Side, record: str, exchange: str | None = None, *, client: str | None = None
) -> None:
    """Write down what happened to a record of the desk's own. It is forgotten with its case, or with the record."""
    happened = Happening(exchange=exchange, event=event, side=side, state=None, at=now(), record=record, client=client)
    drawer.put(KIND, new_id(), happened, (record, *((exchange,) if exchange else ())))


async def of_case(agency: Agency, exchange: str) -> list[Happening]:
    """What happened to one case, in order."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, exchange, Happening))
    return [happened for _, happened in found]


async def after(agency: Agency, number: int, wait: float) -> list[tuple[int, Happening]]:
    """What happened after that number; if nothing has, what happens next, or nothing after `wait` seconds."""
    ring = agency.bell.next
    found = await _page(agency, number)
    if not found and wait > 0 and await rings(ring, wait):
        found = await _page(agency, number)
    return found


async def _page(agency: Agency, number: int) -> list[tuple[int, Happening]]:
    return await agency.cabinet.change(lambda drawer: drawer.each(KIND, Happening, number, PAGE))
