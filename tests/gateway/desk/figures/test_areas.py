"""Areas, populations, samples, and what one area does differently, in sentences."""

import re
from datetime import date
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desk.errors import Typed
from gateway.desk.figures import measures, population, public, suppress
from gateway.desk.figures.cells import Count, Rate, Share
from gateway.desk.figures.differs import all_alike, compared, differences
from gateway.desk.figures.funnel import Funnel, funnel
from gateway.desk.figures.sample import Draw, draw
from gateway.desk.figures.tables import Period, in_period, per_thousand, tables
from tests.gateway.desk.figures.made import DAY, NOW, case, many, no, reviewed, yes

PRISONS = {"prison-mdi", "prison-lei"}
YEAR = Period.financial_year(2026)


def test_areas_add_up_to_all_together() -> None:
    """By force, prison and offence group: each case is in one area, whatever groups it has."""
    cases = [*many(300), case(1, offence_groups=("other", "death", "hate"))]
    for by in ("force", "prison", "offence-group"):
        (table,) = tables(cases, by, NOW, {}, [measures.BY_ID["requests"]])  # type: ignore[arg-type]
        assert sum(row.cell.of for row in table.rows) == 301 == table.overall.of
    assert [row.name for row in table.rows] == sorted((row.name for row in table.rows), key=str.casefold)
    assert "An offence that caused a death" in [row.name for row in table.rows]


def test_a_figure_on_few_cases_is_marked() -> None:
    """Under five."""
    cases = [yes(n, holder="police-13") for n in range(5)] + [yes(9, holder="police-14")]
    (table,) = tables(cases, "force", NOW, {"police-13": "B", "police-14": "A"}, [measures.BY_ID["agreed"]])
    assert [(row.name, row.small) for row in table.rows] == [("A", True), ("B", False)]


def test_a_period_is_of_days_in_london() -> None:
    """A financial year begins in British summer time: an hour before midnight UTC."""
    begins = 1_774_998_000  # 2026-03-31T23:00:00Z
    inside, before = case(1, asked_at=begins), case(2, asked_at=begins - 1)
    assert in_period([inside, before], YEAR) == (inside,)
    assert YEAR.words == "1 April 2026 to 31 March 2027"


def test_requests_are_counted_against_a_population() -> None:
    """A prison without requests has a rate too: none."""
    cases = [case(n) for n in range(12)]
    table = per_thousand(cases, population.PER_THOUSAND, {}, {"prison-mdi": 1000, "prison-lei": 600})
    rates = {row.area: row.cell for row in table.rows}
    assert rates == {"prison-mdi": Rate.counted(12, 1000), "prison-lei": Rate.counted(0, 600)}
    assert table.overall == Rate.counted(12, 1600)


def test_a_population_table_is_read_as_agencies_save_it() -> None:
    """With the mark that Excel puts before it, codes in any case, and with or without those eligible."""
    raw = "\ufeffprison,population,eligible\r\nMDI,1043,310\r\nprison-lei,1210,0\r\n".encode()
    found = population.read(raw, PRISONS)
    assert found.people == {"prison-mdi": 1043, "prison-lei": 1210}
    assert found.eligible == {"prison-mdi": 310, "prison-lei": 0}
    assert population.read(b"prison,population\nmdi,1\n", PRISONS).eligible is None


BAD = {
    "prison,population,name\nMDI,1,Smith\n": "The first line must be",
    "prison;population\nMDI;1\n": "The first line must be",
    "": "The first line must be",
    "prison,population\n": "no prison",
    "prison,population\nSmith,1\n": "Line 2: this prison is not",
    "prison,population\nMDI,1\nprison-mdi,2\n": "Line 3: this prison has a line already",
    "prison,population\nMDI,-1\n": "Line 2: `population` must be a whole number",
    "prison,population\nMDI,1,5\n": "Line 2: it has another number of columns",
    "prison,population,eligible\nMDI,5,6\n": "Line 2: more people are eligible",
    'prison,population\nMDI,"1"x\n': "not a CSV table",
    "prison,population\nMDI,1,043\n": "Line 2: it has another number of columns",
    "prison,population\nMDI,９\n": "Line 2: `population` must be",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_population_table_is_refused_in_words(text: str) -> None:
    """All of it, by line, and nothing of what stands there is repeated."""
    with pytest.raises(Typed) as refused:
        population.read(text.encode(), PRISONS)
    words = " ".join(fault.detail for fault in refused.value.faults)
    assert BAD[text] in words
    assert "Smith" not in words


def test_what_is_no_text_and_what_is_too_long_is_refused() -> None:
    """Before anything is read of it."""
    for raw in (b"prison,population\nMDI,\xff\n", b"x" * 300_000):
        with pytest.raises(Typed):
            population.read(raw, PRISONS)


def test_a_sample_can_be_drawn_again_by_hand() -> None:
    """By the words that stand beside it, whatever the order of the cases."""
    cases, seed = many(80), "lottery 7 12 31"
    drawn = draw(cases, Draw(seed=seed, period=YEAR, size=7))
    reached = [each.exchange for each in cases if YEAR.holds(each) and each.state != "refused"]
    by_hand = sorted(reached, key=lambda each: sha256(f"rj-dip-sample-v1\0{seed}\0{each}".encode()).hexdigest())
    assert [each.case.exchange for each in drawn.drawn] == by_hand[:7]
    assert drawn.among == len(reached)
    assert draw(list(reversed(cases)), Draw(seed=seed, period=YEAR, size=7)) == drawn
    assert draw(cases, Draw(seed="another", period=YEAR, size=7)).drawn != drawn.drawn
    assert "SHA-256" in drawn.method


def test_a_sample_by_force_has_as_many_of_each() -> None:
    """And of sensitive cases alone where that is asked for."""
    cases = [*many(200), *(reviewed(1000 + n) for n in range(6))]
    drawn = draw(cases, Draw(seed="s", period=YEAR, size=3, by_force=True)).drawn
    forces = [each.case.holder for each in drawn]
    assert {force: forces.count(force) for force in forces} == dict.fromkeys(sorted(set(forces)), 3)
    sensitive = draw(cases, Draw(seed="s", period=YEAR, size=9, of="sensitive")).drawn
    assert len(sensitive) == 6
    assert all(each.sensitive for each in sensitive)


@pytest.mark.parametrize("seed", ["", " a", "a ", "é", "a\n", "x" * 81])
def test_a_seed_is_what_can_be_typed_again(seed: str) -> None:
    """Printable, without spaces at its ends."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"seed": seed, "period": YEAR, "size": 1}, Draw, from_attributes=True)


def few_yes() -> list[Funnel]:
    """Four forces alike, and one where the victim seldom says yes."""
    cases = [yes(n, holder=f"police-1{n % 4}") for n in range(160)]
    cases += [no(1000 + n, holder=f"police-1{n % 4}") for n in range(40)]
    cases += [yes(2000 + n, holder="police-20") for n in range(10)] + [
        no(3000 + n, holder="police-20") for n in range(40)
    ]
    names = {"police-20": "West Yorkshire Police"}
    found = tables(cases, "force", NOW, names, [measures.BY_ID["agreed"], measures.BY_ID["in-time-answer"]])
    return [each for each in map(funnel, found) if each is not None]


def test_what_a_force_does_differently_is_said_in_a_sentence() -> None:
    """With its numbers, its interval, the others, the limits, and how many comparisons were made."""
    found = differences(few_yes(), "police-20", "West Yorkshire Police")
    assert found.summary == (
        "What West Yorkshire Police does differently: West Yorkshire Police, “Requests that ended in a yes”: 10 of 50 "
        "(20%; 95% interval 11% to 33%). In the other areas together it was 160 of 200 (80%). That is much less often "
        "than chance would explain (outside the 99.8% limits)."
    )
    assert found.caution == (
        "10 figures were compared. If all areas were alike, fewer than 1 would be outside the 95% limits by chance "
        "alone, and fewer than 1 outside the 99.8% limits. It is a reason to look, and no proof of a cause: areas "
        "differ in the cases they have."
    )
    assert [(each.measure, each.place) for each in found.found] == [("agreed", "far-below")]


def test_an_area_like_the_others_is_said_to_be_so() -> None:
    """And one without cases has nothing to compare."""
    every = few_yes()
    inside = [each for each in every if each.table.measure.id == "in-time-answer"]
    assert differences(inside, "police-10", "Kent").summary == (
        "In 1 figure, Kent does nothing differently that chance would not explain."
    )
    assert differences(every, "police-99", "Nowhere").summary == "Nowhere has no cases to compare."
    assert compared([]).startswith("0 figures were compared.")


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_areas_that_are_alike_seldom_stand_out(seed: int) -> None:
    """Of forty comparisons by chance alone, hardly ever more than a few are outside the outer limits."""
    (table,) = tables(many(1200, seed, forces=40), "force", NOW, {}, [measures.BY_ID["agreed"]])
    found = funnel(table)
    assert found is not None
    assert sum(point.place.startswith("far") for point in found.points) <= 3


def test_all_decided_alike_is_told_and_not_called_a_rule() -> None:
    """From five on; a single other decision ends it."""
    declined = [reviewed(n, "decline") for n in range(5)]
    (found,) = all_alike(declined, "force", {"police-13": "West Yorkshire Police"})
    assert found.text.startswith("West Yorkshire Police: all 5 sensitive cases that were decided were declined.")
    assert not re.search(r"\b(ban|policy|rule)\b", found.text)
    assert not all_alike(declined[:4], "force", {})
    assert not all_alike([*declined, reviewed(9)], "force", {})


@given(st.integers(0, 10_000), st.integers(0, 150), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_nothing_withheld_from_a_public_page_can_be_worked_out(seed: int, count: int, forces: int) -> None:
    """With the pages of all forces side by side, and every sum that holds between their figures."""
    cases = many(count, seed, forces)
    made = public._suppressed(in_period(cases, YEAR), {}, NOW, suppress.SMALLEST)
    assert not suppress.recoverable(made.sums, made.hidden)
    assert all(place in made.hidden for place, number in made.sums.counts.items() if 0 < number < 5)


def test_counts_that_are_one_by_definition_are_the_same_in_every_case() -> None:
    """What the public page takes for one count is one; and each count of the page is as the table has it."""
    cases = many(400, 3)
    counts = {}
    for table in tables(cases, "force", NOW, {}, public.PUBLISHED):
        for area, cell in [("", table.overall), *((row.area, row.cell) for row in table.rows)]:
            part = cell.part if isinstance(cell, Share) else cell.of
            counts[f"{table.measure.id}/part", area] = part
            counts[f"{table.measure.id}/whole", area] = cell.of
    for one, other in public.SAME.items():
        assert all(count == counts[other, area] for (name, area), count in counts.items() if name == one), one


def test_a_public_page_shows_what_is_large_and_says_what_is_withheld() -> None:
    """Shares with their interval; an area without a case has none; a year that is not over is a preview."""
    cases = many(900, forces=3)
    page = public.public_page(cases, "police-10", {"police-10": "Kent"}, year=2026, at=NOW + 365 * DAY)
    by_id = {row.measure.id: row for row in page.rows}
    assert (page.name, page.over) == ("Kent", True)
    agreed = by_id["agreed"].here
    assert agreed.number is not None
    assert agreed.share is not None
    assert agreed.interval is not None
    assert agreed.interval.low < agreed.share < agreed.interval.high
    preview = public.public_page(cases, "police-10", {}, year=2026, at=NOW)
    assert not preview.over
    assert preview.notes[0] == public.NOT_YET
    assert public.public_page(cases, "police-99", {}, year=2026, at=NOW).rows[0].here.number == 0
    assert public.years(cases, date(2027, 1, 15)) == (2026, 2025)


def test_a_public_page_never_tells_a_no() -> None:
    """Neither by a measure of it, nor by one that says that all were answered."""
    never = {"no", "no-reply", "yes", "approached", "answered", "unanswered", "review-declined", "review-decided"}
    shown = {each.id for each in public.PUBLISHED}
    assert not shown & never
    assert not [each for each in shown if each.startswith("code-")]
    cases = [no(n, holder=f"police-1{n % 2}") for n in range(60)]
    page = public.public_page(cases, "police-10", {}, year=2026, at=NOW)
    (answered,) = [row for row in page.rows if row.measure.id == "in-time-answer"]
    assert (answered.here.number, answered.everywhere.number) == (None, None)
    assert Count(number=1).of == 1
