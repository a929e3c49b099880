"""A look at sealed values: a line of the log first, then the values, in memory only and once."""

from collections.abc import Callable

from msgspec import Struct

from contracts.envelope import GATEWAY
from contracts.messages.open_ import Open
from contracts.vocabulary import SealedField
from gateway.desk.agency import Agency
from gateway.desk.asking import Look
from gateway.desk.cabinet import Drawer
from gateway.desk.deliveries import DELIVERY, Delivery, name_of
from gateway.desk.errors import Fault, NotBelieved, OutOfTurn, Typed
from gateway.desk.outbox import send_now
from gateway.desk.posting import Posting, Sent
from gateway.desk.sealer import Draft

CONFLICT = Fault(
    name="no_conflict",
    detail="Only somebody who knows neither the victim nor the offender outside work may open this. Ask a colleague.",
)
ONCE = "This look is in the log, but its values were handed over once already. Open them again if you need them."


class Looked(Struct, frozen=True, kw_only=True):
    """The values that were opened, never stored, and the message that opened them."""

    values: dict[SealedField, str]
    sent: Sent


async def look(
    agency: Agency,
    exchange: str,
    of: str,
    fields: tuple[SealedField, ...],
    wanted: Look,
    *,
    by: str | None,
    beside: Callable[[Drawer, Posting], None] | None = None,
) -> Looked:
    """Open these fields of the message `of`, which `by` sent to this agency; None where it went to another.

    What `beside` keeps of the look is on disk before the gateway is asked.

    Raises Typed, OutOfTurn, Refused, GatewayAway, NotBelieved.
    """
    if not wanted.no_conflict:
        raise Typed(CONFLICT)
    body = Open(of=of, fields=fields, why=wanted.why, no_conflict="declared", copy=wanted.copy)
    draft = Draft(to=GATEWAY, exchange=exchange, actor=agency.actor(wanted.staff), body=body)
    sent = await send_now(agency, draft, beside)
    if sent.handed_over is None:
        raise OutOfTurn(ONCE, exchange=exchange)
    came = await agency.cabinet.get(DELIVERY, name_of(by, of), Delivery) if by else None
    if came is not None and came.token != sent.handed_over.token:
        raise NotBelieved("The values that were handed over are not of the message that was delivered.")
    values = agency.hand.unseal(sent.handed_over, of, await agency.known(), came.at if came else None)
    return Looked(values=values, sent=sent)
