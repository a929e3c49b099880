"""A gateway with log cosigners: what it publishes has a quorum, a strict one waits for it, and they remember for it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec
import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import Checkpoint, parse_note
from contracts.reply import LogKeys
from contracts.tlog_policy import Policy
from contracts.tlog_proof import TlogProof
from gateway.cli.exits import Exit
from gateway.errors import CannotStart, ConfigRefused, LogRefused
from gateway.ledger.guard import EMPTY, Guard
from gateway.serve import serving
from keys.notes import NoteRefused, NoteSigner, VerifierKey, open_checkpoint
from keys.receipts import check
from tests.agencies import secret
from tests.gateway.cli.commands import done, rj, told
from tests.gateway.witness.running import AWitness, all_running
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import FIELDS, Side, World
from tests.journey.test_fork_guard import back_up, restore, shared_exchange

NAMES = ("police", "prisons", "inspectorate")


@dataclass
class Signing:
    """A log as a witness is told of it: by its keys alone."""

    signers: Sequence[NoteSigner]


@dataclass
class Cosigned:
    """A world whose gateway has three log cosigners, two of whom are a quorum."""

    world: World
    witnesses: list[AWitness]

    @property
    def policy(self) -> str:
        listed = [f"witness {each.name} {each.vkey.encode()} {each.url}" for each in self.witnesses]
        lines = [f"log {self.world.vkey.encode()}", *listed, f"group two 2 {' '.join(NAMES)}", "quorum two", ""]
        return "\n".join(lines)

    def write_settings(self) -> None:
        """For the commands: the same gateway, with its policy."""
        self.world.write_settings('policy = "witness.policy"\n')

    @asynccontextmanager
    async def gateway(self, *, strict: bool = False) -> AsyncIterator[Side]:
        file = self.world.folder / "witness.policy"
        file.write_text(self.policy)
        settings = self.world.settings()
        section = msgspec.structs.replace(settings.gateway, policy=file, strict=strict)
        running = serving(msgspec.structs.replace(settings, gateway=section))
        async with running as address, aiohttp.ClientSession() as http:
            self.world.address = address
            yield Side(self.world, http)

    def published(self) -> Checkpoint:
        """The published checkpoint, which holds under the policy."""
        note = (self.world.folder / "data.guard/checkpoint").read_text()
        return open_checkpoint(parse_note(note), Policy.parse(self.policy))


@pytest.fixture
def cosigned(tmp_path: Path) -> Cosigned:
    world = World(tmp_path / "gateway")
    signer = NoteSigner(name=world.vkey.name, key=Ed25519PrivateKey.from_private_bytes(secret("log")))
    assert signer.vkey == world.vkey
    log = Signing([signer])
    return Cosigned(world, [AWitness(name, tmp_path / name, [log]) for name in NAMES])  # type: ignore[list-item]


async def checkpoint(side: Side) -> str:
    async with side.http.get(f"{side.world.address}/checkpoint") as response:
        assert response.status == 200
        return await response.text()


async def until_cosigned(side: Side, cosigned: Cosigned, size: int) -> Checkpoint:
    """Wait until the served checkpoint has a quorum and so many lines."""
    for _ in range(200):
        try:
            tree = open_checkpoint(parse_note(await checkpoint(side)), Policy.parse(cosigned.policy))
            if tree.size >= size:
                return tree
        except NoteRefused:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("No quorum has cosigned.")


async def test_what_is_published_has_a_quorum(cosigned: Cosigned) -> None:
    """The served checkpoint, a proof on request, and what lies in the guard when the gateway has stopped."""
    async with all_running(cosigned.witnesses):
        async with cosigned.gateway() as side:
            reply = await side.send(side.request())
            tree = await until_cosigned(side, cosigned, 3)
            status, proof = await side.read("prison-mdi", f"/v1/proofs/{side.decision(reply).leaf}")
            assert status == 200
            note = TlogProof.parse(proof.decode()).checkpoint
            assert open_checkpoint(parse_note(note), Policy.parse(cosigned.policy)) == tree
            await side.send(side.request())
        assert cosigned.published().size == 4, "the last lines are published when the gateway stops"
    side.checkpoints.append(tree)
    check_ledger(side)


async def test_a_new_key_of_the_log_is_shown_in_a_tree_that_has_a_quorum(cosigned: Cosigned) -> None:
    """A desk that pins a policy believes a new key in no other tree."""
    world, policy = cosigned.world, Policy.parse(cosigned.policy)
    async with cosigned.gateway() as side:
        await side.checkpoint()
    old, new = world.change_log_keys("log", "newer log")
    async with all_running(cosigned.witnesses), cosigned.gateway() as side:
        await side.send(side.request())
        await until_cosigned(side, cosigned, 4)
        async with side.http.get(f"{world.address}/v1/log-keys") as response:
            told = msgspec.json.decode(await response.read(), type=LogKeys)
        assert [key.vkey for key in told.keys] == [old.encode(), new.encode()]
        proof = TlogProof.parse(told.keys[1].receipt or "")
        assert open_checkpoint(parse_note(proof.checkpoint), policy).size >= 4
        assert check(proof.encode(), old).index == proof.index


async def test_one_cosigner_may_be_away(cosigned: Cosigned) -> None:
    """Two of three are a quorum."""
    async with all_running(cosigned.witnesses[:2]), cosigned.gateway() as side:
        await side.send(side.request())
        assert (await until_cosigned(side, cosigned, 3)).size == 3


async def test_without_a_quorum_messages_go_on_and_the_published_log_stands_still(cosigned: Cosigned) -> None:
    """Cosigning is off the reply path: a receipt is the log's word until it is cosigned."""
    async with all_running(cosigned.witnesses[:1]), cosigned.gateway() as side:
        reply = await side.send(side.request())
        assert side.decision(reply).leaf == 2
        await asyncio.sleep(1.5)
        with pytest.raises(NoteRefused):
            open_checkpoint(parse_note(await checkpoint(side)), Policy.parse(cosigned.policy))


async def test_a_strict_gateway_hands_over_what_its_cosigners_have_seen(cosigned: Cosigned) -> None:
    """The details go out once a quorum has cosigned the line of the hand-over, and no earlier."""
    async with all_running(cosigned.witnesses), cosigned.gateway(strict=True) as side:
        exchange, answer = await shared_exchange(side)
        await until_cosigned(side, cosigned, 4)
        reply = await side.send(side.open("prison-mdi", exchange, answer, FIELDS["conference"]))
        assert set(side.unseal("prison-mdi", reply)) == set(FIELDS["conference"])
        assert cosigned.published().size > side.decision(reply).leaf


async def test_a_strict_gateway_hands_nothing_over_while_its_cosigners_are_silent(
    cosigned: Cosigned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never confirmed: refused before it is recorded. Silent since: the line is there, and nothing goes out for it."""
    monkeypatch.setattr("gateway.publishing.COVERED_SECONDS", 0.5)
    async with cosigned.gateway(strict=True) as side:
        exchange, answer = await shared_exchange(side)
        refused = await side.refusal(side.open("prison-mdi", exchange, answer, FIELDS["conference"]))
        assert (refused.status, refused.type) == (503, "urn:rj:problem:not-cosigned")
        assert not await side.found(event="open")
    async with all_running(cosigned.witnesses), cosigned.gateway(strict=True) as side:
        await until_cosigned(side, cosigned, 4)
    async with cosigned.gateway(strict=True) as side:
        message = side.open("prison-mdi", exchange, answer, FIELDS["conference"])
        refused = await side.refusal(message)
        assert refused.type == "urn:rj:problem:not-cosigned"
        assert len(await side.found(event="open")) == 1
        assert (await side.send(message, 200)).handed_over is None, "the same message again never hands anything over"


async def test_a_strict_gateway_stops_when_the_last_quorum_is_too_old(
    cosigned: Cosigned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agreement says how old a confirmation may be (clause 11.11)."""
    async with all_running(cosigned.witnesses), cosigned.gateway(strict=True) as side:
        exchange, answer = await shared_exchange(side)
        await until_cosigned(side, cosigned, 4)
        monkeypatch.setattr("gateway.publishing.due", lambda at, span: at - 1)
        refused = await side.refusal(side.open("prison-mdi", exchange, answer, FIELDS["conference"]))
        assert refused.type == "urn:rj:problem:not-cosigned"


async def test_what_a_disk_has_forgotten_its_cosigners_remember(cosigned: Cosigned) -> None:
    """Database and guard of a backup, restored together: the gateway refuses to sign what they have outgrown."""
    world = cosigned.world
    disks, kept = (world.folder / "data", world.folder / "data.guard"), world.folder / "kept"
    async with all_running(cosigned.witnesses):
        async with cosigned.gateway() as side:
            await side.send(side.request())
        back_up(world, "old.db")
        for disk in disks:
            shutil.copytree(disk, kept / disk.name)
        async with cosigned.gateway() as side:
            await side.send(side.request())
            await until_cosigned(side, cosigned, 4)
        for disk in disks:
            shutil.rmtree(disk)
            shutil.copytree(kept / disk.name, disk)
        restore(world, "old.db")
        with pytest.raises(LogRefused, match=r"cosigner \w+ has confirmed 4 lines .* database has 3"):
            async with cosigned.gateway():
                pass


async def test_cosigners_tell_another_history(cosigned: Cosigned) -> None:
    """A fork that has outgrown what they confirmed is refused as well."""
    world = cosigned.world
    async with all_running(cosigned.witnesses), cosigned.gateway() as side:
        back_up(world, "old.db")
        await side.send(side.request())
        await until_cosigned(side, cosigned, 3)
    restore(world, "old.db")
    shutil.rmtree(world.folder / "data.guard")
    guard = Guard.open(world.folder / "data.guard")
    guard.advance(EMPTY)
    guard.close()
    async with world.gateway() as forked:
        for _ in range(3):
            await forked.send(forked.request())
    async with all_running(cosigned.witnesses):
        with pytest.raises(LogRefused, match="another history"):
            async with cosigned.gateway():
                pass


async def refusal_to_start(cosigned: Cosigned) -> str:
    with pytest.raises(LogRefused) as refused:
        async with cosigned.gateway():
            pass
    return str(refused.value)


async def recover(cosigned: Cosigned, *words: object) -> Result:
    """`rj ledger recover`, in a thread of its own, as it has a loop of its own."""
    return await asyncio.to_thread(rj, "ledger", "recover", "--dir", cosigned.world.folder, *words)


async def test_a_quorum_does_not_make_up_for_a_lost_guard(cosigned: Cosigned) -> None:
    """Cosigners know what was published, and not what was signed in a receipt since: the operator's word is needed."""
    world = cosigned.world
    cosigned.write_settings()
    async with all_running(cosigned.witnesses), cosigned.gateway() as side:
        await side.send(side.request())
        await until_cosigned(side, cosigned, 3)
    back_up(world, "old.db")
    async with cosigned.gateway() as side:
        lost = await side.send(side.request())
    assert (side.decision(lost).leaf, cosigned.published().size) == (3, 3)
    back_up(world, "newest.db")
    restore(world, "old.db")
    shutil.rmtree(world.folder / "data.guard")
    async with all_running(cosigned.witnesses):
        told_so = await refusal_to_start(cosigned)
        assert "guard" in told_so
        assert "--nothing-else-signed" in told_so
        assert "--nothing-else-signed" in told(await recover(cosigned), Exit.CONFIGURATION)
        await refusal_to_start(cosigned)
        restore(world, "newest.db")
        done(await recover(cosigned, "--nothing-else-signed"))
        async with cosigned.gateway() as again:
            await again.send(again.request())
            await until_cosigned(again, cosigned, 5)


async def test_nobody_vouches_against_what_cosigners_know(cosigned: Cosigned) -> None:
    """The operator's word stands for what was not published alone."""
    world = cosigned.world
    cosigned.write_settings()
    async with all_running(cosigned.witnesses):
        async with cosigned.gateway() as side:
            back_up(world, "old.db")
            await side.send(side.request())
            await until_cosigned(side, cosigned, 3)
        restore(world, "old.db")
        shutil.rmtree(world.folder / "data.guard")
        said = told(await recover(cosigned, "--nothing-else-signed"), Exit.CONFIGURATION)
        assert "has 2 lines, and 3 were signed" in said


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.replace("quorum two", "quorum none"), "quorum"),
        (lambda text: text.replace("log ", "#log "), "Add: log"),
        (lambda text: "nonsense\n", "cannot be used"),
    ],
)
async def test_a_policy_that_cannot_be_kept_is_refused_at_the_start(
    cosigned: Cosigned, monkeypatch: pytest.MonkeyPatch, spoil: object, says: str
) -> None:
    """Before anything is served, in words that say what to change."""
    text = spoil(cosigned.policy)  # type: ignore[operator]
    monkeypatch.setattr(Cosigned, "policy", text)
    with pytest.raises(ConfigRefused, match=says):
        async with cosigned.gateway(strict=True):
            pass


async def test_strict_needs_a_policy(tmp_path: Path) -> None:
    """A strict gateway without cosigners would never hand anything over."""
    world = World(tmp_path)
    settings = world.settings()
    section = msgspec.structs.replace(settings.gateway, strict=True)
    with pytest.raises(CannotStart, match="cosigners to wait for"):
        async with serving(msgspec.structs.replace(settings, gateway=section)):
            pass


def test_the_witness_key_is_of_the_kind_that_cosigns(cosigned: Cosigned) -> None:
    """So that a policy takes it."""
    assert {VerifierKey.parse(each.vkey.encode()).kind for each in cosigned.witnesses} == {4}
