"""Standing instructions: "no further contact". Listed, added where the victim said so outside a case, and lifted."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.vocabulary import Purpose
from gateway.desk import colleagues, instructions, roles
from gateway.desk.answering import Instruct, Lift, Scope
from gateway.desk.errors import NotThere, Typed
from gateway.desk.instructions import Instruction
from gateway.desk.pages.holder import lines, terms, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, form, get

LIST: Final = "/holder/instructions"
NO_SCOPE: Final = "Choose what the victim wants to hear no more of."
NO_PURPOSE: Final = "Choose the purpose."
NO_REFERENCE: Final = "Enter the crime reference. The instruction is found by it."
COME_BACK: Final = "Tick this if the victim has come back. Only they can lift it."
ADDED: Final = "The instruction stands. Nobody approaches this victim against it."
LIFTED: Final = "The instruction is lifted. It stays on record that it stood, and who lifted it."
NO_SUCH: Final = "There is no such instruction at your agency."


class Line(Struct, frozen=True, kw_only=True):
    """An instruction as the list shows it."""

    kept: Instruction
    asked: str
    by: str
    lifted_by: str | None


async def every(visit: Visit) -> web.StreamResponse:
    """Those that stand, the newest first; then those that were lifted."""
    names = dict(await colleagues.names(visit.agency))
    found = [_line(each, names) for each in reversed(await instructions.every(visit.agency))]
    stand = [each for each in found if each.kept.lifted_at is None]
    lifted = [each for each in found if each.kept.lifted_at is not None]
    return visit.render("holder/instructions.html", stand=stand, lifted=lifted)


def _line(kept: Instruction, names: dict[str, str]) -> Line:
    return Line(
        kept=kept,
        asked=asked(kept.scope, kept.purpose),
        by=lines.called(names, kept.by),
        lifted_by=lines.called(names, kept.lifted_by) if kept.lifted_at else None,
    )


def asked(scope: Scope, purpose: Purpose | None) -> str:
    """What the victim asked for, in words."""
    if scope == "whole-case" or purpose is None:
        return f"{terms.SCOPES['whole-case']}."
    return f"No further contact about: {words.PURPOSES[purpose][:1].lower()}{words.PURPOSES[purpose][1:]}."


async def new(visit: Visit) -> web.StreamResponse:
    """The form of one that did not come of a case."""
    await roles.answerer(visit.agency, visit.staff)
    return _form(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """It stands from now on."""
    await roles.answerer(visit.agency, visit.staff)
    typed, chosen = visit.form, _purposes(visit)
    reference = typed.text("crime_reference", NO_REFERENCE)
    scope: Scope = "this-purpose" if typed.one("scope", terms.SCOPES, NO_SCOPE) == "this-purpose" else "whole-case"
    purpose = next((each for each in chosen if each == typed.value("purpose")), None)
    if scope == "this-purpose" and purpose is None:
        typed.fault("purpose", NO_PURPOSE)
    if not typed.good:
        return _form(visit)
    wanted = Instruct(
        staff=visit.staff,
        crime_reference=reference,
        scope=scope,
        purpose=purpose if scope == "this-purpose" else None,
    )
    try:
        await instructions.add(visit.agency, wanted)
    except Typed as error:
        typed.take(error)
        return _form(visit)
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    return visit.go(LIST, ADDED)


def _purposes(visit: Visit) -> tuple[Purpose, ...]:
    return tuple(rule.name for rule in visit.known.agreement.purpose)


def _form(visit: Visit) -> web.StreamResponse:
    return visit.render(
        "holder/instruction_add.html", scopes=terms.SCOPES, purposes=words.PURPOSES, offered=_purposes(visit)
    )


async def consider(visit: Visit) -> web.StreamResponse:
    """What lifting means, before it is done."""
    await roles.answerer(visit.agency, visit.staff)
    return await _considered(visit, await _one(visit))


async def lift(visit: Visit) -> web.StreamResponse:
    """The victim has come back."""
    await roles.answerer(visit.agency, visit.staff)
    kept = await _one(visit)
    visit.form.ticked("come_back", COME_BACK)
    if not visit.form.good or kept.lifted_at is not None:
        return await _considered(visit, kept)
    await instructions.lift(visit.agency, kept.id, Lift(staff=visit.staff))
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    return visit.go(LIST, LIFTED)


async def _one(visit: Visit) -> Instruction:
    found = await visit.agency.cabinet.get(instructions.KIND, visit.name, Instruction)
    if found is None:
        raise NotThere(NO_SUCH)
    return found


async def _considered(visit: Visit, kept: Instruction) -> web.StreamResponse:
    names = dict(await colleagues.names(visit.agency))
    return visit.render("holder/instruction_lift.html", each=_line(kept, names))


PAGES: Final[tuple[Page, ...]] = (
    get(LIST, every, POLICE),
    *form(f"{LIST}/add", new, add, POLICE),
    *form(f"{LIST}/{{id}}/lift", consider, lift, POLICE),
)
