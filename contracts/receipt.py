"""What a receipt carries beside its proof: the leaf, and the openings that its reader may see.

A receipt is a C2SP tlog-proof; this is its `extra`. Nothing vouches for `extra` itself: the leaf is checked by the
proof, each opening by the leaf's commitment, and an erasure by a proof of its own (`keys.receipts.check`).
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from contracts.codec import Malformed, b64url, unb64url
from contracts.event import Opening
from contracts.tlog_proof import TlogProof


class Carried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All base64url, but for the last three. Without `shared` or `exact` that part is not for this reader, or is gone.

    `erased`: the proof of the line that erased this one, in the tree of the same checkpoint, which opens to the rule
    and to all the lines that it took. `recovered`: likewise, of the line that says that this one was put back from the
    public log without what it stood for. `closed`: the log says that nothing of the line is this reader's to see.
    """

    leaf: str
    shared: str | None = None
    salt: str | None = None
    exact: str | None = None
    exact_salt: str | None = None
    erased: str | None = None
    recovered: str | None = None
    closed: Literal["not-yours"] | None = None


_CARRIED: Final = msgspec.json.Decoder(Carried)


def carry(
    leaf: bytes,
    shared: Opening | None = None,
    exact: Opening | None = None,
    *,
    erased: str | None = None,
    recovered: str | None = None,
    closed: bool = False,
) -> Carried:
    """The leaf with its openings, as a receipt carries them, or why there are none."""
    return Carried(
        leaf=b64url(leaf),
        shared=b64url(shared.part) if shared else None,
        salt=b64url(shared.salt) if shared else None,
        exact=b64url(exact.part) if exact else None,
        exact_salt=b64url(exact.salt) if exact else None,
        erased=erased,
        recovered=recovered,
        closed="not-yours" if closed else None,
    )


def extra_of(proof: TlogProof) -> Carried:
    """What the receipt carries, as it stands there. Raises Malformed."""
    try:
        return _CARRIED.decode(proof.extra or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("The receipt does not carry its leaf.") from None


def carried(proof: TlogProof) -> tuple[bytes, Opening | None, Opening | None]:
    """The leaf's bytes and the openings of `shared` and `exact`. Raises Malformed."""
    extra = extra_of(proof)
    return unb64url(extra.leaf), _opening(extra.shared, extra.salt), _opening(extra.exact, extra.exact_salt)


def _opening(part: str | None, salt: str | None) -> Opening | None:
    if part is None or salt is None:
        return None
    return Opening(salt=unb64url(salt), part=unb64url(part))
