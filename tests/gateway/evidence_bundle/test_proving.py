"""One line of a bundle: each of its parts wrong alone, everything else re-signed to fit, as a dishonest log could."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.agreement import load
from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import encode
from contracts.directory import Agency
from contracts.envelope import AgreementRef, Claims
from contracts.event import Exact, Opening, Shared, event_leaf
from contracts.evidence import EvidenceLine
from contracts.merkle import leaf_hash, node_hash
from contracts.messages.accepted import Accepted
from contracts.messages.actor import System
from contracts.receipt import carry
from contracts.reply import DECISION_TYP, NOTICE_TYP, DecisionClaims, NoticeClaims
from contracts.tlog_proof import TlogProof
from gateway.evidence_bundle.material import Material, NotProved, Trusted
from gateway.evidence_bundle.proving import Line, proved
from gateway.evidence_bundle.stood import Stood, Terms
from keys import directory as directories
from keys import sealing, tokens
from keys.notes import NoteSigner
from tests.agencies import DAY, Officers, TestAgency, make_directory, secret, signing_private

ORIGIN = "gateway.test/rj"
NOW = 1_800_000_000
EXCHANGE, JTI = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
TERMS = Terms(
    agreement=load((Path(__file__).parents[3] / "deploy/agreement/noms-acpo-v1.toml").read_text()), digest="A" * 43
)
LOG = NoteSigner(name=ORIGIN, key=signing_private("log"))
OFFICERS = Officers.make()
POLICE, PRISON = TestAgency("police-13"), TestAgency("prison-mdi")
EXACT = Exact(clauses=("10.2",))
TRUSTED = Trusted(log=(LOG.vkey,), officers=OFFICERS.verifiers)


def known(*entries: TestAgency | Agency) -> directories.KnownDirectory:
    signed = make_directory(ORIGIN, entries or (POLICE, PRISON), OFFICERS, NOW)
    return directories.load(signed, OFFICERS.verifiers)


STOOD = Stood([(0, TERMS)], [(0, known())])
MATERIAL = Material(
    origin=ORIGIN, exchange=EXCHANGE, reader="police-13", at=NOW, lines=(), documents=(), log_vkeys=(), officers=()
)


def claims(**changes: Any) -> Claims[Accepted]:
    given: dict[str, Any] = {
        "iss": "police-13", "aud": ORIGIN, "to": "prison-mdi", "iat": NOW, "exp": NOW + 60, "jti": JTI,
        "exchange": EXCHANGE, "actor": System(id="A" * 22), "sealed": {}, "body": Accepted(office="main"),
        "agreement": AgreementRef(id="noms-acpo", version=1, digest="A" * 43),
    }  # fmt: skip
    return Claims(**(given | changes))


def say(said: Any, typ: str, key: Any = None) -> str:
    signing = key or LOG.key
    return tokens.sign(encode(said), typ, tokens.key_id(signing.public_key().public_bytes_raw()), signing)


def token(typ: str = "rj.accepted.v1+jwt", key: Any = None, **changes: Any) -> str:
    return say(claims(**changes), typ, key or POLICE.signing)


def shared_of(text: str | None, **changes: Any) -> Shared:
    given: dict[str, Any] = {
        "event": "accepted", "at": NOW, "exchange": EXCHANGE, "iss": "police-13", "to": "prison-mdi", "jti": JTI,
        "token": sealing.digest((text or "").encode()), "decision": "accepted", "agreement": "A" * 43,
    }  # fmt: skip
    return Shared(**(given | changes))


def decision(**changes: Any) -> DecisionClaims:
    given: dict[str, Any] = {
        "iss": ORIGIN, "to": "police-13", "jti": JTI, "exchange": EXCHANGE, "at": NOW, "decision": "accepted",
        "agreement": "A" * 43, "leaf": 1, "clauses": ("10.2",),
    }  # fmt: skip
    return DecisionClaims(**(given | changes))


def notice(**changes: Any) -> NoticeClaims:
    given: dict[str, Any] = {
        "iss": ORIGIN, "to": "police-13", "exchange": EXCHANGE, "at": NOW, "leaf": 1, "notice": "erased",
    }  # fmt: skip
    return NoticeClaims(**(given | changes))


def receipt(shared: Shared | None, exact: Exact | None, leaf: bytes | None = None) -> str:
    """The line as the second of a log of two."""
    openings = [
        Opening(salt=secret("salt", name), part=encode(part)) if part else None
        for name, part in (("s", shared), ("e", exact))
    ]
    first, nothing = b'{"class":"event"}', Opening(salt=secret("x"), part=b"{}")
    entry = leaf or event_leaf(openings[0] or nothing, openings[1] or nothing)
    root = node_hash(leaf_hash(first), leaf_hash(entry))
    text = Checkpoint(origin=ORIGIN, size=2, root=root).encode()
    proof = TlogProof(
        extra=encode(carry(entry, *openings)), index=1, hashes=(leaf_hash(first),),
        checkpoint=format_note(text, LOG.sign(text)),
    )  # fmt: skip
    return proof.encode()


def line(
    said: str | None = None, shared: Shared | None = None, exact: Exact | None = EXACT, **parts: Any
) -> EvidenceLine:
    text = said or token()
    given: dict[str, Any] = {
        "index": 1, "receipt": receipt(shared or shared_of(text), exact), "token": text,
        "decision": say(decision(), DECISION_TYP),
    }  # fmt: skip
    return EvidenceLine(**(given | parts))


def told(shared: Shared | None = None, **changes: Any) -> EvidenceLine:
    meant = shared or Shared(event="erased", at=NOW, exchange=EXCHANGE)
    return EvidenceLine(index=1, receipt=receipt(meant, None), notice=say(notice(**changes), NOTICE_TYP))


def prove(given: EvidenceLine, stood: Stood = STOOD, material: Material = MATERIAL) -> Line:
    return proved(given, material, stood, TRUSTED)


def test_a_good_line_is_proved() -> None:
    """A message with its decision; a notice; a line that nothing opens."""
    good = prove(line())
    assert good.claims is not None
    assert good.decision is not None
    assert good.accepted
    noticed = prove(told()).notice
    assert noticed is not None
    assert prove(EvidenceLine(index=1, receipt=receipt(None, None))).shared is None


WRONG: Mapping[str, Callable[[], EvidenceLine]] = {
    "receipt of another index": lambda: line(index=2, decision=say(decision(leaf=2), DECISION_TYP)),
    "another exchange": lambda: line(shared=shared_of(token(), exchange=JTI)),
    "another token": lambda: line(token=token(exp=NOW + 61)),
    "a token of another digest": lambda: line(shared=shared_of(token(), token="B" * 43)),
    "another sender": lambda: line(shared=shared_of(token(), iss="prison-mdi")),
    "signed by a stranger": lambda: line(token(key=TestAgency("police-14").signing)),
    "signed by another agency": lambda: line(token(key=PRISON.signing)),
    "another event": lambda: line(shared=shared_of(token(), event="recall")),
    "another id": lambda: line(token(jti=EXCHANGE), shared_of(token(jti=EXCHANGE))),
    "another gateway": lambda: line(token(aud="other.test/rj")),
    "another addressee": lambda: line(shared=shared_of(token(), to="prison-lei")),
    "signed too late": lambda: line(token(iat=NOW + 11, exp=NOW + 60)),
    "recorded too late": lambda: line(token(iat=NOW - 60, exp=NOW)),
    "no such message": lambda: line(token(typ="rj.unheard.v1+jwt")),
    "another agreement": lambda: line(
        shared=shared_of(token(), agreement="B" * 43), decision=say(decision(agreement="B" * 43), DECISION_TYP)
    ),
    "a message that nothing ties": lambda: EvidenceLine(index=1, receipt=receipt(None, None), token=token()),
    "a notice that nothing ties": lambda: EvidenceLine(
        index=1, receipt=receipt(None, None), notice=say(notice(), NOTICE_TYP)
    ),
    "a decision and no message": lambda: line(token=None),
    "a decision of another's": lambda: line(decision=say(decision(), DECISION_TYP, POLICE.signing)),
    "a decision as a notice": lambda: line(decision=say(decision(), NOTICE_TYP)),
    **{
        f"decision.{name}": lambda name=name, value=value: line(decision=say(decision(**{name: value}), DECISION_TYP))
        for name, value in {
            "iss": "other.test/rj", "to": "prison-mdi", "jti": EXCHANGE, "exchange": JTI, "at": NOW + 1,
            "decision": "refused", "agreement": "B" * 43, "leaf": 2, "clauses": ("1.1",), "code": "R19",
            "withheld": ("home_address",),
        }.items()
    },
    **{
        f"notice.{name}": lambda name=name, value=value: told(**{name: value})
        for name, value in {
            "iss": "other.test/rj", "to": "prison-mdi", "exchange": JTI, "at": NOW + 1, "leaf": 2,
            "notice": "expired", "fields": ("safe_times",),
        }.items()
    },
    "a document's leaf": lambda: EvidenceLine(
        index=1, receipt=receipt(None, None, b'{"class":"directory","v":1,"version":1,"sha256":"' + b"A" * 43 + b'"}')
    ),
    "no leaf at all": lambda: EvidenceLine(index=1, receipt=receipt(None, None, b"\xff")),
    "no receipt": lambda: EvidenceLine(index=1, receipt="hello"),
    "no token": lambda: line(token="hello"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_each_part_must_fit(name: str) -> None:
    """One wrong thing is enough, and it is told at its line."""
    with pytest.raises(NotProved, match=r"Line [12]"):
        prove(WRONG[name]())


def _with(**changes: Any) -> Stood:
    entry = POLICE.entry(ORIGIN, NOW)
    key = replace(POLICE.signing_key(NOW), **changes)
    return Stood([(0, TERMS)], [(0, known(replace(entry, signing=(key,)), PRISON))])


@pytest.mark.parametrize(
    "stood",
    [
        _with(revoked_at=NOW),
        _with(compromised_since=NOW - 5),
        _with(valid_until=NOW),
        Stood([(0, TERMS)], [(0, known(PRISON))]),
        Stood([(0, TERMS)], [(1, known())]),
        Stood([(1, TERMS)], [(0, known())]),
        Stood([(0, TERMS)], []),
    ],
    ids=["revoked", "compromised", "ended", "not listed", "directory too late", "agreement too late", "no directory"],
)
def test_a_key_counts_as_the_directory_stood(stood: Stood) -> None:
    """Valid at log time, in the directory before the line; not one announced with it or after it."""
    with pytest.raises(NotProved):
        prove(line(), stood)


def test_what_the_directory_said_later_does_not_count() -> None:
    """A key revoked by the next version has signed all the same."""
    later = _with(revoked_at=NOW - DAY // 2).directory(9)
    assert prove(line(), Stood([(0, TERMS)], [(0, known()), (1, later)])).accepted
    with pytest.raises(NotProved):
        prove(line(), Stood([(0, TERMS)], [(0, later)]))


def test_a_refused_message_that_broke_its_contract_is_its_digest_alone() -> None:
    """Who said it is proved; what it says is nobody's word."""
    text = tokens.sign(b'{"hello":1}', "rj.accepted.v1+jwt", POLICE.signing_kid, POLICE.signing)
    shared = shared_of(text, decision="refused")
    given = line(text, shared, decision=say(decision(decision="refused"), DECISION_TYP))
    assert prove(given).claims is None
    with pytest.raises(NotProved):
        prove(line(text, shared_of(text)))


def test_bytes_that_are_no_text_are_refused() -> None:
    """What a receipt carries is anybody's: none of it may raise anything else."""
    proof = TlogProof.parse(line().receipt)
    for extra in (b"\xff", b"{}", b'{"leaf":"\xff"}', b"[]"):
        with pytest.raises(NotProved):
            prove(line(receipt=replace(proof, extra=extra).encode()))
