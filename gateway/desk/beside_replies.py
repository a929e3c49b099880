"""What the local API answers about what a desk keeps beside its cases: plain JSON, one struct for each shape."""

from msgspec import Struct
from msgspec.structs import asdict

from contracts.directory import Office
from contracts.messages.contact_answer import Consent
from gateway.desk import beside_words, showing, words
from gateway.desk.approach import Approach, Told, Try
from gateway.desk.board import Counts, Load, Page
from gateway.desk.case import Case
from gateway.desk.copies import Copied
from gateway.desk.letters import Content, Held
from gateway.desk.letters import Standing as LetterStanding
from gateway.desk.letters_in import LetterIn
from gateway.desk.referrals import Referral, Standing
from gateway.desk.replies import Spoken
from gateway.desk.row import Allocation, Row
from gateway.desk.transfer import Slip
from gateway.desk.trust import Known


class WorkRow(Row, frozen=True, kw_only=True, eq=False):
    """A row of the work list, with words beside it."""

    state_words: str
    other_name: str | None
    due_words: str | None

    @classmethod
    def of(cls, row: Row, known: Known) -> "WorkRow":
        """As the local API says it."""
        listed = known.directory.agency(row.other)
        return cls(
            **{name: getattr(row, name) for name in Row.__struct_fields__},
            state_words=words.state(row.side, row.state),
            other_name=listed.name if listed else None,
            due_words=words.by(row.due_at) if row.due_at is not None else None,
        )


class WorkPage(Struct, frozen=True, kw_only=True):
    """A page of the work list."""

    rows: tuple[WorkRow, ...]
    total: int
    first: int
    next: str | None
    previous: str | None
    counts: Counts

    @classmethod
    def of(cls, page: Page, known: Known) -> "WorkPage":
        """As the local API says it."""
        return cls(
            rows=tuple(WorkRow.of(row, known) for row in page.rows),
            total=page.total,
            first=page.first,
            next=page.next,
            previous=page.previous,
            counts=page.counts,
        )


class Gateway(Struct, frozen=True, kw_only=True):
    """Whether the gateway answered at the last try; since when it has not, and how much waits for it."""

    reachable: bool
    since: int | None
    waiting: int
    words: str | None


class HandedOn(Struct, frozen=True, kw_only=True):
    """The slip for the prisoner's file, and what became of the cancellation."""

    slip: Slip
    spoken: Spoken


class Copies(Struct, frozen=True, kw_only=True):
    """Every copy that was made on a case."""

    copies: tuple[Copied, ...]


class Allocated(Struct, frozen=True, kw_only=True):
    """Whose a case is; all null where it is nobody's."""

    exchange: str
    to: str | None
    name: str | None
    at: int | None

    @classmethod
    def of(cls, exchange: str, given: Allocation | None) -> "Allocated":
        """As the local API says it."""
        if given is None:
            return cls(exchange=exchange, to=None, name=None, at=None)
        return cls(exchange=exchange, to=given.to, name=given.name, at=given.at)


class Loads(Struct, frozen=True, kw_only=True):
    """How much each person has in hand."""

    people: tuple[Load, ...]


class ToldReferral(Struct, frozen=True, kw_only=True):
    """A referral as the coordinator sees it."""

    id: str
    kind: str
    state: str
    words: str
    by: str
    at: int
    why: str
    prison_number: str | None
    offender: str | None
    course: str | None
    completed_on: str | None
    draft: str | None
    exchange: str | None
    closed_at: int | None
    reason: str | None

    @classmethod
    def of(cls, kept: Referral) -> "ToldReferral":
        """As the local API says it."""
        members = {name: getattr(kept, name) for name in cls.__struct_fields__ if name != "words"}
        return cls(**members, words=beside_words.REFERRED[kept.standing])


class Referrals(Struct, frozen=True, kw_only=True):
    """All that fit, in the order in which they came."""

    referrals: tuple[ToldReferral, ...]


class OwnReferral(Struct, frozen=True, kw_only=True):
    """A referral as whoever made it sees it: never what came of a request."""

    id: str
    kind: str
    at: int
    prison_number: str | None
    offender: str | None
    why: str
    standing: Standing
    words: str

    @classmethod
    def of(cls, kept: Referral) -> "OwnReferral":
        """As the local API says it."""
        return cls(
            id=kept.id,
            kind=kept.kind,
            at=kept.at,
            prison_number=kept.prison_number,
            offender=kept.offender,
            why=kept.why,
            standing=kept.standing,
            words=beside_words.REFERRED[kept.standing],
        )


class Mine(Struct, frozen=True, kw_only=True):
    """What one person has referred, newest first."""

    referrals: tuple[OwnReferral, ...]


class ToldLetter(Struct, frozen=True, kw_only=True):
    """A letter of apology and how it stands, without what it says.

    `send_to` is the office to ring and send it to, where the victim wants it; `what_may_be_told` goes with its case.
    """

    id: str
    sha256: str
    check_code: str
    media: str
    size: int
    at: int
    prison_number: str | None
    offender: str | None
    referral: str | None
    exchange: str | None
    in_place_of: str | None
    replaced_by: str | None
    sent_on: str | None
    ended_at: int | None
    standing: LetterStanding
    words: str
    send_to: Office | None
    what_may_be_told: str | None

    @classmethod
    def of(cls, held: Held, known: Known) -> "ToldLetter":
        """As the local API says it."""
        letter, case = held.letter, held.case
        beside = {"standing", "words", "send_to", "what_may_be_told"}
        return cls(
            **{name: getattr(letter, name) for name in cls.__struct_fields__ if name not in beside},
            standing=held.standing,
            words=beside_words.LETTERS[held.standing],
            send_to=showing.office(case, known.directory) if case and held.standing == "wanted" else None,
            what_may_be_told=words.may_be_told(case.state) if case else None,
        )


class Letters(Struct, frozen=True, kw_only=True):
    """All of them, in the order in which they came."""

    letters: tuple[ToldLetter, ...]


class LetterContent(Struct, frozen=True, kw_only=True):
    """What a letter says: its text, or the scan in base64."""

    media: str
    text: str | None
    scan: bytes | None

    @classmethod
    def of(cls, content: Content) -> "LetterContent":
        """As the local API says it."""
        written = content.media == "text/plain"
        return cls(
            media=content.media,
            text=content.body.decode() if written else None,
            scan=None if written else content.body,
        )


class ToldLetterIn(LetterIn, frozen=True, kw_only=True, omit_defaults=False):
    """What became of the letter of a case at the office that hands it over."""

    @classmethod
    def of(cls, kept: LetterIn) -> "ToldLetterIn":
        """As the local API says it."""
        return cls(**asdict(kept))


class ToldApproach(Struct, frozen=True, kw_only=True):
    """The approach of a case; `consent` is what its answer may be filled in with."""

    exchange: str
    channel: str | None
    times: str
    planned_at: int | None
    tries: tuple[Try, ...]
    told: tuple[Told, ...]
    decision: str
    decided_at: int | None
    consent: Consent | None

    @classmethod
    def of(cls, kept: Approach, case: Case, known: Known) -> "ToldApproach":
        """As the local API says it."""
        members = {name: getattr(kept, name) for name in cls.__struct_fields__ if name != "consent"}
        return cls(**members, consent=kept.consent(case, known.agreement))
