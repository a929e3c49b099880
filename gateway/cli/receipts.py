"""A receipt as `rj verify receipt` finds it in a file: what it proves, and the decision that goes with it."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from contracts import event
from contracts.codec import Malformed, decode_strict
from contracts.event import Exact, Shared
from contracts.reply import DECISION_TYP, DecisionClaims
from gateway.cli.exits import Exit, Stop
from keys import receipts, tokens
from keys.ed25519 import ed25519_public
from keys.errors import TokenRefused
from keys.notes import VerifierKey

CLAIMS_BYTES_MAX: Final = 24_576
_DECISION: Final = msgspec.json.Decoder(DecisionClaims)


class Kept(Struct, frozen=True, kw_only=True):
    """A receipt as a desk keeps it, as the gateway replied it, or a bare proof: whatever of it is there."""

    receipt: str
    decision_token: str | None = None
    decision: Any = None

    @property
    def said(self) -> str | None:
        """The decision's token: in the gateway's own reply it stands under `decision`."""
        return self.decision_token or (self.decision if isinstance(self.decision, str) else None)


class Proven(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds."""

    index: int
    size: int
    origin: str
    kind: str
    shared: Shared | None = None
    exact: Exact | None = None
    decision: DecisionClaims | None = None


def read(raw: bytes) -> Kept:
    """The receipt in a file. Raises Stop where there is none."""
    try:
        if raw.startswith(b"c2sp.org/"):
            return Kept(receipt=raw.decode())
        return msgspec.json.decode(raw, type=Kept)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Stop("This is no receipt: a tlog-proof, or JSON with `receipt` in it.", Exit.NOT_VERIFIED) from None


def check(kept: Kept, key: VerifierKey) -> Proven:
    """What the receipt proves, and that the decision is of the same key and about this line. Raises Stop."""
    try:
        proven = receipts.check(kept.receipt, key)
        decision = _decision(kept.said, key, proven.index) if kept.said else None
    except (receipts.ReceiptRefused, TokenRefused, Malformed) as error:
        raise Stop(str(error), Exit.NOT_VERIFIED) from error
    shared = proven.shared
    if decision and shared and (shared.jti, shared.decision) != (decision.jti, decision.decision):
        raise Stop("The decision is not the one that the line of the log says.", Exit.NOT_VERIFIED)
    return Proven(
        index=proven.index,
        size=proven.tree.size,
        origin=proven.tree.origin,
        kind=str(type(event.parse_leaf(proven.leaf)).__struct_config__.tag),
        shared=shared,
        exact=proven.exact,
        decision=decision,
    )


def _decision(token: str, key: VerifierKey, index: int) -> DecisionClaims:
    parsed = tokens.parse(token)
    claims = decode_strict(tokens.verify(parsed, ed25519_public(key.public)), _DECISION, CLAIMS_BYTES_MAX)
    if parsed.header.typ != DECISION_TYP or claims.iss != key.name or claims.leaf != index:
        raise Stop("The decision is not of this log, or names another line of it.", Exit.NOT_VERIFIED)
    return claims
