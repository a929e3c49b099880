"""An inspector's desk gathers case records: it says why first, and pages through what that covers."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession

from contracts.case_record import CaseRecord
from gateway.desk import case_records
from gateway.desk.agency import Agency
from gateway.desk.case_records import CountCases
from gateway.desk.serve import Desk
from gateway.desk.staff import Staff
from tests.gateway.desk.desks import INSPECTOR, Desks, Refused, settings, staff
from tests.journey.simulated import World, claims_of


async def _page(desks: Desks, agency: str = "inspectorate-hmip", **terms: object) -> dict[str, object]:
    return await desks[agency].post("case-records", {"staff": staff(*INSPECTOR), "why": "inspection"} | terms)


async def test_a_page_of_case_records_comes_with_the_search_that_says_why(desks: Desks) -> None:
    """The search is on record and has a receipt; the records follow their contract; pages go on where they stopped."""
    asked = [(await desks["prison-mdi"].ask(crime=f"13/{n}"))["case"]["exchange"] for n in range(3)]
    first = await _page(desks, limit=2)
    assert (first["looked"], len(first["records"]), first["next"]) == (2, 2, sorted(asked)[1])  # type: ignore[arg-type]
    rest = await _page(desks, limit=2, after=first["next"])
    found = msgspec.convert([*first["records"], *rest["records"]], list[CaseRecord])  # type: ignore[misc]
    assert ([each.exchange for each in found], rest["next"]) == (sorted(asked), None)
    assert {each.state for each in found} == {"with-police"}
    receipt = await desks["inspectorate-hmip"].get(f"receipts/{first['jti']}")
    assert receipt["leaf"] == first["leaf"]


async def test_only_an_inspectors_desk_gathers_them(desks: Desks) -> None:
    """Another agency's search is refused by the agreement, on record."""
    for agency in ("prison-mdi", "police-13"):
        with pytest.raises(Refused) as refused:
            await _page(desks, agency)
        assert (refused.value.status, refused.value.code) == (403, "R04")


@asynccontextmanager
async def _gathering(world: World) -> AsyncIterator[Agency]:
    """The inspectorate's own agency, as a page in the desk's process has it."""
    with ThreadPoolExecutor(2) as threads:
        async with ClientSession() as session:
            desk = Desk(settings(world, world.address, "inspectorate-hmip"), session, threads)
            try:
                yield desk.served["inspectorate-hmip"].agency
            finally:
                desk.close()


async def test_all_cases_are_gathered_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, by one search; where there are too many, it says that it is not whole."""
    world = World(tmp_path)
    monkeypatch.setattr(case_records, "CASES_PAGE", 2)
    async with world.gateway() as side, _gathering(world) as agency:
        requests = [side.request() for _ in range(5)]
        for each in requests:
            await side.send(each)
        asked = sorted(claims_of(each).exchange for each in requests)
        wanted = CountCases(staff=msgspec.convert(staff(*INSPECTOR), Staff), why="inspection")
        found = await case_records.gather(agency, wanted)
        assert ([each.exchange for each in found.records], found.whole) == (asked, True)
        monkeypatch.setattr(case_records, "CASES_MAX", 4)
        found = await case_records.gather(agency, wanted)
        assert (len(found.records), found.whole) == (4, False)
        assert len(await side.found(event="log-search", agency="inspectorate-hmip")) == 3


async def test_figures_are_counted_by_area_with_the_words_that_fix_them(desks: Desks) -> None:
    """One search; names from the directory; each measure with its definition; exact, and marked as such."""
    for n in range(3):
        await desks["prison-mdi"].ask(crime=f"13/{n}")
    await desks["prison-lei"].ask(crime="13/9", prison_number="b1234bc", pnc_id="79/163002c")
    asked = {"staff": staff(*INSPECTOR), "why": "inspection", "by": "prison"}
    found = await desks["inspectorate-hmip"].post("figures", asked)
    by_id = {each["measure"]: each for each in found["figures"]}
    requests = by_id["requests"]
    assert {each["area"]: each["figure"]["number"] for each in requests["areas"]} == {"prison-mdi": 3, "prison-lei": 1}
    assert requests["overall"] == {"type": "count", "number": 4}
    assert requests["definition"]
    assert (found["cases"], found["whole"], found["kind"]) == (4, True, "exact-not-for-publication")
    assert {each["name"] for each in found["differences"]} == {each["name"] for each in requests["areas"]}
    assert (await desks["inspectorate-hmip"].get(f"receipts/{found['jti']}"))["leaf"] == found["leaf"]
