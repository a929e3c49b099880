"""Whose word a message is: judged by the directory, at the time of its line in the log."""

import time
from typing import Any

import msgspec
import pytest

from contracts.codec import encode
from contracts.envelope import AgreementRef, Claims
from contracts.messages.accepted import Accepted
from contracts.messages.actor import System
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import UnknownSigner, hear
from keys import directory, tokens
from tests.agencies import DAY, Officers, TestAgency, make_directory
from tests.journey.simulated import ORIGIN, uuid7

NOW = int(time.time())
POLICE, PRISON = TestAgency("police-13"), TestAgency("prison-mdi")
OFFICERS = Officers.make()
KNOWN = directory.load(make_directory(ORIGIN, [POLICE, PRISON], OFFICERS, NOW), OFFICERS.verifiers)
CLAIMS: Claims[Any] = Claims(
    iss=POLICE.id, aud=ORIGIN, to=PRISON.id, iat=NOW, exp=NOW + 60, jti=uuid7(), exchange=uuid7(),
    actor=System(id=POLICE.pseudonym("system")), agreement=AgreementRef(id="noms-acpo", version=1, digest="A" * 43),
    sealed={}, body=Accepted(office="main"),
)  # fmt: skip


def token(signer: TestAgency = POLICE, typ: str = "rj.accepted.v1+jwt", **changes: Any) -> str:
    claims = encode(msgspec.structs.replace(CLAIMS, **changes))
    return tokens.sign(claims, typ, signer.signing_kid, signer.signing)


def test_a_message_to_this_agency_or_from_it_is_heard() -> None:
    """With its claims and the digest that the log's line names."""
    heard = hear(token(), KNOWN, PRISON.id, NOW)
    assert (heard.claims, heard.spec.name) == (CLAIMS, "accepted")
    assert hear(token(), KNOWN, POLICE.id, NOW).digest == heard.digest


@pytest.mark.parametrize(
    "said",
    [
        token(PRISON),
        token(iss=PRISON.id),
        token(aud="elsewhere.test/rj"),
        token(to="police-14"),
        token(typ="rj.recall.v1+jwt"),
        token(typ="rj.reading.v1+jwt"),
        token()[:-8] + "AAAAAAAA",
        token(exp=-1),
        "",
    ],
)
def test_a_message_of_somebody_else_or_for_somebody_else_is_not(said: str) -> None:
    """Another's key, another gateway or addressee, another type, a changed signature."""
    with pytest.raises(NotBelieved):
        hear(said, KNOWN, PRISON.id, NOW)


def test_a_key_that_the_directory_does_not_have_is_told_apart() -> None:
    """A later directory may have it."""
    with pytest.raises(UnknownSigner):
        hear(token(TestAgency(POLICE.id, seed="new key")), KNOWN, PRISON.id, NOW)


@pytest.mark.parametrize("at", [NOW - 2 * DAY, NOW + 400 * DAY], ids=["before", "after"])
@pytest.mark.parametrize("iat", [NOW, NOW - 2 * DAY], ids=["now", "dated back"])
def test_a_key_counts_at_the_time_of_the_log_and_not_at_the_one_that_its_holder_writes(at: int, iat: int) -> None:
    """Whoever has a key that was withdrawn can date a message back; the log's time is not theirs to write."""
    assert hear(token(iat=iat), KNOWN, PRISON.id, NOW).claims.iat == iat
    with pytest.raises(NotBelieved):
        hear(token(iat=iat), KNOWN, PRISON.id, at)


def test_where_no_line_is_at_hand_the_instant_counts_that_the_sender_names() -> None:
    """An inspector opens reasons of a message that went to nobody's inbox."""
    assert hear(token(), KNOWN, PRISON.id, None).claims == CLAIMS
    with pytest.raises(NotBelieved):
        hear(token(iat=NOW - 2 * DAY), KNOWN, PRISON.id, None)
