"""The directory: who may vouch for which key (attack classes 11, 13, 20, 21, 84, 103, 108)."""

from collections.abc import Callable
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.codec import b64url, unb64url
from contracts.directory import Agency, SealingKey, SignedDocument, SigningKey
from keys import documents
from keys.directory import DirectoryRefused, KnownDirectory, load
from keys.endorsements import accede, endorse_sealing_key, endorse_signing_key, new_signing_key, statement
from keys.notes import NoteSigner
from keys.tokens import key_id
from tests.agencies import DAY, OFFICE, Officers, TestAgency, make_directory, secret, signing_private

ORIGIN = "gateway.example/rj"
NOW = 1_790_000_000
AGREEMENT = b64url(secret("agreement"))
OFFICERS = Officers.make()
POLICE, PRISON = TestAgency("police-13"), TestAgency("prison-mdi")
HONEST = POLICE.entry(ORIGIN, NOW, AGREEMENT)
OPERATOR = TestAgency("police-13", seed="operator")
NEXT = signing_private("next")
IDENTITY = b"\1" + bytes(31)
NOT_CANONICAL = (2**255 - 19 + 3).to_bytes(32, "little")

Flaw = Callable[[Agency], Agency]


def directory(*agencies: TestAgency | Agency, version: int = 1, origin: str = ORIGIN) -> SignedDocument:
    return make_directory(origin, agencies, OFFICERS, NOW, version, AGREEMENT)


def known(*agencies: TestAgency | Agency, previous: KnownDirectory | None = None, version: int = 1) -> KnownDirectory:
    return load(directory(*agencies, version=version), OFFICERS.verifiers, previous)


def signing_key(key: Ed25519PrivateKey, valid_from: int = NOW, by: Ed25519PrivateKey | None = None) -> SigningKey:
    """A further signing key of the police force, endorsed by its present one unless told otherwise."""
    fresh = new_signing_key(key.public_key().public_bytes_raw(), valid_from, NOW + 400 * DAY)
    return endorse_signing_key(ORIGIN, POLICE.id, fresh, by or POLICE.signing)


def sealing_key(
    by: Ed25519PrivateKey = POLICE.signing,
    *,
    seed: str = "next",
    origin: str = ORIGIN,
    agency_id: str = POLICE.id,
    valid_from: int = NOW,
    seal_until: int = NOW + 91 * DAY,
    open_until: int = NOW + 182 * DAY,
) -> SealingKey:
    """A further sealing key of the police force."""
    public = TestAgency(POLICE.id, seed=seed).sealing.public.raw
    times = {"valid_from": valid_from, "seal_until": seal_until, "open_until": open_until}
    return endorse_sealing_key(origin, agency_id, public, by, **times)


def with_sealing(key: SealingKey) -> Flaw:
    return lambda agency: replace(agency, sealing=(*agency.sealing, key))


def with_signing(key: SigningKey) -> Flaw:
    return lambda agency: replace(agency, signing=(*agency.signing, key))


def with_public(raw: bytes) -> Flaw:
    """A signing key that the officers alone vouch for, of these raw bytes."""
    return with_signing(new_signing_key(raw, NOW, NOW + DAY))


def with_sealing_public(raw: bytes) -> Flaw:
    times = {"valid_from": NOW, "seal_until": NOW + DAY, "open_until": NOW + DAY}
    return with_sealing(endorse_sealing_key(ORIGIN, POLICE.id, raw, POLICE.signing, **times))


def first_key(**changes: int | str) -> Flaw:
    """The force's signing key, changed by the officers."""
    return lambda agency: replace(agency, signing=(replace(agency.signing[0], **changes), *agency.signing[1:]))


def both(*flaws: Flaw) -> Flaw:
    def flawed(agency: Agency) -> Agency:
        for flaw in flaws:
            agency = flaw(agency)
        return agency

    return flawed


RAW_SEALING = POLICE.sealing.public.raw
SPARE_BITS = {"A": "B", "E": "F", "I": "J", "M": "N", "Q": "R", "U": "V", "Y": "Z", "c": "d", "g": "h"}
SPARE_BITS |= {"k": "l", "o": "p", "s": "t", "w": "x", "0": "1", "4": "5", "8": "9"}


def spare_bits(text: str) -> str:
    """The same bytes written otherwise: a bit is set that carries nothing."""
    return text[:-1] + SPARE_BITS[text[-1]]


FLAWS: dict[str, tuple[Flaw, str]] = {
    "a signing kid that is not its key's": (first_key(kid="A" * 22), "key id does not belong"),
    "a sealing kid that is not its key's": (
        with_sealing(replace(sealing_key(), kid="A" * 22)),
        "key id does not belong",
    ),
    "a signing key of small order": (with_public(IDENTITY), "small order"),
    "a signing key that is not canonical": (with_public(NOT_CANONICAL), "canonical"),
    "a signing key written in a second way": (
        first_key(public=spare_bits(HONEST.signing[0].public)),
        "signing key cannot be used",
    ),
    "a sealing key written in a second way": (
        with_sealing(replace(sealing_key(), public=spare_bits(sealing_key().public))),
        "sealing key cannot be used",
    ),
    "a sealing key that is no ML-KEM key": (with_sealing_public(b"\xff" * 1184 + RAW_SEALING[1184:]), "ML-KEM"),
    "a sealing key with a curve point of small order": (with_sealing_public(RAW_SEALING[:1184] + bytes(32)), "order"),
    "a signing key listed twice": (lambda agency: replace(agency, signing=agency.signing * 2), "listed twice"),
    "a sealing key listed twice": (lambda agency: replace(agency, sealing=agency.sealing * 2), "listed twice"),
    "an office id used twice": (lambda agency: replace(agency, offices=agency.offices * 2), "one id"),
    "the id of the gateway": (lambda agency: replace(agency, id="gateway"), "own address"),
    "a sealing key endorsed by another agency": (with_sealing(sealing_key(PRISON.signing)), "signing key of this"),
    "a sealing key endorsed by the operator": (with_sealing(sealing_key(OPERATOR.signing)), "signing key of this"),
    "a sealing key endorsed in the agency's name": (
        with_sealing(
            replace(
                sealing_key(),
                endorsement=replace(sealing_key(OPERATOR.signing).endorsement, by=POLICE.signing_kid),
            )
        ),
        "does not fit",
    ),
    "a signature that is not base64url": (
        with_sealing(replace(sealing_key(), endorsement=replace(sealing_key().endorsement, signature="_" * 86))),
        "does not fit",
    ),
    "another agency's sealing key": (with_sealing(sealing_key(agency_id=PRISON.id)), "does not fit"),
    "a sealing key for another gateway": (with_sealing(sealing_key(origin="other.example/rj")), "does not fit"),
    "an endorsement of another sealing key": (
        with_sealing(replace(sealing_key(), endorsement=sealing_key(seed="third").endorsement)),
        "does not fit",
    ),
    "a sealing key with a longer life": (
        with_sealing(replace(sealing_key(), seal_until=NOW + 92 * DAY)),
        "does not fit",
    ),
    "a sealing key that is opened for longer": (
        with_sealing(replace(sealing_key(), open_until=NOW + 999 * DAY)),
        "does not fit",
    ),
    "a signing key with a longer life": (
        with_signing(replace(signing_key(NEXT), valid_until=NOW + 999 * DAY)),
        "does not fit",
    ),
    "a signing key endorsed by another agency": (
        with_signing(signing_key(NEXT, by=PRISON.signing)),
        "signing key of this",
    ),
    "a signing key endorsed by itself": (with_signing(signing_key(NEXT, by=NEXT)), "earlier one"),
    "a signing key endorsed by one of the same time": (with_signing(signing_key(NEXT, NOW - DAY)), "earlier one"),
    "a signing key endorsed after the other expired": (
        with_signing(signing_key(NEXT, NOW + 365 * DAY)),
        "not valid when it starts",
    ),
    "a signing key endorsed by a stolen one": (
        both(first_key(compromised_since=NOW), with_signing(signing_key(NEXT))),
        "not valid when it starts",
    ),
    "a sealing key endorsed by a stolen one": (
        both(first_key(compromised_since=NOW), with_sealing(sealing_key())),
        "not valid when it starts",
    ),
    "a sealing key endorsed by one that is not valid yet": (
        with_sealing(sealing_key(valid_from=NOW - 2 * DAY)),
        "not valid when it starts",
    ),
    "a signing key that ends before it starts": (first_key(valid_until=NOW - DAY), "not in order"),
    "a sealing key that ends before it starts": (with_sealing(sealing_key(seal_until=NOW)), "not in order"),
    "a sealing key opened for less time than sealed to": (
        with_sealing(sealing_key(open_until=NOW + 90 * DAY)),
        "not in order",
    ),
    "an accession by another agency": (
        lambda agency: replace(agency, accessions=(accede(ORIGIN, POLICE.id, AGREEMENT, PRISON.signing),)),
        "signing key of this",
    ),
    "an accession to another agreement": (
        lambda agency: replace(agency, accessions=(replace(agency.accessions[0], agreement=b64url(secret("x"))),)),
        "does not fit",
    ),
    "another agency's accession": (
        lambda agency: replace(agency, accessions=(accede(ORIGIN, PRISON.id, AGREEMENT, POLICE.signing),)),
        "does not fit",
    ),
}

SOUND: dict[str, Flaw] = {
    "as it is": lambda agency: agency,
    "with its next sealing key": with_sealing(sealing_key()),
    "with a sealing key that is opened no longer than sealed to": with_sealing(sealing_key(open_until=NOW + 91 * DAY)),
    "with its next signing key": with_signing(signing_key(NEXT)),
    "with a signing key of the officers' alone": with_public(NEXT.public_key().public_bytes_raw()),
    "with a sealing key of its next signing key": both(
        with_signing(signing_key(NEXT)), with_sealing(sealing_key(NEXT))
    ),
    "with a key withdrawn because its endorser was stolen": both(
        first_key(compromised_since=NOW), with_sealing(replace(sealing_key(), compromised_since=NOW))
    ),
    "with a revoked key": first_key(revoked_at=NOW),
    "without keys": lambda agency: replace(agency, signing=(), sealing=(), accessions=()),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_agency_is_accepted(name: str) -> None:
    """The positive controls: everything that an honest agency does is accepted."""
    assert known(PRISON, SOUND[name](HONEST)).agency(POLICE.id)


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_is_refused_even_when_both_officers_signed(name: str) -> None:
    """Each rule broken once: the refusal names the agency and the rule (classes 13, 20, 84)."""
    flaw, rule = FLAWS[name]
    flawed = flaw(HONEST)
    with pytest.raises(DirectoryRefused, match=f"^Agency {flawed.id}: .*{rule}"):
        known(PRISON, flawed)


def test_an_agency_cannot_be_listed_twice() -> None:
    """Of two entries with one id nobody could say which counts (class 13)."""
    with pytest.raises(DirectoryRefused, match=r"^Agency police-13: it is listed twice"):
        known(PRISON, HONEST, OPERATOR)


def test_a_key_cannot_belong_to_two_agencies() -> None:
    """A kid that two agencies share would let one speak for the other (classes 13, 20)."""
    borrowed = replace(PRISON.entry(ORIGIN, NOW), signing=(HONEST.signing[0],), sealing=())
    with pytest.raises(DirectoryRefused, match=r"^Agency police-13: .*listed twice"):
        known(HONEST, borrowed)


def test_a_key_of_the_operator_is_refused_on_every_way_in() -> None:
    """Class 84: changing the text, signing it alone, or posing as the officers puts no key into the directory."""
    honest = directory(PRISON, POLICE)
    text = directory(PRISON, OPERATOR).document
    operator = NoteSigner(name="operator.example", key=OPERATOR.signing)
    posers = tuple(NoteSigner(name=officer.name, key=OPERATOR.signing) for officer in OFFICERS.signers)
    for forged in (
        replace(honest, document=text),
        documents.sign("directory", ORIGIN, 1, text, (operator,)),
        documents.sign("directory", ORIGIN, 1, text, posers),
        documents.sign("directory", ORIGIN, 1, text, (OFFICERS.noms, operator)),
    ):
        with pytest.raises(DirectoryRefused):
            load(forged, OFFICERS.verifiers)
    assert load(honest, OFFICERS.verifiers).signer(POLICE.signing_kid)


def test_an_older_directory_is_refused() -> None:
    """Class 103: a rolled-back directory could bring a revoked key back."""
    first = known(PRISON, POLICE, version=1)
    second = known(PRISON, replace(HONEST, name="Renamed"), previous=first, version=2)
    assert known(PRISON, replace(HONEST, name="Renamed"), previous=second, version=2).digest == second.digest
    with pytest.raises(DirectoryRefused, match="older"):
        known(PRISON, POLICE, previous=second, version=1)


def test_two_directories_of_one_version_are_refused() -> None:
    """Class 103: showing different readers different directories is noticed."""
    with pytest.raises(DirectoryRefused, match="two directories of one version"):
        known(PRISON, previous=known(POLICE))


def test_a_directory_of_another_gateway_is_refused() -> None:
    """Class 103: officers may serve several gateways, but a directory serves one."""
    other = directory(PRISON, origin="other.example/rj")
    assert load(other, OFFICERS.verifiers, gateway="other.example/rj").gateway == "other.example/rj"
    with pytest.raises(DirectoryRefused, match="another gateway"):
        load(other, OFFICERS.verifiers, known(PRISON))
    with pytest.raises(DirectoryRefused, match="another gateway"):
        load(other, OFFICERS.verifiers, gateway=ORIGIN)


@pytest.mark.parametrize(("origin", "version"), [(ORIGIN, 2), ("other.example/rj", 1)])
def test_the_note_and_the_document_must_agree(origin: str, version: int) -> None:
    """Class 103: a note of a higher version does not carry an old document forward."""
    signed = documents.sign("directory", origin, version, directory(PRISON).document, OFFICERS.signers)
    with pytest.raises(DirectoryRefused, match="its note says"):
        load(signed, OFFICERS.verifiers)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"v":1', '"v":1,"v":1', ""),
        ('"version":1', '"version":1.0', "$.version"),
        ('"kind":"police"', '"kind":"bank"', "$.agencies[0].kind"),
        ('"agencies":', '"agency":', ""),
        ('"kid":"', '"kid":" ', "$.agencies[0].signing[0].kid"),
    ],
)
def test_a_directory_that_can_be_read_in_two_ways_is_refused(old: str, new: str, where: str) -> None:
    """The text follows the contract exactly; the refusal says where it does not."""
    text = directory(POLICE).document.replace(old, new, 1)
    signed = documents.sign("directory", ORIGIN, 1, text, OFFICERS.signers)
    with pytest.raises(DirectoryRefused, match="cannot be read") as refused:
        load(signed, OFFICERS.verifiers)
    assert where in str(refused.value)


def test_a_signing_key_counts_within_its_time_only() -> None:
    """Class 21: future, expired, revoked and compromised keys are not valid; the instants themselves are tested."""
    changed = first_key(valid_until=NOW + 40, revoked_at=NOW + 30, compromised_since=NOW + 20)
    for flaw, end in (
        (first_key(valid_until=NOW + 40), 40),
        (first_key(revoked_at=NOW + 30), 30),
        (first_key(compromised_since=NOW + 20), 20),
        (changed, 20),
    ):
        signer = known(flaw(HONEST)).signer(POLICE.signing_kid)
        assert signer
        assert not signer.valid_at(NOW - DAY - 1)
        assert signer.valid_at(NOW - DAY)
        assert signer.valid_at(NOW + end - 1)
        assert not signer.valid_at(NOW + end)


def test_a_sealing_key_is_sealed_to_for_less_time_than_it_opens() -> None:
    """Classes 21, 76: nothing is sealed to a future, old or revoked key, but what a revoked one holds still opens."""
    recipient = known(HONEST).recipient(POLICE.sealing_kid)
    assert recipient
    assert [recipient.may_seal_at(NOW + d * DAY) for d in (-2, -1, 90, 91)] == [False, True, True, False]
    assert [recipient.may_open_at(NOW + d * DAY) for d in (-2, -1, 181, 182)] == [False, True, True, False]
    revoked = known(replace(HONEST, sealing=(replace(HONEST.sealing[0], revoked_at=NOW),)))
    held = revoked.recipient(POLICE.sealing_kid)
    assert held
    assert [held.may_seal_at(NOW - 1), held.may_seal_at(NOW), held.may_open_at(NOW)] == [True, False, True]


def test_a_compromised_sealing_key_opens_nothing_any_more() -> None:
    """Class 108: whoever stole the key may be the one who asks, so nothing that was sealed to it is handed over."""
    stolen = known(replace(HONEST, sealing=(replace(HONEST.sealing[0], compromised_since=NOW),)))
    recipient = stolen.recipient(POLICE.sealing_kid)
    assert recipient
    assert recipient.compromised_since == NOW
    assert not recipient.may_seal_at(NOW)
    assert not recipient.may_open_at(NOW)
    assert stolen.sealing_key_of(POLICE.id, NOW) is None


def test_a_key_is_found_for_its_own_use_and_agency_only() -> None:
    """Classes 11 and 20: a sealing key verifies nothing, a signing key receives nothing, and each names its agency."""
    found = known(PRISON, POLICE)
    signer, recipient = found.signer(POLICE.signing_kid), found.recipient(PRISON.sealing_kid)
    assert signer
    assert recipient
    assert signer.agency.id == POLICE.id
    assert signer.public.public_bytes_raw() == POLICE.signing_public
    assert recipient.agency_id == PRISON.id
    assert recipient.public == PRISON.sealing.public
    assert found.signer(POLICE.sealing_kid) is None
    assert found.recipient(POLICE.signing_kid) is None
    assert found.signer("../../etc/passwd") is None


def test_the_newest_key_is_sealed_to() -> None:
    """After a rotation new values go to the new key, from the instant when it starts and not before."""
    found = known(with_sealing(sealing_key())(HONEST))
    before, after = found.sealing_key_of(POLICE.id, NOW - 1), found.sealing_key_of(POLICE.id, NOW)
    assert before
    assert after
    assert before.kid == POLICE.sealing_kid
    assert after.kid == sealing_key().kid
    assert found.sealing_key_of("police-99", NOW) is None


def test_agencies_offices_and_accessions_are_found() -> None:
    """The plain look-ups, with what is not there."""
    found = known(PRISON, HONEST)
    assert [agency.id for agency in found.agencies_of("police")] == [POLICE.id]
    assert found.agencies_of("vlu") == ()
    assert found.agency("police-99") is None
    office = found.office(POLICE.id, OFFICE)
    assert office
    assert office.phone == "01632 960000"
    assert found.office(POLICE.id, "annex") is None
    assert found.office("police-99", OFFICE) is None
    assert found.acceded(POLICE.id, AGREEMENT)
    assert not found.acceded(POLICE.id, b64url(secret("another agreement")))
    assert not found.acceded("police-99", AGREEMENT)


def test_the_statement_is_written_as_published() -> None:
    """The exact bytes, so that an agency can sign them with tools of its own."""
    said = statement("sealing-key", "g.example", "police-13", "kid", b"\0\1", 10, 200, 3000)
    assert said == (
        b"rj-endorsement-v1\0\0\x0bsealing-key\0\x09g.example\0\x09police-13\0\x03kid\0\x02\0\1\0\x0210\0\x03200\0\x043000"
    )


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_no_two_statements_share_their_bytes(one: list[str], other: list[str]) -> None:
    """Moving letters from one part to the next gives another statement."""
    same = statement("accession", ORIGIN, POLICE.id, *one) == statement("accession", ORIGIN, POLICE.id, *other)
    assert same == (one == other)


def test_the_builder_is_the_same_in_every_run() -> None:
    """Tests that fail can be repeated byte for byte."""
    assert directory(PRISON, POLICE) == directory(TestAgency("prison-mdi"), TestAgency("police-13"))
    assert key_id(unb64url(HONEST.signing[0].public)) == POLICE.signing_kid
    assert len(POLICE.pseudonym("officer")) == 22


def test_a_national_directory_loads_in_under_a_second() -> None:
    """200 agencies, each with keys and an accession: a gateway that must reload does not keep people waiting."""
    signed = directory(*(TestAgency(f"prison-{number}") for number in range(100, 300)))
    start = process_time()
    assert len(load(signed, OFFICERS.verifiers).agencies_of("prison")) == 200
    assert process_time() - start < 1
