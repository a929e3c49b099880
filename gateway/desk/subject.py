"""Who a request is about: as staff type it, and as it is sealed for the holder. Every fault is found at once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct

from contracts.identifiers import BadIdentifier, asn, crime_reference, cro, offence_code, pnc_id, prison_number, pti_urn
from gateway.desk.errors import Fault, Typed
from gateway.desk.staff import same_person

Typing = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=600)]


class Offender(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The person who wants to make amends. A PNC ID or a CRO number is needed, and in a prison the prison number."""

    name: Typing | None = None
    prison_number: Typing | None = None
    pnc_id: Typing | None = None
    cro: Typing | None = None


class Offence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The offence; the force's crime reference is what leads to the victim."""

    codes: Annotated[tuple[Typing, ...], Meta(max_length=6)]
    crime_reference: Typing
    date: Typing | None = None
    asn: Typing | None = None
    pti_urn: Typing | None = None


class Victim(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The victim, as far as the requester knows."""

    name: Typing | None = None
    known: Note | None = None


class Asker(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asked and who attested grounds, by the requester's own ids: none of them may review the case (clause 7.4)."""

    staff_id: str
    attested_by: tuple[str, ...] = ()

    def includes(self, staff_id: str) -> bool:
        """Whether this is one of them."""
        return same_person(staff_id) in map(same_person, (self.staff_id, *self.attested_by))


class Subject(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sealed as `subject`. Identifiers are in canonical form."""

    offender: Offender
    offence: Offence
    requester: Asker
    victim: Victim = Victim()
    note: Note | None = None

    @property
    def offender_ids(self) -> tuple[str, ...]:
        """Each identifier of the offender with its kind: two cases that share one are about the same person."""
        who = self.offender
        kinds = {"pnc-id": who.pnc_id, "cro": who.cro, "prison-number": who.prison_number}
        return tuple(f"{kind} {value}" for kind, value in kinds.items() if value)


class _Reading:
    """Reads one input after another and remembers every fault."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def must(self, name: str, typed: str | None, parse: Callable[[str], str]) -> str:
        """The canonical form; a fault where nothing was typed."""
        try:
            return parse(typed or "")
        except BadIdentifier as error:
            self.faults.append(Fault(name=name, code="R01", detail=error.message))
            return ""

    def may(self, name: str, typed: str | None, parse: Callable[[str], str]) -> str | None:
        """The canonical form, or None where the input was left out."""
        return None if typed is None else self.must(name, typed, parse)

    def day(self, name: str, typed: str | None, today: date) -> str | None:
        """A day that is not to come."""
        if typed is None:
            return None
        try:
            if date.fromisoformat(typed) <= today:
                return typed
            self.faults.append(Fault(name=name, code="R01", detail="The date is in the future. Check the year."))
        except ValueError:
            self.faults.append(Fault(name=name, code="R01", detail="Enter a real date, as YYYY-MM-DD."))
        return None


NO_CODES: Final = Fault(name="offence_codes", code="R01", detail="Enter at least one offence code.")


def read_subject(
    offender: Offender,
    offence: Offence,
    asker: Asker,
    *,
    victim: Victim,
    note: str | None,
    today: date,
    in_prison: bool,
) -> Subject:
    """The subject in canonical form, or `Typed` with every fault at once, keyed by the input's own name."""
    reading = _Reading()
    who = _offender(reading, offender, today, in_prison)
    what = _offence(reading, offence, today)
    if reading.faults:
        raise Typed(*reading.faults)
    return Subject(offender=who, offence=what, requester=asker, victim=victim, note=note)


def _offender(reading: _Reading, typed: Offender, today: date, in_prison: bool) -> Offender:
    number = reading.must if in_prison else reading.may
    by_pnc = reading.may if typed.cro else reading.must
    return Offender(
        name=typed.name,
        prison_number=number("prison_number", typed.prison_number, prison_number),
        pnc_id=by_pnc("pnc_id", typed.pnc_id, lambda text: pnc_id(text, today)),
        cro=reading.may("cro", typed.cro, cro),
    )


def _offence(reading: _Reading, typed: Offence, today: date) -> Offence:
    if not typed.codes:
        reading.faults.append(NO_CODES)
    return Offence(
        codes=_each_once([reading.must("offence_codes", code, offence_code) for code in typed.codes]),
        crime_reference=reading.must("crime_reference", typed.crime_reference, crime_reference),
        date=reading.day("offence_date", typed.date, today),
        asn=reading.may("asn", typed.asn, asn),
        pti_urn=reading.may("pti_urn", typed.pti_urn, pti_urn),
    )


def _each_once(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
