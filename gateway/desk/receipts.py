"""What the gateway's reply to our own message is worth: decision and receipt, checked before anything is believed.

1. The decision is signed by the pinned key, for this agency, about this very message.
2. The receipt proves a line of the pinned log, at the index that the decision names.
3. The line says what was said: our token, and the decision made on it.
"""

from typing import Final

import msgspec
from msgspec import Struct

from contracts.reply import DECISION_TYP, DecisionClaims
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, token_digest
from keys.receipts import Proven, ReceiptRefused, check
from keys.tokens import parse

KIND: Final = "receipt"
ALONE: Final = "alone"
"""The word by which receipts are found that belong to no case."""

_DECISION: Final = msgspec.json.Decoder(DecisionClaims)


class Receipt(Struct, frozen=True, kw_only=True):
    """Kept for each message that the gateway has on record: its own word and the proof, to show to anybody."""

    jti: str
    exchange: str
    message: str
    leaf: int
    decision: str
    receipt: str


class Posted(Struct, frozen=True, kw_only=True):
    """What of our own message the reply must be about."""

    jti: str
    exchange: str
    iss: str
    token: str
    message: str


def believed(posted: Posted, decision: str, receipt: str, gateway: GatewayKey) -> tuple[DecisionClaims, Receipt]:
    """The decision and the receipt to keep. Raises NotBelieved."""
    # 1. The gateway's word, about this message.
    claims = gateway.read(decision, DECISION_TYP, _DECISION)
    about = (claims.iss, claims.to, claims.jti, claims.exchange)
    if about != (gateway.origin, posted.iss, posted.jti, posted.exchange):
        raise NotBelieved("The decision is about another message.")
    # 2. The line is in the log.
    try:
        proven = check(receipt, gateway.vkey)
    except ReceiptRefused:
        raise NotBelieved("The receipt does not prove that the message is in the log.") from None
    if proven.index != claims.leaf:
        raise NotBelieved("The receipt is of another line of the log.")
    # 3. The line says what was said.
    if not _says(proven, posted, claims):
        raise NotBelieved("The line of the log does not say what this agency said.")
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


def _says(proven: Proven, posted: Posted, claims: DecisionClaims) -> bool:
    line = proven.shared
    if line is None:
        return False
    said = (posted.jti, posted.iss, posted.exchange, token_digest(posted.token), claims.decision)
    return (line.jti, line.iss, line.exchange, line.token, line.decision) == said
