"""Figures as a table: a row for each area and measure, with its definition; a public page; and a sample of cases."""

from collections.abc import Iterable, Iterator
from typing import Final

from contracts.case_record import CaseRecord
from gateway.desk.exporting.sheet import Cells, Column, Sheet, Value
from gateway.desk.figures.cells import Cell, Count, Rate, Share, Spread
from gateway.desk.figures.funnel import Funnel
from gateway.desk.figures.measures import GROUPS
from gateway.desk.figures.public import PublicCell, PublicPage
from gateway.desk.figures.sample import Sample
from gateway.desk.figures.tables import Table

NO_LEAGUE: Final = "These figures show variation between areas. They are not a league table."
_MEASURE: Final = (
    Column(name="heading", means="Under which heading the measure stands."),
    Column(name="measure", means="The measure, by its short name."),
    Column(name="name", means="The measure, in words."),
    Column(name="unit", means="What the figure is in."),
)
_WORDS: Final = (
    Column(name="definition", means="What exactly is counted."),
    Column(name="counted", means="What `number` counts."),
    Column(name="counted against", means="What `of` counts. Empty for what is no share."),
)

FIGURES: Final = Sheet(
    name="figures",
    title="Variation between areas",
    columns=(
        *_MEASURE,
        Column(name="by", means="What an area is: force, prison or offence-group."),
        Column(name="area", means="The area’s id; empty for all together."),
        Column(name="area name", means="The area, in words."),
        Column(name="number", kind="whole", means="How many. Exact: not for publication."),
        Column(name="of", kind="whole", means="Of how many. For days: how many cases they were measured on."),
        Column(name="figure", kind="number", means="The share (0 to 1), the median days, or the rate."),
        Column(name="low", kind="number", means="Where the 95% interval of `figure` begins. Empty where it has none."),
        Column(name="high", kind="number", means="Where it ends."),
        Column(name="quarter", kind="number", means="Days: a quarter of the cases took no longer."),
        Column(name="three quarters", kind="number", means="Days: three quarters took no longer."),
        Column(name="nine in ten", kind="number", means="Days: the 90th percentile."),
        Column(name="longest", kind="number", means="Days: the longest; of open cases, the oldest."),
        Column(name="few cases", kind="yes-no", means="Whether it stands on fewer than five cases."),
        Column(name="place", means="Where it stands in the funnel: within, below or above (95% limits), far-below or "
                                   "far-above (99.8% limits). Empty without a funnel."),
        *_WORDS,
    ),
    notes=(
        NO_LEAGUE,
        "Intervals: Wilson for shares, Byar for rates, order statistics for medians. Funnel limits: exact binomial "
        "(Spiegelhalter 2005).",
        "These are exact, small counts too, for inspectors. What may be published is another table.",
    ),
)  # fmt: skip

PUBLIC: Final = Sheet(
    name="public-figures",
    title="Figures that a force may publish",
    columns=(
        *_MEASURE,
        Column(name="area", means="The force, or `All forces`."),
        Column(name="number", means="How many; [c] where it is withheld."),
        Column(name="of", means="Of how many; [c] where it is withheld."),
        Column(name="share", kind="number", means="The share, 0 to 1. Empty where a count is withheld."),
        Column(name="low", kind="number", means="Where its 95% interval begins."),
        Column(name="high", kind="number", means="Where it ends."),
        *_WORDS,
    ),
    notes=(NO_LEAGUE, "[c]: a count from 1 to 4 is withheld, and whatever would give it away."),
)

SAMPLE: Final = Sheet(
    name="dip-sample",
    title="A random sample of cases that can be drawn again",
    columns=(
        Column(name="number", means="The digest that put the case in its place."),
        Column(name="exchange", means="The exchange."),
        Column(name="force", means="Who was asked."),
        Column(name="prison", means="Who asked."),
        Column(name="purpose", means="What for."),
        Column(name="state", means="How it stands, as inspectors see it."),
        Column(name="code", means="The exact reason code. Requesters do not see it."),
        Column(name="sensitive", kind="yes-no", means="Whether it is to be looked at as a case of its own."),
        Column(name="review", means="What the reviewer decided."),
        Column(name="asked", kind="time", means="When it was asked."),
        Column(name="taken up", kind="time", means="When an office took it up."),
        Column(name="answered", kind="time", means="When it was first answered."),
        Column(name="ended", kind="time", means="When it ended."),
        Column(name="outcome", means="What the victim chose, by the latest outcome."),
        Column(name="feedback", means="What the victim said afterwards."),
    ),
)


def rows(tables: Iterable[Table], funnels: Iterable[Funnel] = ()) -> Iterator[Cells]:
    """A row for each measure and area, all together first."""
    places = {
        (each.table.measure.id, each.table.by, point.area): point.place for each in funnels for point in each.points
    }
    for table in tables:
        yield _row(table, ("", "All together"), table.overall, (table.overall.of < 5, None))
        for row in table.rows:
            place = places.get((table.measure.id, table.by, row.area))
            yield _row(table, (row.area, row.name), row.cell, (row.small, place))


def public_rows(page: PublicPage) -> Iterator[Cells]:
    """A row for each measure: the force, then all forces."""
    for row in page.rows:
        measure = row.measure
        begin = (GROUPS[measure.group], measure.id, measure.name, measure.unit)
        end = (measure.definition, measure.part, measure.whole)
        for name, cell in ((page.name, row.here), ("All forces", row.everywhere)):
            yield (*begin, name, *_public(cell, shared=bool(measure.whole)), *end)


def sample_rows(sample: Sample) -> Iterator[Cells]:
    """A row for each case, in the order in which they were drawn."""
    for each in sample.drawn:
        yield each.number, *_case(each.case, sensitive=each.sensitive)


def _case(case: CaseRecord, *, sensitive: bool) -> Cells:
    came = case.outcome
    return (
        case.exchange, case.holder, case.requester, case.purpose, case.state, case.code, sensitive, case.review,
        case.asked_at, case.accepted_at, case.answered_at, case.ended_at, came.chose if came else None,
        came.feedback if came else None,
    )  # fmt: skip


def _row(table: Table, area: tuple[str, str], cell: Cell, marks: tuple[bool, str | None]) -> Cells:
    measure = table.measure
    begin = (GROUPS[measure.group], measure.id, measure.name, measure.unit, table.by, *area)
    return (*begin, *_numbers(cell), *marks, measure.definition, measure.part, measure.whole)


def _numbers(cell: Cell) -> Cells:
    none: tuple[None, ...] = (None, None, None, None)
    match cell:
        case Count(number=number):
            return (number, None, None, None, None, *none)
        case Share(part=part, of=of, low=low, high=high):
            return (part, of, cell.share, low, high, *none)
        case Rate(number=number, of=of, low=low, high=high):
            return (number, of, cell.rate, low, high, *none)
        case Spread():
            return (
                None, cell.of, cell.median, cell.low, cell.high, cell.quarter, cell.three_quarters, cell.nine_in_ten,
                cell.longest,
            )  # fmt: skip


def _public(cell: PublicCell, *, shared: bool) -> Cells:
    def shown(count: int | None) -> Value:
        return "[c]" if count is None else str(count)

    low, high = cell.interval or (None, None)
    return shown(cell.number), shown(cell.of) if shared else "", cell.share, low, high
