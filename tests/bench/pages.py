"""The coordinator's list as a browser gets it: the whole request over loopback, with this many open cases.

    python -m tests.bench.pages [--cases 10000] [--rounds 100]

A gateway and a prison's desk run as the tests of the pages run them, and the cabinet of one prison is filled. A
signed-in coordinator opens the list again and again: what waits, all cases, a filtered list, a place deep inside, and a
search by name. Each page is measured beside the same page of a prison that has no cases, in turn. Where others use the
machine too, the clock says less than the work: milliseconds of processor, of client, desk and gateway together.
Writes `build/pages.json`; prints the table. The target: 100 ms at the median.
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import aiohttp
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from yarl import URL

from gateway.config import DeskSettings, load_desk, load_gateway
from gateway.demo.world import Founding, found, lay_out
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.ids import new_id
from gateway.desk.serve import Desk, serving
from gateway.serve import serving as serving_gateway
from tests.bench import board

FULL, EMPTY = "prison-mdi", "prison-lei"
TARGET_MS: Final = 100.0
CHUNK: Final = 500
PLACES: Final = 40
PAGES: Final = {
    "what waits": "/requester",
    "all cases": "/requester?view=all",
    "filtered": "/requester?view=all&purpose=letter&due=overdue&due=today",
    "deep inside": "/requester?view=all",
    "found by name": "/requester?view=all",
}
CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
NEXT: Final = re.compile(r'href="([^"]+)" rel="next"')


class Took(NamedTuple):
    """Milliseconds: by the clock, and of work by this process, in which client, desk and gateway all are."""

    clock: float
    work: float


Found = dict[str, dict[str, list[Took]]]


class Coordinator:
    """Somebody who is signed in at one prison."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url

    async def sign_in(self, agency: str) -> None:
        csrf = CSRF.search(await self.get("/sign-in"))
        assert csrf is not None
        await self.post("/sign-in/demo", csrf=csrf[1], staff=f"coordinator-{agency}")

    async def get(self, path: str) -> str:
        async with self.http.get(URL(self.url + path, encoded=True)) as answer:
            assert answer.status == 200, answer.status
            return await answer.text()

    async def post(self, path: str, **typed: str) -> None:
        async with self.http.post(self.url + path, data=typed) as answer:
            assert answer.status == 200, answer.status

    async def find(self, sought: str) -> None:
        """Look for a name; the list shows what fits until nothing is sought any more."""
        csrf = CSRF.search(await self.get("/requester"))
        assert csrf is not None
        await self.post("/requester/find", csrf=csrf[1], sought=sought)

    async def deep(self) -> str:
        """The address of a place deep in the list, or of its beginning where the list is short."""
        path = PAGES["deep inside"]
        for _ in range(PLACES):
            following = NEXT.search(await self.get(path))
            if following is None:
                break
            path = following[1].replace("&amp;", "&")
        return path

    async def timed(self, path: str) -> Took:
        began, worked = time.perf_counter(), time.process_time()
        await self.get(path)
        return Took(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked))


def fill(drawer: Drawer, first: int, count: int) -> None:
    """So many more cases, all different in what the list filters by."""
    at = int(time.time())
    for number in range(first, first + count):
        board.cases.keep(drawer, replace(board.made(number, at), exchange=new_id()))


async def filled(agency: Agency, count: int) -> None:
    """Fill an agency's cabinet, encrypted like any other."""
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{count} cases into the cabinet", total=count)
        for first in range(0, count, CHUNK):
            size = min(CHUNK, count - first)
            await agency.cabinet.change(lambda drawer, first=first, size=size: fill(drawer, first, size))  # type: ignore[misc]
            progress.advance(task, size)


async def prepare(settings: DeskSettings, count: int) -> None:
    """A desk that is filled before it serves."""
    with ThreadPoolExecutor(2) as threads:
        async with aiohttp.ClientSession() as http:
            desk = Desk(settings, http, threads)
            await filled(desk.agencies[FULL], count)
            desk.close()


async def measure(founding: Founding, count: int, rounds: int) -> Found:
    settings = load_desk(founding.folder / "desks" / "prison-desk.toml", {})
    await prepare(settings, count)
    async with (
        serving_gateway(load_gateway(founding.folder / "gateway" / "gateway.toml", {})),
        serving(settings),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as one,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other,
    ):
        url = founding.pages["prison-desk"]
        people = {FULL: Coordinator(one, url), EMPTY: Coordinator(other, url)}
        for agency, person in people.items():
            await person.sign_in(agency)
        paths = PAGES | {"deep inside": await people[FULL].deep()}
        found: Found = {}
        for name, path in paths.items():
            if name == "found by name":
                for person in people.values():
                    await person.find("briain")
            found[name] = {agency: [] for agency in people}
            for turn in track(range(rounds + 1), name, console=Console(stderr=True)):
                for agency, person in people.items():
                    took = await person.timed(path)
                    if turn:
                        found[name][agency].append(took)
        return found


def report(found: Found, count: int) -> bool:
    """Print the table; whether every page is within the target."""
    table = Table("page", "median ms", "95th percentile ms", "of work, median ms", "empty list, median ms", "ratio")
    table.title = f"The coordinator's list, {count} open cases, whole request over loopback"
    medians = {}
    for name, by_agency in found.items():
        clocks = sorted(took.clock for took in by_agency[FULL])
        full, worst = statistics.median(clocks), clocks[int(len(clocks) * 0.95)]
        empty = statistics.median(took.clock for took in by_agency[EMPTY])
        work = statistics.median(took.work for took in by_agency[FULL])
        medians[name] = full
        table.add_row(name, f"{full:.1f}", f"{worst:.1f}", f"{work:.1f}", f"{empty:.1f}", f"{full / empty:.2f}")
    Console().print(table)
    Path("build").mkdir(exist_ok=True)
    Path("build/pages.json").write_text(json.dumps({"cases": count, "milliseconds": found}) + "\n")
    slow = [name for name, median in medians.items() if median >= TARGET_MS]
    Console().print(f"Slower than {TARGET_MS:.0f} ms at the median: {', '.join(slow) or 'none'}.")
    return not slow


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=100)
    told = parser.parse_args()
    with TemporaryDirectory() as folder:
        founding = found(Path(folder) / "world", (FULL, EMPTY, "police-13"), {})
        lay_out(founding)
        measured = asyncio.run(measure(founding, told.cases, told.rounds))
    raise SystemExit(0 if report(measured, told.cases) else 1)


if __name__ == "__main__":
    main()
