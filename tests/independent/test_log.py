"""What the gateway publishes holds before verifiers that are not ours: the folder and the address, at every edge."""

import asyncio
import shutil
from pathlib import Path

import pytest

from contracts.checkpoint import parse_note
from keys.mldsa44 import mldsa44_private
from keys.notes import Cosigner, NoteSigner
from tests.agencies import secret, signing_private
from tests.gateway.cli.commands import done, rj
from tests.independent.tools import VERIFIERS, Verifier
from tests.journey.simulated import World
from tests.made_log import ORIGIN, MadeLog

SIZES = (0, 1, 2, 255, 256, 257, 65_535, 65_536, 70_000)

every_verifier = pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)


class Grown:
    """One log as it was at each size: its checkpoint, and an export made then."""

    def __init__(self, folder: Path) -> None:
        self.log, self.notes = MadeLog(folder / "log"), dict[int, str]()
        for size in SIZES:
            self.notes[size] = self.log.grow(size - self.log.size)
            done(rj("ledger", "export", self.out(size), "--dir", self.log.folder))
        self.keys = [self.log.vkey]
        self.witnesses = [each.vkey for each in self.log.witnesses]

    def out(self, size: int) -> Path:
        return self.log.folder / f"out-{size}"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    return Grown(tmp_path_factory.mktemp("grown"))


@every_verifier
@pytest.mark.parametrize("size", SIZES)
def test_the_export_holds(grown: Grown, size: int, verifier: Verifier) -> None:
    """Every entry and tile, the root, the log's signature, three cosignatures."""
    held, said = verifier(grown.out(size), grown.keys, grown.witnesses)
    assert held, said
    assert said.startswith(f"ok {size}")


@every_verifier
@pytest.mark.parametrize("size", SIZES)
def test_the_log_over_http_holds(grown: Grown, size: int, verifier: Verifier) -> None:
    """The published tree, while the store holds more."""
    (grown.log.folder / "guard" / "checkpoint").write_text(grown.notes[size])
    with grown.log.served() as url:
        held, said = verifier(url, grown.keys, grown.witnesses)
    assert held, said
    assert said.startswith(f"ok {size}")


@every_verifier
async def test_a_running_gateways_log_holds(tmp_path: Path, verifier: Verifier) -> None:
    """Before the first message and after some."""
    async with World(tmp_path).gateway() as side:
        for count in range(3):
            held, said = await asyncio.to_thread(verifier, side.world.address, [side.world.vkey.encode()], [])
            assert held, said
            assert said.startswith(f"ok {2 + count}")  # after the lines of agreement and directory
            await side.send(side.request())


@every_verifier
def test_after_a_rotation_the_log_holds_under_either_key(tmp_path: Path, verifier: Verifier) -> None:
    """While both sign, and when the new one alone does."""
    old, new = (NoteSigner(name=ORIGIN, key=signing_private(name)) for name in ("log", "new"))
    made = MadeLog(tmp_path / "log", signers=(old, new))
    made.grow(300)
    both = [old.vkey.encode(), new.vkey.encode()]
    for number, keys in enumerate((both[:1], both[1:], both)):
        done(rj("ledger", "export", tmp_path / f"out-{number}", "--dir", made.folder))
        assert verifier(tmp_path / f"out-{number}", keys, [])[0]
    made.signers = (new,)
    made.grow(10)
    done(rj("ledger", "export", tmp_path / "out", "--dir", made.folder))
    assert verifier(tmp_path / "out", both[1:], [])[0]
    assert not verifier(tmp_path / "out", both[:1], [])[0]


@every_verifier
def test_lines_by_ml_dsa_44_do_them_no_harm(tmp_path: Path, verifier: Verifier) -> None:
    """They know neither key nor kind, and ignore the lines, also those of a witness whose other line they know."""
    made = MadeLog(tmp_path / "log")
    made.grow(300)
    out = tmp_path / "out"
    done(rj("ledger", "export", out, "--dir", made.folder))
    note = (out / "checkpoint").read_text()
    text = parse_note(note).text
    more = [Cosigner(name=each.name, key=mldsa44_private(secret("mldsa", each.name))) for each in made.witnesses]
    (out / "checkpoint").write_text(note + "".join(each.cosign(text, 1_790_000_000) for each in more))
    held, said = verifier(out, [made.vkey], [each.vkey for each in made.witnesses])
    assert held, said


@every_verifier
@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"])
def test_they_do_find_what_is_changed(tmp_path: Path, name: str, verifier: Verifier) -> None:
    """So that their word is worth something."""
    made = MadeLog(tmp_path / "log")
    made.grow(600)
    out = tmp_path / "out"
    done(rj("ledger", "export", out, "--dir", made.folder))
    assert verifier(out, [made.vkey], [])[0]
    data = bytearray((out / name).read_bytes())
    data[20] ^= 1
    (out / name).write_bytes(data)
    assert not verifier(out, [made.vkey], [])[0]
    shutil.rmtree(out / "tile")
    assert not verifier(out, [made.vkey], [])[0]
