"""Standing instructions: "no further contact", per victim, kept by the holder and nobody else (agreement part 6).

The victim is the one of the crime reference. An instruction is found by its keyed hash, checked when a request is read
and again before anything is released, and lifted only when the victim has come back. One offender's other crimes may
have the same victim: an instruction for one of them stops nothing there, but whoever reads is told to look.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.identifiers import BadIdentifier, crime_reference
from contracts.vocabulary import Purpose
from gateway.desk import case as cases
from gateway.desk.agency import Agency
from gateway.desk.answering import Instruct, Lift, Scope
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import new_id, now
from gateway.desk.matching import crime_key
from gateway.desk.subject import Subject

KIND: Final = "instruction"
NO_PURPOSE: Final = Fault(name="purpose", detail="Say which purpose the victim wants to hear no more of.")


class Instruction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`victim` is the keyed hash of the crime reference; `exchange` the case in which the victim said so.

    `offender` are keyed hashes of who is known to have asked about that crime.
    """

    id: str
    scope: Scope
    since: int
    by: str
    victim: str
    offender: tuple[str, ...] = ()
    crime_reference: str | None = None
    purpose: Purpose | None = None
    exchange: str | None = None
    lifted_at: int | None = None
    lifted_by: str | None = None

    def stops(self, purpose: Purpose) -> bool:
        """Whether the victim must not be approached for this purpose."""
        return self.lifted_at is None and (self.scope == "whole-case" or self.purpose == purpose)


def victim_mark(drawer: Drawer, reference: str) -> str:
    """The victim of a crime reference, as records may name them."""
    return drawer.mark(f"victim {crime_key(reference)}").hex()


def offender_marks(drawer: Drawer, subject: Subject) -> tuple[str, ...]:
    """The offender, as records may name them: one for each identifier."""
    return tuple(drawer.mark(f"offender {who}").hex() for who in subject.offender_ids)


def stopping(drawer: Drawer, victim: str, purpose: Purpose) -> bool:
    """Whether an instruction stands in the way of approaching this victim for this purpose (R06)."""
    return any(each.stops(purpose) for _, each in drawer.find(KIND, victim, Instruction))


def perhaps(drawer: Drawer, victim: str, offender: Iterable[str]) -> bool:
    """Whether an instruction stands for another crime of this offender: its victim may be the same."""
    found = (each for mark in offender for _, each in drawer.find(KIND, mark, Instruction))
    return any(each.lifted_at is None and each.victim != victim for each in found)


def learn(drawer: Drawer, victim: str, offender: tuple[str, ...]) -> None:
    """A request told who the offender is in this victim's crime: instructions may have come without."""
    for _, each in drawer.find(KIND, victim, Instruction):
        keep(drawer, replace(each, offender=tuple(dict.fromkeys((*each.offender, *offender)))))


def keep(drawer: Drawer, instruction: Instruction) -> None:
    """Keep an instruction, found by its victim and by the offender."""
    drawer.put(KIND, instruction.id, instruction, (instruction.victim, *instruction.offender))


async def every(agency: Agency) -> list[Instruction]:
    """All of this agency's, lifted ones too, in the order in which they came."""
    return await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Instruction)])


async def add(agency: Agency, wanted: Instruct) -> Instruction:
    """An instruction that did not come of a case. Raises Typed."""
    try:
        reference = crime_reference(wanted.crime_reference)
    except BadIdentifier as error:
        raise Typed(Fault(name="crime_reference", code="R01", detail=error.message)) from None
    if wanted.scope == "this-purpose" and wanted.purpose is None:
        raise Typed(NO_PURPOSE)

    def added(drawer: Drawer) -> Instruction:
        victim = victim_mark(drawer, reference)
        offender = (mark for _, case in drawer.find(cases.KIND, victim, Case) for mark in case.offender)
        instruction = Instruction(
            id=new_id(),
            scope=wanted.scope,
            since=now(),
            by=wanted.staff.id,
            victim=victim,
            offender=tuple(dict.fromkeys(offender)),
            crime_reference=reference,
            purpose=wanted.purpose if wanted.scope == "this-purpose" else None,
        )
        keep(drawer, instruction)
        return instruction

    return await agency.cabinet.change(added)


async def lift(agency: Agency, instruction_id: str, wanted: Lift) -> Instruction:
    """The victim has come back: from now on they may be approached. Raises NotThere, OutOfTurn."""

    def lifted(drawer: Drawer) -> Instruction:
        found = drawer.get(KIND, instruction_id, Instruction)
        if found is None:
            raise NotThere("There is no such instruction at your agency.")
        if found.lifted_at is not None:
            raise OutOfTurn("This instruction is lifted already.")
        changed = replace(found, lifted_at=now(), lifted_by=wanted.staff.id)
        keep(drawer, changed)
        return changed

    return await agency.cabinet.change(lifted)
