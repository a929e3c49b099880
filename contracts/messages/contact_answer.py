"""`contact-answer`, holder → requester: what the victim chose, and the sealed details if they said yes."""

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.codec import b64url
from contracts.text import AgencyId, Digest, Id, Instant
from contracts.vocabulary import AnswerOutcome, Informed, ReasonCode


class Consent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The victim's yes: to one purpose (and one letter), informed, and for a time (agreement part 6)."""

    given_at: Instant
    given_by: Literal["victim", "guardian", "family-spokesperson"]
    how: Literal["in-person", "by-phone", "by-video", "in-writing"]
    informed: Annotated[tuple[Informed, ...], Meta(max_length=3)]
    valid_until: Instant
    letter: Digest | None = None


class ContactAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public outcome. `exact` is the digest of the envelope's `exact` member, which is never delivered.

    `held_by` names the agency that holds the case when the outcome is `held-elsewhere`.
    """

    outcome: AnswerOutcome
    exact: Digest
    consent: Consent | None = None
    held_by: AgencyId | None = None


class Exact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only the holder's side and inspectors may know. The salt keeps its digest from being guessed.

    `code` is the true reason, null for a yes. `supersedes` names the earlier answer of this holder that this one
    corrects: to the requester it would tell that there was an answer it was never told of, so a "no".
    """

    code: ReasonCode | None
    supersedes: Id | None = None
    salt: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)", max_length=22, description="16 bytes, base64url.")]


def exact_digest(exact: Exact) -> str:
    """SHA-256(`rj-exact-v1` ‖ 0 ‖ code ‖ 0 ‖ supersedes ‖ 0 ‖ salt as written), base64url; empty for null."""
    said = f"rj-exact-v1\0{exact.code or ''}\0{exact.supersedes or ''}\0{exact.salt}"
    return b64url(hashlib.sha256(said.encode()).digest())
