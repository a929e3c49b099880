"""The inspector's services. Each search and each look is itself a line of the log."""

import msgspec
from msgspec import Struct

from contracts import event
from contracts.codec import Malformed, unb64url
from contracts.envelope import GATEWAY
from contracts.event import Exact, Shared
from contracts.messages.log_search import LogSearch
from contracts.reply import ExchangeView, LineFound
from gateway.desk import opening, outbox
from gateway.desk.agency import Agency
from gateway.desk.errors import NotBelieved
from gateway.desk.ids import new_id
from gateway.desk.inspecting import OpenReasons, Search
from gateway.desk.opening import Looked
from gateway.desk.posting import Sent
from gateway.desk.sealer import Draft


class Line(Struct, frozen=True, kw_only=True):
    """A line of the log whose openings fit its leaf. Both are None where the record has been erased."""

    index: int
    shared: Shared | None
    exact: Exact | None


class Found(Struct, frozen=True, kw_only=True):
    """What a search found, by leaf index; the message that searched."""

    lines: tuple[Line, ...]
    sent: Sent


async def search(agency: Agency, wanted: Search) -> Found:
    """Lines of the log that fit. Raises Refused, GatewayAway, NotBelieved."""
    terms = {name: getattr(wanted, name) for name in LogSearch.__struct_fields__}
    draft = Draft(to=GATEWAY, exchange=new_id(), actor=agency.actor(wanted.staff), body=LogSearch(**terms))
    sent = await outbox.send_now(agency, draft)
    return Found(lines=tuple(_line(found) for found in sent.found), sent=sent)


async def view(agency: Agency, exchange: str, search: str | None) -> ExchangeView:
    """An exchange as an inspector may see it, by a search about it. Raises NotThere, Refused, GatewayAway."""
    return await agency.look(exchange, search)


async def open_reasons(agency: Agency, exchange: str, wanted: OpenReasons) -> Looked:
    """Why a reviewer decided as they did. Raises Refused, GatewayAway."""
    return await opening.look(agency, exchange, wanted.of, ("reasons",), wanted, by=None)


def _line(found: LineFound) -> Line:
    """The line, if its openings are those that its leaf committed to. Raises NotBelieved."""
    if found.shared is None or found.shared_salt is None:
        return Line(index=found.index, shared=None, exact=None)
    try:
        leaf = unb64url(found.leaf)
        shared = event.Opening(salt=unb64url(found.shared_salt), part=unb64url(found.shared))
        exact = event.Opening(salt=unb64url(found.exact_salt or ""), part=unb64url(found.exact or ""))
        if not (event.opens(leaf, "shared", shared) and event.opens(leaf, "exact", exact)):
            raise NotBelieved("A line that was found is not what its leaf committed to. Tell the gateway's operator.")
        return Line(index=found.index, shared=event.parse_shared(shared.part), exact=event.parse_exact(exact.part))
    except (Malformed, msgspec.DecodeError):
        raise NotBelieved("A line that was found is not in the form of the log.") from None
