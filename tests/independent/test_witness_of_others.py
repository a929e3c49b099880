"""Our collector and publisher against a witness that is not ours: the PyPI package aics-witness, as a process."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import ClientSession

from contracts.checkpoint import parse_note
from contracts.tlog_policy import Policy
from gateway.demo.processes import free_ports
from gateway.ledger.cosigners import Ahead, Contradicted, Cosigned, Cosigners
from gateway.ledger.publisher import Pace, Publisher
from gateway.metrics import Metrics
from keys.notes import VerifierKey, open_checkpoint, verified_keys
from tests.gateway.witness.a_log import ALog
from tests.gateway.witness.asking import ask
from tests.gateway.witness.running import AWitness, all_running
from tests.independent.tools import environment

NAME = "others.test/witness"


class Theirs:
    """Their witness in a folder of its own."""

    def __init__(self, folder: Path, log: ALog) -> None:
        self.folder, (port,) = folder, free_ports(1)
        self.name, self.url = "others", f"http://127.0.0.1:{port}"
        self.log = log
        self.vkey: VerifierKey

    async def prepare(self) -> None:
        """Make its key, and let it know our log."""
        self.folder.mkdir()
        listen = self.url.removeprefix("http://")
        await self._run("init", "--name", NAME, "--listen", listen)
        config = json.loads((self.folder / "w.json").read_text())
        vkeys = [signer.vkey.encode() for signer in self.log.signers]
        config["logs"] = [{"origin": self.log.origin, "vkeys": vkeys}]
        (self.folder / "w.json").write_text(json.dumps(config))
        self.vkey = VerifierKey.parse((await self._run("init")).strip())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        process = await self._start("serve")
        try:
            async with ClientSession() as http, asyncio.timeout(20):
                while not await self._answers(http):
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
            yield
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 20)

    async def _answers(self, http: ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/{'0' * 64}/checkpoint") as answer:
                return answer.status == 404
        except OSError:
            return False

    async def _run(self, *words: str) -> str:
        process = await self._start(*words)
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode()

    async def _start(self, *words: str) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "aics_witness", words[0], "--config", str(self.folder / "w.json"), *words[1:],
            stdout=PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment(), cwd=os.sep,
        )  # fmt: skip


@pytest.fixture
def log() -> ALog:
    return ALog(9, signers=2)


@pytest.fixture
async def theirs(tmp_path: Path, log: ALog) -> AsyncIterator[Theirs]:
    witness = Theirs(tmp_path / "theirs", log)
    await witness.prepare()
    async with witness.running():
        yield witness


def policy_text(log: ALog, *witnesses: Theirs | AWitness) -> str:
    lines = [f"log {signer.vkey.encode()}" for signer in log.signers]
    lines += [f"witness {each.name} {each.vkey.encode()} {each.url}" for each in witnesses]
    lines += [f"group all-of-them all {' '.join(each.name for each in witnesses)}", "quorum all-of-them", ""]
    return "\n".join(lines)


async def test_their_witness_cosigns_our_log_and_ours_believes_it(theirs: Theirs, log: ALog) -> None:
    """Under two log keys, at sizes around powers of two and of 256, idle, and after our restart."""
    policy = Policy.parse(policy_text(log, theirs))
    async with ClientSession() as http:
        cosigners = Cosigners(policy, http)
        for size in (9, 10, 15, 16, 17, 17, 255, 256, 257, 1000):
            log.grow(size - log.size)
            outcome = (await ask(cosigners, log.tree(), log.note(), log.prove))["others"]
            assert isinstance(outcome, Cosigned), outcome
            assert open_checkpoint(parse_note(log.note() + outcome.line), policy) == log.tree()
        log.grow(1)
        again = await ask(Cosigners(policy, http), log.tree(), log.note(), log.prove)
        assert isinstance(again["others"], Cosigned)


async def test_their_witness_tells_of_a_log_that_went_back_or_split(theirs: Theirs, log: ALog) -> None:
    """A smaller tree is `Ahead` with the size; another history is `Contradicted`."""
    async with ClientSession() as http:
        cosigners = Cosigners(Policy.parse(policy_text(log, theirs)), http)
        await ask(cosigners, log.tree(), log.note(), log.prove)
        assert await ask(cosigners, log.tree(5), log.note(log.tree(5)), log.prove) == {"others": Ahead(size=9)}
        for fork in (log.fork(7, 2), log.fork(7, 9)):
            assert await ask(cosigners, fork.tree(), fork.note(), fork.prove) == {"others": Contradicted()}


async def test_a_quorum_of_theirs_and_ours_is_published(theirs: Theirs, log: ALog, tmp_path: Path) -> None:
    """Both must have cosigned; and what their monitor address shows verifies with our code."""
    ours = AWitness("police", tmp_path / "ours", [log])
    async with all_running([ours]), ClientSession() as http:
        policy = Policy.parse(policy_text(log, theirs, ours))
        publisher = Publisher(
            policy,
            Cosigners(policy, http),
            newest=lambda: (log.tree(), log.note()),
            prove=log.prove,
            file=tmp_path / "guard" / "checkpoint",
            metrics=Metrics(),
            pace=Pace(every=60),
        )
        running = asyncio.create_task(publisher.run())
        try:
            for leaves in (0, 1, 300):
                log.grow(leaves)
                assert await publisher.covers(log.size, within=10)
        finally:
            running.cancel()
            await asyncio.wait([running])
        async with http.get(f"{theirs.url}/{sha256(log.origin.encode()).hexdigest()}/checkpoint") as answer:
            shown = parse_note(await answer.read())
    keys = [signer.vkey for signer in log.signers] + [theirs.vkey]
    assert set(verified_keys(shown, keys)) == set(keys)
    assert shown.text == log.tree().encode()
