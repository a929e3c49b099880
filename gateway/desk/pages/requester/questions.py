"""The questions of a new request, one a page: which there are, what is read at each, and which purpose needs them.

Each reads its own fields and leaves its faults there. Identifiers are read by the desk's own service, so that a fault
is said in the same words whether a page or an agency's system is told of it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.agreement import Agreement, PurposeRule
from contracts.directory import Agency as Listed
from contracts.identifiers import BadIdentifier, owning_force
from contracts.vocabulary import OffenceGroup
from gateway.decide.calendar import due
from gateway.desk.errors import Typed
from gateway.desk.offences import OffenceTable
from gateway.desk.pages import times
from gateway.desk.pages.form import Form
from gateway.desk.pages.requester import answers
from gateway.desk.pages.requester.answers import MYSELF, NONE, NOTE
from gateway.desk.pages.requester.asking_words import GROUNDS, SENSITIVITIES
from gateway.desk.staff import Staff
from gateway.desk.subject import Asker, Victim, read_subject
from keys.known import KnownDirectory

CODES_MOST: Final = 6
STAFF_ID: Final = 64
PERSON: Final = ("prison_number", "offender", "pnc_id", "cro")
OFFENCE: Final = (
    "offence_codes",
    "crime_reference",
    "offence_date",
    "offence_date-day",
    "offence_date-month",
    "offence_date-year",
    "asn",
    "pti_urn",
)
GROUND_FIELDS: Final = ("who", "by", "on", "on-day", "on-month", "on-year")


class Asking(Struct, frozen=True, kw_only=True, eq=False):
    """What a question is asked under. `form` is what stands in its fields, `kept` the answers given so far."""

    agreement: Agreement
    directory: KnownDirectory
    listed: Listed
    staff: Staff
    offences: OffenceTable
    now: int
    today: date
    form: Form
    kept: Form
    letters: Mapping[str, str] = MappingProxyType({})
    """The letters that can be offered: id → what they are called."""

    def of_kept(self) -> "Asking":
        """The same, to read the answers that are kept."""
        return replace(self, form=self.kept)

    @property
    def rule(self) -> PurposeRule | None:
        """The agreement's rule for the purpose that was chosen."""
        return next((rule for rule in self.agreement.purpose if rule.name == self.kept.value("purpose")), None)

    @property
    def holders(self) -> tuple[Listed, ...]:
        """Every agency that may be asked, in the order of their names."""
        may = (each for kind in self.agreement.answering.kinds for each in self.directory.agencies_of(kind))
        return tuple(sorted(may, key=lambda listed: listed.name))

    @property
    def sensitive_codes(self) -> tuple[OffenceGroup, ...]:
        """The groups that the offence codes themselves make sensitive."""
        typed = (code.upper().replace(" ", "") for code in answers.codes(Form(self.kept.values)))
        groups = {group for code in typed for group in self.offences.groups(code)}
        return tuple(group for group in self.agreement.reviewing.offence_groups if group in groups)


class Question(Struct, frozen=True, kw_only=True):
    """One page. `names` are its fields; `wanted` says whether the purpose needs it; `warn` holds up nothing."""

    slug: str
    names: tuple[str, ...]
    read: Callable[[Asking], None]
    wanted: Callable[[PurposeRule], bool] = lambda _: True
    warn: Callable[[Asking], str | None] = lambda _: None


def purpose(asking: Asking) -> None:
    """What is asked for: one of the agreement's purposes."""
    names = [rule.name for rule in asking.agreement.purpose]
    asking.form.one("purpose", names, "Choose what you want to ask for.")


def letter(asking: Asking) -> None:
    """Which of the letters that are held."""
    asking.form.one("letter", asking.letters, "Choose the letter that you want to offer.")


def person(asking: Asking) -> None:
    """Who wants to make amends."""
    form = asking.form
    if asking.listed.kind == "prison":
        form.text("prison_number", "Enter the prison number.")
    if not form.optional("pnc_id") and not form.optional("cro"):
        form.fault("pnc_id", "Enter a PNC ID or a CRO number. One of the two is enough.")
    _take_identifiers(asking, PERSON)


def offence(asking: Asking) -> None:
    """Which offence it is about."""
    form = asking.form
    if len(answers.codes(form)) > CODES_MOST:
        form.fault("offence_codes", f"Enter {CODES_MOST} offence codes or fewer: those that matter most here.")
    if not form.text("crime_reference"):
        form.fault("crime_reference", "Enter the crime reference. The police find the case by it.")
    _take_identifiers(asking, OFFENCE)


def holder(asking: Asking) -> None:
    """Who knows how to reach the victim."""
    names = [listed.id for listed in asking.holders]
    asking.form.one("holder", names, "Choose a police force or a victim liaison unit.")


def details(asking: Asking) -> None:
    """Which details are asked for: of those that the purpose allows."""
    asking.form.some("fields", asking.rule.fields if asking.rule else (), "Choose at least one detail.")


def grounds(asking: Asking) -> None:
    """Who attests what the purpose needs, and on which day."""
    form = asking.form
    for ground in asking.rule.grounds if asking.rule else ():
        who = form.one(f"{ground}-who", (MYSELF, "other"), f"Say who attests this: {_small(GROUNDS[ground].name)}.")
        if who == "other":
            form.text(f"{ground}-by", "Enter the staff ID of the person who attests it.", most=STAFF_ID)
        on = form.day(f"{ground}-on", f"Enter the day from which this holds: {_small(GROUNDS[ground].name)}.")
        if on and on > asking.today:
            form.fault(f"{ground}-on", "The date is in the future. Check the year.")


def sensitive(asking: Asking) -> None:
    """What makes the case sensitive, as far as the prison knows."""
    form = asking.form
    chosen = form.some(
        "sensitivities", (*SENSITIVITIES, NONE), "Choose what applies, or “None of these, as far as I know”."
    )
    if NONE in chosen and len(chosen) > 1:
        form.fault("sensitivities", "Choose what applies, or “None of these, as far as I know”: not both.")
    if "child-victim" in chosen and not _reaches_children(asking):
        form.fault(
            "sensitivities",
            "A child is reached through a guardian only. Change what you ask for to the purpose that reaches one.",
        )


def needed(asking: Asking) -> None:
    """By when an answer would help."""
    by = asking.form.day("needed_by")
    if by and by < asking.today:
        asking.form.fault("needed_by", "The date has passed. Enter a date to come, or leave it out.")


def too_soon(asking: Asking) -> str | None:
    """What to say of a day that comes before the police have to answer."""
    by, window = asking.form.day("needed_by"), asking.agreement.windows.answer
    ends = due(asking.now, window)
    if by is None or by >= times.local_day(ends):
        return None
    return (
        f"The police have {window} to answer, {times.by(ends)}. The date you gave is before that. They will see it, "
        "but it hurries nobody."
    )


def note(asking: Asking) -> None:
    """What the police should know."""
    asking.form.optional("note", most=NOTE)
    asking.form.optional("victim_name")
    asking.form.optional("victim_known", most=NOTE)


QUESTIONS: Final[tuple[Question, ...]] = (
    Question(slug="purpose", names=("purpose",), read=purpose),
    Question(slug="letter", names=("letter",), read=letter, wanted=lambda rule: rule.letter),
    Question(slug="person", names=PERSON, read=person),
    Question(slug="offence", names=OFFENCE, read=offence),
    Question(slug="holder", names=("holder",), read=holder),
    Question(slug="details", names=("fields",), read=details, wanted=lambda rule: bool(rule.fields)),
    Question(
        slug="grounds",
        names=tuple(f"{ground}-{part}" for ground in GROUNDS for part in GROUND_FIELDS),
        read=grounds,
        wanted=lambda rule: bool(rule.grounds),
    ),
    Question(slug="sensitive", names=("sensitivities",), read=sensitive),
    Question(
        slug="needed",
        names=("needed_by", "needed_by-day", "needed_by-month", "needed_by-year"),
        read=needed,
        warn=too_soon,
    ),
    Question(slug="note", names=("note", "victim_name", "victim_known"), read=note),
)
"""In the order in which they are asked."""


def wanted(rule: PurposeRule | None) -> tuple[Question, ...]:
    """The questions that this purpose needs; all of them while there is none."""
    return tuple(question for question in QUESTIONS if rule is None or question.wanted(rule))


def suggested_force(asking: Asking) -> Listed | None:
    """The force that the PTI-URN names, or that the crime reference seems to begin with."""
    try:
        force = owning_force(asking.kept.value("pti_urn"))
    except BadIdentifier:
        force = asking.kept.value("crime_reference").strip()[:2]
    return next((a for a in asking.holders if a.kind == "police" and a.code == force), None)


def _reaches_children(asking: Asking) -> bool:
    return asking.rule is not None and asking.rule.name == asking.agreement.children.purpose


def _take_identifiers(asking: Asking, names: Iterable[str]) -> None:
    """What the desk's own service finds wrong with these fields."""
    form = asking.form
    try:
        read_subject(
            answers.offender(form),
            answers.offence(form),
            Asker(staff_id=asking.staff.id),
            victim=Victim(),
            note=None,
            today=asking.today,
            in_prison=asking.listed.kind == "prison",
        )
    except Typed as error:
        if mine := [fault for fault in error.faults if fault.name in names]:
            form.take(Typed(*mine))


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]
