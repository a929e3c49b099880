"""What comes for an agency: fetched outwards, verified, applied once, and only then what follows from it.

The cursor moves in the same transaction as the cases: dying anywhere repeats nothing and misses nothing.
"""

import asyncio
from typing import Final, NoReturn

import msgspec
import structlog
from msgspec import Struct

from contracts import event
from contracts.codec import Malformed, unb64url
from contracts.messages.contact_request import ContactRequest
from contracts.reply import NOTICE_TYP, InboxItem, NoticeClaims
from gateway.desk import happenings, outbox, progress, requester
from gateway.desk.agency import Agency
from gateway.desk.bell import rings
from gateway.desk.cabinet import Drawer
from gateway.desk.case import KIND, Case
from gateway.desk.errors import DeskError, GatewayAway, NotBelieved
from gateway.desk.heard import Heard, UnknownSigner, hear
from gateway.desk.holder import needs_review
from gateway.desk.progress import Recorded
from gateway.desk.trust import Known

WAIT_SECONDS: Final = 25
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
RESEND_SECONDS: Final = 60.0

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Cursor(Struct, frozen=True, kw_only=True):
    """The leaf index of the last delivery that was applied."""

    index: int = -1


class Delivered(Struct, frozen=True, kw_only=True):
    """One delivery that verifies. `at` is log time, in UTC seconds."""

    index: int
    at: int
    withheld: int
    said: Heard | NoticeClaims


async def listen(agency: Agency) -> NoReturn:
    """Follow the inbox for ever. The gateway's being away, or not to be believed, only makes it pause."""
    pause = FIRST_PAUSE
    cursor = await agency.cabinet.get("cursor", "inbox", Cursor) or Cursor()
    while True:
        try:
            await requester.ask_elsewhere(agency)
            cursor = await receive(agency, cursor, WAIT_SECONDS)
            pause = FIRST_PAUSE
        except DeskError as error:
            if not isinstance(error, GatewayAway):
                log.warning("inbox.paused", agency=agency.id, why=error.slug)
            await asyncio.sleep(pause)
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
        pause = FIRST_PAUSE if sent else min(pause * 2, LONGEST_PAUSE)
        if sent:
            await rings(ring, RESEND_SECONDS)
        else:
            await asyncio.sleep(pause)


async def receive(agency: Agency, cursor: Cursor, wait: int) -> Cursor:
    """One look into the inbox: everything in it applied in one transaction. Raises GatewayAway, NotBelieved."""
    inbox = await agency.inbox(cursor.index, wait)
    if not inbox.items and inbox.next <= cursor.index:
        return cursor
    known = await agency.known()
    try:
        delivered = _verified_each(agency, inbox.items, known)
    except UnknownSigner:
        # An agency or a key may have come into the directory since we looked.
        known = await agency.known(afresh=True)
        delivered = _verified_each(agency, inbox.items, known, last=True)
    moved = Cursor(index=max(inbox.next, cursor.index))
    await agency.cabinet.change(lambda drawer: _apply(drawer, agency.id, delivered, moved, known))
    agency.bell.ring()
    return moved


def _verified_each(
    agency: Agency, items: tuple[InboxItem, ...], known: Known, *, last: bool = False
) -> list[Delivered]:
    """The deliveries that verify. One that does not is an alarm, and never stands in the way of those behind it.

    Raises UnknownSigner, unless this is the last try.
    """
    delivered = []
    for item in items:
        try:
            delivered.append(_verified(agency, item, known))
        except NotBelieved as error:
            if isinstance(error, UnknownSigner) and not last:
                raise
            log.error("inbox.not_believed", agency=agency.id, leaf=item.index)
    return delivered


def _verified(agency: Agency, item: InboxItem, known: Known) -> Delivered:
    try:
        shared = event.parse_shared(unb64url(item.shared))
        if item.typ == NOTICE_TYP:
            notice = agency.gateway.notice(item.token, agency.id)
            return Delivered(index=item.index, at=notice.at, withheld=0, said=notice)
        heard = hear(item.token, known.directory, agency.id)
        if heard.claims.to != agency.id or shared.token != heard.digest:
            raise NotBelieved("A delivery is not the message that the log's line names.")
        return Delivered(index=item.index, at=shared.at, withheld=item.withheld, said=heard)
    except (Malformed, msgspec.DecodeError):
        raise NotBelieved("A delivery does not carry the opening of its line.") from None


def _apply(drawer: Drawer, agency: str, delivered: list[Delivered], cursor: Cursor, known: Known) -> None:
    for one in delivered:
        if isinstance(one.said, NoticeClaims):
            _notice(drawer, one.said)
        else:
            _message(drawer, agency, one, one.said, known)
    drawer.put("cursor", "inbox", cursor)


def _message(drawer: Drawer, agency: str, one: Delivered, heard: Heard, known: Known) -> None:
    claims = heard.claims
    if drawer.get("heard", f"{claims.iss} {claims.jti}", Cursor) is not None:
        return
    drawer.put("heard", f"{claims.iss} {claims.jti}", Cursor(index=one.index))
    case = drawer.get(KIND, claims.exchange, Case) or _new(agency, heard, known)
    if case is None or claims.iss not in (case.requester, case.holder):
        return
    recorded = Recorded(at=one.at, withheld=one.withheld)
    _keep(drawer, progress.said(case, claims, recorded), heard.spec.name)


def _notice(drawer: Drawer, notice: NoticeClaims) -> None:
    case = drawer.get(KIND, notice.exchange, Case)
    if case is not None:
        _keep(drawer, progress.noticed(case, notice), f"notice-{notice.notice}")


def _keep(drawer: Drawer, case: Case, happened: str) -> None:
    drawer.put(KIND, case.exchange, case, case.words)
    happenings.note(drawer, happened, case)


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
