"""What must hold before a delivery is believed: each part of it wrong on its own, and refused."""

import time
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import event
from contracts.codec import encode
from contracts.envelope import AgreementRef, Claims
from contracts.event import Opening, Shared
from contracts.merkle import leaf_hash, node_hash
from contracts.messages.accepted import Accepted
from contracts.messages.actor import System
from contracts.receipt import carry
from contracts.reply import NOTICE_TYP, InboxItem, NoticeClaims
from gateway.desk.deliveries import believed
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, token_digest
from gateway.ledger.guard import TreeHead
from gateway.ledger.log import Log
from gateway.ledger.log import receipt as log_receipt
from keys import directory, tokens
from tests.agencies import DAY, Officers, TestAgency, make_directory, secret
from tests.journey.simulated import ORIGIN, uuid7

NOW = int(time.time())
LOG = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("log")))
OTHER_LOG = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("other log")))
GATEWAY = GatewayKey(LOG.vkey)
POLICE, PRISON = TestAgency("police-13"), TestAgency("prison-mdi")
OFFICERS = Officers.make()
KNOWN = directory.load(make_directory(ORIGIN, [POLICE, PRISON], OFFICERS, NOW), OFFICERS.verifiers)
CLAIMS: Claims[Any] = Claims(
    iss=POLICE.id, aud=ORIGIN, to=PRISON.id, iat=NOW, exp=NOW + 60, jti=uuid7(), exchange=uuid7(),
    actor=System(id=POLICE.pseudonym("system")), agreement=AgreementRef(id="noms-acpo", version=1, digest="A" * 43),
    sealed={}, body=Accepted(office="main"),
)  # fmt: skip
TOKEN = tokens.sign(encode(CLAIMS), "rj.accepted.v1+jwt", POLICE.signing_kid, POLICE.signing)
TO_POLICE = tokens.sign(
    encode(msgspec.structs.replace(CLAIMS, iss=PRISON.id, to=POLICE.id)),
    "rj.accepted.v1+jwt", PRISON.signing_kid, PRISON.signing,
)  # fmt: skip
SAID = Shared(
    event="accepted", at=NOW, exchange=CLAIMS.exchange, iss=POLICE.id, to=PRISON.id, jti=CLAIMS.jti,
    token=token_digest(TOKEN), decision="accepted",
)  # fmt: skip
NOTICE = NoticeClaims(iss=ORIGIN, to=PRISON.id, exchange=CLAIMS.exchange, at=NOW, leaf=1, notice="cannot-proceed")
ENDED = Shared(event="window-ended", at=NOW, exchange=CLAIMS.exchange)


def receipt(line: Shared, log: Log = LOG, index: int = 1, opened: Shared | None = None, **changes: Any) -> str:
    """The receipt of a tree of two leaves; `changes` are to what the line says, `opened` is what is shown instead."""
    shared = Opening(salt=b"s" * 32, part=encode(msgspec.structs.replace(line, **changes)))
    leaf = event.event_leaf(shared, Opening(salt=b"e" * 32, part=b"{}"))
    first = sha256(b"the leaf before").digest()
    shown = Opening(salt=shared.salt, part=encode(opened)) if opened else shared
    return log_receipt(
        index, [first], log.checkpoint(TreeHead(2, node_hash(first, leaf_hash(leaf)))), carry(leaf, shown)
    )


def unopened() -> str:
    leaf = event.event_leaf(Opening(salt=b"s" * 32, part=encode(SAID)), Opening(salt=b"e" * 32, part=b"{}"))
    first = sha256(b"the leaf before").digest()
    return log_receipt(1, [first], LOG.checkpoint(TreeHead(2, node_hash(first, leaf_hash(leaf)))), carry(leaf))


def said(proof: str, token: str = TOKEN, index: int = 1) -> InboxItem:
    return InboxItem(index=index, exchange=CLAIMS.exchange, typ="rj.accepted.v1+jwt", token=token, receipt=proof)


def noticed(proof: str, index: int = 1, log: Log = LOG, **changes: Any) -> InboxItem:
    token = log.say(msgspec.structs.replace(NOTICE, **changes), NOTICE_TYP)
    return InboxItem(index=index, exchange=CLAIMS.exchange, typ=NOTICE_TYP, token=token, receipt=proof)


@pytest.mark.parametrize("event", ["overdue", "time-checked"])
def test_that_something_is_late_is_believed_of_each_line_that_says_so(event: str) -> None:
    """A holder is late on a line that stands in every exchange, so that nobody learns it from the public log."""
    item = noticed(receipt(ENDED, event=event), notice="overdue")
    assert believed(item, GATEWAY, KNOWN, PRISON.id).at == NOW


@pytest.mark.parametrize("item", [said(receipt(SAID)), noticed(receipt(ENDED))])
def test_a_message_and_a_notice_with_their_lines_are_believed(item: InboxItem) -> None:
    """At log time."""
    assert believed(item, GATEWAY, KNOWN, PRISON.id).at == NOW


@pytest.mark.parametrize(
    "item",
    [
        said(""),
        said(unopened()),
        said(receipt(SAID, OTHER_LOG)),
        said(receipt(SAID), index=2),
        said(receipt(SAID, index=0)),
        said(receipt(SAID, token="A" * 43)),
        said(receipt(SAID, token="A" * 43, opened=SAID)),
        said(receipt(SAID, jti=uuid7())),
        said(receipt(SAID, exchange=uuid7())),
        said(receipt(SAID, iss="police-14")),
        said(receipt(SAID, event="contact-answer")),
        said(receipt(SAID, decision="refused")),
        said(receipt(SAID, at=NOW - 2 * DAY)),
        said(receipt(SAID, token=token_digest(TO_POLICE), iss=PRISON.id), TO_POLICE),
        said(receipt(SAID), TOKEN[:-8] + "AAAAAAAA"),
        said(receipt(ENDED)),
    ],
)
def test_a_message_whose_line_does_not_say_it_is_not_believed(item: InboxItem) -> None:
    """Another log or line, an opening that is not the line's, a refused message, a key not valid at log time, …"""
    with pytest.raises(NotBelieved):
        believed(item, GATEWAY, KNOWN, PRISON.id)


@pytest.mark.parametrize(
    "item",
    [
        noticed(""),
        noticed(receipt(ENDED, OTHER_LOG)),
        noticed(receipt(ENDED), log=OTHER_LOG),
        noticed(receipt(ENDED), index=2),
        noticed(receipt(ENDED), leaf=0),
        noticed(receipt(ENDED), notice="expired"),
        noticed(receipt(ENDED), exchange=uuid7()),
        noticed(receipt(ENDED), at=NOW - 1),
        noticed(receipt(ENDED), to=POLICE.id),
        noticed(receipt(SAID)),
    ],
)
def test_a_notice_whose_line_is_not_of_its_event_is_not_believed(item: InboxItem) -> None:
    """An operator who tells of an end that the log does not know is not heard."""
    with pytest.raises(NotBelieved):
        believed(item, GATEWAY, KNOWN, PRISON.id)
