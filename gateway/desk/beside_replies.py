"""What the local API answers about what a desk keeps beside its cases: plain JSON, one struct for each shape."""

from msgspec import Struct

from gateway.desk import words
from gateway.desk.board import Counts, Load, Page
from gateway.desk.row import Allocation, Row
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
