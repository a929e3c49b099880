"""From what was typed to what is asked: the request's words, its subject, and its offence groups."""

from datetime import UTC, date, datetime
from typing import Final

from contracts.messages.contact_request import Attested, ContactRequest
from contracts.vocabulary import Field, Purpose, canonical
from gateway.desk.agency import Agency
from gateway.desk.asking import About, Ask, Grounded
from gateway.desk.errors import Fault, Typed
from gateway.desk.ids import now
from gateway.desk.offences import GROUPS
from gateway.desk.subject import Asker, Subject, read_subject

PURPOSES: Final[dict[str, Purpose]] = {word: word for word in Purpose.__args__}  # type: ignore[attr-defined]  # a Literal's words
FIELDS: Final[dict[str, Field]] = {word: word for word in Field.__args__}  # type: ignore[attr-defined]  # a Literal's words

NO_SUCH_FIELD: Final = Fault(
    name="fields", code="R17", detail="One of the fields is not one that the agreement knows. Take it out."
)


def request_of(agency: Agency, wanted: Ask, subject: Subject) -> ContactRequest:
    """What the gateway may know. A purpose outside the list is `other`, and refused there. Raises Typed."""
    if not set(wanted.fields) <= set(FIELDS):
        raise Typed(NO_SUCH_FIELD)
    groups = [group for code in subject.offence.codes for group in agency.offences.groups(code)]
    known = tuple(group for group in GROUPS if group in groups and group != "other")
    return ContactRequest(
        purpose=PURPOSES.get(wanted.purpose, "other"),
        fields=tuple(FIELDS[name] for name in canonical(wanted.fields, tuple(FIELDS))),
        offence_groups=known or ("other",),
        sensitivities=wanted.sensitivities,
        grounds=tuple(_attested(agency, ground, wanted.staff.id) for ground in wanted.grounds),
        needed_by=wanted.needed_by,
        follows=wanted.follows,
        letter=wanted.letter,
    )


async def subject_of(agency: Agency, about: About, grounds: tuple[Grounded, ...]) -> Subject:
    """Who and what it is about, in canonical form. Raises Typed with every fault at once."""
    attesters = (ground.by for ground in grounds if ground.by is not None)
    return read_subject(
        about.offender,
        about.offence,
        Asker(staff_id=about.staff.id, attested_by=tuple(dict.fromkeys(attesters))),
        victim=about.victim,
        note=about.note,
        today=today(),
        in_prison=(await agency.myself()).kind == "prison",
    )


def today() -> date:
    """The UTC date."""
    return datetime.fromtimestamp(now(), UTC).date()


def _attested(agency: Agency, ground: Grounded, staff_id: str) -> Attested:
    by = agency.pseudonym(ground.by or staff_id)
    return Attested(ground=ground.ground, by=by, on=ground.on or today().isoformat())
