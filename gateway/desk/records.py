"""Looking at what the desk keeps: lists by page, one thing by its name."""

from typing import Final, get_args

from gateway.desk import case as cases
from gateway.desk import deliveries, happenings, progress, receipts
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case, CaseState, Side
from gateway.desk.deliveries import Alarm, Delivery
from gateway.desk.errors import Fault, NotThere, Typed
from gateway.desk.ids import now
from gateway.desk.receipts import Receipt

STATES: Final = frozenset(word for part in get_args(CaseState) for word in (get_args(part) or (part,)))
SIDES: Final = frozenset(get_args(Side))


async def page_of_cases(
    agency: Agency, state: str | None, side: str | None, after: int, limit: int
) -> list[tuple[int, Case]]:
    """Cases with their numbers, in the order in which they came. Raises Typed."""
    if state is not None and state not in STATES:
        raise Typed(Fault(name="state", detail="There is no such state."))
    if side is not None and side not in SIDES:
        raise Typed(Fault(name="side", detail="The sides are requester and holder."))
    word = " ".join(f"{name} {value}" for name, value in (("state", state), ("side", side)) if value)
    if not word:
        return await agency.cabinet.change(lambda drawer: drawer.each(cases.KIND, Case, after, limit))
    return await agency.cabinet.change(lambda drawer: drawer.find(cases.KIND, word, Case, after, limit))


async def fresh_case(agency: Agency, exchange: str) -> Case:
    """The case as the gateway sees it this second, kept so. Raises NotThere, GatewayAway.

    What was heard meanwhile stands: it may be what the gateway recorded just after it was asked.
    """
    before = await agency.case(exchange)
    view = await agency.look(exchange)

    def refreshed(drawer: Drawer) -> Case:
        case = drawer.get(cases.KIND, exchange, Case)
        if case is None:
            raise NotThere(NO_SUCH_CASE)
        if case.moved_by != before.moved_by:
            return case
        seen = progress.seen(case, view, now())
        if seen != case:
            cases.keep(drawer, seen)
        if seen.state != case.state:
            happenings.note(drawer, "seen", seen)
        return seen

    return await agency.cabinet.change(refreshed)


async def page_of_receipts(agency: Agency, after: int, limit: int) -> list[tuple[int, Receipt]]:
    """Receipts with their numbers, in the order in which they came."""
    return await agency.cabinet.change(lambda drawer: drawer.each(receipts.KIND, Receipt, after, limit))


async def receipt(agency: Agency, jti: str) -> Receipt:
    """The receipt of one message. Raises NotThere."""
    kept = await agency.cabinet.get(receipts.KIND, jti, Receipt)
    if kept is None:
        raise NotThere("There is no receipt of such a message at your agency.")
    return kept


async def delivery(agency: Agency, leaf: str) -> Delivery:
    """What was delivered with this line of the log, and the proof of it. Raises NotThere."""
    found = await agency.cabinet.change(lambda drawer: deliveries.at_leaf(drawer, leaf))
    if found is None:
        raise NotThere("Nothing was delivered to your agency with such a line of the log.")
    return found


async def page_of_alarms(agency: Agency, after: int, limit: int) -> list[tuple[int, Alarm]]:
    """Deliveries that were not believed, with their numbers, in the order in which they came."""
    return await agency.cabinet.change(lambda drawer: drawer.each(deliveries.ALARM, Alarm, after, limit))


async def alarms(agency: Agency) -> int:
    """How many deliveries were not believed."""
    return await agency.cabinet.change(lambda drawer: drawer.count(deliveries.ALARM))
