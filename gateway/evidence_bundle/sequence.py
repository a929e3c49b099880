"""What must come before what: asked, decided, delivered, consented, shared, opened, erased.

Pure, over events in the log's order, as far as whoever looks may see them: a rule speaks of what is there, and never
takes an event that is not there for one that did not happen, but where both sides always see it.

Before a hand-over stand its request, the message that sealed the values, and (for a victim's details) a yes that is
still valid; after an end there is none.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import Struct

from contracts.agreement import Agreement
from contracts.envelope import CLOCK_SKEW
from contracts.event import Shared
from contracts.messages import Body
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review

ENDS: Final = ("recall", "cancellation", "expired", "erased", "window-ended")
"""Events of an exchange after which no victim's detail is ever handed over."""


class Event(Struct, frozen=True, kw_only=True):
    """A line of one exchange; `body` is what its message says, where the message is in hand."""

    index: int
    shared: Shared
    body: Body | None = None

    @property
    def name(self) -> str:
        """What kind of event it is."""
        return self.shared.event

    @property
    def heard(self) -> bool:
        """Whether it counts: a message that was accepted, or something that nobody said."""
        return self.shared.decision != "refused"

    @property
    def ends(self) -> bool:
        """Whether no detail may be handed over after it."""
        final = isinstance(self.body, Outcome) and self.body.final
        elsewhere = isinstance(self.body, ContactAnswer) and self.body.outcome == "held-elsewhere"
        return self.name in ENDS or final or elsewhere


class Fault(NamedTuple):
    """What is out of sequence, and at which line."""

    line: int
    words: str


class Ruled(Struct, frozen=True, kw_only=True):
    """An event, what was heard before it, and the agreement that it went by."""

    event: Event
    before: tuple[Event, ...]
    agreement: Agreement

    def last(self, *names: str) -> Event | None:
        """The latest event of these names before it."""
        return next((each for each in reversed(self.before) if each.name in names), None)


def faults(events: Sequence[Event], agreement: Callable[[int], Agreement], *, whole: bool) -> list[Fault]:
    """All that is out of sequence in the events of one exchange. `whole`: none of its lines is left out."""
    found = [*times(events), *hand_over_faults(events)]
    for number, event in enumerate(events):
        if event.heard:
            before = tuple(each for each in events[:number] if each.heard)
            ruled = Ruled(event=event, before=before, agreement=agreement(event.index))
            found += [Fault(event.index, words) for words in _faults(ruled, whole=whole)]
    return sorted(found)


def hand_over_faults(events: Sequence[Event]) -> Iterator[Fault]:
    """Hand-overs without their request, their values or their consent, or after an end."""
    for number, event in enumerate(events):
        if event.name == "open" and event.heard:
            before = [each for each in events[:number] if each.heard]
            yield from (Fault(event.index, words) for words in _hand_over(event, before))


def times(events: Sequence[Event]) -> Iterator[Fault]:
    """Where the order of the log, or its time, goes back."""
    for earlier, later in pairwise(events):
        if later.index <= earlier.index or later.shared.at < earlier.shared.at:
            yield Fault(later.index, "the log's time or order goes back here")


def _faults(ruled: Ruled, *, whole: bool) -> Iterator[str]:
    event = ruled.event
    asked = ruled.last("contact-request")
    if event.name == "contact-request":
        if asked is not None:
            yield "there is a second request on one exchange"
        yield from _asked(ruled)
    elif asked is None:
        yield "there is no request before it"
    match event.body:
        case ContactAnswer() as said if said.outcome in ("shared", "agreed"):
            yield from _answered(ruled, said, asked, whole=whole)
        case Recall() as said if not _is_yes(ruled.last("contact-answer"), said.of):
            yield "there is no yes before it that it could take back"
        case RecallAcknowledged() as said if not _recalls(ruled.last("recall"), said.of):
            yield "there is no recall before it that it could acknowledge"
        case _:
            pass
    if event.name == "erased" and not any(each.ends for each in ruled.before):
        yield "the details were erased, and nothing before it says why"


def _asked(ruled: Ruled) -> Iterator[str]:
    """The agreement as it stood permits the purpose and every detail that was asked for."""
    body = ruled.event.body
    if isinstance(body, ContactRequest):
        rule = ruled.agreement.rule(body.purpose)
        if rule is None:
            yield "the agreement does not permit this purpose, and the request was accepted"
        elif not set(body.fields) <= set(rule.fields):
            yield "more was asked for than the agreement permits for this purpose, and the request was accepted"


def _answered(ruled: Ruled, said: ContactAnswer, asked: Event | None, *, whole: bool) -> Iterator[str]:
    """A yes: informed, by whom the agreement says, valid when it was recorded, to that very letter, and no wider."""
    consent, request = said.consent, asked.body if asked else None
    if consent is None:
        yield "details were shared, or a yes was told, without a consent"
        return
    at = ruled.event.shared.at
    if consent.given_at > at + CLOCK_SKEW or not consent.valid_until > at:
        yield "the consent was not valid when the yes was recorded"
    if set(ruled.agreement.consent.informed) - set(consent.informed):
        yield "the consent does not say that the victim was told all that the agreement asks for"
    if not isinstance(request, ContactRequest):
        return
    rule = ruled.agreement.rule(request.purpose)
    if rule is not None and consent.given_by not in rule.consent_by:
        yield "the consent was given by somebody else than the agreement says"
    if consent.letter != (request.letter.sha256 if request.letter else None):
        yield "the consent is to another letter than the one that was offered"
    if not set(ruled.event.shared.fields) <= set(request.fields):
        yield "a detail was shared that nobody asked for"
    if whole and _sensitive(ruled, request) and not _proceeds(ruled.last("review")):
        yield "the case was sensitive, and no reviewer decided before it that it may proceed"


def _sensitive(ruled: Ruled, request: ContactRequest) -> bool:
    rule = ruled.agreement.reviewing
    flagged = set(request.sensitivities) & set(rule.sensitivities)
    grouped = set(request.offence_groups) & set(rule.offence_groups)
    return bool(flagged or grouped or ruled.last("sensitivity"))


def _hand_over(event: Event, before: Sequence[Event]) -> Iterator[str]:
    """Permitted, consented to, and not after an end: by the log alone."""
    fields = set(event.shared.fields)
    if [each.name for each in before].count("contact-request") != 1:
        yield "details were handed over without a request"
    if isinstance(event.body, Open):
        if set(event.body.fields) != fields:
            yield "other details were handed over than were asked for"
        sealed = [each for each in before if each.shared.jti == event.body.of]
    else:
        sealed = [each for each in before if each.name == _sealed_by(fields)][-1:]
    if len(sealed) != 1:
        yield "values were handed over that no accepted message of this exchange has sealed"
        return
    if "reasons" in fields:
        if sealed[0].name != "review":
            yield "reasons were handed over that no review has sealed"
        return
    yield from _values(event, before, sealed[0])


def _values(event: Event, before: Sequence[Event], sealed: Event) -> Iterator[str]:
    """What the two sides seal for each other."""
    if not set(event.shared.fields) <= set(sealed.shared.fields):
        yield "a detail was handed over that was not kept"
    if event.shared.iss != sealed.shared.to:
        yield "values were handed over to somebody for whom they were not sealed"
    ended = [each for each in before if each.ends]
    if ended:
        yield f"values were handed over after line {ended[0].index}, {ended[0].name}, had ended that"
    current = [
        [each for each in before if each.name in names][-1:]
        for names in (("contact-request", "supplement"), ("contact-answer",))
    ]
    if [sealed] not in current:
        yield "values were handed over that others have taken the place of"
    if sealed.name == "contact-answer":
        yield from _consented(event, before, sealed)


def _consented(event: Event, before: Sequence[Event], sealed: Event) -> Iterator[str]:
    answer = sealed.body
    request = next((each.body for each in before if each.name == "contact-request"), None)
    if not isinstance(answer, ContactAnswer) or answer.outcome != "shared" or answer.consent is None:
        yield "a victim's details were handed over without a consent"
        return
    if not answer.consent.given_at - CLOCK_SKEW <= event.shared.at < answer.consent.valid_until:
        yield "a victim's details were handed over when the consent was not valid"
    if isinstance(request, ContactRequest) and not set(event.shared.fields) <= set(request.fields):
        yield "a detail was handed over that nobody asked for"


def _sealed_by(fields: Collection[str]) -> str:
    """Where only the notice of a hand-over is in hand: whose values they must be."""
    return "review" if "reasons" in fields else "contact-answer"


def _is_yes(answer: Event | None, of: str) -> bool:
    body = answer.body if answer else None
    yes = isinstance(body, ContactAnswer) and body.outcome in ("shared", "agreed")
    return answer is not None and yes and answer.shared.jti == of


def _recalls(recall: Event | None, of: str) -> bool:
    return recall is not None and isinstance(recall.body, Recall) and recall.body.of == of


def _proceeds(review: Event | None) -> bool:
    return review is not None and isinstance(review.body, Review) and review.body.decision == "proceed"
