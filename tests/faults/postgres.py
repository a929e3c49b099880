"""PostgreSQL restarted, killed, cut off in the middle of a commit, slow, failed over; nodes held up with the lock.

    python -m tests.faults.postgres [--worlds 20] [--seed N]

In each world two nodes work on a server whose synchronous standby takes over at the end.
"""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.nodes import Node
from tests.faults.runs import Tell, Trouble, asked, progress, summed, told, witnessed
from tests.journey.simulated import World
from tests.postgres import Pair

TROUBLES = 8
"""In one world, before the failover."""

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rj gateway'"
CANCEL = "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'rj gateway'"


class Troubles:
    """What can go wrong with the server of a pair, or on the way to it. Each leaves it as it was."""

    def __init__(self, pair: Pair, nodes: list[Node], rng: random.Random) -> None:
        self._pair, self._nodes, self._rng = pair, nodes, rng
        self.kinds: dict[str, Callable[[], None]] = {
            "restarted": self._restart,
            "crashed": lambda: self._restart("immediate"),
            "killed": self._kill,
            "cut off": lambda: self._say(CUT, 20),
            "cancelled": lambda: self._say(CANCEL, 60),
            "slow": lambda: self._hold(0.5),
            "held up": lambda: self._hold(4),
            "standby held up": self._hold_standby,
            "standby restarted": self._restart_standby,
            "node held up": self._hold_node,
        }

    def _restart(self, how: str = "fast") -> None:
        self._pair.primary.stop(how)
        self._pair.primary.start()

    def _kill(self) -> None:
        self._pair.primary.kill()
        for _ in range(20):
            time.sleep(1)
            with suppress(subprocess.CalledProcessError):  # its children have not let go of its memory
                return self._pair.primary.start()
        raise AssertionError("The server does not start again.")

    def _say(self, sql: str, times: int) -> None:
        for _ in range(times):
            self._pair.primary.sql(sql)
            time.sleep(self._rng.uniform(0, 0.05))

    def _hold(self, seconds: float) -> None:
        self._pair.primary.pause()
        time.sleep(seconds)
        self._pair.primary.resume()

    def _hold_standby(self) -> None:
        self._pair.standby.pause("walreceiver")
        time.sleep(self._rng.uniform(0.5, 3))
        self._say(CUT, 2)  # breaks off whoever waits for it: what they have committed is here alone
        time.sleep(1)
        self._pair.standby.resume()

    def _restart_standby(self) -> None:
        self._pair.standby.stop()
        time.sleep(self._rng.uniform(0, 2))
        self._pair.standby.start()

    def _hold_node(self) -> None:
        """Long enough for the server to take the lock from it, if it had it."""
        pid = self._rng.choice(self._nodes).pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(6)
        os.kill(pid, signal.SIGCONT)


def troubling(pair: Pair, count: int, done: Counter[str], tell: Tell = lambda _: None) -> Trouble:
    """So many troubles, each kind before any comes again, and the failover at the end."""

    async def trouble(nodes: list[Node], rng: random.Random) -> None:
        troubles = Troubles(pair, nodes, rng)
        names = rng.sample([*troubles.kinds] * (count // len(troubles.kinds) + 1), count)
        for name in names:
            await asyncio.sleep(rng.uniform(0.2, 1))
            await asyncio.to_thread(troubles.kinds[name])
            done[name] += 1
            tell(1)
        await asyncio.sleep(rng.uniform(0.2, 1))
        await asyncio.to_thread(pair.fail_over)
        done["failed over"] += 1
        await asyncio.sleep(2)  # go on for a while
        tell(1)

    return trouble


def main() -> None:
    args, begun, found, kinds = asked(__doc__, worlds=20), time.monotonic(), Counter[str](), Counter[str]()
    with progress("troubles", args.worlds * (TROUBLES + 1)) as tell:
        for number in range(args.worlds):
            with TemporaryDirectory(prefix="rj-troubles-") as folder, Pair(waited_for=True) as pair:
                world = World(Path(folder), database=pair.database())
                trouble = troubling(pair, TROUBLES, kinds, tell)
                found.update(summed(world, *asyncio.run(witnessed(world, 2, args.seed + number, trouble))))
            if found["faults"]:
                break
    told("postgres", begun, {"troubles": dict(kinds), **found})


if __name__ == "__main__":
    main()
