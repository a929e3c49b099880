"""Ed25519 public keys, with the checks that OpenSSL leaves out."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 32

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_SIGN_BIT = 1 << 255


class BadKey(ValueError):
    """A key that must not be trusted, whoever signed for it."""


@lru_cache(maxsize=1024)
def ed25519_public(raw: bytes) -> Ed25519PublicKey:
    """Load a 32-byte public key (RFC 8032 5.1.5), refusing one that is non-canonical, of small order or off the curve.

    Under a key of small order anybody can make signatures: OpenSSL accepts a constant one on any message under the
    identity. A second encoding of one key would let it pass for another. Raises BadKey.
    """
    if len(raw) != KEY_BYTES:
        raise BadKey("An Ed25519 public key must be 32 bytes.")
    y = int.from_bytes(raw, "little") & ~_SIGN_BIT
    if y >= _P:
        raise BadKey("The Ed25519 public key is not in its canonical form. Ask its owner for a new key.")
    if _is_small_order(y):
        raise BadKey("The Ed25519 public key is of small order: anybody could sign for it. Ask for a new key.")
    if not _is_on_curve(y):
        raise BadKey("The Ed25519 public key is not a point of the curve. Ask its owner for the key again.")
    return Ed25519PublicKey.from_public_bytes(raw)


def _is_small_order(y: int) -> bool:
    """Whether a point with this y has an order dividing 8, whatever its sign.

    y = ±1 is order 1 and 2, y = 0 is order 4. A point of order 8 doubles to y = 0, so y² = −x², which with the curve's
    equation −x² + y² = 1 + d·x²·y² gives d·y⁴ + 2·y² − 1 = 0.
    """
    square = y * y % _P
    return y * (square - 1) * (_D * square * square + 2 * square - 1) % _P == 0


def _is_on_curve(y: int) -> bool:
    """Whether x² = (y² − 1) / (d·y² + 1) has a root (Euler's criterion)."""
    square = y * y % _P
    return pow((square - 1) * (_D * square + 1), (_P - 1) // 2, _P) == 1
