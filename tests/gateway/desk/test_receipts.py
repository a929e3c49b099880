"""What the gateway's word must be before it is believed: each part of it wrong on its own, and refused."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import event
from contracts.codec import encode
from contracts.event import Opening, Shared
from contracts.merkle import leaf_hash, node_hash
from contracts.receipt import carry
from contracts.reply import DECISION_TYP, DecisionClaims
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, token_digest
from gateway.desk.receipts import Posted, believed
from gateway.ledger.guard import TreeHead
from gateway.ledger.log import Log
from gateway.ledger.log import receipt as log_receipt
from tests.agencies import secret
from tests.journey.simulated import ORIGIN, uuid7

LOG = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("log")))
OTHER_LOG = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("other log")))
OTHER_ORIGIN = Log("elsewhere.test/rj", Ed25519PrivateKey.from_private_bytes(secret("log")))
GATEWAY = GatewayKey(LOG.vkey)
POSTED = Posted(jti=uuid7(), exchange=uuid7(), iss="prison-mdi", token="a.b.c", message="contact-request")
DECISION = DecisionClaims(
    iss=ORIGIN, to="prison-mdi", jti=POSTED.jti, exchange=POSTED.exchange, at=9, decision="accepted",
    agreement="A" * 43, leaf=1,
)  # fmt: skip
SHARED = Shared(
    event="contact-request", at=9, exchange=POSTED.exchange, iss="prison-mdi", jti=POSTED.jti,
    token=token_digest(POSTED.token), decision="accepted",
)  # fmt: skip


def decision(log: Log = LOG, typ: str = DECISION_TYP, **changes: Any) -> str:
    return log.say(msgspec.structs.replace(DECISION, **changes), typ)


def receipt(
    log: Log = LOG, index: int = 1, beside: bytes | None = None, opened: Shared | None = None, **changes: Any
) -> str:
    """The receipt of a tree of two leaves; `changes` are to what the line says, `opened` is what is shown instead."""
    shared = Opening(salt=b"s" * 32, part=encode(msgspec.structs.replace(SHARED, **changes)))
    exact = Opening(salt=b"e" * 32, part=b"{}")
    leaf = event.event_leaf(shared, exact)
    first = sha256(b"the leaf before").digest()
    shown = Opening(salt=shared.salt, part=encode(opened)) if opened else shared
    return log_receipt(
        index,
        [beside or first],
        log.checkpoint(TreeHead(2, node_hash(first, leaf_hash(leaf)))),
        carry(leaf, shown, exact),
    )


def test_a_true_decision_with_a_true_receipt_is_believed() -> None:
    """And the receipt that is kept names the message and its leaf."""
    claims, kept = believed(POSTED, decision(), receipt(), GATEWAY)
    assert claims == DECISION
    assert (kept.jti, kept.message, kept.leaf) == (POSTED.jti, "contact-request", 1)


@pytest.mark.parametrize(
    "said",
    [
        decision(OTHER_LOG),
        decision(typ="rj.notice.v1+jwt"),
        decision(iss="elsewhere.test/rj"),
        decision(to="prison-lei"),
        decision(jti=uuid7()),
        decision(exchange=uuid7()),
        decision(leaf=0),
        decision(decision="refused"),
        "a.b.c",
        "",
    ],
)
def test_a_decision_that_is_not_the_gateways_on_this_message_is_refused(said: str) -> None:
    """Another key, type, log, addressee, message, exchange, line or verdict; or nothing at all."""
    with pytest.raises(NotBelieved):
        believed(POSTED, said, receipt(), GATEWAY)


@pytest.mark.parametrize(
    "proof",
    [
        receipt(OTHER_LOG),
        receipt(OTHER_ORIGIN),
        receipt(index=0),
        receipt(beside=b"x" * 32),
        receipt(token="A" * 43),
        receipt(jti=uuid7()),
        receipt(iss="prison-lei"),
        receipt(exchange=uuid7()),
        receipt(decision="refused"),
        receipt(token="A" * 43, opened=SHARED),
        receipt().replace("extra ", "extra A"),
        "",
    ],
)
def test_a_receipt_that_does_not_prove_what_was_said_is_refused(proof: str) -> None:
    """Another log, a false path, a line that says something else, and an opening that is not the line's."""
    with pytest.raises(NotBelieved):
        believed(POSTED, decision(), proof, GATEWAY)
