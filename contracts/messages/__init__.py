"""Every message, one file each, and the table that names them. To add one: `docs/how-to/add-a-message.md`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.documents import Amendment, DirectoryChange
from contracts.messages.log_search import LogSearch
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from contracts.vocabulary import Field

Body = (
    ContactRequest
    | Accepted
    | MoreNeeded
    | Supplement
    | SensitivityFound
    | Review
    | ContactAnswer
    | Open
    | Outcome
    | Cancellation
    | Recall
    | RecallAcknowledged
    | LogSearch
    | Amendment
    | DirectoryChange
)


class Spec(Struct, frozen=True, kw_only=True):
    """A message by name: its body, who says it to whom, and the sealed fields that it must or may carry.

    `says` is its line in `docs/contracts.md`. `good` are examples of its body, each with a name; `bad` is what spoils
    the first of them: why, the path of the member, the JSON to put there. `contracts.examples` has the longer ones.
    """

    name: str
    body: type[Body]
    by: Literal["requester", "holder", "reader", "inspector", "party"]
    to: Literal["requester", "holder", "gateway"]
    says: str
    seals: tuple[str, ...] = ()
    may_seal: tuple[str, ...] = ()
    good: tuple[tuple[str, Body], ...] = ()
    bad: tuple[tuple[str, str, str | None], ...] = ()

    @property
    def typ(self) -> str:
        """The explicit type in the token's header (RFC 8725 section 3.11)."""
        return f"rj.{self.name}.v1+jwt"


DETAILS: Final = Field.__args__  # type: ignore[attr-defined]  # typing has no public way to list a Literal's words

SPECS: Final[tuple[Spec, ...]] = (
    Spec(
        name="contact-request",
        body=ContactRequest,
        seals=("subject",),
        by="requester",
        to="holder",
        says="may we reach this victim, and for what?",
    ),
    Spec(name="accepted", body=Accepted, by="holder", to="requester", says="this office deals with it"),
    Spec(name="more-needed", body=MoreNeeded, by="holder", to="requester", says="what is missing, from a closed list"),
    Spec(
        name="supplement",
        body=Supplement,
        seals=("subject",),
        by="requester",
        to="holder",
        says="the correction that was asked for",
    ),
    Spec(
        name="sensitivity",
        body=SensitivityFound,
        by="holder",
        to="gateway",
        says="what the holder finds that the requester could not know",
    ),
    Spec(
        name="review",
        body=Review,
        seals=("reasons",),
        by="holder",
        to="gateway",
        says="an advanced-trained reviewer's decision on a sensitive case; its `to` is the inspectorate, "
        "for whom the reasons are sealed",
    ),
    Spec(
        name="contact-answer",
        body=ContactAnswer,
        may_seal=DETAILS,
        by="holder",
        to="requester",
        says="what the victim chose; the details, if they said yes",
    ),
    Spec(name="open", body=Open, by="reader", to="gateway", says="hand me these sealed values, for this reason"),
    Spec(
        name="outcome",
        body=Outcome,
        by="requester",
        to="holder",
        says="what came of it; only `final` closes the exchange",
    ),
    Spec(name="cancellation", body=Cancellation, by="requester", to="holder", says="the request is withdrawn"),
    Spec(name="recall", body=Recall, by="holder", to="requester", says="the values are withdrawn; no reason is given"),
    Spec(
        name="recall-acknowledged",
        body=RecallAcknowledged,
        by="requester",
        to="holder",
        says="contact has stopped, copies are destroyed",
    ),
    Spec(name="log-search", body=LogSearch, by="inspector", to="gateway", says="what is searched for, and why"),
    Spec(name="amendment", body=Amendment, by="party", to="gateway", says="adopt this version of the agreement"),
    Spec(
        name="directory-change",
        body=DirectoryChange,
        by="party",
        to="gateway",
        says="adopt this version of the directory",
    ),
)

BY_TYP: Final[Mapping[str, Spec]] = MappingProxyType({spec.typ: spec for spec in SPECS})
BY_BODY: Final[Mapping[type[Struct], Spec]] = MappingProxyType({spec.body: spec for spec in SPECS})
