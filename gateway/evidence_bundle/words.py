"""What a line says, in a sentence for somebody who has never seen the system. The same words for every reader.

Of a "cannot proceed" the sentences tell a requester what its own screen told it, and nothing else: they are made of
what the bundle holds, so a "no" and a silence read alike.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import Consent, ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from gateway.evidence_bundle.case import Case
from gateway.evidence_bundle.proving import Line

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact-request": "Asked",
        "accepted": "Taken up",
        "more-needed": "More needed",
        "supplement": "Corrected",
        "sensitivity": "Found to be sensitive",
        "review": "Reviewed",
        "contact-answer": "Answered",
        "open": "Opened",
        "outcome": "Outcome",
        "cancellation": "Request cancelled",
        "recall": "Details withdrawn",
        "recall-acknowledged": "Withdrawal confirmed",
        "window-ended": "Answer window ended",
        "expired": "Time to open ended",
        "erased": "Details erased",
        "record-erased": "Record erased",
        "overdue": "Overdue",
        "outcome-overdue": "Outcome overdue",
        "time-checked": "Due date passed",
    }
)
"""Each kind of line, in a word or two."""

PROSE: Final[Mapping[str, str]] = MappingProxyType(
    {"subject": "the particulars of the request", "reasons": "the reviewer's reasons"}
)
WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read-request": "to read the request",
        "review-case": "to review the case",
        "contact-victim": "to contact the victim",
        "prepare-meeting": "to prepare a meeting",
        "release-planning": "to plan a release",
        "quality-assurance": "for quality assurance",
        "data-subject-request": "for somebody who asked what is kept of them",
    }
)
"""What details were opened for."""

OF_TIME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "window-ended": "The time for an answer ended, and with it the exchange: it cannot proceed. The gateway says "
        "this at the same moment, in the same words, whatever the cause.",
        "expired": "The time in which details could be opened ended.",
        "erased": "The gateway erased the details that were sealed in this exchange, and destroyed the key to them.",
        "record-erased": "The gateway erased its record of this exchange. The lines of the log stay.",
        "overdue": "Something that was due had not come in its time. The gateway said so.",
        "outcome-overdue": "What came of it had not been reported in its time. The gateway said so.",
        "time-checked": "A due date passed, and the gateway looked at what was owed. Such a line stands in every "
        "exchange, whatever had been said.",
    }
)


def name(line: Line) -> str:
    """What kind of line it is."""
    if line.shared is None:
        return "Not open"
    word = NAMES.get(line.shared.event, line.shared.event)
    return f"{word}: refused" if line.shared.decision == "refused" else word


def sentence(case: Case, line: Line) -> str:
    """What the line says."""
    if line.shared is None:
        return _unopened(case, line)
    if line.shared.decision == "refused":
        return _refused(case, line)
    told = _spoken(case, line) if line.claims else OF_TIME.get(line.shared.event)
    if line.notice is not None and line.shared.event == "open":
        told = _noticed_opening(case, line)
    return " ".join([told or "Something was recorded that this program has no words for.", *_exactly(line)])


def agency(case: Case, agency_id: str | None, index: int) -> str:
    """An agency as the directory named it then: `Moorland (prison-mdi)`."""
    listed = case.stood.directory(index).agency(agency_id) if agency_id else None
    return f"{listed.name} ({listed.id})" if listed else (agency_id or "the gateway")


def when(instant: int) -> str:
    """An instant in London's time, with its zone: `25 November 2026, 22:01:17 GMT`."""
    local = datetime.fromtimestamp(instant, _london())
    return f"{local.day} {local:%B %Y}, {local:%H:%M:%S %Z}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def details(fields: Collection[str]) -> str:
    """Names of details, never what they say."""
    return ", ".join(PROSE.get(field, field.replace("_", " ")) for field in fields) or "no details"


def _spoken(case: Case, line: Line) -> str:
    shared = line.shared
    assert shared is not None
    who, to = (agency(case, each, line.index) for each in (shared.iss, shared.to))
    match line.body:
        case ContactRequest() as said:
            wanted = f", and if the victim agrees for: {details(said.fields)}" if said.fields else ""
            asked = f"{who} asked {to} to reach a victim, for the purpose “{said.purpose}”{wanted}."
            return f"{asked} The gateway passed it on."
        case Accepted() as said:
            return f"{who} took the request up. Its office “{said.office}” deals with it."
        case MoreNeeded() as said:
            return f"{who} asked {to} for more: {details(_plain(said.missing))}."
        case Supplement() as said:
            return f"{who} sent the request's particulars again, corrected: {details(_plain(said.corrected))}."
        case SensitivityFound() as said:
            return f"{who} found the case to be sensitive: {details(_plain(said.found))}."
        case Review() as said:
            end = "it may proceed" if said.decision == "proceed" else "it does not proceed"
            return f"A reviewer with advanced training at {who} decided the case on its merits: {end}."
        case ContactAnswer() as said:
            return _answered(who, said, shared.fields)
        case Open() as said:
            copied = " and to print them" if said.copy == "paper" else ""
            return (
                f"Somebody at {who} asked for {details(said.fields)} {WHY[said.why]}{copied}, having declared to know "
                "neither victim nor offender. After this line was written the gateway handed over the values, once."
            )
        case Outcome() as said:
            final = " This closed the exchange." if said.final else ""
            return f"{who} reported: contact {_plain((said.contact,))[0]}, {_plain((said.status,))[0]}.{final}"
        case Cancellation() as said:
            return f"{who} took its request back ({said.why.replace('-', ' ')})."
        case Recall():
            return f"{who} withdrew the details: no contact from here on. No reason is given, and none is asked for."
        case RecallAcknowledged() as said:
            stopped = "contact has stopped" if said.contact == "stopped" else "no contact had begun"
            copies = "copies are destroyed" if said.copies == "destroyed" else "no copies were made"
            return f"{who} confirmed: {stopped}, and {copies}."
        case _:
            return f"{who} sent a message of the kind “{shared.event}”."


def _answered(who: str, said: ContactAnswer, fields: Collection[str]) -> str:
    if said.outcome == "held-elsewhere":
        return f"{who} answered that another agency holds the case."
    if said.outcome == "cannot-proceed":
        return f"{who} answered that it cannot proceed. This was told to nobody before the answer window ended."
    what = f"shared {details(fields)}, each sealed for its reader" if fields else "told the victim's yes"
    return f"{who} {what}. {_consent(said.consent)}" if said.consent else f"{who} {what}."


def _consent(consent: Consent) -> str:
    by = "the victim" if consent.given_by == "victim" else f"the {consent.given_by.replace('-', ' ')}"
    letter = " It is a yes to one letter, named by its digest." if consent.letter else ""
    return (
        f"Consent was given by {by}, {consent.how.replace('-', ' ')}, on {when(consent.given_at)}, "
        f"and holds until {when(consent.valid_until)}.{letter}"
    )


def _noticed_opening(case: Case, line: Line) -> str:
    assert line.shared is not None
    assert line.notice is not None
    why = f" {WHY.get(line.notice.why, '')}".rstrip() if line.notice.why else ""
    who = agency(case, line.shared.iss, line.index)
    return f"Somebody at {who} was handed {details(line.shared.fields)}{why}, once. The gateway told the holder."


def _refused(case: Case, line: Line) -> str:
    assert line.shared is not None
    who = agency(case, line.shared.iss, line.index)
    why = f" {line.decision.detail}" if line.decision and line.decision.detail else ""
    return " ".join(
        [f"{who} sent a message of the kind “{line.shared.event}”. The gateway refused it.{why}", *_exactly(line)]
    )


def _exactly(line: Line) -> list[str]:
    """Code and clauses, where the reader may see them."""
    exact = line.exact
    if exact is None:
        return []
    clauses = ", ".join(dict.fromkeys(exact.clauses))
    code = [f"Reason {exact.code}."] if exact.code else []
    withheld = [f"Dropped before they were stored: {details(exact.withheld)}."] if exact.withheld else []
    return [*code, *withheld, *([f"Under clause {clauses}."] if clauses else [])]


def _unopened(case: Case, line: Line) -> str:
    by = case.gone.get(line.index)
    if by is None or by.exact is None:
        return "Nothing that is shown here opens this line."
    rule = f" under clause {by.exact.rule}" if by.exact.rule else ""
    return f"The record of this line was erased{rule}, by line {by.index}. That there was a line is still proved."


def _plain(words: Collection[str]) -> list[str]:
    return [word.replace("-", " ") for word in words]


@cache
def _london() -> ZoneInfo:
    return ZoneInfo("Europe/London")
