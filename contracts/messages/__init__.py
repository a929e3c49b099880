"""Every message, one file each, and the table that names them. To add one: `docs/how-to/add-a-message.md`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
    """A message by name: its body, and the sealed fields that it must (`seals`) or may (`may_seal`) carry."""

    name: str
    body: type[Body]
    seals: tuple[str, ...] = ()
    may_seal: tuple[str, ...] = ()

    @property
    def typ(self) -> str:
        """The explicit type in the token's header (RFC 8725 section 3.11)."""
        return f"rj.{self.name}.v1+jwt"


DETAILS: Final = Field.__args__  # type: ignore[attr-defined]  # typing has no public way to list a Literal's words

SPECS: Final[tuple[Spec, ...]] = (
    Spec(name="contact-request", body=ContactRequest, seals=("subject",)),
    Spec(name="accepted", body=Accepted),
    Spec(name="more-needed", body=MoreNeeded),
    Spec(name="supplement", body=Supplement, seals=("subject",)),
    Spec(name="sensitivity", body=SensitivityFound),
    Spec(name="review", body=Review, seals=("reasons",)),
    Spec(name="contact-answer", body=ContactAnswer, may_seal=DETAILS),
    Spec(name="open", body=Open),
    Spec(name="outcome", body=Outcome),
    Spec(name="cancellation", body=Cancellation),
    Spec(name="recall", body=Recall),
    Spec(name="recall-acknowledged", body=RecallAcknowledged),
    Spec(name="log-search", body=LogSearch),
    Spec(name="amendment", body=Amendment),
    Spec(name="directory-change", body=DirectoryChange),
)

BY_TYP: Final[Mapping[str, Spec]] = MappingProxyType({spec.typ: spec for spec in SPECS})
BY_BODY: Final[Mapping[type[Struct], Spec]] = MappingProxyType({spec.body: spec for spec in SPECS})
