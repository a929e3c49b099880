"""Receipts become more than the log's own word: each is proven again in a tree that a quorum of cosigners has seen.

A reply comes before cosigners have seen its line. So what the desk keeps of each message and each delivery is looked at
again, a few at a time, until its proof satisfies the policy that `trust.json` pins. What has not come right in
`LATE_SECONDS` is an alarm, and so is, at once, a log that contradicts itself. Without a policy nothing is done.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from contracts.tlog_policy import Policy
from gateway.desk import deliveries, receipts
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.deliveries import ALARM, Alarm, Delivery
from gateway.desk.errors import DeskError, GatewayAway
from gateway.desk.ids import now
from gateway.desk.receipts import UNWITNESSED, Receipt, decision_of
from gateway.desk.upgrading import Contradicted, NotYet, is_witnessed, last_of, upgraded

LATE_SECONDS: Final = 300
"""How long cosigners may take."""

AT_ONCE: Final = 40
"""How many are looked at before others of the desk have their turn."""

PAUSE: Final = 3.0
BUSY_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 60.0

LATE: Final = "unwitnessed"
CONTRADICTED: Final = "contradiction"
NO_QUORUM: Final = "No quorum of log cosigners has confirmed this line in time. Ring the gateway's operator."

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Begun(Struct, frozen=True, kw_only=True):
    """What was kept before this desk knew of cosigners has been marked."""


class Place(Struct, frozen=True, kw_only=True):
    """How far this round has come, in the cabinet's numbers."""

    receipt: int = 0
    delivery: int = 0


Waiting = Receipt | Delivery


async def keep_witnessed(agency: Agency) -> None:
    """Follow what is kept, for ever; at once done where no policy is pinned."""
    if agency.policy is None:
        return
    began, place, pause = now(), Place(), PAUSE
    await _mark_earlier(agency)
    while True:
        try:
            place, pause = await look(agency, agency.policy, place, began), PAUSE
            if place != Place():
                pause = BUSY_PAUSE
        except DeskError as error:
            pause = min(pause * 2, LONGEST_PAUSE)
            if not isinstance(error, GatewayAway):
                log.warning("witnessed.paused", agency=agency.id, why=error.slug)
        await asyncio.sleep(pause)


async def look(agency: Agency, policy: Policy, place: Place, began: int) -> Place:
    """Look at the next few; where to go on, or the beginning after the last. Raises GatewayAway, NotBelieved."""
    found, after = await agency.cabinet.change(lambda drawer: _next(drawer, place))
    for number, each in enumerate(found):
        try:
            await _one(agency, policy, each, began)
        except DeskError:
            await _late(agency, found[number:], began)
            raise
    return after


async def _one(agency: Agency, policy: Policy, kept: Waiting, began: int) -> None:
    """One receipt, or one delivery's. Raises GatewayAway, NotBelieved."""
    try:
        proven = kept.receipt if is_witnessed(kept.receipt, policy) else await _proven(agency, policy, kept)
    except NotYet:
        await _late(agency, [kept], began)
    except Contradicted as error:
        log.error("receipt.contradicted", agency=agency.id, leaf=kept.leaf)
        why = str(error)
        await agency.cabinet.change(lambda drawer: _contradicted(drawer, kept, why))
    else:
        await agency.cabinet.change(lambda drawer: _witnessed(drawer, kept, proven))


async def _proven(agency: Agency, policy: Policy, kept: Waiting) -> str:
    """The line in the newest published tree, and that tree's last leaf of ours in the very same one."""
    offered, border = await agency.proof(kept.leaf), last_of(kept.receipt)
    last = offered if border == kept.leaf else await agency.proof(border)
    if offered is None:
        raise NotYet("The published log has no such line yet.")
    return upgraded(kept.receipt, offered, last, policy)


async def _late(agency: Agency, waiting: Sequence[Waiting], began: int) -> None:
    """An alarm for each that should have come right by now; a desk that was off gives them the same time again."""
    overdue = [each for each in waiting if now() - max(_since(each), began) > LATE_SECONDS]
    if overdue:
        added = await agency.cabinet.change(lambda drawer: [each.leaf for each in overdue if _warned(drawer, each)])
        for leaf in added:
            log.error("receipt.unwitnessed", agency=agency.id, leaf=leaf)


def _since(kept: Waiting) -> int:
    return kept.at if isinstance(kept, Delivery) else decision_of(kept).at


def _next(drawer: Drawer, place: Place) -> tuple[list[Waiting], Place]:
    mine = drawer.find(receipts.KIND, UNWITNESSED, Receipt, place.receipt, AT_ONCE)
    theirs = drawer.find(deliveries.DELIVERY, UNWITNESSED, Delivery, place.delivery, AT_ONCE)
    if len(mine) < AT_ONCE and len(theirs) < AT_ONCE:
        after = Place()
    else:
        after = Place(
            receipt=mine[-1][0] if mine else place.receipt, delivery=theirs[-1][0] if theirs else place.delivery
        )
    return [*(each for _, each in mine), *(each for _, each in theirs)], after


def _current(drawer: Drawer, kept: Waiting) -> Waiting | None:
    """As it is kept now; None where it was erased while we asked."""
    if isinstance(kept, Receipt):
        return drawer.get(receipts.KIND, kept.jti, Receipt)
    return drawer.get(deliveries.DELIVERY, deliveries.name(kept), Delivery)


def _put(drawer: Drawer, kept: Waiting) -> None:
    if isinstance(kept, Receipt):
        receipts.keep(drawer, kept)
    else:
        deliveries.put(drawer, kept)


def _witnessed(drawer: Drawer, kept: Waiting, receipt: str) -> None:
    """In the place of the old one; an alarm that it was late is over."""
    if _current(drawer, kept) == kept:
        _put(drawer, replace(kept, receipt=receipt, witnessed=True))
        drawer.remove(ALARM, deliveries.alarm_name(_alarm(kept, LATE, NO_QUORUM)))


def _warned(drawer: Drawer, kept: Waiting) -> bool:
    """Whether an alarm was added: one for each line."""
    alarm = _alarm(kept, LATE, NO_QUORUM)
    if drawer.get(ALARM, deliveries.alarm_name(alarm), Alarm) is not None:
        return False
    drawer.put(ALARM, deliveries.alarm_name(alarm), alarm)
    return True


def _contradicted(drawer: Drawer, kept: Waiting, why: str) -> None:
    """An alarm that stays; the receipt stays as it is, which is the evidence, and is not asked about again."""
    alarm = _alarm(kept, CONTRADICTED, why)
    drawer.put(ALARM, deliveries.alarm_name(alarm), alarm)
    drawer.remove(ALARM, deliveries.alarm_name(_alarm(kept, LATE, NO_QUORUM)))
    if _current(drawer, kept) == kept:
        _put(drawer, replace(kept, contradicted=True))


def _alarm(kept: Waiting, typ: str, why: str) -> Alarm:
    token = kept.token if isinstance(kept, Delivery) else kept.decision
    return Alarm(
        leaf=kept.leaf,
        exchange=kept.exchange,
        typ=typ,
        why=why,
        at=now(),
        token=token,
        receipt=kept.receipt,
        about="line",
    )


async def _mark_earlier(agency: Agency) -> None:
    """What an earlier version has kept, or what was kept under no policy, is marked once, so that it is found."""

    def mark(drawer: Drawer) -> None:
        if drawer.get("witnesses", "begun", Begun) is None:
            kept: list[Waiting] = [each for _, each in drawer.each(receipts.KIND, Receipt)]
            kept += [each for _, each in drawer.each(deliveries.DELIVERY, Delivery)]
            for each in kept:
                _put(drawer, each)
            drawer.put("witnesses", "begun", Begun())

    await agency.cabinet.change(mark)
