"""What comes for an agency: fetched outwards, verified, applied once, and only then what follows from it.

The cursor moves in the same transaction as the cases: dying anywhere repeats nothing and misses nothing.
"""

import asyncio
from typing import Final, NoReturn

import structlog
from msgspec import Struct

from contracts.messages.contact_request import ContactRequest
from contracts.reply import InboxItem, NoticeClaims
from gateway.desk import case as cases
from gateway.desk import deliveries, happenings, outbox, progress, requester
from gateway.desk.agency import Agency
from gateway.desk.bell import rings
from gateway.desk.cabinet import Drawer
from gateway.desk.case import KIND, Case
from gateway.desk.deliveries import Delivered
from gateway.desk.errors import DeskError, GatewayAway, NotBelieved
from gateway.desk.heard import Heard, UnknownSigner
from gateway.desk.holder import needs_review
from gateway.desk.ids import now
from gateway.desk.progress import Recorded
from gateway.desk.trust import Known

WAIT_SECONDS: Final = 25
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 2.0
"""Seconds in which the gateway's return is noticed: a recall may be waiting to be sent."""

LONGEST_HOLD: Final = 60.0
"""How long something that the gateway has not taken may wait for its next try."""

RESEND_SECONDS: Final = 60.0

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Cursor(Struct, frozen=True, kw_only=True):
    """The leaf index of the last delivery that was applied."""

    index: int = -1


class Doubted(Struct, frozen=True, kw_only=True):
    """One delivery that does not verify, and why."""

    item: InboxItem
    why: str


async def listen(agency: Agency) -> NoReturn:
    """Follow the inbox for ever. The gateway's being away, or not to be believed, only makes it pause."""
    pause = FIRST_PAUSE
    cursor = await agency.cabinet.get("cursor", "inbox", Cursor) or Cursor()
    while True:
        try:
            await requester.ask_elsewhere(agency)
            cursor = await receive(agency, cursor, WAIT_SECONDS if pause == FIRST_PAUSE else 0)
            agency.answered()
            if pause > FIRST_PAUSE:
                agency.to_send.ring()  # the gateway is back: what waits goes now, a recall first
            pause = FIRST_PAUSE
        except DeskError as error:
            after = 0.0
            if isinstance(error, GatewayAway):
                agency.unanswered()
                after = error.after
            else:
                log.warning("inbox.paused", agency=agency.id, why=error.slug)
            await asyncio.sleep(max(pause, after))
            pause = min(pause * 2, LONGEST_PAUSE)


async def keep_sending(agency: Agency) -> NoReturn:
    """Send what waits, for ever: at start, when something begins to wait, and again after a pause."""
    pause = FIRST_PAUSE
    while True:
        ring = agency.to_send.next
        try:
            sent = await outbox.send_waiting(agency)
        except DeskError:
            sent = False
        longest = LONGEST_PAUSE if not sent and await outbox.recall_waits(agency) else LONGEST_HOLD
        pause = FIRST_PAUSE if sent else min(pause * 2, longest)
        await rings(ring, RESEND_SECONDS if sent else pause)


async def receive(agency: Agency, cursor: Cursor, wait: int) -> Cursor:
    """One look into the inbox: everything in it applied in one transaction. Raises GatewayAway, NotBelieved."""
    inbox = await agency.inbox(cursor.index, wait)
    if not inbox.items and inbox.next <= cursor.index:
        return cursor
    known = await agency.known()
    # What is at or below the cursor was applied; that its record may be erased here makes it no news.
    items = tuple(item for item in inbox.items if item.index > cursor.index)
    try:
        judged = _judged_each(agency, items, known)
    except UnknownSigner:
        # An agency or a key may have come into the directory since we looked.
        known = await agency.known(afresh=True)
        judged = _judged_each(agency, items, known, last=True)
    moved = Cursor(index=max(inbox.next, cursor.index))
    await agency.cabinet.change(lambda drawer: _apply(drawer, agency.id, judged, moved, known))
    agency.bell.ring()
    return moved


def _judged_each(
    agency: Agency, items: tuple[InboxItem, ...], known: Known, *, last: bool = False
) -> list[Delivered | Doubted]:
    """Each delivery, believed or not. One that is not never stands in the way of those behind it.

    Raises UnknownSigner, unless this is the last try.
    """
    judged: list[Delivered | Doubted] = []
    for item in items:
        try:
            judged.append(deliveries.believed(item, agency.gateway, known.directory, agency.id))
        except NotBelieved as error:
            if isinstance(error, UnknownSigner) and not last:
                raise
            log.error("delivery.not_believed", agency=agency.id, leaf=item.index, why=error.detail)
            judged.append(Doubted(item=item, why=error.detail))
    return judged


def _apply(drawer: Drawer, agency: str, judged: list[Delivered | Doubted], cursor: Cursor, known: Known) -> None:
    for one in judged:
        if isinstance(one, Doubted):
            _doubt(drawer, one)
        elif deliveries.keep(drawer, one):
            _hear(drawer, agency, one, known)
    drawer.put("cursor", "inbox", cursor)


def _hear(drawer: Drawer, agency: str, one: Delivered, known: Known) -> None:
    if isinstance(one.said, NoticeClaims):
        _notice(drawer, one, one.said)
    else:
        _message(drawer, agency, one, one.said, known)


def _message(drawer: Drawer, agency: str, one: Delivered, heard: Heard, known: Known) -> None:
    claims = heard.claims
    case = drawer.get(KIND, claims.exchange, Case) or _new(agency, heard, known)
    if case is None or claims.iss not in (case.requester, case.holder):
        return
    recorded = Recorded(at=one.at, leaf=one.item.index, withheld=one.item.withheld)
    _keep(drawer, progress.said(case, claims, recorded), heard.spec.name, one.item.index)


def _notice(drawer: Drawer, one: Delivered, notice: NoticeClaims) -> None:
    case = drawer.get(KIND, notice.exchange, Case)
    if case is not None:
        _keep(drawer, progress.noticed(case, notice), f"notice-{notice.notice}", one.item.index)


def _doubt(drawer: Drawer, doubted: Doubted) -> None:
    """An alarm for people: nothing follows from what was not believed, but a case that it names may lack something."""
    item = doubted.item
    deliveries.alarm(drawer, item, doubted.why, now())
    case = drawer.get(KIND, item.exchange, Case)
    if case is not None:
        happenings.note(drawer, "not-believed", case, item.index)


def _keep(drawer: Drawer, case: Case, happened: str, leaf: int) -> None:
    cases.keep(drawer, case)
    happenings.note(drawer, happened, case, leaf)


def _new(agency: str, heard: Heard, known: Known) -> Case | None:
    """The holder's case, which begins with the request; nothing else begins one."""
    claims, request = heard.claims, heard.claims.body
    if not isinstance(request, ContactRequest):
        return None
    return Case(
        exchange=claims.exchange,
        side="holder",
        requester=claims.iss,
        holder=agency,
        request=request,
        state="with-police",
        asked_at=claims.iat,
        sealed_by=claims.jti,
        review="needed" if needs_review(request, (), known.agreement) else "not-needed",
    )
