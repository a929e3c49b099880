"""What the gateway's reply to our own message is worth: decision and receipt, checked before anything is believed.

1. The decision is signed by the pinned key, for this agency, about this very message.
2. The receipt proves a leaf under a checkpoint that the pinned log signed, at the index that the decision names.
3. The leaf commits to what was said: our token, and the decision made on it.
"""

from typing import Final

import msgspec
from msgspec import Struct

from contracts import event
from contracts.checkpoint import Checkpoint, parse_note
from contracts.checkpoint import Malformed as NotInForm
from contracts.codec import Malformed, unb64url
from contracts.merkle import ProofFailed, leaf_hash, verify_inclusion
from contracts.reply import DECISION_TYP, DecisionClaims
from contracts.tlog_proof import TlogProof
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, token_digest
from keys.notes import NoteRefused, verify
from keys.tokens import parse

KIND: Final = "receipt"

_DECISION: Final = msgspec.json.Decoder(DecisionClaims)


class Receipt(Struct, frozen=True, kw_only=True):
    """Kept for each message that the gateway has on record: its own word and the proof, to show to anybody."""

    jti: str
    exchange: str
    message: str
    leaf: int
    decision: str
    receipt: str


class Extra(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the receipt's `extra` carries: the leaf and the openings that the sender may know, base64url."""

    leaf: str
    shared: str
    salt: str
    exact: str | None = None
    exact_salt: str | None = None


class Posted(Struct, frozen=True, kw_only=True):
    """What of our own message the reply must be about."""

    jti: str
    exchange: str
    iss: str
    token: str
    message: str


_EXTRA: Final = msgspec.json.Decoder(Extra)


def believed(posted: Posted, decision: str, receipt: str, gateway: GatewayKey) -> tuple[DecisionClaims, Receipt]:
    """The decision and the receipt to keep. Raises NotBelieved."""
    # 1. The gateway's word, about this message.
    claims = gateway.read(decision, DECISION_TYP, _DECISION)
    about = (claims.iss, claims.to, claims.jti, claims.exchange)
    if about != (gateway.origin, posted.iss, posted.jti, posted.exchange):
        raise NotBelieved("The decision is about another message.")
    # 2. The line is in the log.
    entry, extra = _included(receipt, claims.leaf, gateway)
    # 3. The line says what was said.
    _check_opening(entry, extra, posted, claims)
    return claims, Receipt(
        jti=posted.jti,
        exchange=posted.exchange,
        message=posted.message,
        leaf=claims.leaf,
        decision=decision,
        receipt=receipt,
    )


def decision_of(kept: Receipt) -> DecisionClaims:
    """What the gateway decided, out of a receipt that was believed when it was kept."""
    return _DECISION.decode(parse(kept.decision).claims)


def _included(receipt: str, leaf: int, gateway: GatewayKey) -> tuple[bytes, Extra]:
    """The leaf that the receipt proves, and what it carries beside. Checks inclusion under the log's own signature."""
    try:
        proof = TlogProof.parse(receipt)
        extra = _EXTRA.decode(proof.extra or b"")
        entry = unb64url(extra.leaf)
        note = parse_note(proof.checkpoint)
        verify(note, (gateway.vkey,))
        tree = Checkpoint.parse(note.text)
        verify_inclusion(proof.index, tree.size, leaf_hash(entry), proof.hashes, tree.root)
    except (NotInForm, Malformed, NoteRefused, ProofFailed, msgspec.DecodeError):
        raise NotBelieved("The receipt does not prove that the message is in the log.") from None
    if proof.index != leaf or tree.origin != gateway.origin:
        raise NotBelieved("The receipt is of another line or another log.")
    return entry, extra


def _check_opening(entry: bytes, extra: Extra, posted: Posted, claims: DecisionClaims) -> None:
    try:
        shared = event.Opening(salt=unb64url(extra.salt), part=unb64url(extra.shared))
        committed = event.opens(entry, "shared", shared)
        if extra.exact is not None and extra.exact_salt is not None:
            exact = event.Opening(salt=unb64url(extra.exact_salt), part=unb64url(extra.exact))
            committed = committed and event.opens(entry, "exact", exact)
        said = event.parse_shared(shared.part)
    except (Malformed, msgspec.DecodeError):
        raise NotBelieved("The receipt carries something else than the openings of its line.") from None
    line = (said.jti, said.iss, said.exchange, said.token, said.decision)
    if not committed or line != (
        posted.jti,
        posted.iss,
        posted.exchange,
        token_digest(posted.token),
        claims.decision,
    ):
        raise NotBelieved("The line of the log does not say what this agency said.")
