"""The holder's answer: checked against what the victim said before, sealed field by field, its true reason aside."""

from typing import Final

from contracts.codec import b64url
from contracts.messages.contact_answer import ContactAnswer, Exact, exact_digest
from contracts.vocabulary import Field, SealedField
from gateway.desk import contents, holder, instructions
from gateway.desk.agency import Agency
from gateway.desk.answering import Answer
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import Fault, Forbidden, OutOfTurn, Typed
from gateway.desk.holder import READ_FIRST
from gateway.desk.ids import new_id, now, salt
from gateway.desk.instructions import Instruction
from gateway.desk.request import FIELDS
from gateway.desk.sealer import Draft
from gateway.desk.speaking import Said, say

EXACT_SALT_BYTES: Final = 16

STANDING: Final = (
    "The victim has asked for no further contact. Answer that it cannot proceed, with R06, and approach nobody. "
    "If the victim has come back, lift the instruction first."
)
NO_SUCH_FIELD: Final = Fault(name="values", detail="One of the values is for a field that the agreement does not know.")
NO_VALUES_HERE: Final = Fault(name="values", detail="Only a yes carries values. Take them out.")
OWN_REVIEW: Final = "The person who decided the review may not also answer the case. Have a colleague answer it."


async def answer(agency: Agency, exchange: str, wanted: Answer) -> Said:
    """What the victim chose, or why nothing can be done. A "no" of the victim's becomes a standing instruction at once.

    Raises Typed, OutOfTurn (R06; not read yet), Forbidden (R04), Refused.
    """
    case = await holder.own(agency, exchange)
    yes = wanted.outcome in ("shared", "agreed")
    if (yes or wanted.code == "R19") and not case.read:
        raise OutOfTurn(READ_FIRST, exchange=exchange)
    actor = agency.actor(wanted.staff)
    if yes and actor.id == case.reviewed_by:
        clause = (await agency.known()).agreement.reviewing.own_case_clause
        raise Forbidden(OWN_REVIEW, code="R04", exchange=exchange, clauses=(clause,))
    exact = Exact(code=wanted.code, supersedes=wanted.supersedes, salt=b64url(salt(EXACT_SALT_BYTES)))
    body = ContactAnswer(
        outcome=wanted.outcome,
        exact=exact_digest(exact),
        consent=wanted.consent,
        held_by=wanted.held_by,
    )
    draft = Draft(
        to=case.requester,
        exchange=exchange,
        actor=actor,
        body=body,
        plain=await _values(agency, case, wanted),
        exact=exact,
    )
    return await say(agency, draft, lambda drawer: _beside(drawer, case, wanted, yes))


async def _values(agency: Agency, case: Case, wanted: Answer) -> dict[SealedField, str]:
    """What is sealed: every field that was asked for and is permitted, empty where there is nothing, and no gap shows.

    What else the holder gives is sealed too: the gateway drops it by name and says so.
    """
    values = _fields(wanted)
    if wanted.outcome not in ("shared", "agreed"):
        if values:
            raise Typed(NO_VALUES_HERE)
        return {}
    if found := contents.faults(values):
        raise Typed(*found)
    if wanted.outcome == "agreed":
        return dict(values.items())
    rule = (await agency.known()).agreement.rule(case.request.purpose)
    permitted = rule.fields if rule else ()
    sealed: dict[SealedField, str] = {field: "" for field in case.request.fields if field in permitted}
    sealed.update(values.items())
    return sealed


def _fields(wanted: Answer) -> dict[Field, str]:
    if not set(wanted.values) <= set(FIELDS):
        raise Typed(NO_SUCH_FIELD)
    return {FIELDS[name]: text for name, text in wanted.values.items()}


def _beside(drawer: Drawer, case: Case, wanted: Answer, yes: bool) -> None:
    """In the transaction that keeps the answer: nothing is released past an instruction, and a "no" is one at once."""
    if yes and case.victim_mark and instructions.stopping(drawer, case.victim_mark, case.request.purpose):
        raise OutOfTurn(STANDING, code="R06", exchange=case.exchange)
    if wanted.code != "R19" or wanted.standing_instruction == "none" or case.victim_mark is None:
        return
    scope = wanted.standing_instruction or "whole-case"
    instruction = Instruction(
        id=new_id(),
        scope=scope,
        since=now(),
        by=wanted.staff.id if wanted.staff else "",
        victim=case.victim_mark,
        offender=case.offender,
        purpose=case.request.purpose if scope == "this-purpose" else None,
        exchange=case.exchange,
    )
    instructions.keep(drawer, instruction)
