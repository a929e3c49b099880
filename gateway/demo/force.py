"""What a police force does with a request in a case: reads it, has it reviewed, asks the victim, answers."""

from http import HTTPStatus
from typing import Final

from gateway.demo import phrases
from gateway.demo.cases import Case
from gateway.demo.client import Desk, Refusal
from gateway.demo.said import Json
from gateway.demo.staff import officer, person

STANDS_AGAINST: Final = ("R16", "R06")
"""What the holder's own desk finds, in the agreement's order."""

DECLINED: Final = "R08"


async def look(desk: Desk, exchange: str, case: Case) -> str | None:
    """Read the request. The reason why nobody may be approached, or None: then the victim may be asked."""
    read = await desk.read(exchange, officer())
    found = {finding.code for finding in read.findings}
    for code in STANDS_AGAINST:
        if code in found:
            return code
    return await _review(desk, exchange, case) if read.review == "needed" else None


async def decide(desk: Desk, exchange: str, case: Case, stopped: str | None, letter: Json | None) -> None:
    """Answer as the case says: by what stands against it, by the review, or as the victim chose; or stay silent."""
    if stopped == DECLINED:
        return  # the reviewer's own message has ended it
    if stopped is not None:
        await desk.say(exchange, "answer", **phrases.no(stopped, officer()))
        return
    match case.victim.decision:
        case "yes":
            await _share(desk, exchange, case, letter)
        case "no":
            await desk.say(exchange, "answer", **phrases.no("R19", officer()))
        case "no-reply":
            await desk.say(exchange, "answer", **phrases.no("R20", officer()))
        case "silence":
            pass


async def _review(desk: Desk, exchange: str, case: Case) -> str | None:
    """A reviewer opens the case and decides it on its merits. Whom the agreement refuses, nobody stands in for."""
    if case.review is None:
        return "R11"
    reviewer = person(case.review.staff_id, "reviewer", case.review.training)
    reasons = "Looked at as a case of its own, with the victim's situation as the police know it."
    try:
        await desk.read(exchange, reviewer, "review-case")
        await desk.say(
            exchange, "review", staff=reviewer, decision=case.review.decision, co_worked=True, reasons=reasons
        )
    except Refusal as refusal:
        if refusal.problem.status != HTTPStatus.FORBIDDEN:
            raise
        return "R11"
    return DECLINED if case.review.decision == "decline" else None


async def _share(desk: Desk, exchange: str, case: Case, letter: Json | None) -> None:
    """A yes. What the desk stops in a value (a postcode, say) is taken out, and the rest is shared."""
    asked = tuple(dict.fromkeys(case.fields))
    values = case.victim.values(asked)
    consent = phrases.consent(_chooser(case), to=letter)
    try:
        await desk.say(exchange, "answer", **phrases.yes(officer(), asked, values, consent))
    except Refusal as refusal:
        stopped = {fault.name.removeprefix("values.") for fault in refusal.problem.faults} & values.keys()
        if not stopped:
            raise
        kept = {**values, **dict.fromkeys(stopped, "")}
        await desk.say(exchange, "answer", **phrases.yes(officer(), asked, kept, consent))


def _chooser(case: Case) -> str:
    """Who says yes: the victim, or whoever speaks for a child or for a family."""
    if case.purpose != "representative":
        return "victim"
    return "family-spokesperson" if "death" in case.flags else "guardian"
