"""ML-DSA-44 keys (FIPS 204), where the OpenSSL of this system has them, with a check that it leaves out."""

from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from keys.ed25519 import BadKey

PUBLIC_BYTES = 1312
SIGNATURE_BYTES = 2420

_RHO_BYTES = 32
_MISSING = (
    "The OpenSSL of this system has no ML-DSA-44. Update it to 3.5 or later, or go by the Ed25519 keys of the "
    "witnesses: their lines end in a key of 44 characters."
)


def is_supported() -> bool:
    """Whether this system can sign and verify with ML-DSA-44."""
    return backend.mldsa_supported()


def mldsa44_public(raw: bytes) -> MLDSA44PublicKey:
    """Load a 1,312-byte public key (FIPS 204 pkEncode). Raises BadKey, also where the system has no ML-DSA-44.

    All that follows rho is t1. Where t1 is zero anybody can sign: the verifier's A·z − c·t1·2^d does not depend on the
    challenge. OpenSSL takes such a key.
    """
    if len(raw) != PUBLIC_BYTES:
        raise BadKey("An ML-DSA-44 public key must be 1,312 bytes.")
    if not any(raw[_RHO_BYTES:]):
        raise BadKey("The ML-DSA-44 public key is one for which anybody could sign. Ask for a new key.")
    _require()
    return MLDSA44PublicKey.from_public_bytes(raw)


def mldsa44_private(seed: bytes) -> MLDSA44PrivateKey:
    """The key that a 32-byte seed stands for (FIPS 204 KeyGen_internal). Raises BadKey where there is no ML-DSA-44."""
    _require()
    return MLDSA44PrivateKey.from_seed_bytes(seed)


def _require() -> None:
    if not is_supported():
        raise BadKey(_MISSING)
