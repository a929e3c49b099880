"""What a receipt proves, checked with `contracts` and `keys` alone: no gateway and no network is asked.

1. The checkpoint is signed by the log's key, under the log's own name.
2. The leaf is in that checkpoint's tree.
3. The openings that come with it are those that the leaf committed to.
4. The decision is signed by the same key, and names this line.
"""

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from contracts import event
from contracts.checkpoint import Checkpoint, parse_note
from contracts.codec import decode_strict, unb64url
from contracts.event import Exact, Opening, Shared
from contracts.merkle import leaf_hash, verify_inclusion
from contracts.reply import DECISION_TYP, DecisionClaims
from contracts.tlog_proof import TlogProof
from gateway.cli.exits import Exit, Stop
from keys import tokens
from keys.ed25519 import ed25519_public
from keys.notes import NoteRefused, VerifierKey, verified_keys

CLAIMS_BYTES_MAX: Final = 24_576


class Kept(Struct, frozen=True, kw_only=True):
    """A receipt as a desk keeps it, as the gateway replied it, or a bare proof: whatever of it is there."""

    receipt: str
    decision_token: str | None = None
    decision: Any = None

    @property
    def said(self) -> str | None:
        """The decision's token: in the gateway's own reply it stands under `decision`."""
        return self.decision_token or (self.decision if isinstance(self.decision, str) else None)


class Carried(Struct, frozen=True, kw_only=True):
    """A receipt's `extra`: the leaf and the openings that its reader may see, base64url."""

    leaf: str
    shared: str | None = None
    salt: str | None = None
    exact: str | None = None
    exact_salt: str | None = None


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


def check_checkpoint(text: str, key: VerifierKey) -> Checkpoint:
    """The tree head that the log signed under its own name. Raises NoteRefused, Malformed."""
    note = parse_note(text)
    verified_keys(note, (key,))
    tree = Checkpoint.parse(note.text)
    if tree.origin != key.name:
        raise NoteRefused("The checkpoint is of another log than the key. Use the key of this log.")
    return tree


def check(kept: Kept, key: VerifierKey) -> Proven:
    """What the receipt proves. Raises NoteRefused, ProofFailed, Malformed, TokenRefused, Stop."""
    # 1. The log's own signature.
    proof = TlogProof.parse(kept.receipt)
    tree = check_checkpoint(proof.checkpoint, key)
    # 2. The leaf is in the tree.
    carried = _carried(proof)
    entry = unb64url(carried.leaf)
    verify_inclusion(proof.index, tree.size, leaf_hash(entry), proof.hashes, tree.root)
    # 3. The openings.
    shared, exact = _opened(entry, carried)
    # 4. The decision.
    decision = _decision(kept.said, key, proof.index) if kept.said else None
    if decision and shared and (shared.jti, shared.decision) != (decision.jti, decision.decision):
        raise Stop("The decision is not the one that the line of the log says.", Exit.NOT_VERIFIED)
    return Proven(
        index=proof.index,
        size=tree.size,
        origin=tree.origin,
        kind=str(type(event.parse_leaf(entry)).__struct_config__.tag),
        shared=shared,
        exact=exact,
        decision=decision,
    )


def _carried(proof: TlogProof) -> Carried:
    try:
        return msgspec.json.decode(proof.extra or b"", type=Carried)
    except msgspec.DecodeError:
        raise Stop("The receipt does not carry its leaf. Fetch it again from the desk.", Exit.NOT_VERIFIED) from None


def _opened(entry: bytes, carried: Carried) -> tuple[Shared | None, Exact | None]:
    """What the line says, as far as it is open to the reader: only what the leaf committed to."""
    shared = _opening(entry, "shared", carried.shared, carried.salt)
    exact = _opening(entry, "exact", carried.exact, carried.exact_salt)
    return event.parse_shared(shared) if shared else None, event.parse_exact(exact) if exact else None


def _opening(entry: bytes, part: Literal["shared", "exact"], text: str | None, salt: str | None) -> bytes | None:
    if text is None or salt is None:
        return None
    opening = Opening(salt=unb64url(salt), part=unb64url(text))
    if not event.opens(entry, part, opening):
        raise Stop("What comes with the receipt is not what the log committed to.", Exit.NOT_VERIFIED)
    return opening.part


def _decision(token: str, key: VerifierKey, index: int) -> DecisionClaims:
    parsed = tokens.parse(token)
    claims = decode_strict(
        tokens.verify(parsed, ed25519_public(key.public)), msgspec.json.Decoder(DecisionClaims), CLAIMS_BYTES_MAX
    )
    if parsed.header.typ != DECISION_TYP or claims.iss != key.name or claims.leaf != index:
        raise Stop("The decision is not of this log, or names another line of it.", Exit.NOT_VERIFIED)
    return claims
