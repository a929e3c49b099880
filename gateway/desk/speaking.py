"""Saying something on a case: kept and sent, and how the case stands after."""

from collections.abc import Callable

from msgspec import Struct

from gateway.desk import outbox, repeats
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.ids import now
from gateway.desk.posting import Posting, Sent
from gateway.desk.sealer import Draft


class Said(Struct, frozen=True, kw_only=True):
    """What became of the message, and the case as it stands now."""

    sent: Sent
    case: Case


async def say(agency: Agency, draft: Draft, beside: Callable[[Drawer], None] | None = None) -> Said:
    """Write the message, keep it together with what `beside` changes, and send it.

    Raises what `beside` raises (then nothing is kept), Refused, NotBelieved, NotTrusted; GatewayAway only where this
    desk has never yet seen a directory.
    """
    posting = Posting.of(draft, agency.hand.write(draft, await agency.known(), now()), client=agency.client_name)

    def kept(drawer: Drawer) -> None:
        if beside is not None:
            beside(drawer)
        outbox.keep(drawer, posting)
        repeats.said(drawer, agency.caller, posting)

    await agency.cabinet.change(kept)
    sent = await outbox.send(agency, posting)
    return Said(sent=sent, case=await agency.case(draft.exchange))
