"""What is published of the log: only what a quorum has cosigned, soon, durably, and never anything older."""

import asyncio
import io
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import Checkpoint, parse_note
from contracts.tlog_policy import Policy
from gateway import logs
from gateway.config import LogSettings
from gateway.durable import write_whole
from gateway.ledger import publisher as publishers
from gateway.ledger.cosigners import Ahead, Away, Contradicted, Cosigned, Cosigners, Outcome
from gateway.ledger.head import quorum_time
from gateway.ledger.published import read_published
from gateway.ledger.publisher import Pace, Publisher
from gateway.metrics import Metrics
from keys.notes import Cosigner, cosignature_time, open_checkpoint
from tests.gateway.ledger.test_cosigners import NAMES, answering
from tests.gateway.witness.a_log import ALog
from tests.gateway.witness.running import AWitness, all_running, policy_of, until

QUICK = Pace(every=0.05)


class Stage:
    """A log, its three witnesses, and what is published of it in a folder."""

    def __init__(self, folder: Path) -> None:
        self.log = ALog(9)
        self.witnesses = [AWitness(name, folder / name, [self.log]) for name in NAMES]
        self.file = folder / "guard" / "checkpoint"
        self.heard: list[tuple[str, Outcome]] = []
        self.ahead = 0
        self.metrics = Metrics()
        self.pace, self.quorum, self.patience = QUICK, "2", 10.0
        self.mldsa44: Collection[str] = ()

    @property
    def policy(self) -> Policy:
        return Policy.parse(policy_of(self.log, self.witnesses, self.quorum, self.mldsa44))

    def now(self) -> int:
        return int(time.time()) + self.ahead

    def newest(self) -> tuple[Checkpoint, str]:
        return self.log.tree(), self.log.note()

    @asynccontextmanager
    async def publishing(self, log: ALog | None = None) -> AsyncIterator[Publisher]:
        """A publisher at work; with another log in place of its own where a test says so."""
        shown = log or self.log
        self.metrics = Metrics()
        async with ClientSession() as session:
            publisher = Publisher(
                self.policy,
                Cosigners(self.policy, session, seconds=self.patience),
                newest=lambda: (shown.tree(), shown.note()),
                prove=shown.prove,
                file=self.file,
                metrics=self.metrics,
                clock=self.now,
                pace=self.pace,
                hear=lambda name, outcome: self.heard.append((name, outcome)),
            )
            running = asyncio.create_task(publisher.run())
            try:
                yield publisher
            finally:
                assert not running.done(), running.exception()
                running.cancel()
                await asyncio.wait([running])
                assert [task for task in asyncio.all_tasks() if "_Remote" in repr(task)] == []

    def on_disk(self) -> Checkpoint:
        return open_checkpoint(parse_note(self.file.read_bytes()), self.policy)

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    async with all_running(made.witnesses):
        yield made


@contextmanager
def log_lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What is logged meanwhile, as JSON; a field that logs may not carry raises."""
    out = io.BytesIO()
    logs.configure(LogSettings(), out, strict=True)
    structlog.configure(cache_logger_on_first_use=False)
    try:
        yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    finally:
        structlog.reset_defaults()


async def test_what_a_quorum_has_cosigned_is_published(stage: Stage) -> None:
    """In memory and on disk, the same note; a late third signature is added to it, and nobody waits for it."""
    stage.pace = Pace(every=60)
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        assert publisher.published is not None
        assert stage.on_disk() == publisher.published.tree == stage.log.tree()
        await until(lambda: len(parse_note(stage.file.read_bytes()).signatures) == 4)
        await until(lambda: publisher.published is not None and publisher.published.note == stage.file.read_text())
    assert stage.sample("rj_log_published_leaves") == 9


async def test_growth_is_published_at_once_when_somebody_waits(stage: Stage) -> None:
    """`covers` does not wait for the next look."""
    stage.pace = Pace(every=60)
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        for _ in range(3):
            stage.log.grow(3)
            began = time.monotonic()
            assert await publisher.covers(stage.log.size, within=5)
            assert time.monotonic() - began < 2
        assert not await publisher.covers(stage.log.size + 1, within=0.3)


async def test_many_wait_for_one_round(stage: Stage) -> None:
    """Each for its own size; all are woken."""
    async with stage.publishing() as publisher:
        stage.log.grow(5)
        assert all(await asyncio.gather(*(publisher.covers(size, within=5) for size in range(1, 15))))


async def test_one_dead_witness_of_three_holds_nothing_up(stage: Stage) -> None:
    """Nobody listens; it is counted, and said once."""
    stage.witnesses[1].url = "http://127.0.0.1:9"
    with log_lines() as lines:
        async with stage.publishing() as publisher:
            for _ in range(3):
                stage.log.grow(1)
                assert await publisher.covers(stage.log.size, within=5)
        failed = [line for line in lines() if line["event"] == "witness.failed"]
    assert (failed[0]["witness"], failed[0]["why"], len(failed)) == ("police", "unreachable", 1)
    assert (stage.sample("rj_witness_failures_total", witness="police", why="unreachable") or 0) >= 3


async def test_one_witness_that_never_answers_holds_nothing_up(stage: Stage) -> None:
    """It takes the connection and keeps it: nobody waits for its deadline, neither now nor next time."""

    async def never(request: web.Request) -> web.Response:
        await asyncio.sleep(20)
        return web.Response()

    stage.patience = 3
    async with answering(never) as url:
        stage.witnesses[0].url = url
        async with stage.publishing() as publisher:
            for _ in range(5):
                stage.log.grow(1)
                began = time.monotonic()
                assert await publisher.covers(stage.log.size, within=5)
                assert time.monotonic() - began < 2.5
            await until(lambda: ("prison", Away(reason="slow")) in stage.heard, within=10)


async def test_without_a_quorum_nothing_is_published(stage: Stage) -> None:
    """One of three is not two; when a second comes back, what it lacked is all that is asked for."""
    there = {each.name: each.url for each in stage.witnesses}
    for each in stage.witnesses[1:]:
        each.url = "http://127.0.0.1:9"
    async with stage.publishing() as publisher:
        assert not await publisher.covers(1, within=0.5)
        assert publisher.published is None
        assert publisher.age(stage.now()) is None
        assert math.isnan(stage.sample("rj_quorum_age_seconds") or 0)
        assert not stage.file.exists()
    assert [name for name, outcome in stage.heard if isinstance(outcome, Cosigned)] == ["prison"]
    stage.witnesses[1].url = there["police"]
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)


async def test_an_idle_log_is_cosigned_anew(stage: Stage) -> None:
    """Before its cosignatures are old; the same head, later times."""
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        await until(lambda: len(stage.heard) == 3)
        stage.ahead = 200
        assert publisher.age(stage.now()) in range(199, 205)
        assert stage.sample("rj_quorum_age_seconds") in range(199, 205)
        await asyncio.sleep(0.3)
        assert len(stage.heard) == 3
        stage.ahead = 300
        for each in stage.witnesses:
            each.clock = stage.now
        await until(lambda: (publisher.age(stage.now()) or 999) < 10)
        assert publisher.published is not None
        assert publisher.published.tree == stage.log.tree()


async def test_old_news_raises_an_alarm_once_a_minute(stage: Stage) -> None:
    """When no quorum has cosigned for longer than is allowed: an error, and the age is there to be scraped."""
    for each in stage.witnesses[1:]:
        each.url = "http://127.0.0.1:9"
    with log_lines() as lines:
        async with stage.publishing():

            def alarms() -> int:
                return sum(line["event"] == "quorum.old" for line in lines())

            await asyncio.sleep(0.3)
            assert alarms() == 0
            stage.ahead = 700
            await until(lambda: alarms() == 1)
            await asyncio.sleep(0.3)
            assert alarms() == 1
            stage.ahead = 761
            await until(lambda: alarms() == 2)


async def test_a_restart_goes_on_from_what_was_published(stage: Stage) -> None:
    """It is there at once, with its age, before any witness has been asked."""
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        await until(lambda: len(stage.heard) == 3)
    stage.heard.clear()
    stage.ahead = 100
    async with stage.publishing() as publisher:
        assert publisher.published is not None
        assert publisher.published.tree.size == 9
        assert publisher.age(stage.now()) in range(99, 106)
        await asyncio.sleep(0.2)
        assert stage.heard == []


@pytest.mark.parametrize("spoil", [lambda raw: b"", lambda raw: raw[:-40], lambda raw: raw.replace(b"\n9\n", b"\n8\n")])
async def test_a_file_that_does_not_hold_is_not_believed(stage: Stage, spoil: Callable[[bytes], bytes]) -> None:
    """Cut off, emptied or changed: it is written anew once a quorum has cosigned."""
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
    stage.file.write_bytes(spoil(stage.file.read_bytes()))
    async with stage.publishing() as publisher:
        assert publisher.published is None
        assert await publisher.covers(9, within=5)
    assert stage.on_disk().size == 9


async def test_a_log_that_has_lost_leaves_is_not_published(stage: Stage) -> None:
    """What was published stays, as file and in memory; the alarm says that the log went back."""
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
    before = stage.file.read_bytes()
    for other in (stage.log.fork(5, 0), stage.log.fork(7, 2)):
        with log_lines() as lines:
            async with stage.publishing(other) as publisher:
                assert not await publisher.covers(10, within=0.3)
                assert publisher.published is not None
                assert publisher.published.tree == stage.log.tree()
            assert sum(line["event"] == "checkpoint.went-back" for line in lines()) == 1
        assert stage.file.read_bytes() == before


async def test_the_witnesses_know_of_a_second_history_even_if_the_file_is_lost(stage: Stage) -> None:
    """Database and file restored from an old backup: every witness says so, and nothing is published."""
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
    stage.file.unlink()
    for other, outcome in ((stage.log.fork(5, 0), Ahead(size=9)), (stage.log.fork(5, 9), Contradicted())):
        stage.heard.clear()
        with log_lines() as lines:
            async with stage.publishing(other) as publisher:
                await until(lambda: {name for name, _ in stage.heard} == set(NAMES))
                assert publisher.published is None
            assert {line["level"] for line in lines() if line["event"] == "witness.failed"} == {"error"}
        assert {each for _, each in stage.heard} == {outcome}


async def test_a_full_disk_publishes_nothing_that_it_has_not_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits goes on waiting, and is woken once the disk has space."""

    def full(file: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    async with stage.publishing() as publisher:
        with monkeypatch.context() as broken:
            broken.setattr(publishers, "write_whole", full)
            assert not await publisher.covers(9, within=0.5)
            assert publisher.published is None
        assert await publisher.covers(9, within=5)


async def test_a_policy_of_none_publishes_at_once(stage: Stage) -> None:
    """Whether or not a witness is there; those that are there are heard, and their lines added."""
    stage.quorum = "none"
    stage.witnesses[0].url = "http://127.0.0.1:9"
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=2)
        assert publisher.age(stage.now()) in range(3)
        await until(lambda: len(parse_note(stage.file.read_bytes()).signatures) == 3)
        stage.log.grow(1)
        assert await publisher.covers(10, within=2)
    async with stage.publishing() as publisher:
        assert publisher.age(stage.now()) in range(5)


async def test_a_log_that_is_not_of_the_policy_is_never_published(stage: Stage) -> None:
    """A policy with another log's key: an alarm says so."""
    stage.quorum = "none"
    with log_lines() as lines:
        async with stage.publishing(ALog(3)) as publisher:
            assert not await publisher.covers(1, within=0.4)
        assert "checkpoint.not-of-policy" in {line["event"] for line in lines()}


@pytest.mark.parametrize("mldsa44", [NAMES, NAMES[:1]])
async def test_a_quorum_by_ml_dsa_44_is_published_and_found_again(stage: Stage, mldsa44: tuple[str, ...]) -> None:
    """All of one kind, or mixed: each witness's line is the one that the policy names; its time is read at a start."""
    stage.quorum, stage.mldsa44 = "all", mldsa44
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        assert publisher.published is not None
        at = publisher.published.at
    note = parse_note(stage.file.read_bytes())
    assert sorted(len(line.signature) for line in note.signatures[1:]) == [72] * (3 - len(mldsa44)) + [2428] * len(
        mldsa44
    )
    assert at == min(cosignature_time(line) for line in note.signatures[1:])
    found = read_published(stage.file, stage.policy)
    assert found is not None
    assert (found.at, found.tree) == (at, stage.log.tree())
    stage.mldsa44 = ()
    assert read_published(stage.file, stage.policy) is None


def test_the_age_of_a_quorum_is_that_of_its_best_members() -> None:
    """One witness whose clock stands still makes nothing old; and one alone is no quorum."""
    keys = {name: Cosigner(name=f"{name}.test", key=Ed25519PrivateKey.generate()).vkey for name in "abc"}
    lines = [f"witness {name} {key.encode()}" for name, key in keys.items()]
    policy = Policy.parse("\n".join([*lines, "group two 2 a b c", "quorum two", ""]))
    assert quorum_time(policy, {"a": 50, "b": 90, "c": 80}) == 80
    assert quorum_time(policy, {"a": 50, "b": 90}) == 50
    assert quorum_time(policy, {"b": 90}) is None


def test_a_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dying before the rename leaves the old text; after it, the new one is there."""
    file = tmp_path / "guard" / "checkpoint"
    write_whole(file, b"old\n")
    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "died")))
        with pytest.raises(OSError, match="died"):
            write_whole(file, b"new, and longer\n")
    assert file.read_text() == "old\n"
    write_whole(file, b"new\n")
    assert [each.name for each in file.parent.iterdir()] == ["checkpoint"]
    assert file.read_text() == "new\n"


async def test_a_witness_whose_clock_is_ahead_makes_nothing_newer_than_now(stage: Stage) -> None:
    """The age is never below nought, whatever its cosignature says."""
    for each in stage.witnesses:
        each.clock = lambda: int(time.time()) + 5000
    async with stage.publishing() as publisher:
        assert await publisher.covers(9, within=5)
        assert publisher.published is not None
        assert publisher.published.at <= stage.now()
        (_, line, *_) = parse_note(publisher.published.note).signatures
        assert cosignature_time(line) > stage.now() + 4000
    async with stage.publishing() as publisher:
        assert publisher.published is not None
        assert publisher.published.at <= stage.now(), "nor after a restart"
