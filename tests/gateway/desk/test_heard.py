"""Whose word a message is: judged by the directory, at the instant that its sender names."""

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
    heard = hear(token(), KNOWN, PRISON.id)
    assert (heard.claims, heard.spec.name) == (CLAIMS, "accepted")
    assert hear(token(), KNOWN, POLICE.id).digest == heard.digest


@pytest.mark.parametrize(
    "said",
    [
        token(PRISON),
        token(iss=PRISON.id),
        token(aud="elsewhere.test/rj"),
        token(to="police-14"),
        token(iat=NOW - 2 * DAY),
        token(iat=NOW + 400 * DAY),
        token(typ="rj.recall.v1+jwt"),
        token(typ="rj.reading.v1+jwt"),
        token()[:-8] + "AAAAAAAA",
        token(exp=-1),
        "",
    ],
)
def test_a_message_of_somebody_else_or_for_somebody_else_is_not(said: str) -> None:
    """Another's key, another gateway or addressee, a key not valid then, another type, a changed signature."""
    with pytest.raises(NotBelieved):
        hear(said, KNOWN, PRISON.id)


def test_a_key_that_the_directory_does_not_have_is_told_apart() -> None:
    """A later directory may have it."""
    with pytest.raises(UnknownSigner):
        hear(token(TestAgency(POLICE.id, seed="new key")), KNOWN, PRISON.id)
