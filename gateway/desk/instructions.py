"""Standing instructions: "no further contact", per victim, kept by the holder and nobody else (agreement part 6).

The victim is the one of the crime reference. An instruction is found by its keyed hash, checked when a request is read
and again before anything is released, and lifted only when the victim has come back.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.identifiers import BadIdentifier, crime_reference
from contracts.vocabulary import Purpose
from gateway.desk.agency import Agency
from gateway.desk.answering import Instruct, Lift, Scope
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import new_id, now

KIND: Final = "instruction"
NO_PURPOSE: Final = Fault(name="purpose", detail="Say which purpose the victim wants to hear no more of.")


class Instruction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`victim` is the keyed hash of the crime reference; `exchange` the case in which the victim said so."""

    id: str
    scope: Scope
    since: int
    by: str
    victim: str
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
    return drawer.mark(f"victim {reference}").hex()


def stopping(drawer: Drawer, victim: str, purpose: Purpose) -> bool:
    """Whether an instruction stands in the way of approaching this victim for this purpose (R06)."""
    return any(each.stops(purpose) for _, each in drawer.find(KIND, victim, Instruction))


def keep(drawer: Drawer, instruction: Instruction) -> None:
    """Keep an instruction, found by its victim."""
    drawer.put(KIND, instruction.id, instruction, (instruction.victim,))


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
        instruction = Instruction(
            id=new_id(),
            scope=wanted.scope,
            since=now(),
            by=wanted.staff.id,
            victim=victim_mark(drawer, reference),
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
