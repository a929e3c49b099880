"""Examples of the claims of every message: good ones, and bad ones that must be refused. All in them is made up.

Generated into `contracts/published/examples/<schema>/`; a test fails when the two differ. To write them anew:
`python -m contracts.examples`. The file name of a bad one says what is wrong with it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from contracts.codec import b64url
from contracts.envelope import GATEWAY, AgreementRef, Claims, SealedRef
from contracts.messages import BY_BODY, SPECS, Body
from contracts.messages.accepted import Accepted
from contracts.messages.actor import Actor, Person, System
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import Consent, ContactAnswer, Exact, exact_digest
from contracts.messages.contact_request import Attested, ContactRequest, Follows, Letter
from contracts.messages.documents import Amendment, DirectoryChange
from contracts.messages.log_search import LogSearch
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from contracts.vocabulary import Ground, ReasonCode, Role, SealedField, Training

NOON: Final = 1_791_201_600
"""2026-10-05T12:00:00Z: when everything here is said."""

DAY: Final = 86_400
PRISON: Final = "prison-mdi"
POLICE: Final = "police-13"
DETAILS: Final = ("preferred_name", "contact_channel", "safe_times", "access_needs")


def good() -> dict[str, dict[str, Claims[Body]]]:
    """By the name of the message, then of the example. The first of each message is what its bad ones spoil."""
    return {**_asking(), **_answering(), **_afterwards(), **_to_the_gateway(), **_of_bodies()}


def _asking() -> dict[str, dict[str, Claims[Body]]]:
    conference = ContactRequest(
        purpose="conference",
        fields=DETAILS,
        offence_groups=("other",),
        sensitivities=(),
        grounds=_attested("responsibility-accepted", "risk-assessment"),
        needed_by="2026-12-18",
    )
    letter = ContactRequest(
        purpose="letter",
        fields=(),
        offence_groups=("other",),
        sensitivities=(),
        grounds=_attested("responsibility-accepted"),
        letter=Letter(id=_id("letter"), sha256=_digest("letter")),
    )
    family = ContactRequest(
        purpose="representative",
        fields=("representative_name", "representative_channel", "safe_times"),
        offence_groups=("death", "other"),
        sensitivities=("death",),
        grounds=_attested("responsibility-accepted", "risk-assessment"),
        follows=Follows(exchange=_id("earlier exchange"), why="re-route"),
    )
    requests = {"conference": conference, "letter": letter, "family-after-re-route": family}
    return {
        "contact-request": {slug: _asks(body) for slug, body in requests.items()},
        "supplement": {"victim-details": _asks(Supplement(corrected=("victim-details",)))},
        "cancellation": {"transferred": _claims(Cancellation(why="transferred"), PRISON, POLICE, _system())},
    }


def _answering() -> dict[str, dict[str, Claims[Body]]]:
    shared = ContactAnswer(outcome="shared", exact=_exact(None), consent=_consent(None))
    agreed = ContactAnswer(outcome="agreed", exact=_exact(None), consent=_consent(_digest("letter")))
    no = ContactAnswer(outcome="cannot-proceed", exact=_exact("R19"))
    elsewhere = ContactAnswer(outcome="held-elsewhere", exact=_exact("R15"), held_by="police-20")
    officer = _person("police-officer")
    return {
        "accepted": {"by-a-system": _answers(Accepted(office="rj-office"), _system())},
        "more-needed": {"two-things": _answers(MoreNeeded(missing=("identifiers", "offence-details")), officer)},
        "contact-answer": {
            "shared": _answers(shared, officer, DETAILS),
            "agreed-to-letter": _answers(agreed, officer),
            "cannot-proceed": _answers(no, _system()),
            "held-elsewhere": _answers(elsewhere, _system()),
        },
        "recall": {"of-an-answer": _answers(Recall(of=_id("contact-answer")), _system())},
    }


def _afterwards() -> dict[str, dict[str, Claims[Body]]]:
    met = Outcome(
        contact="made",
        chose="conference",
        feedback="satisfied",
        needed_by_met=True,
        status="completed",
        disclosure="not-disclosable",
        final=True,
    )
    begun = Outcome(
        contact="made", chose="undecided", status="in-progress", disclosure="on-prison-record-only", final=False
    )
    stopped = RecallAcknowledged(
        of=_id("contact-answer"), contact="stopped", copies="destroyed", by=_key("rj-coordinator"), at=NOON - 900
    )
    return {
        "outcome": {slug: _reports(body) for slug, body in {"final": met, "in-progress": begun}.items()},
        "recall-acknowledged": {"stopped": _reports(stopped)},
    }


def _to_the_gateway() -> dict[str, dict[str, Claims[Body]]]:
    read = Open(of=_id("contact-answer"), fields=DETAILS[:2], why="contact-victim", no_conflict="declared")
    reads = {"to-ring-the-victim": read, "to-print": replace(read, copy="paper")}
    wide = LogSearch(why="quality-assurance")
    narrow = LogSearch(
        why="inspection",
        agency=POLICE,
        person=_key("police-officer"),
        about=_id("exchange"),
        event="contact-answer",
        purpose="conference",
        code="R19",
        clause="9.4",
        field="contact_channel",
        state="with-police",
        since=NOON - 30 * DAY,
        until=NOON,
        after=4095,
        limit=500,
    )
    searches = {"narrow": narrow, "wide": wide}
    reviewer, inspector, custodian = _person("reviewer", "advanced"), _person("inspector"), _person("custodian", "none")
    found, review = SensitivityFound(found=("domestic-abuse",)), Review(decision="proceed", co_worked=True)
    amendment, change = Amendment(version=2, sha256=_digest("v2")), DirectoryChange(version=7, sha256=_digest("d7"))
    return {
        "sensitivity": {"found": _claims(found, POLICE, GATEWAY, _person("police-officer"))},
        "review": {"proceed": _claims(review, POLICE, "inspectorate-hmip", reviewer, ("reasons",))},
        "open": {slug: _claims(body, PRISON, GATEWAY, _person("rj-coordinator")) for slug, body in reads.items()},
        "log-search": {slug: _claims(body, "inspectorate-hmip", GATEWAY, inspector) for slug, body in searches.items()},
        "amendment": {"second-version": _claims(amendment, "party-noms", GATEWAY, custodian)},
        "directory-change": {"new-version": _claims(change, "party-acpo", GATEWAY, custodian)},
    }


def _of_bodies() -> dict[str, dict[str, Claims[Body]]]:
    """The examples that a message's own file gives."""
    sides: Mapping[str, tuple[str, Role]] = {
        "requester": (PRISON, "rj-coordinator"), "holder": (POLICE, "police-officer"), "gateway": (GATEWAY, "other")
    }  # fmt: skip
    return {
        spec.name: {
            slug: _claims(body, sides[spec.by][0], sides[spec.to][0], _person(sides[spec.by][1]))
            for slug, body in spec.good
        }
        for spec in SPECS
        if spec.good
    }


EVERY: Final = (
    ("free-text", "body.note", '"Please ring after six."'),
    ("no-body", "body", None),
    ("no-exchange", "exchange", None),
)
"""What is bad in every message: why, the path of the member, and the JSON to put there, or None to leave it out."""

BAD: Final[Mapping[str, tuple[tuple[str, str, str | None], ...]]] = MappingProxyType(
    {
        "contact-request": (
            ("unknown-purpose", "body.purpose", '"curiosity"'),
            ("unknown-field", "body.fields", '["employer"]'),
            ("no-offence-group", "body.offence_groups", "[]"),
            ("needed-by-is-no-date", "body.needed_by", '"before Christmas"'),
            ("time-not-whole", "iat", "1791201600.5"),
            ("time-as-text", "exp", '"2026-10-05T12:05:00Z"'),
            ("line-feed-after-agency", "to", '"police-13\\n"'),
            ("exchange-not-uuid-7", "exchange", '"3f1f6f0e-6d0a-4c1b-9b1a-0d9f4a3b2c1d"'),
            ("unknown-sealed-field", "sealed.employer", "{}"),
            ("unknown-kind-of-actor", "actor.kind", '"robot"'),
            ("person-without-role", "actor.role", None),
            ("agreement-version-zero", "agreement.version", "0"),
        ),
        "supplement": (("nothing-corrected", "body.corrected", "[]"),),
        "cancellation": (("unknown-reason", "body.why", '"victim-declined"'),),
        "accepted": (("office-is-no-id", "body.office", '"The RJ office"'),),
        "more-needed": (("nothing-missing", "body.missing", "[]"),),
        "contact-answer": (
            ("reason-in-clear", "body.code", '"R19"'),
            ("unknown-outcome", "body.outcome", '"declined"'),
            ("no-exact-digest", "body.exact", None),
            ("consent-by-a-neighbour", "body.consent.given_by", '"neighbour"'),
            ("consent-without-end", "body.consent.valid_until", "null"),
        ),
        "recall": (("reason-given", "body.why", '"victim-changed-mind"'),),
        "outcome": (("final-as-number", "body.final", "1"), ("unknown-choice", "body.chose", '"refused"')),
        "recall-acknowledged": (("by-is-no-pseudonym", "body.by", '"the coordinator"'),),
        "sensitivity": (("nothing-found", "body.found", "[]"),),
        "review": (("unknown-decision", "body.decision", '"defer"'),),
        "open": (
            ("no-declaration", "body.no_conflict", None),
            ("declaration-as-boolean", "body.no_conflict", "true"),
            ("nothing-to-open", "body.fields", "[]"),
            ("unknown-copy", "body.copy", '"photograph"'),
        ),
        "log-search": (("no-reason", "body.why", None), ("too-many-lines", "body.limit", "501")),
        "amendment": (("digest-in-hex", "body.sha256", json.dumps("0f" * 32)),),
        "directory-change": (("version-as-text", "body.version", '"7"'),),
        **{spec.name: spec.bad for spec in SPECS if spec.bad},
    }
)


def generate() -> dict[str, str]:
    """Each example's text by its path under `published/examples/`."""
    texts: dict[str, str] = {}
    for name, examples in good().items():
        written = [msgspec.to_builtins(claims) for claims in examples.values()]
        folder = f"{name}.v1"
        texts |= {f"{folder}/good-{slug}.json": _text(one) for slug, one in zip(examples, written, strict=True)}
        texts |= {
            f"{folder}/bad-{why}.json": _text(_spoilt(written[0], at, put)) for why, at, put in (*EVERY, *BAD[name])
        }
        texts[f"{folder}/bad-duplicate-member.json"] = _first_line_twice(_text(written[0]))
    return texts


def _text(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _spoilt(claims: Mapping[str, Any], at: str, put: str | None) -> dict[str, Any]:
    member, _, below = at.partition(".")
    if below:
        return {**claims, member: _spoilt(claims[member], below, put)}
    kept = {key: value for key, value in claims.items() if key != member}
    return kept if put is None else {**claims, member: json.loads(put)}


def _first_line_twice(text: str) -> str:
    opening, first, rest = text.split("\n", 2)
    return "\n".join((opening, first, first, rest))


# Made-up values: the same label gives the same value in every run.


def _claims(body: Body, iss: str, to: str, actor: Actor, seals: tuple[SealedField, ...] = ()) -> Claims[Body]:
    return Claims(
        iss=iss,
        aud="gateway.example/rj",
        to=to,
        iat=NOON,
        exp=NOON + 300,
        jti=_id(BY_BODY[type(body)].name),
        exchange=_id("exchange"),
        actor=actor,
        agreement=AgreementRef(id="noms-acpo", version=1, digest=_digest("agreement")),
        sealed={field: SealedRef(kid=_key(f"key of {to}"), sha256=_digest(f"sealed {field}")) for field in seals},
        body=body,
    )


def _asks(body: ContactRequest | Supplement) -> Claims[Body]:
    return _claims(body, PRISON, POLICE, _person("rj-coordinator"), ("subject",))


def _answers(body: Body, actor: Actor, seals: tuple[SealedField, ...] = ()) -> Claims[Body]:
    return _claims(body, POLICE, PRISON, actor, seals)


def _reports(body: Body) -> Claims[Body]:
    return _claims(body, PRISON, POLICE, _person("rj-coordinator"))


def _person(role: Role, training: Training = "foundation") -> Person:
    return Person(
        id=_key(role),
        role=role,
        training=training,
        trained_until="2027-03-31",
        auth_time=NOON - 600,
        amr=("pwd", "otp", "mfa"),
    )


def _system() -> System:
    return System(id=_key("system"))


def _attested(*grounds: Ground) -> tuple[Attested, ...]:
    return tuple(Attested(ground=ground, by=_key("rj-coordinator"), on="2026-09-28") for ground in grounds)


def _consent(letter: str | None) -> Consent:
    return Consent(
        given_at=NOON - DAY,
        given_by="victim",
        how="in-person",
        informed=("what-rj-is", "what-they-may-gain", "may-stop-at-any-time"),
        valid_until=NOON + 90 * DAY,
        letter=letter,
    )


def _exact(code: ReasonCode | None) -> str:
    return exact_digest(Exact(code=code, salt=_key("salt")))


def _id(label: str) -> str:
    """A UUIDv7 (RFC 9562 section 5.7) of `NOON`."""
    time, tail = f"{NOON * 1000:012x}", _bytes(label).hex()
    return f"{time[:8]}-{time[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def _key(label: str) -> str:
    """Shaped as key ids, pseudonyms and salts are: 16 bytes, 22 characters."""
    return b64url(_bytes(label)[:16])


def _digest(label: str) -> str:
    return b64url(_bytes(label))


def _bytes(label: str) -> bytes:
    return hashlib.sha256(b"rj-examples\0" + label.encode()).digest()


def main() -> None:
    """Write every example beside this file."""
    folder = Path(__file__).parent / "published" / "examples"
    for path, text in generate().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
