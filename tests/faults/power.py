"""The power goes at every single write and sync of a gateway on SQLite: what was acknowledged is there, in one history.

    python -m tests.faults.power [--seeds 3] [--every 1] [--seed N]

One gateway lives through whole exchanges on a disk that is watched. Then, for each step that it took there, and each
seed, a gateway starts on what the disk may have had at that instant: the database, its log, the keys, the guard.
"""

import asyncio
import logging
import random
import shutil
import time
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import msgspec
import structlog
from msgspec import Struct

from contracts.envelope import Envelope
from contracts.reply import DecisionClaims, Reply
from gateway.errors import CannotStart
from gateway.serve import serving
from tests.faults.disk import Disk, Step, watched
from tests.faults.runs import Tell, asked, progress, told
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import Side, World, claims_of

STATIC = ("agreement.json", "directory.json", "officers.vkeys", "log.unlock", "log.vault")


class Word(Struct, frozen=True):
    """What the gateway gave its word on, and how many steps its disk had taken by then."""

    steps: int
    sent: Envelope
    decision: DecisionClaims


async def live(world: World, disk: Disk, messages: int) -> list[Word]:
    """Exchanges with all that changes what is stored: requests, answers, hand-overs, a correction, recalls."""
    words: list[Word] = []
    async with world.gateway(check=False) as side:

        async def say(sent: Envelope) -> str:
            reply = await side.send(sent)
            words.append(Word(len(disk.steps), sent, side.decision(reply)))
            return claims_of(sent).jti

        while len(words) < messages:
            request = side.request()
            exchange = claims_of(request).exchange
            await say(side.open("police-13", exchange, await say(request), ("subject",)))
            first = await say(side.answer(exchange))
            await say(side.open("prison-mdi", exchange, first, ("contact_channel",)))
            answer = await say(side.answer(exchange, supersedes=first))
            await asyncio.gather(say(side.recall(exchange, answer)), say(side.request()), say(side.request()))
    return words


def set_up(world: World, folder: Path) -> None:
    """An empty folder with what a gateway of this world is set up with."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in STATIC:
        shutil.copy(world.folder / name, folder / name)


async def came_back(world: World, folder: Path, words: Sequence[Word]) -> str | None:
    """Start a gateway on what is left in `folder`; what is wrong with it, or None."""
    left = copy(world)
    left.folder = folder
    try:
        async with serving(left.settings()) as address, aiohttp.ClientSession() as http:
            left.address = address
            side = Side(left, http)
            for word in words:
                status, body = await side.post(word.sent)
                if status != 200:
                    return f"an acknowledged message is answered {status}: {body[:80]!r}"
                if side.decision(msgspec.json.decode(body, type=Reply)) != word.decision:
                    return "an acknowledged message has another decision"
            await side.send(side.request())
            await side.checkpoint()
            check_ledger(side)
    except CannotStart as error:
        return f"the gateway does not start: {error}"
    except AssertionError as error:
        return f"the ledger does not hold: {str(error)[:200]}"
    return None


async def lose_power(
    folder: Path, seeds: int, every: int, seed: int, tell: Tell, lie: Callable[[Step], bool]
) -> dict[str, Any]:
    """Every so many steps, with so many seeds. `lie`: a step that the disk only says it has taken (for a control)."""
    world, faults, tried = World(folder / "world"), list[str](), 0
    with watched(world.folder) as disk:
        words = await live(world, disk, 12)
    disk.steps = [Step("sync folder", step.path) if lie(step) else step for step in disk.steps]
    points = [*range(0, len(disk.steps), every), len(disk.steps)]
    for point in points:
        for number in range(seeds):
            left = folder / "left"
            set_up(world, left)
            disk.survivors(point, left, random.Random(f"{seed}/{point}/{number}"))
            wrong = await came_back(world, left, [word for word in words if word.steps <= point])
            tried += 1
            tell(1, len(points) * seeds)
            if wrong:
                faults.append(f"step {point}, seed {number}: {wrong}")
    return {
        "steps": len(disk.steps),
        "messages": len(words),
        "starts": tried,
        "found": faults[:20],
        "faults": len(faults),
    }


def honest(step: Step) -> bool:
    """The disk does what it says."""
    return False


def main() -> None:
    args, begun = asked(__doc__, seeds=3, every=1), time.monotonic()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory(prefix="rj-power-") as folder, progress("losses of power") as tell:
        found = asyncio.run(lose_power(Path(folder), args.seeds, args.every, args.seed, tell, honest))
    told("power", begun, found)


if __name__ == "__main__":
    main()
