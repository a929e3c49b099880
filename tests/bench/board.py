"""The work list of one agency: how long a page of it takes, with this many open cases.

    python -m tests.bench.board [--cases 10000] [--rounds 200]

The cases lie encrypted in a cabinet of a folder that goes away again. Measured are the first build of the list, then
pages: the first one, one under filters, one deep inside, one in the other order, and one just after a case has changed.
"""

import argparse
import asyncio
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from contracts import agreement
from contracts.agreement import Windows
from contracts.messages.contact_request import ContactRequest
from gateway.decide.calendar import due
from gateway.desk import case as cases
from gateway.desk.board import Query, paged
from gateway.desk.cabinet import Cabinet, Drawer
from gateway.desk.case import Case
from gateway.desk.index import ALLOCATION, Index
from gateway.desk.row import Allocation
from gateway.desk.subject import Asker, Offence, Offender, Subject
from tests.agencies import secret
from tests.journey.simulated import AGREEMENT, uuid7

PURPOSES = ("approach", "letter", "conference", "preparation")
STATES = ("with-police", "more-needed", "details-shared", "agreed")
SUBJECT = Subject(
    offender=Offender(name="Rhys Ó Briain", prison_number="A1234BC", pnc_id="1979/0163001B"),
    offence=Offence(codes=("TH68001",), crime_reference="13 272661805"),
    requester=Asker(staff_id="s838"),
)


def made(number: int, at: int) -> Case:
    """One of many cases, all different in what a list filters by."""
    request = ContactRequest(
        purpose=PURPOSES[number % 4], fields=(), offence_groups=("other",), sensitivities=(), grounds=()
    )  # fmt: skip
    return Case(
        exchange=uuid7(),
        side="requester",
        requester="prison-mdi",
        holder=f"police-{10 + number % 43}",
        request=request,
        state=STATES[number // 4 % 4],
        asked_at=at - number * 600 % 4_000_000,
        answered_at=at - number * 60 % 1_000_000,
        sealed_by=uuid7(),
        subject=SUBJECT,
        marks=("0" * 64, "1" * 64),
    )


def fill(drawer: Drawer, count: int) -> Case:
    at, last = int(time.time()), None
    for number in range(count):
        last = made(number, at)
        cases.keep(drawer, last)
        if number % 3 == 0:
            allocated = Allocation(exchange=last.exchange, to=f"s{number % 7}", name="A. Colleague", by="s1", at=at)
            drawer.put(ALLOCATION, last.exchange, allocated, (last.exchange,))
    assert last is not None
    return last


async def measure(folder: Path, count: int, rounds: int) -> dict[str, list[float]]:
    windows = agreement.load(AGREEMENT.read_text()).windows
    with ThreadPoolExecutor(2) as threads:
        cabinet = Cabinet(folder / "cases.db", secret("store"), threads)
        last = await cabinet.change(lambda drawer: fill(drawer, count))
        index, found = Index(cabinet), dict[str, list[float]]()
        due(0, "1 working day")  # loads the calendar, as a desk does at its start
        began = time.perf_counter()
        await index.by_due(windows)
        found["first build"] = [time.perf_counter() - began]
        deep = paged(await index.by_due(windows), Query(limit=200), int(time.time())).next
        for name, query in {
            "first page": Query(groups=("open",)),
            "filtered": Query(groups=("open",), purposes=("letter",), allocated="s3", due=("overdue", "today")),
            "deep": Query(groups=("open", "yes"), after=deep),
            "newest": Query(groups=("open",), sort="newest"),
        }.items():
            found[name] = [await one(index, windows, query) for _ in range(rounds)]
        found["after a change"] = []
        for round_ in range(rounds):
            changed = replace(last, asked_at=last.asked_at - round_)
            await cabinet.change(lambda drawer, case=changed: cases.keep(drawer, case))  # type: ignore[misc]
            found["after a change"].append(await one(index, windows, Query(groups=("open",))))
        cabinet.close()
    return found


async def one(index: Index, windows: Windows, query: Query) -> float:
    began = time.perf_counter()
    rows = await (index.by_newest(windows) if query.sort == "newest" else index.by_due(windows))
    paged(rows, query, int(time.time()))
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=200)
    told = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), told.cases, told.rounds))
    table = Table("what", "median ms", "95th percentile ms", title=f"The work list, {told.cases} open cases")
    for name, seconds in found.items():
        worst = sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * 0.95))]
        table.add_row(name, f"{1000 * statistics.median(seconds):.1f}", f"{1000 * worst:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
