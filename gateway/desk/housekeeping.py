"""What a desk forgets by itself: each case a while after its end, with all that was kept of it (agreement: retention).

Standing instructions stay: they protect somebody for as long as they stand, and name nobody.
"""

import asyncio
from typing import Final, NoReturn

import structlog

from gateway.decide.calendar import due
from gateway.desk import (
    access,
    approach,
    colleagues,
    copies,
    delays,
    deliveries,
    happenings,
    letters,
    letters_in,
    looks,
    outbox,
    receipts,
    referrals,
    repeats,
)
from gateway.desk import case as cases
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import OVER, Case
from gateway.desk.deliveries import Alarm
from gateway.desk.errors import DeskError
from gateway.desk.ids import now
from gateway.desk.index import ALLOCATION
from gateway.desk.pages import kept
from gateway.desk.receipts import Receipt, decision_of
from gateway.desk.victim_page import Forgotten, Given

LONGEST_PAUSE: Final = 3600
BESIDE: Final = (
    happenings.KIND,
    receipts.KIND,
    deliveries.DELIVERY,
    outbox.KIND,
    looks.KIND,
    delays.KIND,
    ALLOCATION,
    approach.KIND,
    letters_in.KIND,
    colleagues.HAND,
    copies.KIND,
    repeats.KIND,
)
"""What is kept beside a case, found by its exchange."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def keep_house(agency: Agency) -> NoReturn:
    """Erase what is due, for ever: once an hour, or as often as the agreement's retention is short."""
    pause = 1
    while True:
        try:
            span = (await agency.known()).agreement.retention.record
            await erase(agency, span, now())
            pause = min(due(now(), span) - now(), LONGEST_PAUSE)
        except DeskError as error:
            log.warning("housekeeping.failed", agency=agency.id, why=error.slug)
        await asyncio.sleep(max(1, pause))


async def erase(agency: Agency, span: str, at: int) -> int:
    """Erase every case whose retention is over; how many there were. Raises NotKept, Damaged."""
    erased = await agency.cabinet.change(lambda drawer: _erase(drawer, span, at))
    if erased:
        await agency.cabinet.scrub()
        log.info("housekeeping.erased", agency=agency.id, cases=erased)
    return erased


def _erase(drawer: Drawer, span: str, at: int) -> int:
    over = [case for _, case in drawer.find(cases.KIND, OVER, Case) if _is_due(case.ended_at, span, at)]
    for case in over:
        for kind in BESIDE:
            drawer.remove_all(kind, case.exchange)
        referrals.forget_with(drawer, case.exchange)
        letters.forget_with(drawer, case.exchange)
        drawer.remove(cases.KIND, case.exchange)
    _remember_how_far(drawer, over)
    kept.forget(drawer, at)
    for _, receipt in drawer.find(receipts.KIND, receipts.ALONE, Receipt):
        if _is_due(decision_of(receipt).at, span, at):
            drawer.remove(receipts.KIND, receipt.jti)
    for _, alarm in drawer.each(deliveries.ALARM, Alarm):
        if _is_due(alarm.at, span, at):
            drawer.remove(deliveries.ALARM, deliveries.alarm_name(alarm))
    referrals.forget(drawer, span, at)
    letters.forget(drawer, span, at)
    for _, given in drawer.each(access.KIND, Given):
        if _is_due(given.at, span, at):
            drawer.remove(access.KIND, given.id)
    repeats.forget(drawer, at)
    return len(over)


def _remember_how_far(drawer: Drawer, over: list[Case]) -> None:
    """Until when cases that are erased had ended: a report to a victim says so, without saying whose they were."""
    ends = [case.ended_at for case in over if case.ended_at is not None and case.side == "holder"]
    if ends:
        before = drawer.get("forgotten", "cases", Forgotten) or Forgotten(ended_at=0)
        drawer.put("forgotten", "cases", Forgotten(ended_at=max(before.ended_at, *ends)))


def _is_due(since: int | None, span: str, at: int) -> bool:
    return since is not None and due(since, span) <= at
