"""The holder's own looks at what a request says of a victim: kept so that the victim can be told of them (13.7).

The gateway's line and its receipt say that there was a look; in which role, why, and at whose crime only this desk can
know. A look is on disk before the gateway is asked: one whose reply was lost is a line of the log all the same.
"""

import unicodedata
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.messages.actor import Person
from contracts.messages.open_ import Open
from contracts.vocabulary import OpenReason, Role, SealedField
from gateway.desk import receipts
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import GatewayAway, NotBelieved
from gateway.desk.heard import own
from gateway.desk.ids import now
from gateway.desk.instructions import victim_mark
from gateway.desk.matching import written_key
from gateway.desk.posting import Posting
from gateway.desk.receipts import Posted, Receipt
from gateway.desk.staff import Staff, same_person
from gateway.desk.subject import Subject

KIND: Final = "look"
GRACE_SECONDS: Final = 15
"""So long after its end a token may still be on its way into the log."""


class OwnLook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One `open` of the subject that the message `of` sealed. `reader` is a keyed hash of who looked.

    `victim` and `written` are keyed hashes of the crime reference, as it is matched and as it was written, `named` one
    of the victim's name: known once the subject was read.
    """

    jti: str
    exchange: str
    of: str
    token: str
    exp: int
    role: Role
    why: OpenReason
    fields: tuple[SealedField, ...]
    reader: str
    victim: str | None = None
    written: str | None = None
    named: str | None = None


def begin(drawer: Drawer, posting: Posting, staff: Staff) -> None:
    """Keep the look that is about to be asked for."""
    claims = own(posting.token).claims
    body, actor = claims.body, claims.actor
    if not isinstance(body, Open) or not isinstance(actor, Person):
        return
    look = OwnLook(
        jti=posting.jti,
        exchange=posting.exchange,
        of=body.of,
        token=posting.token,
        exp=posting.exp,
        role=actor.role,
        why=body.why,
        fields=body.fields,
        reader=reader_mark(drawer, staff.id),
    )
    _keep(drawer, look)


def learn(drawer: Drawer, of: str, victim: str, subject: Subject) -> None:
    """The subject was read: every look at it was at this victim's affairs, earlier ones too whose reply was lost."""
    written = written_mark(drawer, subject.offence.crime_reference)
    name = _same_name(subject.victim.name or "")
    named = drawer.mark(f"victim named {name}").hex() if name else None
    for _, look in drawer.find(KIND, f"of {of}", OwnLook):
        _keep(drawer, replace(look, victim=victim, written=written, named=named))


def reader_mark(drawer: Drawer, staff_id: str) -> str:
    """A member of this agency's own staff, as records may name them."""
    return drawer.mark(f"reader {same_person(staff_id)}").hex()


def written_mark(drawer: Drawer, reference: str) -> str:
    """A crime reference as it was written, as records may name it."""
    return drawer.mark(f"written {written_key(reference)}").hex()


async def settle(agency: Agency, reference: str) -> bool:
    """Ask what became of the looks at this victim's affairs whose replies were lost. False where that is not known."""
    found = await agency.cabinet.change(lambda drawer: _unsettled(drawer, victim_mark(drawer, reference)))
    return all([await _settled(agency, look) for look in found])


async def _settled(agency: Agency, look: OwnLook) -> bool:
    try:
        reply = await agency.became_of(look.jti)
        if reply is None:
            return await _never_was(agency, look)
        about = Posted(jti=look.jti, exchange=look.exchange, iss=agency.id, token=look.token, message="open")
        _, receipt = receipts.believed(about, reply.decision, reply.receipt, agency.gateway)
    except (GatewayAway, NotBelieved):
        return False
    await agency.cabinet.change(lambda drawer: drawer.put(receipts.KIND, look.jti, receipt, (look.exchange,)))
    return True


async def _never_was(agency: Agency, look: OwnLook) -> bool:
    """The gateway has no such message: once it can come no more, nothing was handed over."""
    if now() < look.exp + GRACE_SECONDS:
        return False
    await agency.cabinet.change(lambda drawer: drawer.remove(KIND, look.jti))
    return True


def _unsettled(drawer: Drawer, victim: str) -> list[OwnLook]:
    found = (look for _, look in drawer.find(KIND, victim, OwnLook))
    return [look for look in found if drawer.get(receipts.KIND, look.jti, Receipt) is None]


def _keep(drawer: Drawer, look: OwnLook) -> None:
    victim = (look.victim,) if look.victim else ()
    drawer.put(KIND, look.jti, look, (look.exchange, f"of {look.of}", *victim))


def _same_name(name: str) -> str:
    """A name as it is compared: letters alone, without marks, so that `Siân D’Souza` is `SIAN DSOUZA`."""
    return "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if each.isalpha())
