"""What a measure is: words that fix it, and how it is made of cases. The measures themselves are in `measures`."""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from contracts.case_record import CaseRecord
from gateway.desk.figures.cells import Cell, Count, Share, Spread
from gateway.desk.figures.facts import Days, Test

Group = Literal[
    "asking", "time", "in-time", "ways", "refusals", "sensitive", "victims", "outcomes", "letters", "withdrawal",
    "details", "requesters", "feedback",
]  # fmt: skip
"""Under which heading it stands."""

Publish = Literal["never", "shown", "never-all-or-none"]
"""Whether a public page may show it. Whoever asked about a single case must not read from a figure that says "all" or
"none" what it was not told of that case: a figure that says such a thing is shown only where it says neither.
"""

Made = Callable[[Sequence[CaseRecord], int], Cell]


class Measure(Struct, frozen=True, kw_only=True, eq=False):
    """A figure, fixed in words that are printed beside it. `whole` is empty for what is not a share of anything."""

    id: str
    group: Group
    name: str
    definition: str
    part: str
    whole: str
    unit: str
    made: Made
    publish: Publish = "never"
    funnel: bool = False

    def of(self, cases: Sequence[CaseRecord], at: int) -> Cell:
        """The figure, of these cases at this instant."""
        return self.made(cases, at)


def counting(test: Test) -> Made:
    """How many cases are so."""
    return lambda cases, at: Count(number=sum(test(case, at) for case in cases))


def sharing(part: Test, whole: Test) -> Made:
    """How many of those that are so are also this."""

    def made(cases: Sequence[CaseRecord], at: int) -> Share:
        of = [case for case in cases if whole(case, at)]
        return Share.counted(sum(part(case, at) for case in of), len(of))

    return made


def timing(days: Days) -> Made:
    """How many days it took, of those where it did."""

    def made(cases: Sequence[CaseRecord], at: int) -> Spread:
        took = [days(case, at) for case in cases]
        return Spread.measured([each for each in took if each is not None])

    return made


def both(*tests: Test) -> Test:
    """Each of these."""
    return lambda case, at: all(test(case, at) for test in tests)


def share_of(
    name: str,
    group: Group,
    words: str,
    definition: str,
    of: tuple[str, str],
    *,
    test: tuple[Test, Test],
    unit: str = "% of cases",
    publish: Publish = "never",
) -> Measure:
    """A share of cases that a funnel can show: the words, and the test, of part and whole."""
    part, whole = test
    return Measure(
        id=name,
        group=group,
        name=words,
        definition=definition,
        part=of[0],
        whole=of[1],
        unit=unit,
        made=sharing(both(part, whole), whole),
        publish=publish,
        funnel=True,
    )
