"""What is published of the log: the newest signed head that the policy's quorum of witnesses has cosigned.

It runs beside the replies, and nothing in a reply waits for it but a strict gateway's hand-over (`covers`). What is
published is a file, written whole, before anybody is told of it: dying at any line leaves the older note or the newer.
"""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, Malformed, format_note, parse_note
from contracts.tlog_policy import NO_QUORUM, Policy, satisfied
from gateway.durable import write_whole
from gateway.errors import GatewayError
from gateway.ledger.cosigners import (
    Ahead,
    Away,
    Contradicted,
    Cosigned,
    Cosigners,
    Hear,
    Outcome,
    Prove,
    SignedHead,
)
from gateway.ledger.head import quorum_time
from gateway.ledger.published import Published, believed, read_published
from gateway.metrics import Metrics
from keys.notes import NoteRefused, open_checkpoint

FINISH_SECONDS: Final = 2.0
"""How long the last publication may hold up the end of the gateway."""

ALARM_EVERY: Final = 60
"""Seconds between two alarms about the same."""


class Nodes(Protocol):
    """The nodes that share the log: one of them asks the witnesses, and tells the others. May raise GatewayError."""

    async def leads(self) -> bool:
        """Whether that is this node; then its newest head covers what the others have appended."""

    async def published(self) -> str | None:
        """What was published last."""

    async def publish(self, note: str) -> None:
        """Tell the others."""


class Alone:
    """One node, which leads and has nobody to tell."""

    async def leads(self) -> bool:
        """See `Nodes.leads`."""
        return True

    async def published(self) -> str | None:
        """See `Nodes.published`."""
        return None

    async def publish(self, note: str) -> None:
        """See `Nodes.publish`."""


Newest = Callable[[], tuple[Checkpoint, str]]
"""The newest head that the log has signed, and its note."""

_log = structlog.get_logger()


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds: between looks at the log, until an idle head is cosigned anew, until an old quorum is an alarm."""

    every: float = 1.0
    refresh: int = 300
    alarm: int = 600


PACE: Final = Pace()


class Publisher:
    """Publishes the log. `run` must be running; `poke` makes it look at once."""

    def __init__(
        self,
        policy: Policy,
        cosigners: Cosigners,
        *,
        newest: Newest,
        prove: Prove,
        file: Path,
        metrics: Metrics,
        clock: Callable[[], int] = lambda: int(time.time()),
        pace: Pace = PACE,
        nodes: Nodes | None = None,
        hear: Hear = lambda name, outcome: None,
    ) -> None:
        """`file` is where the note lies; it is read now, if it verifies. `hear` hears of every witness's answer."""
        self._policy, self._cosigners = policy, cosigners
        self._newest, self._prove, self._hear_too = newest, prove, hear
        self._file, self._metrics, self._clock, self._pace = file, metrics, clock, pace
        self.poke = asyncio.Event()
        self._nodes = nodes or Alone()
        self._news = asyncio.Condition()
        self._round: _Round | None = None
        self._said: dict[str, type[Outcome] | str] = {}
        self._began, self._alarmed = clock(), dict[str, int]()
        self.published: Published | None = read_published(file, policy)
        if self.published is not None and self.published.at > self._began:  # no cosigner makes anything newer than now
            self.published = replace(self.published, at=self._began)
        self._measure()
        metrics.quorum_age(self._seconds_old)

    async def run(self) -> None:
        """Publish what is newer, and what grows old, until cancelled. All that it starts ends with it."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    await (self._step(tasks) if await self._nodes.leads() else self._follow())
                except GatewayError as error:
                    self._alarm("checkpoint.no-store", error=type(error).__name__)
                self._mind_age()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.every):
                        await self.poke.wait()
                self.poke.clear()

    async def finish(self, within: float = FINISH_SECONDS) -> None:
        """Publish what was signed last, if the witnesses are still there: the log is at rest, and `run` has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
                await self._step(tasks)

    async def covers(self, size: int, within: float) -> bool:
        """Whether what is published has this many leaves, or comes to have them within so many seconds."""
        if self._covered(size):
            return True
        self.poke.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: self._covered(size))
        return self._covered(size)

    def age(self, now: int) -> int | None:
        """Seconds since a quorum last cosigned what is published; None where nothing is published yet."""
        return max(0, now - self.published.at) if self.published else None

    def _covered(self, size: int) -> bool:
        return self.published is not None and self.published.tree.size >= size

    async def _step(self, tasks: asyncio.TaskGroup) -> None:
        """1. Is there anything to do? 2. Ask who has not cosigned it. 3. Wait for a quorum, or for all. 4. Publish."""
        tree, note = self._newest()
        if self._is_due(tree):
            gathered = self._gathering(tree, note)
            asked = set(
                self._cosigners.start(tasks, gathered.head, self._prove, self._hearer(gathered), gathered.lines.keys())
            )
            while asked and not self._enough(gathered):
                _, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        if self._round is not None and self._enough(self._round) and self._round.grown:
            await self._publish(self._round)

    async def _follow(self) -> None:
        """Show what the node that leads has published, where that is newer and holds by the own policy."""
        note = await self._nodes.published()
        if note is None or (self.published is not None and self.published.note == note):
            return
        now = self._clock()
        shown = believed(note, self._policy, now)
        if shown is not None and (self.published is None or shown.tree.size >= self.published.tree.size):
            await self._show(replace(shown, at=min(shown.at, now)))

    def _is_due(self, tree: Checkpoint) -> bool:
        had = self.published
        if had is None or tree.size > had.tree.size:
            return True
        if tree.size < had.tree.size or tree.root != had.tree.root:
            self._alarm("checkpoint.went-back", size=tree.size)  # what is published stays; to sign or not is the log's
            return False
        return self._clock() - had.at >= self._pace.refresh

    def _gathering(self, tree: Checkpoint, note: str) -> "_Round":
        """The round that this head's cosignatures belong to: a new head, and a published one, begin a new round."""
        if self._round is None or self._round.note != note or self._round.published is not None:
            self._round = _Round(tree, note)
        return self._round

    def _enough(self, gathered: "_Round") -> bool:
        return satisfied(self._policy, gathered.lines.keys())

    def _hearer(self, gathered: "_Round") -> Hear:
        def hear(name: str, outcome: Outcome) -> None:
            if isinstance(outcome, Cosigned):
                gathered.lines[name] = outcome
                if gathered is self._round and gathered.published is not None:
                    self.poke.set()  # a late one, for which nobody waited: published again, with it
            self._note(name, outcome)
            self._hear_too(name, outcome)

        return hear

    def _note(self, name: str, outcome: Outcome) -> None:
        """Count each failure; say it once until it changes."""
        said = outcome.reason if isinstance(outcome, Away) else type(outcome)
        changed, self._said[name] = self._said.get(name) != said, said
        if isinstance(outcome, Cosigned):
            if changed:
                _log.info("witness.cosigns", witness=name)
            return
        why = {Ahead: "ahead", Contradicted: "contradicted"}.get(type(outcome)) or str(said)
        self._metrics.witness_failed(name, why)
        if changed:
            say = _log.warning if isinstance(outcome, Away) else _log.error
            say("witness.failed", witness=name, why=why, size=outcome.size if isinstance(outcome, Ahead) else None)

    async def _publish(self, gathered: "_Round") -> None:
        counted, note = len(gathered.lines), gathered.assembled()
        now = self._clock()
        try:
            tree = open_checkpoint(parse_note(note), self._policy)
        except (NoteRefused, Malformed):
            self._alarm("checkpoint.not-of-policy", size=gathered.head.tree.size)
            return
        newest = quorum_time(self._policy, {name: line.time for name, line in gathered.lines.items()})
        # A witness whose clock is ahead makes nothing newer than now.
        at = now if newest is None or self._policy.quorum == NO_QUORUM else min(newest, now)
        if await self._show(Published(note=note, tree=tree, at=at)):
            gathered.published = counted
            with suppress(GatewayError):  # the next note tells them
                await self._nodes.publish(note)

    async def _show(self, shown: Published) -> bool:
        """Publish here: durably, then to whoever waits."""
        try:
            await _to_the_end(partial(write_whole, self._file, shown.note.encode()))
        except OSError as error:
            self._alarm("checkpoint.not-written", error=type(error).__name__)
            return False
        # Died here: the file is newer than anybody has seen. The next start publishes it.
        self.published = shown
        self._measure()
        async with self._news:
            self._news.notify_all()
        return True

    def _measure(self) -> None:
        if self.published is not None:
            self._metrics.published(self.published.tree.size)

    def _seconds_old(self) -> float:
        """For a scrape, which comes from a thread of its own."""
        age = self.age(self._clock())
        return math.nan if age is None else float(age)

    def _mind_age(self) -> None:
        now = self._clock()
        age = now - (self.published.at if self.published else self._began)
        if age > self._pace.alarm and self._policy.quorum != NO_QUORUM:
            self._alarm("quorum.old", seconds=age)

    def _alarm(self, event: str, **fields: object) -> None:
        """An error, at most once a minute each."""
        now = self._clock()
        if now - self._alarmed.get(event, now - ALARM_EVERY) >= ALARM_EVERY:
            self._alarmed[event] = now
            _log.error(event, **fields)


class _Round:
    """One head, and the cosignatures gathered for it. `published`: how many of them are published already."""

    def __init__(self, tree: Checkpoint, note: str) -> None:
        self.head, self.note = SignedHead.of(tree, note), note
        self.lines: dict[str, Cosigned] = {}
        self.published: int | None = None

    @property
    def grown(self) -> bool:
        """Whether there is more than is published."""
        return self.published is None or len(self.lines) > self.published

    def assembled(self) -> str:
        """The note with every signature of the log, and every cosignature."""
        signed = (line.encode() for line in self.head.note.signatures)
        return format_note(self.head.note.text, *signed, *(each.line for each in self.lines.values()))


async def _to_the_end(work: Callable[[], None]) -> None:
    """In a thread, which has finished when this ends, even if it is cancelled: afterwards nothing more is written."""
    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise
