"""What proves a case: the lines of the log that this desk holds of it, and whether cosigners have confirmed them."""

from typing import Final, Literal

from msgspec import Struct

from gateway.desk import receipts
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.deliveries import DELIVERY, Delivery
from gateway.desk.pages.times import Colour
from gateway.desk.receipts import Receipt

Standing = Literal["none", "in-log", "confirmed", "contradicted"]

BADGES: Final[dict[Standing, tuple[str, Colour]]] = {
    "none": ("Nothing in the log yet", "grey"),
    "in-log": ("In the log", "blue"),
    "confirmed": ("In the log, confirmed by cosigners", "green"),
    "contradicted": ("The log contradicts itself", "red"),
}


class Line(Struct, frozen=True, kw_only=True):
    """A line of the log that this desk can prove. `ours`: it holds what this agency said."""

    leaf: int
    ours: bool
    standing: Standing


async def of(agency: Agency, exchange: str) -> tuple[Line, ...]:
    """The lines of a case, in the order of the log."""
    return await agency.cabinet.change(lambda drawer: _lines(drawer, exchange))


def whole(lines: tuple[Line, ...]) -> Standing:
    """How the case stands: as its weakest line does."""
    standings = {line.standing for line in lines}
    weakest: tuple[Standing, ...] = ("contradicted", "in-log", "confirmed")
    return next((each for each in weakest if each in standings), "none")


def _lines(drawer: Drawer, exchange: str) -> tuple[Line, ...]:
    mine = (each for _, each in drawer.find(receipts.KIND, exchange, Receipt))
    theirs = (each for _, each in drawer.find(DELIVERY, exchange, Delivery))
    lines = [Line(leaf=each.leaf, ours=True, standing=_standing(each)) for each in mine]
    lines += [Line(leaf=each.leaf, ours=False, standing=_standing(each)) for each in theirs]
    return tuple(sorted(lines, key=lambda line: line.leaf))


def _standing(kept: Receipt | Delivery) -> Standing:
    if kept.contradicted:
        return "contradicted"
    return "confirmed" if kept.witnessed else "in-log"
