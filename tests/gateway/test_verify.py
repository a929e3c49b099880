"""Step 1 of the journey as a function: bytes in, a message of another type out, or one refusal for every flaw."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import b64url, encode
from contracts.envelope import READING_TYP, AgreementRef, Claims, Envelope, Reading, SealedRef
from contracts.messages.actor import Person
from contracts.messages.cancellation import Cancellation
from contracts.messages.supplement import Supplement
from contracts.vocabulary import SEALED_SIZES
from gateway.errors import NotVerified, TooLarge
from gateway.message import Unfit, Verified
from gateway.verify import Door, verify, verify_reading
from keys import directory, sealing, tokens
from tests.agencies import Officers, TestAgency, make_directory

ORIGIN = "gateway.test/rj"
NOW = 1_800_000_000
JTI, EXCHANGE = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
MDI, FORCE = TestAgency("prison-mdi"), TestAgency("police-13")
OFFICERS = Officers.make()
KNOWN = directory.load(make_directory(ORIGIN, [MDI, FORCE], OFFICERS, NOW), OFFICERS.verifiers, gateway=ORIGIN)
DOOR = Door(KNOWN, ORIGIN, NOW)


def claims(body: msgspec.Struct, **changes: object) -> Claims:  # type: ignore[type-arg]
    person = Person(
        id=MDI.pseudonym("coordinator"), role="rj-coordinator", training="foundation", auth_time=NOW, amr=("mfa",)
    )
    given = {
        "iss": MDI.id, "aud": ORIGIN, "to": FORCE.id, "iat": NOW, "exp": NOW + 60, "jti": JTI, "exchange": EXCHANGE,
        "actor": person, "agreement": AgreementRef(id="noms-acpo", version=1, digest="A" * 43), "sealed": {},
        "body": body,
    }  # fmt: skip
    return Claims(**(given | changes))  # type: ignore[arg-type]


def cancellation(by: TestAgency = MDI, **changes: object) -> bytes:
    """A message without sealed values."""
    said = encode(claims(Cancellation(why="transferred"), **changes))
    return encode(Envelope(token=tokens.sign(said, "rj.cancellation.v1+jwt", by.signing_kid, by.signing)))


def supplement(recipient: TestAgency = FORCE, **changes: object) -> tuple[Claims, bytes]:  # type: ignore[type-arg]
    """A message with a sealed value."""
    public = recipient.sealing.public
    place = sealing.Place(exchange=EXCHANGE, jti=JTI, iss=MDI.id, to=FORCE.id, kid=public.kid, field="subject")
    value = sealing.seal("{}", SEALED_SIZES["subject"], place, public)
    refs = {"subject": SealedRef(kid=public.kid, sha256=sealing.digest(value))}
    said = claims(Supplement(corrected=("identifiers",)), **({"sealed": refs} | changes))
    token = tokens.sign(encode(said), "rj.supplement.v1+jwt", MDI.signing_kid, MDI.signing)
    return said, encode(Envelope(token=token, sealed={"subject": b64url(value)}))


def test_a_sound_message_comes_out_as_what_its_sender_said() -> None:
    """Claims, contract, the digest of the token and the values' bytes."""
    said, raw = supplement()
    message = verify(raw, DOOR)
    assert isinstance(message, Verified)
    assert message.claims == said
    assert (message.spec.name, message.kid) == ("supplement", MDI.signing_kid)
    assert message.digest == sealing.digest(message.token.encode())
    assert len(message.sealed["subject"]) == sealing.sealed_size(SEALED_SIZES["subject"])


def test_a_message_may_be_as_large_as_the_limit_and_not_a_byte_more() -> None:
    """Before anything in it is looked at."""
    raw = cancellation()
    assert isinstance(verify(raw, DOOR._replace(limit=len(raw))), Verified)
    with pytest.raises(TooLarge):
        verify(raw, DOOR._replace(limit=len(raw) - 1))


@pytest.mark.parametrize(
    ("raw", "check"),
    [
        (b"", "envelope"),
        (b"[" * 5000, "envelope"),
        (b'{"token":"a","more":1}', "envelope"),
        (b'{"token":"a.b.c"}', "token"),
        (cancellation(TestAgency("prison-xyz")), "key"),
        (cancellation(TestAgency("prison-mdi", seed="thief")), "key"),
        (cancellation(FORCE), "claims"),
        (cancellation(iss="police-13"), "claims"),
    ],
)
def test_what_nobody_vouches_for_is_one_error_that_knows_its_check(raw: bytes, check: str) -> None:
    """The check is for the metrics alone: the words are the same."""
    with pytest.raises(NotVerified) as refused:
        verify(raw, DOOR)
    assert (refused.value.reason, str(refused.value)) == (check, "The message could not be verified.")


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (cancellation(aud="other.example/rj"), "aud"),
        (cancellation(to="police-99"), "to"),
        (cancellation(exp=NOW + 301), "exp"),
        (cancellation(exp=NOW), "exp"),
        (cancellation(iat=1, exp=4_000_000_000), "exp"),
        (supplement(sealed={})[1], "sealed"),
        (supplement(MDI)[1], "sealed.subject"),
        (supplement(to=MDI.id)[1], "sealed.subject"),
    ],
)
def test_a_known_sender_that_breaks_its_contract_is_told_where(raw: bytes, where: str) -> None:
    """It comes out as Unfit, which only a refusal on record can come of."""
    message = verify(raw, DOOR)
    assert isinstance(message, Unfit)
    assert (message.where, message.claims.jti) == (where, JTI)


def test_a_message_to_the_gateway_itself_is_for_no_agency() -> None:
    """`to` may be `gateway`; a value cannot be sealed to it."""
    assert isinstance(verify(cancellation(to="gateway"), DOOR), Verified)
    message = verify(supplement(to="gateway")[1], DOOR)
    assert isinstance(message, Unfit)


@pytest.mark.parametrize("seconds", [-2 * 86_400, 400 * 86_400])
def test_a_key_counts_only_in_its_time(seconds: int) -> None:
    """Before it begins, and after it has ended."""
    with pytest.raises(NotVerified):
        verify(cancellation(), DOOR._replace(now=NOW + seconds))


def test_a_key_that_may_no_longer_be_sealed_to_is_refused() -> None:
    """After a quarter, while the agency's signing key is still good."""
    later = verify(supplement()[1], DOOR._replace(now=NOW + 92 * 86_400))
    assert isinstance(later, Unfit)
    assert later.where == "sealed.subject"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise(raw: bytes) -> None:
    """Whatever comes: refused, and never an error of ours."""
    with pytest.raises(NotVerified):
        verify(raw, DOOR)


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_changed_byte_of_a_message_gets_through(at: int, byte: int) -> None:
    """Either nothing was changed, or nobody vouches for it, or it is refused on record."""
    raw = bytearray(RAW)
    raw[at % len(raw)] = byte
    try:
        message = verify(bytes(raw), DOOR)
    except NotVerified:
        return
    assert isinstance(message, Unfit) or bytes(raw) == RAW


RAW = supplement()[1]


# Reading.


def reading(by: TestAgency = MDI, typ: str = READING_TYP, **changes: object) -> str:
    said = Reading(iss=MDI.id, aud=ORIGIN, iat=NOW, exp=NOW + 60, jti=JTI, htm="GET", htu="/v1/inbox?after=-1")
    return tokens.sign(encode(msgspec.structs.replace(said, **changes)), typ, by.signing_kid, by.signing)


def test_a_reading_token_says_who_reads() -> None:
    """For this path and query, until it expires."""
    assert verify_reading(reading(), "/v1/inbox?after=-1", DOOR) == MDI.id
    assert verify_reading(reading(), "/v1/inbox?after=-1", DOOR._replace(now=NOW + 59)) == MDI.id
    assert verify_reading(reading(iat=NOW + 10, exp=NOW + 70), "/v1/inbox?after=-1", DOOR) == MDI.id


@pytest.mark.parametrize(
    ("token", "path", "now"),
    [
        (reading(), "/v1/inbox?after=0", NOW),
        (reading(), "/v1/inbox", NOW),
        (reading(), "/v1/inbox?after=-1", NOW + 60),
        (reading(iat=NOW + 11, exp=NOW + 60), "/v1/inbox?after=-1", NOW),
        (reading(exp=NOW + 61), "/v1/inbox?after=-1", NOW),
        (reading(aud="other.example/rj"), "/v1/inbox?after=-1", NOW),
        (reading(iss=FORCE.id), "/v1/inbox?after=-1", NOW),
        (reading(FORCE), "/v1/inbox?after=-1", NOW),
        (reading(typ="rj.cancellation.v1+jwt"), "/v1/inbox?after=-1", NOW),
        ("", "/v1/inbox?after=-1", NOW),
        ("a.b.c", "/v1/inbox?after=-1", NOW),
        ("é" * 40, "/v1/inbox?after=-1", NOW),
    ],
)
def test_any_other_reading_token_reads_nothing(token: str, path: str, now: int) -> None:
    """One error, whatever is wrong."""
    with pytest.raises(NotVerified):
        verify_reading(token, path, DOOR._replace(now=now))


def test_refusals_are_quick() -> None:
    """Nobody buys our time with rubbish: a thousand refusals take less than two seconds even on a busy machine."""
    rubbish = [b"[" * 100_000, b'{"token":"' + b"A" * 30_000 + b'"}', b"x" * 200_000, encode({"token": "a." * 10_000})]
    began = time.process_time()
    for raw in rubbish * 250:
        with pytest.raises(NotVerified):
            verify(raw, DOOR)
    assert time.process_time() - began < 2
