"""What an inspector counts a case by: the exchange's state, and when its two sides said what. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contracts.agreement import Agreement
from contracts.case_record import CaseRecord, Reviewed
from contracts.messages import Body
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.outcome import Outcome
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.vocabulary import Sensitivity, canonical
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.exchange import Exchange
from gateway.decide.review import SENSITIVITIES
from gateway.decide.views import seen_by_inspector


class Happened(Struct, frozen=True, kw_only=True):
    """Something that was accepted in an exchange, or that time did to it.

    `body` is there for what a case record takes more of than its time; `agreement` is the digest of the version it was
    decided under, `due` what was said with it to be owed.
    """

    event: str
    at: int
    actor: str | None = None
    body: Body | None = None
    agreement: str | None = None
    due: int | None = None


def case_record(exchange: Exchange, happened: Sequence[Happened], agreements: Mapping[str, Agreement]) -> CaseRecord:
    """The record. A due date of an agreement that is not among these is left out."""
    asked = next((each.body for each in happened if isinstance(each.body, ContactRequest)), None)
    found = _found(happened)
    agreement = agreements.get(exchange.agreement)
    rule = agreement.rule(exchange.purpose) if agreement else None
    outcomes = [each for each in happened if isinstance(each.body, Outcome)]
    answers = [each for each in happened if each.event == "contact-answer"]
    agreed = next((each for each in reversed(answers) if _is_yes(each)), None)
    recall = _last(happened, "recall")
    return CaseRecord(
        exchange=exchange.id,
        requester=exchange.requester,
        holder=exchange.holder,
        purpose=exchange.purpose,
        offence_groups=exchange.offence_groups,
        agreement=exchange.agreement,
        state=seen_by_inspector(exchange),
        asked_by=exchange.asked_by[0] if exchange.asked_by else None,
        asked_at=exchange.asked_at,
        answer_due=exchange.answer_by,
        flagged=asked.sensitivities if asked else (),
        found=found,
        fields=exchange.fields,
        permitted=rule.fields if rule else (),
        released=exchange.shared,
        dropped=exchange.withheld,
        needed_by=asked.needed_by if asked else None,
        letter=exchange.letter,
        follows=exchange.follows,
        office=exchange.office,
        accept_due=due(exchange.asked_at, agreement.windows.accept) if agreement else None,
        accepted_at=_first(happened, "accepted"),
        more_needed_at=_times(happened, "more-needed"),
        supplemented_at=_times(happened, "supplement"),
        review=exchange.review,
        review_needed_at=_review_needed_at(exchange, asked, happened, agreement),
        review_due=exchange.review_owed,
        reviews=_reviews(happened),
        answers=len(answers),
        answered_at=answers[0].at if answers else None,
        agreed_at=agreed.at if agreed else None,
        code=exchange.code,
        held_by=exchange.held_by,
        outcome_due=_outcome_due(agreed, agreements),
        outcome_at=outcomes[0].at if outcomes else None,
        outcome=outcomes[-1].body if outcomes and isinstance(outcomes[-1].body, Outcome) else None,
        recalled_at=recall.at if recall else None,
        acknowledge_due=recall.due if recall else None,
        acknowledged_at=_first(happened, "recall-acknowledged"),
        open_until=exchange.open_until,
        ended_at=exchange.ended_at,
        erased_at=_first(happened, "erased"),
        erase_due=exchange.erase_at,
    )


def _times(happened: Sequence[Happened], event: str) -> tuple[int, ...]:
    return tuple(each.at for each in happened if each.event == event)


def _first(happened: Sequence[Happened], event: str) -> int | None:
    return next((each.at for each in happened if each.event == event), None)


def _last(happened: Sequence[Happened], event: str) -> Happened | None:
    return next((each for each in reversed(happened) if each.event == event), None)


def _is_yes(each: Happened) -> bool:
    return isinstance(each.body, ContactAnswer) and each.body.outcome in ("shared", "agreed")


def _found(happened: Sequence[Happened]) -> tuple[Sensitivity, ...]:
    said = [each.body.found for each in happened if isinstance(each.body, SensitivityFound)]
    return canonical(tuple(word for words in said for word in words), SENSITIVITIES)


def _reviews(happened: Sequence[Happened]) -> tuple[Reviewed, ...]:
    return tuple(
        Reviewed(at=each.at, by=each.actor, decision=each.body.decision, co_worked=each.body.co_worked)
        for each in happened
        if isinstance(each.body, Review) and each.actor is not None
    )


def _review_needed_at(
    exchange: Exchange, asked: ContactRequest | None, happened: Sequence[Happened], agreement: Agreement | None
) -> int | None:
    """From the request on where that said so itself; else from what the holder found first."""
    if exchange.review == "not-needed":
        return None
    if asked and agreement and terms.sensitive(asked, agreement):
        return exchange.asked_at
    return _first(happened, "sensitivity")


def _outcome_due(agreed: Happened | None, agreements: Mapping[str, Agreement]) -> int | None:
    agreement = agreements.get(agreed.agreement or "") if agreed else None
    return due(agreed.at, agreement.windows.outcome) if agreed and agreement else None
