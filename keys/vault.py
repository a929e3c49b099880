"""The vault: an agency's private keys in one file, encrypted under a passphrase or an unlock key.

The file is JSON, `{"v":1,"kdf":{"name":"scrypt","log_n":…,"salt":…}|null,"nonce":…,"box":…}`: AES-256-GCM over the JSON
of the contents, under scrypt (RFC 7914; n=2**log_n, r=8, p=1) of the passphrase, or, with `kdf` null, under the
32-byte unlock key itself, for servers that start without a person. Only `write` and the `generate_` functions read
randomness; nothing reads a clock.
"""

import os
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import Meta, Struct
from msgspec.structs import replace

from contracts.codec import Malformed, decode_strict, encode
from keys.errors import NoSuchKey, VaultLocked
from keys.mldsa44 import mldsa44_private
from keys.sealing import SealingPrivateKey, sealing_private
from keys.tokens import key_id

KEY_SIZE: Final = 32
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
MAX_FILE: Final = 1024 * 1024
SCRYPT_LOG_N: Final = 15
"""32 MiB and about a tenth of a second for each guess at the passphrase."""

_BOUND: Final = b"rj-vault-v1\0"

T = TypeVar("T")
Secret = str | bytes
"""A passphrase (text), or an unlock key (32 bytes)."""

Seed = Annotated[bytes, Meta(min_length=KEY_SIZE, max_length=KEY_SIZE)]


class Vault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agency must keep to itself. Key names (`kid`) map to 32-byte seeds, oldest first."""

    store_key: Seed
    """Encrypts the desk's own list of cases."""
    pseudonym_key: Seed
    """Makes the pseudonyms of its staff."""
    signing_seeds: Mapping[str, Seed] = {}
    sealing_seeds: Mapping[str, Seed] = {}
    mldsa44_seeds: Mapping[str, Seed] = {}

    def signing(self, kid: str) -> Ed25519PrivateKey:
        """The key to sign tokens with; `NoSuchKey` if the vault does not hold it."""
        return Ed25519PrivateKey.from_private_bytes(_held(self.signing_seeds, kid))

    def sealing(self, kid: str) -> SealingPrivateKey:
        """The key to open sealed values with; `NoSuchKey` if the vault does not hold it."""
        return sealing_private(_held(self.sealing_seeds, kid))

    def mldsa44(self, kid: str) -> MLDSA44PrivateKey:
        """The key to cosign with by ML-DSA-44; `NoSuchKey`, or `BadKey` where the system has no ML-DSA-44."""
        return mldsa44_private(_held(self.mldsa44_seeds, kid))

    def with_signing(self, seed: bytes) -> Self:
        """With one more signing key, which names itself (`signing_kid`)."""
        return replace(self, signing_seeds={**self.signing_seeds, signing_kid(seed): seed})

    def with_sealing(self, seed: bytes) -> Self:
        """With one more sealing key, which names itself (`sealing_kid`)."""
        return replace(self, sealing_seeds={**self.sealing_seeds, sealing_kid(seed): seed})

    def with_mldsa44(self, seed: bytes) -> Self:
        """With one more ML-DSA-44 key, which names itself (`mldsa44_kid`)."""
        return replace(self, mldsa44_seeds={**self.mldsa44_seeds, mldsa44_kid(seed): seed})

    def without(self, kid: str) -> Self:
        """Without a key. Once every copy of the file is replaced, what was sealed for it is erased everywhere."""
        return replace(
            self,
            signing_seeds={name: seed for name, seed in self.signing_seeds.items() if name != kid},
            sealing_seeds={name: seed for name, seed in self.sealing_seeds.items() if name != kid},
            mldsa44_seeds={name: seed for name, seed in self.mldsa44_seeds.items() if name != kid},
        )

    def __repr__(self) -> str:
        """Names only: a vault may end up in a traceback."""
        names = f"signing={[*self.signing_seeds]}, sealing={[*self.sealing_seeds]}, mldsa44={[*self.mldsa44_seeds]}"
        return f"Vault({names})"


class _Kdf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Literal["scrypt"] = "scrypt"
    log_n: Annotated[int, Meta(ge=14, le=18)]
    salt: Annotated[bytes, Meta(min_length=SALT_SIZE, max_length=SALT_SIZE)]


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    v: Literal[1] = 1
    kdf: _Kdf | None
    nonce: Annotated[bytes, Meta(min_length=NONCE_SIZE, max_length=NONCE_SIZE)]
    box: bytes


_FILE: Final = msgspec.json.Decoder(_File)
_VAULT: Final = msgspec.json.Decoder(Vault)


def signing_kid(seed: bytes) -> str:
    """The name of the signing key that a 32-byte seed stands for; `ValueError` for another length."""
    return key_id(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def sealing_kid(seed: bytes) -> str:
    """The name of the sealing key that a 32-byte seed stands for; `ValueError` for another length."""
    return sealing_private(seed).public.kid


def mldsa44_kid(seed: bytes) -> str:
    """The name of the ML-DSA-44 key that a 32-byte seed stands for; `BadKey` where the system has no ML-DSA-44."""
    return key_id(mldsa44_private(seed).public_key().public_bytes_raw())


def generate_signing_key() -> bytes:
    """A new 32-byte seed, from the operating system's randomness."""
    return os.urandom(KEY_SIZE)


def generate_sealing_key() -> bytes:
    """A new 32-byte seed, from the operating system's randomness."""
    return os.urandom(KEY_SIZE)


def generate_mldsa44_key() -> bytes:
    """A new 32-byte seed, from the operating system's randomness."""
    return os.urandom(KEY_SIZE)


def generate_vault() -> Vault:
    """A new vault with its own store and pseudonym keys, and no others yet."""
    return Vault(store_key=os.urandom(KEY_SIZE), pseudonym_key=os.urandom(KEY_SIZE))


def lock(vault: Vault, secret: Secret, salt: bytes, nonce: bytes, log_n: int = SCRYPT_LOG_N) -> bytes:
    """The file's bytes, for a fresh `salt` (16 bytes, for a passphrase only) and a `nonce` (12) new to this secret."""
    kdf = _Kdf(log_n=log_n, salt=salt) if isinstance(secret, str) else None
    box = AESGCM(_key(secret, kdf)).encrypt(nonce, _readable(vault, _VAULT), _BOUND)
    return _readable(_File(kdf=kdf, nonce=nonce, box=box), _FILE)


def unlock(data: bytes, secret: Secret) -> Vault:
    """The vault in a file's bytes; `VaultLocked` if the secret is wrong or a single bit of the file was changed."""
    try:
        file = decode_strict(data, _FILE, MAX_FILE)
        if encode(file) != data:  # base64 with a spare bit set, spaces, members moved
            raise VaultLocked
        contents = AESGCM(_key(secret, file.kdf)).decrypt(file.nonce, file.box, _BOUND)
        return decode_strict(contents, _VAULT, MAX_FILE)
    except (Malformed, InvalidTag):
        raise VaultLocked from None


def read(path: Path, secret: Secret) -> Vault:
    """Unlock the file at `path`: `OSError` if it cannot be read, `VaultLocked` if it does not open."""
    return unlock(path.read_bytes(), secret)


def write(path: Path, vault: Vault, secret: Secret) -> None:
    """Replace the file at `path`, durably, readable by its owner alone; `OSError` leaves the old file in place."""
    data = lock(vault, secret, os.urandom(SALT_SIZE), os.urandom(NONCE_SIZE))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Dying before this line leaves the old vault, after it the new one: both whole.
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A rename lasts through a power failure only once its folder is written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _readable(value: T, decoder: msgspec.json.Decoder[T]) -> bytes:
    """The JSON of a value that its own contract accepts: a vault that could not be read again is never written."""
    raw = encode(value)
    decode_strict(raw, decoder, MAX_FILE)
    return raw


def _held(seeds: Mapping[str, bytes], kid: str) -> bytes:
    try:
        return seeds[kid]
    except KeyError:
        raise NoSuchKey from None


def _key(secret: Secret, kdf: _Kdf | None) -> bytes:
    if isinstance(secret, str) and secret and kdf:
        # NFC: the same passphrase typed on another keyboard or system is the same bytes (RFC 8265 section 4.2).
        phrase = unicodedata.normalize("NFC", secret).encode("utf-8", "surrogatepass")
        return Scrypt(salt=kdf.salt, length=KEY_SIZE, n=2**kdf.log_n, r=8, p=1).derive(phrase)
    if isinstance(secret, bytes) and len(secret) == KEY_SIZE and kdf is None:
        return secret
    raise VaultLocked("The vault's secret is of the wrong kind: give its passphrase, or its unlock key of 32 bytes.")
