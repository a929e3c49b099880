"""What keeps a gateway from starting: documents, keys, folders and ports, each in words that say what to change."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

from contracts.codec import encode
from contracts.directory import SignedDocument
from gateway.errors import CannotStart, StoreRefused
from gateway.keystore import KeyStore
from gateway.store import sql
from keys import documents
from keys.notes import NoteSigner
from tests.agencies import Officers, TestAgency, make_directory, signing_private
from tests.journey.simulated import ORIGIN, World

OPERATOR = NoteSigner(name="operator.example/officer", key=signing_private("operator"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder from which a gateway starts, to be spoiled."""
    return World(tmp_path)


async def refuses(world: World, *words: str) -> str:
    """The gateway does not start, and its words name what to change."""
    with pytest.raises(CannotStart) as refused:
        async with world.gateway():
            pass
    said = str(refused.value)
    assert [word for word in words if word not in said] == [], said
    assert said.endswith(".")
    return said


async def starts(world: World) -> None:
    """The positive control, and proof that a refused start has spoiled nothing."""
    async with world.gateway() as side:
        await side.send(side.request())


def agreement(world: World, text: str, *signers: NoteSigner, version: int = 1) -> None:
    """Put this text, signed, in the place of the agreement."""
    signed = documents.sign("agreement", "noms-acpo", version, text, signers or world.officers.signers)
    (world.folder / "agreement.json").write_bytes(encode(signed))


def directory(world: World, officers: Officers, version: int = 1, later: int = 0) -> None:
    """Put a directory in place that these officers have signed."""
    agencies, now = list(world.agencies.values()), int(time.time()) + later
    signed = make_directory(ORIGIN, agencies, officers, now, version, world.agreement.digest)
    (world.folder / "directory.json").write_bytes(encode(signed))


# The signed documents.

DOCUMENTS: dict[str, tuple[Callable[[World], object], tuple[str, ...]]] = {
    "no agreement": (lambda w: (w.folder / "agreement.json").unlink(), ("agreement.json", "agreement", "there")),
    "no directory": (lambda w: (w.folder / "directory.json").unlink(), ("directory.json", "directory", "there")),
    "an empty agreement": (lambda w: (w.folder / "agreement.json").write_bytes(b""), ("signed document",)),
    "an agreement in bytes that are no text": (
        lambda w: (w.folder / "agreement.json").write_bytes(b'{"document":"\xff","note":"x"}'), ("signed document",),
    ),
    "an unsigned agreement": (
        lambda w: (w.folder / "agreement.json").write_bytes(encode(SignedDocument(document=w.text, note=""))),
        ("agreement", "signed"),
    ),
    "an agreement signed by one party": (
        lambda w: agreement(w, w.text, w.officers.noms), ("agreement", "acpo.example/officer", "sign"),
    ),
    "an agreement signed by the operator": (
        lambda w: agreement(w, w.text, OPERATOR), ("agreement", "not signed by both parties"),
    ),
    "an agreement changed after signing": (
        lambda w: (w.folder / "agreement.json").write_bytes(
            encode(msgspec.structs.replace(w.signed, document=w.text.replace("foundation", "none")))
        ),
        ("agreement", "not the one that was signed"),
    ),
    "an unknown word in the agreement": (
        lambda w: agreement(w, w.text.replace('"letter"', '"telepathy"')), ("agreement", "does not know", "purpose"),
    ),
    "an unknown table in the agreement": (
        lambda w: agreement(w, w.text + "\n[telepathy]\nallowed = true\n"), ("agreement", "does not know", "telepathy"),
    ),
    "an agreement that is not TOML": (lambda w: agreement(w, w.text + "\n= ="), ("agreement", "TOML")),
    "an agreement whose note names another version": (
        lambda w: agreement(w, w.text, version=2), ("agreement", "another id or version"),
    ),
    "the directory in place of the agreement": (
        lambda w: shutil.copy(w.folder / "directory.json", w.folder / "agreement.json"), ("another kind",),
    ),
    "a directory of keys that only the operator signed": (
        lambda w: directory(w, Officers(OPERATOR, OPERATOR)), ("directory", "not signed by both parties"),
    ),
    "a directory that one officer signed": (
        lambda w: directory(w, Officers(w.officers.noms, OPERATOR)), ("directory", "acpo.example/officer"),
    ),
    "a directory of another gateway": (
        lambda w: (w.folder / "directory.json").write_bytes(
            encode(make_directory("other.example/rj", list(w.agencies.values()), w.officers, int(time.time())))
        ),
        ("directory", "another gateway"),
    ),
    "one officer's key only": (
        lambda w: (w.folder / "officers.vkeys").write_text(w.officers.noms.vkey.encode()), ("two or more officers",),
    ),
    "an officer's key with a slip in it": (
        lambda w: (w.folder / "officers.vkeys").write_text("noms.example/officer+0000+AAAA\n"), ("officers.vkeys",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", DOCUMENTS)
async def test_a_document_that_both_parties_did_not_sign_as_it_is_keeps_the_gateway_from_starting(
    world: World, fault: str
) -> None:
    """Missing, unsigned, signed by too few or by the operator, changed after, or saying what no program knows."""
    spoil, words = DOCUMENTS[fault]
    spoil(world)
    await refuses(world, *words)
    assert not (world.folder / "data").exists()


async def test_an_operator_cannot_add_a_sealing_key_of_its_own(world: World) -> None:
    """Even under both officers' signatures: an agency's sealing key is endorsed by that agency's own signing key."""
    now = int(time.time())
    entry = world.agencies["police-13"].entry(ORIGIN, now, world.agreement.digest)
    planted = TestAgency("police-13", seed="operator").sealing_key(ORIGIN, now)
    world.publish_directory(1, msgspec.structs.replace(entry, sealing=(planted,)))
    await refuses(world, "police-13", "not by a signing key of this agency")


async def test_documents_older_than_the_log_has_announced_are_refused(world: World) -> None:
    """Rolled back, or another text under the announced version: both are named, with the version that is needed."""
    old = (world.folder / "directory.json").read_bytes()
    world.publish_directory(2)
    announced = (world.folder / "directory.json").read_bytes()
    await starts(world)
    (world.folder / "directory.json").write_bytes(old)
    await refuses(world, "directory", "version 2")
    directory(world, world.officers, 2, later=1)
    await refuses(world, "directory", "version 2", "another text")
    (world.folder / "directory.json").write_bytes(announced)
    agreement(world, world.text + "\n# Changed, and signed by both parties.\n")
    await refuses(world, "agreement", "version 1", "another text")
    (world.folder / "agreement.json").write_bytes(encode(world.signed))
    await starts(world)


# Keys.


async def test_a_wrong_unlock_key_is_said_to_be_wrong(world: World) -> None:
    """The vault stays closed, and nothing of it or of the key is shown."""
    wrong = "A" * 43
    (world.folder / "log.unlock").write_text(wrong)
    assert wrong not in await refuses(world, "log.vault", "unlock key")


async def test_a_missing_vault_names_its_file(world: World) -> None:
    """The log cannot sign without its key."""
    (world.folder / "log.vault").unlink()
    await refuses(world, "log.vault", "vault")


async def test_a_missing_key_store_beside_a_database_keeps_the_gateway_from_starting(world: World) -> None:
    """A fresh store would give out keys under slots that the database names already."""
    await starts(world)
    shutil.move(world.folder / "data" / "keystore", world.folder / "away")
    await refuses(world, "key store", "goes with the database")
    shutil.rmtree(world.folder / "data" / "keystore")
    shutil.move(world.folder / "away", world.folder / "data" / "keystore")
    await starts(world)


async def test_a_key_store_from_before_the_database_keeps_the_gateway_from_starting(world: World) -> None:
    """Restored from a copy: keys that were destroyed since would be back, and slots would be given out twice."""
    store = world.folder / "data" / "keystore"
    store.parent.mkdir()
    KeyStore.open(store).close()
    shutil.copytree(store, world.folder / "older")
    for _ in range(2):
        await starts(world)
    shutil.rmtree(store)
    shutil.move(world.folder / "older", store)
    await refuses(world, "key store", "older than the database")


@pytest.mark.parametrize("length", [0, 63, 100])
async def test_a_key_store_that_is_cut_short_keeps_the_gateway_from_starting(world: World, length: int) -> None:
    """Whatever is left of it."""
    await starts(world)
    os.truncate(world.folder / "data" / "keystore" / "slots.bin", length)
    await refuses(world, "key store", "cut short")


@pytest.mark.sqlite
async def test_a_second_gateway_on_the_same_folder_is_refused(world: World) -> None:
    """Two writers would make two histories."""
    async with world.gateway():
        await refuses(world, "data", "Another process uses the key store")


# Databases.


def database(world: World, text: str) -> Path:
    path = world.folder / "data" / "gateway.db"
    path.parent.mkdir(exist_ok=True)
    connection = apsw.Connection(str(path))
    connection.execute(text)
    connection.close()
    return path


@pytest.mark.sqlite
async def test_a_database_of_a_newer_version_is_refused_and_left_alone(world: World) -> None:
    """An older program must not write into what it does not know."""
    await starts(world)
    path = database(world, f"pragma user_version = {sql.SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    await refuses(world, "gateway.db", "newer version")
    assert path.read_bytes() == before
    database(world, f"pragma user_version = {sql.SCHEMA_VERSION}")
    await starts(world)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "text",
    [
        "create table letters (words text)",
        "create table leaf (i integer); pragma user_version = 1",
        "pragma application_id = 7; pragma user_version = 99",
        "pragma application_id = 7",
    ],
)
async def test_another_programs_database_is_refused_and_left_alone(world: World, text: str) -> None:
    """Whatever version it bears, and even if it bears none: not one byte of it changes."""
    path = database(world, text)
    before, mode = path.read_bytes(), path.stat().st_mode
    await refuses(world, "gateway.db", "another program")
    assert (path.read_bytes(), path.stat().st_mode) == (before, mode)
    assert {each.name for each in path.parent.iterdir()} == {"gateway.db", "keystore"}


@pytest.mark.sqlite
async def test_a_file_that_is_no_database_is_refused_and_left_alone(world: World) -> None:
    """Damaged, or never one."""
    path = world.folder / "data" / "gateway.db"
    path.parent.mkdir()
    path.write_bytes(b"Dear Siobhan, " * 1000)
    said = await refuses(world, "gateway.db", "no database")
    assert "Siobhan" not in said
    assert path.read_bytes() == b"Dear Siobhan, " * 1000


# Folders and ports.


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody may write, not even root."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder], check=False).returncode:
        pytest.skip("root may write everywhere, and this one may not mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_an_unwritable_folder_is_named(world: World, read_only: Path) -> None:
    """The folder that settings name for the data."""
    settings = world.settings()
    section = msgspec.structs.replace(settings.gateway, data=read_only / "data")
    world.settings = lambda **_: msgspec.structs.replace(settings, gateway=section)  # type: ignore[method-assign]
    await refuses(world, str(read_only), "cannot be used")


async def test_a_file_in_the_place_of_the_folder_is_named(world: World) -> None:
    """A slip in the settings."""
    (world.folder / "data").write_text("not a folder")
    await refuses(world, str(world.folder / "data"), "cannot be used")


async def test_a_port_in_use_is_named_and_nothing_else_is_touched(world: World) -> None:
    """The port is taken first: a second gateway does not even open the store."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = world.settings()
        section = msgspec.structs.replace(settings.gateway, port=port)
        world.settings = lambda **_: msgspec.structs.replace(settings, gateway=section)  # type: ignore[method-assign]
        await refuses(world, f"port {port}", "another program has it")
        assert not (world.folder / "data").exists()


async def test_a_host_that_is_not_this_machine_is_named(world: World) -> None:
    """192.0.2.1 is nobody's (RFC 5737)."""
    settings = world.settings()
    section = msgspec.structs.replace(settings.gateway, host="192.0.2.1")
    world.settings = lambda **_: msgspec.structs.replace(settings, gateway=section)  # type: ignore[method-assign]
    await refuses(world, "192.0.2.1", "not an address of this machine")


async def test_the_parser_that_is_not_safe_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """aiohttp's pure Python parser."""
    monkeypatch.setenv("AIOHTTP_NO_EXTENSIONS", "1")
    await refuses(world, "AIOHTTP_NO_EXTENSIONS")


def test_refusals_of_the_store_are_refusals_to_start() -> None:
    """The command line prints these, and a traceback for anything else."""
    assert issubclass(StoreRefused, CannotStart)
