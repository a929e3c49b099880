"""The answers of a draft as they are checked before they are sent: one row for each thing that was asked."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.identifiers import BadIdentifier, asn, crime_reference, cro, offence_code, pnc_id, prison_number, pti_urn
from gateway.desk.pages import times
from gateway.desk.pages.requester import answers
from gateway.desk.pages.requester.answers import MYSELF, NONE
from gateway.desk.pages.requester.asking_words import FIELDS, GROUNDS, PURPOSES, SENSITIVITIES
from gateway.desk.pages.requester.questions import Asking, wanted

NOT_GIVEN: Final = "Not given"
NOT_YET: Final = "Not answered yet"


class Row(Struct, frozen=True, kw_only=True):
    """What was asked and what was answered. `question` is where it is changed, `name` the field that is meant."""

    key: str
    lines: tuple[str, ...]
    question: str
    name: str


def every(asking: Asking) -> tuple[Row, ...]:
    """All of them, in the order of the questions; one that the purpose leaves out says so."""
    asked = {question.slug for question in wanted(asking.rule)}
    left_out = {"details": () if "details" in asked else (_no_details(asking),)}
    return tuple(
        row for slug in READERS for row in (*left_out.get(slug, ()), *(of(asking, slug) if slug in asked else ()))
    )


def of(asking: Asking, slug: str) -> tuple[Row, ...]:
    """The rows of one question, as the answers stand."""
    return tuple(READERS[slug](asking))


def _purpose(asking: Asking) -> Iterator[Row]:
    rule = asking.rule
    yield _row("What you ask for", PURPOSES[rule.name].name if rule else NOT_YET, "purpose", "purpose")


def _letter(asking: Asking) -> Iterator[Row]:
    chosen = asking.kept.value("letter")
    yield _row("Letter", asking.letters.get(chosen, NOT_YET), "letter", "letter")


def _person(asking: Asking) -> Iterator[Row]:
    form = asking.kept
    yield _row("Prison number", _canonical(prison_number, form.text("prison_number")), "person", "prison_number")
    yield _row("Name of the prisoner", form.text("offender"), "person", "offender")
    yield _row("PNC ID", _canonical(lambda typed: pnc_id(typed, asking.today), form.text("pnc_id")), "person", "pnc_id")
    yield _row("CRO number", _canonical(cro, form.text("cro")), "person", "cro")


def _offence(asking: Asking) -> Iterator[Row]:
    form = asking.kept
    codes = tuple(_canonical(offence_code, code) for code in answers.codes(form))
    yield Row(key="Offence codes", lines=codes or (NOT_GIVEN,), question="offence", name="offence_codes")
    reference = _canonical(crime_reference, form.text("crime_reference"))
    yield _row("Crime reference", reference, "offence", "crime_reference")
    yield _row("Date of the offence", times.day(form.day("offence_date")), "offence", "offence_date")
    yield _row("Arrest or summons number", _canonical(asn, form.text("asn")), "offence", "asn")
    yield _row("PTI-URN", _canonical(pti_urn, form.text("pti_urn")), "offence", "pti_urn")


def _holder(asking: Asking) -> Iterator[Row]:
    chosen = asking.directory.agency(asking.kept.value("holder"))
    yield _row("Whom you ask", chosen.name if chosen else NOT_YET, "holder", "holder")


def _details(asking: Asking) -> Iterator[Row]:
    chosen = asking.kept.some("fields", asking.rule.fields if asking.rule else ())
    lines = tuple(FIELDS[field].name for field in FIELDS if field in chosen)
    yield Row(key="Details you ask for", lines=lines or (NOT_YET,), question="details", name="fields")


def _no_details(_: Asking) -> Row:
    return Row(key="Details you ask for", lines=("None. This purpose shares no details.",), question="", name="fields")


def _grounds(asking: Asking) -> Iterator[Row]:
    form = asking.kept
    for ground in asking.rule.grounds if asking.rule else ():
        who = "You attest it" if form.value(f"{ground}-who") == MYSELF else f"Attested by {form.text(f'{ground}-by')}"
        on = times.day(form.day(f"{ground}-on"))
        lines = (f"{who}, {on}",) if on else (NOT_YET,)
        yield Row(key=GROUNDS[ground].name, lines=lines, question="grounds", name=f"{ground}-who")


def _sensitive(asking: Asking) -> Iterator[Row]:
    chosen = asking.kept.some("sensitivities", (*SENSITIVITIES, NONE))
    lines = tuple(SENSITIVITIES[flag].name for flag in SENSITIVITIES if flag in chosen)
    none = "None of these, as far as I know" if chosen else NOT_YET
    yield Row(key="Sensitive", lines=lines or (none,), question="sensitive", name="sensitivities")


def _needed(asking: Asking) -> Iterator[Row]:
    yield _row("Answer needed by", times.day(asking.kept.day("needed_by")), "needed", "needed_by")


def _note(asking: Asking) -> Iterator[Row]:
    form = asking.kept
    for key, name in (
        ("What the police should know", "note"),
        ("Name of the victim", "victim_name"),
        ("What you know of the victim", "victim_known"),
    ):
        text = form.text(name, most=answers.NOTE)
        lines = tuple(text.split("\n")) if text else (NOT_GIVEN,)
        yield Row(key=key, lines=lines, question="note", name=name)


READERS: Final[Mapping[str, Callable[[Asking], Iterator[Row]]]] = MappingProxyType(
    {
        "purpose": _purpose,
        "letter": _letter,
        "person": _person,
        "offence": _offence,
        "holder": _holder,
        "details": _details,
        "grounds": _grounds,
        "sensitive": _sensitive,
        "needed": _needed,
        "note": _note,
    }
)


def _row(key: str, value: str, question: str, name: str) -> Row:
    return Row(key=key, lines=(value or NOT_GIVEN,), question=question, name=name)


def _canonical(parse: Callable[[str], str], typed: str) -> str:
    """As it will be sent; as it was typed where it cannot be read (then its question says why)."""
    try:
        return parse(typed) if typed else ""
    except BadIdentifier:
        return typed
