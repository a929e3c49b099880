"""Our witness against a log that is not ours: the PyPI packages aics-tlog (the log) and aics-witness (its feeder)."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.checkpoint import parse_note
from gateway.config import load_witness
from gateway.witness.serve import serving
from keys.notes import VerifierKey, verified_keys
from tests.gateway.cli.commands import done, rj
from tests.independent.tools import environment

ORIGIN = "log.test/others"
LOG = """
import base64, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import aics_tlog as tlog
from aics_witness import WitnessClient, WitnessAhead, WitnessRejected, merge_cosignatures

asked = json.load(sys.stdin)
key = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
client = WitnessClient(asked["url"], asked["vkey"]) if asked["url"] else None
tree, told = tlog.MerkleTree(), []
for size, salt in asked["steps"]:
    if size < tree.size or salt != asked["steps"][0][1]:
        tree = tlog.MerkleTree()
    tree.extend(f"{salt} {n}".encode() for n in range(tree.size, size))
    head = tlog.Checkpoint(origin=asked["origin"], size=size, root=tree.root())
    note = tlog.checkpoint.sign_checkpoint(head, key, asked["origin"]).to_bytes()
    try:
        line = client.submit(note, tree.consistency_proof)
        note = merge_cosignatures(note, line)
        checked = tlog.verify_checkpoint(
            tlog.parse_note(note), tlog.vkey_from_ed25519(asked["origin"], key.public_key()),
            [tlog.parse_vkey(asked["vkey"])], 1, max_age_seconds=60,
        )
        told.append(["cosigned" if checked.ok else checked.error, note.decode()])
    except WitnessAhead as ahead:
        told.append(["ahead", str(ahead.known_size)])
    except WitnessRejected as refused:
        told.append(["refused", str(refused.status)])
json.dump(told, sys.stdout)
"""
KEY = """
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import aics_tlog as tlog
key = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
print(tlog.format_vkey(tlog.vkey_from_ed25519("log.test/others", key.public_key())))
"""


def others(program: str, given: object = None) -> str:
    """Run a program with the packages of others, and nothing of ours."""
    command = [sys.executable, "-P", "-c", program]
    ended = subprocess.run(
        command, check=False, input=json.dumps(given), capture_output=True, text=True, env=environment(), timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Ours, which knows the others' log by the verifier key that they print."""
    vkey = done(rj("keys", "new-witness", tmp_path / "key", "--name", "police.test/witness")).splitlines()[0]
    (tmp_path / "logs.vkeys").write_text(others(KEY))
    (tmp_path / "witness.toml").write_text(
        '[witness]\nname = "police.test/witness"\nport = 0\ndata = "data"\nvault = "key/vault"\n'
        'unlock = "key/unlock.key"\nlogs = "logs.vkeys"\n'
    )
    async with serving(load_witness(tmp_path / "witness.toml", {}), new=True) as served:
        yield {"url": served.address, "vkey": vkey}


async def submit(witness: dict[str, str], *steps: tuple[int, str]) -> Any:
    """Let their log grow to each size, of these leaves, and submit each head."""
    given = {**witness, "origin": ORIGIN, "steps": steps}
    return json.loads(await asyncio.to_thread(others, LOG, given))


async def test_their_log_grows_and_their_verifier_accepts_our_cosignatures(witness: dict[str, str]) -> None:
    """At every size around powers of two and of 256; and ours accepts what they have put together."""
    sizes = (0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 255, 256, 257, 257, 1000)
    told = await submit(witness, *((size, "a") for size in sizes))
    assert [how for how, _ in told] == ["cosigned"] * len(sizes)
    ours = VerifierKey.parse(witness["vkey"])
    for _, note in told:
        assert verified_keys(parse_note(note), [ours]) == (ours,)


async def test_their_feeder_understands_our_refusals(witness: dict[str, str]) -> None:
    """A new feeder finds the size by 409; a smaller tree is `ahead`; a second history is refused with 422."""
    assert (await submit(witness, (9, "a")))[0][0] == "cosigned"
    assert (await submit(witness, (12, "a")))[0][0] == "cosigned"
    assert await submit(witness, (7, "a")) == [["ahead", "12"]]
    assert await submit(witness, (12, "b")) == [["refused", "422"]]
    assert await submit(witness, (20, "b")) == [["refused", "422"]]
    assert (await submit(witness, (20, "a")))[0][0] == "cosigned"
