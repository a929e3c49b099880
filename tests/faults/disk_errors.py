"""Each write and sync of a gateway on SQLite fails once: broken, or full. It says so, loses nothing, and goes on.

    python -m tests.faults.disk_errors [--every 1] [--seed N]

For each step that a gateway takes on its disk, one lives through the same exchanges with that step, and some after it,
failing. Its senders try again until they are answered; then it is started anew, and its word is checked.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from copy import copy
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import structlog

from contracts.envelope import Envelope
from contracts.reply import Problem, Reply
from gateway.errors import CannotStart
from tests.faults.disk import Step, broken, full, watched
from tests.faults.power import Word, came_back, set_up
from tests.faults.runs import Tell, asked, progress, told
from tests.journey.simulated import Side, World, claims_of

ERRORS = {"broken": broken, "full": full}
LASTS = (1, 6)
"""How many steps in a row fail."""

TRIES = 40


async def insist(side: Side, sent: Envelope, refused: Counter[str]) -> Word:
    """Send it until it is taken."""
    for _ in range(TRIES):
        status, body = await side.post(sent)
        if status in (200, 201):
            return Word(0, sent, side.decision(msgspec.json.decode(body, type=Reply)))
        problem = msgspec.json.decode(body, type=Problem)
        assert status == 503, problem
        refused[problem.type] += 1
        await asyncio.sleep(0.01)
    raise AssertionError("The gateway has not gone on.")


async def live_on(world: World, refused: Counter[str]) -> list[Word]:
    """What is said, whatever the disk does; a gateway that cannot start is started again."""
    for _ in range(2 + max(LASTS)):
        try:
            async with world.gateway(check=False) as side:
                request = side.request()
                exchange = claims_of(request).exchange
                answer = side.answer(exchange)
                of = claims_of(answer).jti
                said = (
                    request,
                    side.open("police-13", exchange, claims_of(request).jti, ("subject",)),
                    answer,
                    side.open("prison-mdi", exchange, of, ("contact_channel",)),
                    side.recall(exchange, of),
                )
                return [await insist(side, each, refused) for each in said]
        except CannotStart as error:
            if not str(error).endswith("."):
                raise AssertionError(str(error)) from error
            refused["at the start"] += 1
    raise AssertionError("The gateway does not start, though its disk is well again.")


def failing(first: int, lasts: int, error: Callable[[Step], Exception]) -> Callable[[Step], Exception | None]:
    """So many steps fail, from the one of this number on."""
    numbers = count()

    def fails(step: Step) -> Exception | None:
        return error(step) if first <= next(numbers) < first + lasts else None

    return fails


async def one(world: World, left: Path, fails: Callable[[Step], Exception | None]) -> tuple[str | None, Counter[str]]:
    """What was wrong, if anything, where the disk fails like this; and how often senders were refused."""
    refused = Counter[str]()
    set_up(world, left)
    with watched(left) as disk:
        disk.fails = fails
        moved = copy(world)
        moved.folder = left
        try:
            words = await live_on(moved, refused)
        except AssertionError as error:
            return str(error), refused
    return await came_back(world, left, words), refused


async def fail_everywhere(folder: Path, every: int, tell: Tell) -> dict[str, Any]:
    """Each step of the disk in turn, or every so many of them."""
    world, left, faults, refused = World(folder / "world"), folder / "left", list[str](), Counter[str]()
    steps = await _steps(world, left)
    cases = [(point, lasts, kind) for point in range(0, steps, every) for lasts in LASTS for kind in ERRORS]
    for point, lasts, kind in cases:
        wrong, found = await one(world, left, failing(point, lasts, ERRORS[kind]))
        refused += found
        tell(1, len(cases))
        if wrong:
            faults.append(f"{kind} for {lasts} steps from step {point}: {wrong}")
    return {
        "steps": steps,
        "runs": len(cases),
        "refused": dict(refused),
        "found": faults[:20],
        "faults": len(faults),
    }


async def _steps(world: World, left: Path) -> int:
    """How many steps the disk takes where none fails."""
    taken: list[Step] = []

    def counts(step: Step) -> None:
        taken.append(step)

    wrong, _ = await one(world, left, counts)
    assert wrong is None, wrong
    return len(taken)


def main() -> None:
    args, begun = asked(__doc__, every=1), time.monotonic()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory(prefix="rj-disk-") as folder, progress("failures of the disk") as tell:
        found = asyncio.run(fail_everywhere(Path(folder), args.every, tell))
    told("disk-errors", begun, found)


if __name__ == "__main__":
    main()
