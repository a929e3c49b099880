"""Two agencies, the real agreement and an instant: what a pure decision needs, and nothing else."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from contracts import agreement as agreements
from contracts.agreement import Agreement
from contracts.directory import Agency
from contracts.envelope import AgreementRef, Claims, SealedRef
from contracts.messages.actor import Person, System
from contracts.messages.contact_answer import Consent, ContactAnswer, Exact
from contracts.messages.contact_request import Attested, ContactRequest, Letter
from contracts.messages.open_ import Open
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.supplement import Supplement
from contracts.reply import ExchangeView
from contracts.vocabulary import ReasonCode
from gateway.decide.due import fall_due
from gateway.decide.exchange import Applied, Exchange, Refused, Situation
from gateway.decide.states import apply
from gateway.decide.views import view
from keys import directory, documents
from keys.directory import KnownDirectory
from tests.agencies import Officers, TestAgency, make_directory

ORIGIN = "gateway.test/rj"
NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
"""A Monday, inside the agreement's term."""

DAY = 86_400
PRISON, POLICE, INSPECTORATE = "prison-mdi", "police-13", "inspectorate-hmip"
AGENCIES = (PRISON, "prison-lei", POLICE, "police-14", "vlu-13", INSPECTORATE, "party-noms")
NOT_JOINED = "police-99"
EXCHANGE = "01890a5d-ac96-774b-bcce-b302099a8057"
TEXT = (Path(__file__).resolve().parents[3] / "deploy" / "agreement" / "noms-acpo-v1.toml").read_text()
DIGEST = documents.digest_of(TEXT)
CONFERENCE = ("preferred_name", "contact_channel", "safe_times", "access_needs")
GROUNDS = ("responsibility-accepted", "risk-assessment", "facilitator-named", "governor-approval")
ROLES = {PRISON: "rj-coordinator", POLICE: "police-officer", INSPECTORATE: "inspector"}
_ids = count(1)


def new_id() -> str:
    """An id that no other message of the run has."""
    return f"01890a5d-ac96-774b-bcce-{next(_ids):012x}"


@cache
def agreement() -> Agreement:
    """The real agreement."""
    return agreements.load(TEXT)


@cache
def known_directory() -> KnownDirectory:
    """Every agency, joined; but for one that has not."""
    officers = Officers.make()
    outside = TestAgency(NOT_JOINED).entry(ORIGIN, NOW, None)
    listed = [*(TestAgency(name) for name in AGENCIES), outside]
    return directory.load(make_directory(ORIGIN, listed, officers, NOW, 1, DIGEST), officers.verifiers)


def situation(now: int = NOW, **changes: Any) -> Situation:
    """What a decision is made under; `changes` replace members of the agreement."""
    terms = replace(agreement(), **changes) if changes else agreement()
    return Situation(agreement=terms, agreement_digest=DIGEST, directory=known_directory(), now=now)


def agency(name: str) -> Agency:
    """An agency of the directory."""
    found = known_directory().agency(name)
    assert found is not None
    return found


def person(of: str = PRISON, name: str = "A", **changes: Any) -> Person:
    """A person of an agency, in the role that it sends messages in, trained and signed in well enough."""
    given = {
        "id": (of + name).replace("-", "").ljust(22, "x")[:22],
        "role": ROLES.get(of, "police-officer"),
        "training": "foundation",
        "auth_time": NOW,
        "amr": ("pwd", "mfa"),
    } | changes
    return Person(**given)


def reviewer(**changes: Any) -> Person:
    """A reviewer of the police, with advanced training."""
    return person(POLICE, "R", **({"role": "reviewer", "training": "advanced"} | changes))


SYSTEM = System(id="S" * 22)


def claims(iss: str, to: str, body: Struct, *, sealed: tuple[str, ...] = (), **changes: Any) -> Claims[Any]:
    """The claims of a message; `sealed` names what its manifest has."""
    given: dict[str, Any] = {
        "iss": iss,
        "aud": ORIGIN,
        "to": to,
        "iat": NOW,
        "exp": NOW + 60,
        "jti": new_id(),
        "exchange": EXCHANGE,
        "actor": person(iss),
        "agreement": AgreementRef(id="noms-acpo", version=1, digest=DIGEST),
        "sealed": {name: SealedRef(kid="k" * 22, sha256="d" * 43) for name in sealed},
        "body": body,
    } | changes
    return Claims(**given)


def asks(purpose: str = "conference", **changes: Any) -> ContactRequest:
    """A contact-request that the agreement permits."""
    rule = agreement().rule(purpose)  # type: ignore[arg-type]
    given: dict[str, Any] = {
        "purpose": purpose,
        "fields": rule.fields if rule else (),
        "offence_groups": ("other",),
        "sensitivities": (),
        "grounds": tuple(Attested(ground=g, by="T" * 22, on="2026-11-20") for g in (rule.grounds if rule else ())),
        "letter": Letter(id=EXCHANGE, sha256="L" * 43) if purpose == "letter" else None,
    } | changes
    return ContactRequest(**given)


def consent(**changes: Any) -> Consent:
    """A yes of the victim's, informed and for a day."""
    given: dict[str, Any] = {
        "given_at": NOW,
        "given_by": "victim",
        "how": "by-phone",
        "informed": ("what-rj-is", "what-they-may-gain", "may-stop-at-any-time"),
        "valid_until": NOW + DAY,
    } | changes
    return Consent(**given)


@dataclass(frozen=True)
class Answer:
    """A contact-answer with what only the holder's side and inspectors may know beside it."""

    claims: Claims[Any]
    supersedes: str | None = None

    @property
    def jti(self) -> str:
        return self.claims.jti


@dataclass
class Play:
    """One exchange as messages and time come upon it."""

    now: int = NOW
    exchange: Exchange | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def situation(self) -> Situation:
        return situation(self.now, **self.changes)

    def say(self, said: Claims[Any] | Answer, code: ReasonCode | None = None) -> Applied | Refused:
        """A message, and the exact reason if it is an answer; its exchange is what it leaves."""
        exact = None
        if isinstance(said, Answer):
            exact, said = Exact(code=code, supersedes=said.supersedes, salt="s" * 22), said.claims
        result = apply(self.exchange, said, exact, self.situation)
        self.exchange = result.exchange or self.exchange
        return result

    def accept(self, said: Claims[Any] | Answer, code: ReasonCode | None = None) -> Applied:
        """A message that is accepted."""
        result = self.say(said, code)
        assert isinstance(result, Applied), result
        return result

    def refuse(self, said: Claims[Any] | Answer, code: ReasonCode | None = None) -> Refused:
        """A message that is refused, and changes nothing but a first request's own exchange."""
        before = self.exchange
        result = self.say(said, code)
        assert isinstance(result, Refused), result
        assert before is None or self.exchange == before
        return result

    def sweep(self) -> list[tuple[str, Applied]]:
        """What time has done by now. It gets on: no sweep is endless."""
        events = list(islice(fall_due(self.exchange, self.situation), 10)) if self.exchange else []
        assert len(events) < 10, "the sweep does not end"
        for _, applied in events:
            self.exchange = applied.exchange
        return events

    def seen(self, by: str) -> ExchangeView | None:
        """The exchange as an agency sees it."""
        assert self.exchange is not None
        return view(self.exchange, agency(by), inspects=by == INSPECTORATE)

    def asked(self, purpose: str = "conference", **body: Any) -> Claims[Any]:
        """A permitted request, accepted."""
        said = claims(PRISON, POLICE, asks(purpose, **body), sealed=("subject",))
        self.accept(said)
        return said

    def shared(self, **changes: Any) -> Answer:
        """A yes with every field asked for, accepted."""
        assert self.exchange is not None
        said = yes("shared" if self.exchange.fields else "agreed", sealed=self.exchange.fields, **changes)
        self.accept(said)
        return said


def yes(outcome: str = "shared", *, sealed: tuple[str, ...] = CONFERENCE, **body: Any) -> Answer:
    """A yes by a person; `actor` and other members of the claims may be among the changes."""
    return _answer(outcome, sealed, {"actor": person(POLICE)}, {"consent": consent()} | body)


def no(outcome: str = "cannot-proceed", *, sealed: tuple[str, ...] = (), **body: Any) -> Answer:
    """An answer that is not a yes, by a system."""
    return _answer(outcome, sealed, {"actor": SYSTEM}, body)


def _answer(outcome: str, sealed: tuple[str, ...], own: dict[str, Any], body: dict[str, Any]) -> Answer:
    own |= {name: body.pop(name) for name in ("actor", "to", "iss", "agreement", "jti") if name in body}
    supersedes = body.pop("supersedes", None)
    said = ContactAnswer(outcome=outcome, exact="E" * 43, **body)  # type: ignore[arg-type]
    return Answer(claims(own.pop("iss", POLICE), own.pop("to", PRISON), said, sealed=sealed, **own), supersedes)


def opens(by: str, of: str, *fields: str, **changes: Any) -> Claims[Any]:
    """A person opens sealed values."""
    body = Open(of=of, fields=fields, why="contact-victim", no_conflict="declared")  # type: ignore[arg-type]
    return claims(by, "gateway", body, **changes)


def reviews(decision: str, **changes: Any) -> Claims[Any]:
    """A reviewer's decision."""
    body = Review(decision=decision, co_worked=True)  # type: ignore[arg-type]
    given = {"actor": reviewer(), "sealed": ("reasons",)} | changes
    return claims(POLICE, given.pop("to", INSPECTORATE), body, **given)


def recalls(of: str, **changes: Any) -> Claims[Any]:
    """A recall, by a system."""
    return claims(POLICE, PRISON, Recall(of=of), **({"actor": SYSTEM} | changes))


def acknowledges(of: str, **changes: Any) -> Claims[Any]:
    """The acknowledgement of a recall."""
    body = RecallAcknowledged(of=of, contact="stopped", copies="destroyed", by="T" * 22, at=NOW)
    return claims(PRISON, POLICE, body, **changes)


def supplements() -> Claims[Any]:
    """A supplement."""
    return claims(PRISON, POLICE, Supplement(corrected=("identifiers",)), sealed=("subject",))
