"""The work list: what it shows of which cases, in which order, and that it keeps up and keeps its place."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts import agreement
from gateway.desk import case as cases
from gateway.desk.board import Query, paged
from gateway.desk.cabinet import Cabinet
from gateway.desk.case import Case
from gateway.desk.errors import Typed
from gateway.desk.index import ALLOCATION, Index
from gateway.desk.row import Allocation, Row
from tests.agencies import secret
from tests.gateway.desk.desks import OFFICER, Desks, Refused, staff
from tests.gateway.desk.test_showing import CASE
from tests.journey.simulated import AGREEMENT, uuid7

WINDOWS = agreement.load(AGREEMENT.read_text()).windows
NOON = 1_790_000_000


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    with ThreadPoolExecutor(2) as threads:
        cabinet = Cabinet(tmp_path / "cases.db", secret("store"), threads)
        yield cabinet
        cabinet.close()


def case(number: int, **changes: Any) -> Case:
    return replace(CASE, exchange=uuid7(), asked_at=NOON + 86_400 * number, **changes)


async def keep(cabinet: Cabinet, *kept: Case) -> None:
    await cabinet.change(lambda drawer: [cases.keep(drawer, each) for each in kept])


async def test_every_change_moves_its_row_and_no_other(cabinet: Cabinet) -> None:
    """A case that comes, changes, is allocated, goes: the list is as if it had been built anew."""
    await keep(cabinet, *(case(number) for number in range(5)))
    index = Index(cabinet)
    assert len(await index.by_due(WINDOWS)) == 5
    late, gone = case(9), case(3, side="holder")
    await keep(cabinet, late, gone)
    await keep(cabinet, replace(late, state="more-needed"))
    given = Allocation(exchange=late.exchange, to="s1", name="Siân D’Souza", by="s2", at=NOON)
    await cabinet.change(lambda drawer: drawer.put(ALLOCATION, late.exchange, given, (late.exchange,)))
    await cabinet.change(lambda drawer: drawer.remove(cases.KIND, gone.exchange))
    kept, fresh = await index.by_due(WINDOWS), await Index(cabinet).by_due(WINDOWS)
    assert [told(row) for row in kept] == [told(row) for row in fresh]
    assert [row.exchange for row in await index.by_newest(WINDOWS)] == [row.exchange for row in reversed(kept)]
    assert (kept[-1].waits, kept[-1].allocated_name) == ("supplement", "Siân D’Souza")
    await cabinet.change(lambda drawer: drawer.remove(ALLOCATION, late.exchange))
    assert (await index.by_due(WINDOWS))[-1].allocated is None


async def test_a_change_that_fails_moves_nothing(cabinet: Cabinet) -> None:
    """The list is told of what is on disk, not of what was tried."""
    index = Index(cabinet)
    assert await index.by_due(WINDOWS) == []

    def fails(drawer: object) -> None:
        cases.keep(drawer, case(1))  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        await cabinet.change(fails)
    assert await index.by_due(WINDOWS) == []


async def test_other_windows_give_other_dates(cabinet: Cabinet) -> None:
    """A new agreement counts from the next look on."""
    await keep(cabinet, case(1))
    index = Index(cabinet)
    (before,) = await index.by_due(WINDOWS)
    (after,) = await index.by_due(replace(WINDOWS, answer="1 hour"))
    assert before.due_at is not None
    assert (after.due_at, before.due_at > NOON + 90_000) == (NOON + 86_400 + 3600, True)


async def test_a_page_keeps_its_place_whatever_comes_and_goes(cabinet: Cabinet) -> None:
    """Its last row has gone and others have come before it: the next page begins where this one ended."""
    made = [case(number) for number in range(10)]
    await keep(cabinet, *made)
    index = Index(cabinet)
    first = paged(await index.by_due(WINDOWS), Query(limit=4), NOON)
    assert ([row.exchange for row in first.rows], first.total, first.first) == (
        [each.exchange for each in made[:4]], 10, 1,
    )  # fmt: skip
    assert first.previous is None
    await cabinet.change(lambda drawer: drawer.remove(cases.KIND, made[3].exchange))
    await keep(cabinet, case(-3), case(-2))
    second = paged(await index.by_due(WINDOWS), Query(limit=4, after=first.next), NOON)
    assert [row.exchange for row in second.rows] == [each.exchange for each in made[4:8]]
    back = paged(await index.by_due(WINDOWS), Query(limit=4, before=second.previous), NOON)
    assert [row.exchange for row in back.rows][1:] == [each.exchange for each in made[:3]]
    last = paged(await index.by_due(WINDOWS), Query(limit=4, after=second.next), NOON)
    assert ([row.exchange for row in last.rows], last.next) == ([each.exchange for each in made[8:]], None)
    with pytest.raises(Typed):
        paged([], Query(after="1.2.3"), NOON)


async def test_filters_narrow_and_every_filter_counts_what_it_would_show(cabinet: Cabinet) -> None:
    """A filter that is set counts as if it were not; the others count what is there."""
    letter = replace(CASE.request, purpose="letter")
    await keep(
        cabinet,
        case(1),
        case(2, request=letter),
        case(3, request=letter, holder="police-14", state="more-needed"),
        case(4, state="closed"),
        case(5, state="withdrawn", withdrawn_at=NOON + 86_400 * 5),
    )
    rows = await Index(cabinet).by_due(WINDOWS)
    page = paged(rows, Query(groups=("open",), purposes=("letter",)), NOON)
    assert (page.total, page.counts.purposes) == (2, {"approach": 1, "letter": 2})
    assert page.counts.groups == {"open": 2}
    assert (page.counts.others, page.counts.waits) == ({"police-13": 1, "police-14": 1}, {"supplement": 1})
    assert paged(rows, Query(groups=("withdrawn",)), NOON).rows[0].waits == "acknowledge-recall"
    assert paged(rows, Query(groups=("ended",)), NOON).rows[0].due is None
    assert paged(rows, Query(due=("overdue",)), NOON + 86_400 * 300).total == 4
    assert paged(rows, Query(unallocated=True, allocated="s1"), NOON).counts.unallocated == 5


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, "accept"),
        ({"office": "rj-team"}, "read"),
        ({"office": "rj-team", "read_of": CASE.sealed_by}, "answer"),
        ({"office": "rj-team", "read_of": CASE.sealed_by, "review": "needed"}, "review"),
        ({"office": "rj-team", "state": "more-needed"}, None),
        ({"state": "cannot-proceed", "outcome": "cannot-proceed"}, None),
    ],
)
async def test_the_holder_sees_what_waits_for_it(cabinet: Cabinet, changes: dict[str, Any], waits: str | None) -> None:
    """The first thing that is still to be done here; nothing while the requester is asked for more."""
    await keep(cabinet, case(1, side="holder", **changes))
    (row,) = await Index(cabinet).by_due(WINDOWS)
    assert (row.waits, row.other, row.offender) == (waits, "prison-mdi", None)


async def test_a_case_is_somebodys_and_the_load_says_whose(desks: Desks) -> None:
    """Over the local API: allocated by name, counted for that person, given back; by nobody outside the casework."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask("approach"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    body = {"staff": staff(*OFFICER), "to": "P101 ", "name": "Llŷr Nguyễn"}
    assert (await police.post(f"cases/{exchange}/allocate", body))["name"] == "Llŷr Nguyễn"
    (load,) = (await police.get("loads"))["people"]
    assert (load["staff"], load["open"], load["overdue"]) == ("p101", 1, 0)
    page = await police.post("work-list", {"allocated": "p101"})
    assert [(row["exchange"], row["due"], row["waits"]) for row in page["rows"]] == [(exchange, "accept", "accept")]
    assert page["rows"][0]["due_words"].startswith("by 23:59")
    assert page["rows"][0]["other_name"]
    assert "Briain" not in str(page)
    (mine,) = (await prison.post("work-list", {}))["rows"]
    assert (mine["offender"], mine["prison_number"], mine["state_words"]) == (
        "Rhys Ó Briain", "A1234BC", "With the police",
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        await police.post(f"cases/{exchange}/allocate", body | {"staff": staff("x1", "residential-officer")})
    assert (refused.value.status, refused.value.code) == (403, "R04")
    with pytest.raises(Refused):
        await police.post(f"cases/{exchange}/allocate", body | {"name": " "})
    await police.post(f"cases/{exchange}/allocate", {"staff": staff(*OFFICER)})
    assert (await police.post("work-list", {"allocated": "p101"}))["total"] == 0


async def test_ten_thousand_cases_are_no_burden(cabinet: Cabinet) -> None:
    """A page is made in a fraction of a second; `tests.bench.board` has the figures."""
    made = [case(number % 50) for number in range(10_000)]
    rows = await _built(cabinet, made)
    began = time.perf_counter()
    page = paged(rows, Query(groups=("open",)), NOON)
    assert (page.total, time.perf_counter() - began < 1) == (10_000, True)


async def _built(cabinet: Cabinet, made: list[Case]) -> list[Row]:
    await keep(cabinet, *made)
    return await Index(cabinet).by_due(WINDOWS)


def told(row: Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in Row.__struct_fields__)
