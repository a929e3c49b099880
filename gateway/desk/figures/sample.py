"""A random sample of cases for quality assurance, that anybody can draw again (agreement clause 14.3).

Each case gets a number: SHA-256 of `rj-dip-sample-v1`, the seed and the exchange's id, with a zero byte between. The
cases with the smallest numbers are the sample. Who fixes the seed before the period has ended (a public number of that
day, such as a lottery draw) cannot choose the cases; who knows seed and period draws the same ones.
"""

from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.case_record import CaseRecord
from gateway.desk.figures import facts
from gateway.desk.figures.tables import Period

DOMAIN: Final = b"rj-dip-sample-v1"

METHOD: Final = (
    "How the cases were drawn: for each case that was asked in the period, the SHA-256 digest of the text "
    "`rj-dip-sample-v1`, a zero byte, the seed in UTF-8, a zero byte, and the exchange’s id. The cases are put in the "
    "order of these digests, written in hexadecimal, and the first are taken. Anyone with the seed and the list of "
    "exchanges can draw them again. A case whose record has been erased since is not drawn, and the next one takes its "
    "place."
)
METHOD_BY_FORCE: Final = f"{METHOD} This was done for each force or victim liaison unit by itself."

Seed = Annotated[str, Meta(pattern=r"^[!-~]([ -~]{0,78}[!-~])?$(?!\n)", max_length=80)]


class Draw(Struct, frozen=True, kw_only=True):
    """What to draw: `size` cases, of all or (`by_force`) of each force."""

    seed: Seed
    period: Period
    size: Annotated[int, Meta(ge=1, le=500)]
    by_force: bool = False
    of: Literal["every", "sensitive"] = "every"


class Drawn(Struct, frozen=True, kw_only=True):
    """One case of the sample, with the number that put it there. `sensitive`: look at it as a case of its own."""

    case: CaseRecord
    number: str
    sensitive: bool


class Sample(Struct, frozen=True, kw_only=True):
    """The cases, in the order in which they were drawn, `among` how many; and how anybody can draw them again."""

    draw: Draw
    method: str
    among: int
    drawn: tuple[Drawn, ...]


def number_of(seed: str, exchange: str) -> str:
    """The number that puts a case in its place."""
    return sha256(b"\0".join((DOMAIN, seed.encode(), exchange.encode()))).hexdigest()


def draw(cases: Iterable[CaseRecord], wanted: Draw) -> Sample:
    """The sample."""
    among = [case for case in cases if wanted.period.holds(case) and _fits(case, wanted)]
    by_force: dict[str, list[CaseRecord]] = defaultdict(list)
    for case in among:
        by_force[case.holder if wanted.by_force else ""].append(case)
    drawn = [each for force in sorted(by_force) for each in _first(by_force[force], wanted)]
    method = METHOD_BY_FORCE if wanted.by_force else METHOD
    return Sample(draw=wanted, method=method, among=len(among), drawn=tuple(drawn))


def _fits(case: CaseRecord, wanted: Draw) -> bool:
    """Without those that never reached anybody: there is nothing to look at."""
    return facts.reached(case) and (wanted.of == "every" or facts.sensitive(case))


def _first(cases: list[CaseRecord], wanted: Draw) -> list[Drawn]:
    numbered = sorted(((number_of(wanted.seed, case.exchange), case) for case in cases), key=lambda each: each[0])
    return [
        Drawn(case=case, number=number, sensitive=facts.sensitive(case)) for number, case in numbered[: wanted.size]
    ]
