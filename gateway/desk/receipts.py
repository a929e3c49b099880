"""What the gateway's reply to our own message is worth: decision and receipt, checked before anything is believed.

1. The decision is signed by the pinned key, for this agency, about this very message.
2. The receipt proves a line of the pinned log, at the index that the decision names.
3. The line says what was said: our token, and the decision made on it.
"""

from typing import Final, Protocol

import msgspec
from msgspec import Struct

from contracts.reply import DECISION_TYP, DecisionClaims
from gateway.desk import case as cases
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, token_digest
from keys.receipts import Proven, ReceiptRefused, check
from keys.tokens import parse

KIND: Final = "receipt"
ALONE: Final = "alone"
"""The word by which receipts are found that belong to no case."""

UNWITNESSED: Final = "unwitnessed"
"""The word by which receipts are found that only the log itself has signed so far."""

_DECISION: Final = msgspec.json.Decoder(DecisionClaims)


class Receipt(Struct, frozen=True, kw_only=True):
    """Kept for each message that the gateway has on record: its own word and the proof, to show to anybody.

    `witnessed`: a quorum of cosigners has seen the proof's tree. `contradicted`: a later tree does not hold its line.
    """

    jti: str
    exchange: str
    message: str
    leaf: int
    decision: str
    receipt: str
    witnessed: bool = False
    contradicted: bool = False


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
        proven = check(receipt, *gateway.vkeys)
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


def keep(drawer: Drawer, receipt: Receipt) -> None:
    """Keep a receipt: with its case, or alone where there is none, as of an inspector's search."""
    alone = () if drawer.get(cases.KIND, receipt.exchange, Case) else (ALONE,)
    drawer.put(KIND, receipt.jti, receipt, (receipt.exchange, *alone, *waits(receipt)))


def waits(kept: "Waits") -> tuple[str, ...]:
    """The word by which it is found while cosigners are awaited."""
    return () if kept.witnessed or kept.contradicted else (UNWITNESSED,)


class Waits(Protocol):
    """What is kept with a proof."""

    @property
    def witnessed(self) -> bool:
        """Whether a quorum of cosigners has seen the proof's tree."""

    @property
    def contradicted(self) -> bool:
        """Whether a later tree does not hold its line."""


def decision_of(kept: Receipt) -> DecisionClaims:
    """What the gateway decided, out of a receipt that was believed when it was kept."""
    return _DECISION.decode(parse(kept.decision).claims)


def _says(proven: Proven, posted: Posted, claims: DecisionClaims) -> bool:
    line = proven.shared
    if line is None:
        return False
    said = (posted.jti, posted.iss, posted.exchange, token_digest(posted.token), claims.decision)
    return (line.jti, line.iss, line.exchange, line.token, line.decision) == said
