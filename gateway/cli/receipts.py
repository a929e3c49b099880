"""A receipt as `rj verify receipt` finds it in a file: what it proves, and the decision that goes with it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from contracts import event
from contracts.checkpoint import parse_note
from contracts.codec import Malformed, decode_strict
from contracts.event import Exact, Shared
from contracts.reply import DECISION_TYP, DecisionClaims
from contracts.tlog_policy import Policy
from contracts.tlog_proof import TlogProof
from gateway.cli.exits import Exit, Stop
from keys import receipts, tokens
from keys.ed25519 import ed25519_public
from keys.errors import TokenRefused
from keys.notes import NoteRefused, VerifierKey, open_checkpoint, verified_keys

CLAIMS_BYTES_MAX: Final = 24_576
_DECISION: Final = msgspec.json.Decoder(DecisionClaims)


class Kept(Struct, frozen=True, kw_only=True):
    """A receipt as a desk keeps it, as the gateway replied it, or a bare proof: whatever of it is there."""

    receipt: str
    decision_token: str | None = None
    decision: Any = None
    leaf: Any = None
    jti: Any = None
    exchange: Any = None
    message: Any = None

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
    standing: receipts.Standing
    shared: Shared | None = None
    exact: Exact | None = None
    erased: receipts.Erasure | None = None
    cosigned: tuple[str, ...] | None = None
    decision: DecisionClaims | None = None


def read(raw: bytes) -> Kept:
    """The receipt in a file. Raises Stop where there is none."""
    try:
        if raw.startswith(b"c2sp.org/"):
            return Kept(receipt=raw.decode())
        return msgspec.json.decode(raw, type=Kept)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Stop("This is no receipt: a tlog-proof, or JSON with `receipt` in it.", Exit.TYPED) from None


def check(kept: Kept, keys: Sequence[VerifierKey], policy: Policy | None = None) -> Proven:
    """What the receipt proves, and that the decision is of the same log and about this line. Raises Stop.

    `keys` are all that the log has had. With a policy its quorum must have cosigned the receipt's checkpoint.
    """
    try:
        proven = receipts.check(kept.receipt, *keys)
        decision = _decision(kept.said, keys, proven.index) if kept.said else None
        cosigned = _cosigned(kept.receipt, policy) if policy is not None else None
    except (receipts.ReceiptRefused, TokenRefused, NoteRefused, Malformed) as error:
        raise Stop(str(error), Exit.NOT_VERIFIED) from error
    shared = proven.shared
    if decision and shared and (shared.jti, shared.decision) != (decision.jti, decision.decision):
        raise Stop("The decision is not the one that the line of the log says.", Exit.NOT_VERIFIED)
    if wrong := list(_contradicted(kept, proven, decision)):
        raise Stop(f"The file says another {', '.join(wrong)} than the log proves. Believe the log.", Exit.NOT_VERIFIED)
    return Proven(
        index=proven.index,
        size=proven.tree.size,
        origin=proven.tree.origin,
        kind=str(type(event.parse_leaf(proven.leaf)).__struct_config__.tag),
        standing=proven.standing,
        shared=shared,
        exact=proven.exact,
        erased=proven.erasure,
        cosigned=cosigned,
        decision=decision,
    )


def _cosigned(receipt: str, policy: Policy) -> tuple[str, ...]:
    """Who of the policy's witnesses has cosigned; they are a quorum. Raises NoteRefused."""
    note = parse_note(TlogProof.parse(receipt).checkpoint)
    open_checkpoint(note, policy)
    witnesses = {VerifierKey.parse(witness.vkey): witness.name for witness in policy.witnesses}
    logs = [VerifierKey.parse(log.vkey) for log in policy.logs]
    return tuple([witnesses[key] for key in verified_keys(note, [*logs, *witnesses]) if key in witnesses])


def _contradicted(kept: Kept, proven: receipts.Proven, decision: DecisionClaims | None) -> Iterator[str]:
    """The readable members beside the proof that say another thing. Of what is not proven here, nothing is said."""
    shared = _plain(proven.shared)
    claims = _plain(decision)
    known = {**shared, **claims, "leaf": proven.index}
    beside = {"leaf": kept.leaf, "jti": kept.jti, "exchange": kept.exchange}
    yield from (name for name, value in beside.items() if value is not None and value != known.get(name, value))
    if kept.message is not None and kept.message != shared.get("event", kept.message):
        yield "message"
    if isinstance(kept.decision, dict):
        # With a signed decision every member must be its own; without one, those that the line knows.
        yield from (f"decision.{name}" for name in _names(kept.decision, claims or known, exact=bool(claims)))
    elif kept.decision is not None and kept.decision != kept.said:
        yield "decision"


def _names(said: dict[str, Any], known: dict[str, Any], *, exact: bool) -> list[str]:
    """The members in which they differ; null and left out are the same, and a name that is not ours is not repeated."""
    said, known = _filled(said), _filled(known)
    names = {*said, *known} if exact else {*said} & {*known}
    ours = DecisionClaims.__struct_fields__
    return sorted({name if name in ours else "?" for name in names if said.get(name) != known.get(name)})


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, [])}


def _plain(value: Struct | None) -> dict[str, Any]:
    """As it stands in a file of JSON."""
    return msgspec.json.decode(msgspec.json.encode(value), type=dict[str, Any]) if value else {}


def _decision(token: str, keys: Sequence[VerifierKey], index: int) -> DecisionClaims:
    parsed = tokens.parse(token)
    key = next((each for each in keys if tokens.key_id(each.public) == parsed.header.kid), keys[0])
    claims = decode_strict(tokens.verify(parsed, ed25519_public(key.public)), _DECISION, CLAIMS_BYTES_MAX)
    if parsed.header.typ != DECISION_TYP or claims.iss != key.name or claims.leaf != index:
        raise Stop("The decision is not of this log, or names another line of it.", Exit.NOT_VERIFIED)
    return claims
