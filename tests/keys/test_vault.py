"""A vault gives its keys back to whoever has its secret, and to no one else; its file is whole after any crash."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.codec import Malformed
from keys.errors import NOT_UNLOCKED, NoSuchKey, VaultLocked
from keys.tokens import key_id
from keys.vault import (
    Secret,
    Vault,
    generate_sealing_key,
    generate_signing_key,
    generate_vault,
    lock,
    mldsa44_kid,
    read,
    sealing_kid,
    signing_kid,
    unlock,
    write,
)

KEY = bytes(range(32))
SALT = bytes(16)
NONCE = bytes(12)
SIGNING, SEALING, COSIGNING = b"\1" * 32, b"\2" * 32, b"\5" * 32
EMPTY = Vault(store_key=b"\3" * 32, pseudonym_key=b"\4" * 32)
VAULT = EMPTY.with_signing(SIGNING).with_sealing(SEALING).with_mldsa44(COSIGNING)
LOCKED = lock(VAULT, KEY, SALT, NONCE)
PHRASE = "correct horse battery"


def locked(data: bytes, secret: Secret) -> bool:
    """Whether a file does not open with a secret, whatever the reason."""
    with pytest.raises(VaultLocked) as refusal:
        unlock(data, secret)
    assert refusal.value.__cause__ is None
    return True


def altered(**changes: object) -> bytes:
    """The locked file with members changed."""
    return json.dumps({**json.loads(LOCKED), **changes}, separators=(",", ":")).encode()


# Keys


def test_keys_name_themselves() -> None:
    """A key is found by the name that its public half gives it."""
    assert VAULT.signing(signing_kid(SIGNING)).private_bytes_raw() == SIGNING
    assert key_id(VAULT.signing(signing_kid(SIGNING)).public_key().public_bytes_raw()) == signing_kid(SIGNING)
    assert VAULT.sealing(sealing_kid(SEALING)).public.kid == sealing_kid(SEALING)
    assert VAULT.mldsa44(mldsa44_kid(COSIGNING)).private_bytes_raw() == COSIGNING


def test_a_key_of_one_use_is_not_found_for_the_other() -> None:
    """Signing keys do not open, sealing keys do not sign, and an unknown name finds nothing."""
    for find in (
        lambda: VAULT.sealing(signing_kid(SIGNING)),
        lambda: VAULT.signing(sealing_kid(SEALING)),
        lambda: VAULT.signing(mldsa44_kid(COSIGNING)),
        lambda: VAULT.mldsa44(signing_kid(SIGNING)),
    ):
        with pytest.raises(NoSuchKey):
            find()


def test_keys_keep_the_order_they_came_in() -> None:
    """The newest key is the last, also after locking."""
    seeds = [bytes([n]) * 32 for n in (9, 5, 7)]
    vault = EMPTY
    for seed in seeds:
        vault = vault.with_signing(seed)
    assert [*unlock(lock(vault, KEY, SALT, NONCE), KEY).signing_seeds.values()] == seeds


def test_a_vault_never_changes() -> None:
    """Adding and destroying keys make new vaults."""
    assert VAULT.without(signing_kid(SIGNING)) == EMPTY.with_sealing(SEALING).with_mldsa44(COSIGNING)
    assert VAULT.without(sealing_kid(SEALING)) == EMPTY.with_signing(SIGNING).with_mldsa44(COSIGNING)
    assert VAULT.without(mldsa44_kid(COSIGNING)) == EMPTY.with_signing(SIGNING).with_sealing(SEALING)
    assert VAULT.without("unknown") == VAULT.with_signing(SIGNING) == VAULT
    assert not EMPTY.signing_seeds


@pytest.mark.parametrize("add", [EMPTY.with_signing, EMPTY.with_sealing, EMPTY.with_mldsa44])
def test_a_seed_of_another_length_is_no_key(add: Callable[[bytes], Vault]) -> None:
    """A seed is 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        add(b"\1" * 31)


def test_new_keys_are_new() -> None:
    """No key, nonce or salt is ever made twice."""
    assert len({generate_signing_key(), generate_signing_key(), generate_sealing_key(), generate_sealing_key()}) == 4
    one, other = generate_vault(), generate_vault()
    assert len({one.store_key, one.pseudonym_key, other.store_key, other.pseudonym_key}) == 4
    assert not one.signing_seeds
    assert not one.sealing_seeds


def test_a_vault_does_not_print_its_keys() -> None:
    """A vault in a traceback shows names only."""
    assert repr(VAULT) == (
        f"Vault(signing=['{signing_kid(SIGNING)}'], sealing=['{sealing_kid(SEALING)}'], "
        f"mldsa44=['{mldsa44_kid(COSIGNING)}'])"
    )


# Locking


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(min_size=32, max_size=32), max_size=3))
def test_what_is_locked_unlocks(key: bytes, seeds: list[bytes]) -> None:
    """The vault comes back whole, and the file shows none of it."""
    vault = EMPTY
    for seed in seeds:
        vault = vault.with_signing(seed)
    data = lock(vault, key, SALT, NONCE)
    assert unlock(data, key) == vault
    assert all(kid.encode() not in data for kid in vault.signing_seeds)


def test_a_passphrase_unlocks() -> None:
    """The file tells how hard the passphrase is to guess; the secret itself is nowhere in it."""
    data = lock(VAULT, PHRASE, SALT, NONCE, log_n=14)
    assert json.loads(data)["kdf"] == {"name": "scrypt", "log_n": 14, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert unlock(data, PHRASE) == VAULT
    assert locked(data, PHRASE + " ")
    assert locked(data, KEY)
    assert b"horse" not in data


def test_the_same_passphrase_typed_elsewhere_unlocks() -> None:
    """An accent may be one character or two: it is one passphrase."""
    assert unlock(lock(VAULT, "caf\u00e9", SALT, NONCE, log_n=14), "cafe\u0301") == VAULT


def test_by_default_a_guess_costs_32_mib() -> None:
    """The cost of a guess is pinned."""
    assert json.loads(lock(VAULT, PHRASE, SALT, NONCE))["kdf"]["log_n"] == 15


@pytest.mark.parametrize("secret", [KEY[::-1], PHRASE, "", b"", KEY[:31], KEY + b"\0", KEY.hex()])
def test_a_wrong_secret_does_not_unlock(secret: Secret) -> None:
    """Another key, a passphrase where a key is due, or half a key opens nothing."""
    assert unlock(LOCKED, KEY) == VAULT
    assert locked(LOCKED, secret)


@pytest.mark.parametrize("secret", ["", b"", b"short", KEY + b"\0"])
def test_a_vault_is_not_locked_with_a_poor_secret(secret: Secret) -> None:
    """An empty passphrase or a key of another length protects nothing."""
    with pytest.raises(VaultLocked, match="wrong kind"):
        lock(VAULT, secret, SALT, NONCE)


@given(st.integers(0, len(LOCKED) - 1), st.integers(0, 255))
def test_a_damaged_file_does_not_unlock(at: int, byte: int) -> None:
    """Any byte changed is noticed, and all damage is told in the same words."""
    damaged = LOCKED[:at] + bytes([byte]) + LOCKED[at + 1 :]
    if damaged != LOCKED:
        with pytest.raises(VaultLocked) as refusal:
            unlock(damaged, KEY)
        assert str(refusal.value) == NOT_UNLOCKED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        LOCKED[:-1],
        LOCKED + b"x",
        altered(v=2),
        altered(box=""),
        altered(nonce="AAAA"),
        altered(extra=1),
        altered(kdf={"name": "scrypt", "log_n": 15, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        altered(kdf={"name": "scrypt", "log_n": 13, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        altered(kdf={"name": "scrypt", "log_n": 30, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        altered(kdf={"name": "argon", "log_n": 15, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
    ],
)
def test_a_file_of_another_form_does_not_unlock(data: bytes) -> None:
    """Another version, a missing part, or a cost out of bounds (too cheap, or a machine's whole memory) is refused."""
    assert locked(data, KEY)
    assert locked(data, PHRASE)


def test_a_file_has_one_spelling() -> None:
    """Spaces, members moved, or a spare bit in the base64 are damage too."""
    assert LOCKED.endswith(b'="}')
    spare = LOCKED.rstrip(b'="}')
    marks = LOCKED[len(spare) :]
    assert locked(spare[:-1] + bytes([spare[-1] + 1]) + marks, KEY)
    assert locked(LOCKED + b"\n", KEY)
    assert locked(json.dumps(json.loads(LOCKED)).encode(), KEY)


@pytest.mark.parametrize(
    "lose",
    [
        lambda: lock(VAULT, KEY, SALT, NONCE + b"\0"),
        lambda: lock(VAULT, PHRASE, SALT[1:], NONCE, log_n=14),
        lambda: lock(VAULT, KEY, SALT, NONCE[1:]),
        lambda: lock(VAULT, PHRASE, SALT, NONCE, log_n=13),
        lambda: lock(VAULT, PHRASE, SALT, NONCE, log_n=19),
        lambda: lock(replace(VAULT, store_key=b"short"), KEY, SALT, NONCE),
        lambda: lock(replace(VAULT, sealing_seeds={"x": b""}), KEY, SALT, NONCE),
    ],
    ids=["nonce", "salt", "short-nonce", "too-cheap", "too-dear", "store-key", "seed"],
)
def test_a_vault_that_could_not_be_read_again_is_not_locked(lose: Callable[[], bytes]) -> None:
    """A mistake shows while the keys are still at hand."""
    with pytest.raises(Malformed):
        lose()


# The file


def test_a_written_vault_is_read_again(tmp_path: Path) -> None:
    """With either kind of secret; writing again uses a new nonce."""
    path = tmp_path / "agency.vault"
    write(path, VAULT, KEY)
    first = path.read_bytes()
    assert read(path, KEY) == VAULT
    write(path, VAULT, KEY)
    assert path.read_bytes() != first
    write(path, EMPTY, PHRASE)
    assert read(path, PHRASE) == EMPTY


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    """Mode 0600, also over a file that was open to all."""
    path = tmp_path / "agency.vault"
    path.touch(0o666)
    path.chmod(0o666)
    write(path, VAULT, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A full disk or an I/O error loses no key and leaves no half a file beside it."""
    path = tmp_path / "agency.vault"
    write(path, VAULT, KEY)

    def fail(*_: Any) -> None:
        raise OSError("I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises(OSError, match="I/O error"):
            write(path, EMPTY, KEY)
    assert read(path, KEY) == VAULT
    assert [*tmp_path.iterdir()] == [path]


def test_everything_is_synced_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, then name, then folder: after a power failure the vault is the old or the new one."""
    steps: list[str] = []
    fsync, rename = os.fsync, os.replace

    def synced(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(old: str, new: Path) -> None:
        steps.append("name")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    write(tmp_path / "agency.vault", VAULT, KEY)
    assert steps == ["file", "name", "folder"]


def test_a_missing_file_is_told_apart(tmp_path: Path) -> None:
    """No file is not a locked vault."""
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none", KEY)
