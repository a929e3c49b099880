"""Lines of the log that a search found, as a table; and as the audit events that prison systems know."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from contracts.event import Exact, Shared
from contracts.messages.actor import Person
from gateway.desk.exporting.sheet import Cells, Column, Sheet
from gateway.desk.inspector import Line

SERVICE: Final = "restorative-justice-gateway"

LINES: Final = Sheet(
    name="log-lines",
    title="Lines of the access log that a search found",
    columns=(
        Column(name="line", kind="whole", means="The index of the line in the log: by it anybody finds its proof."),
        Column(name="time", kind="time", means="Log time. Empty where the record has been erased."),
        Column(name="event", means="What happened: the name of a message, or of what time did."),
        Column(name="exchange", means="The exchange it belongs to. Empty for a search and its like."),
        Column(name="from", means="The agency that said it. Empty for what nobody said."),
        Column(name="to", means="The agency that it was said to, or `gateway`."),
        Column(name="decision", means="What the gateway decided: accepted or refused."),
        Column(name="person", means="The agency’s own pseudonym for who acted. Only the agency knows the person."),
        Column(name="role", means="The role in which they acted; `system` where no person did."),
        Column(name="training", means="Their training as the agency vouched for it."),
        Column(name="purpose", means="The purpose of the exchange."),
        Column(name="code", means="The exact reason code. Requesters do not see it: keep it from them."),
        Column(name="clauses", means="The clauses of the agreement that it was decided by, with spaces between."),
        Column(name="state", means="Where the exchange stood after it."),
        Column(name="why", means="Why something was searched for, opened or cancelled, from a closed list; or what was "
                                 "wrong with what was refused."),
        Column(name="fields", means="The details that were handed on or opened, by name; never their values."),
        Column(name="dropped", means="The details that the gateway kept back, by name."),
        Column(name="message", means="The id of the message."),
        Column(name="erased", kind="yes-no", means="Whether the record of this line is erased. Its proof stands."),
    ),
    notes=(
        "Section 62(4) of the Data Protection Act 2018 limits their use. Figures come of case records, not of these.",
        "In CSV, a text that a spreadsheet could take for a formula has an apostrophe before it.",
    ),
)  # fmt: skip


class AuditEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """The audit event of HMPPS services. `details` is JSON as text; `who` is a pseudonym, never a user name."""

    what: str
    when: str
    who: str
    subject_id: str
    subject_type: str
    correlation_id: str
    service: str
    details: str


AUDIT: Final = Sheet(
    name="prison-audit-events",
    title="Lines of the access log as audit events of prison systems",
    columns=(
        Column(name="what", means="`RJ_` and the event, in capitals: RJ_OPEN, RJ_CONTACT_REQUEST."),
        Column(name="when", means="Log time in UTC (ISO 8601)."),
        Column(name="who", means="The agency and its own pseudonym for who acted; `SYSTEM` where no person did."),
        Column(name="subjectId", means="The exchange. No prisoner and no victim is named at the gateway."),
        Column(name="subjectType", means="RJ_EXCHANGE, or NOT_APPLICABLE where the line belongs to none."),
        Column(name="correlationId", means="The id of the message; else the index of the line."),
        Column(name="service", means="The service that recorded it."),
        Column(name="details", means="Everything else that the line says, as JSON."),
    ),
    notes=("A line whose record has been erased has no event.",),
)


def rows(lines: Iterable[Line]) -> Iterator[Cells]:
    """A row for each line."""
    for line in lines:
        yield _row(line.index, line.shared, line.exact)


def _row(index: int, shared: Shared | None, exact: Exact | None) -> Cells:
    if shared is None or exact is None:
        return (index, *(None,) * (len(LINES.columns) - 2), True)
    actor = exact.actor
    person = actor if isinstance(actor, Person) else None
    return (
        index, shared.at, shared.event, shared.exchange, shared.iss, shared.to, shared.decision,
        actor.id if actor else None, person.role if person else ("system" if actor else None),
        person.training if person else None, exact.purpose, exact.code, " ".join(exact.clauses), exact.state, exact.why,
        " ".join(shared.fields), " ".join(exact.withheld), shared.jti, False,
    )  # fmt: skip


def audit_events(lines: Iterable[Line]) -> Iterator[AuditEvent]:
    """An event for each line that is still opened."""
    for line in lines:
        if line.shared is not None and line.exact is not None:
            yield _event(line.index, line.shared, line.exact)


def audit_rows(lines: Iterable[Line]) -> Iterator[Cells]:
    """The events as rows of `AUDIT`."""
    for each in audit_events(lines):
        yield (
            each.what, each.when, each.who, each.subject_id, each.subject_type, each.correlation_id, each.service,
            each.details,
        )  # fmt: skip


def _event(index: int, shared: Shared, exact: Exact) -> AuditEvent:
    details = {
        "line": index,
        "to": shared.to,
        "decision": shared.decision,
        "role": exact.actor.role if isinstance(exact.actor, Person) else None,
        "purpose": exact.purpose,
        "code": exact.code,
        "clauses": list(exact.clauses),
        "why": exact.why,
        "fields": list(shared.fields),
    }
    said = {name: value for name, value in details.items() if value not in (None, [])}
    return AuditEvent(
        what=f"RJ_{shared.event.upper().replace('-', '_')}",
        when=datetime.fromtimestamp(shared.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        who=f"{shared.iss}/{exact.actor.id}" if exact.actor else "SYSTEM",
        subject_id=shared.exchange or "",
        subject_type="RJ_EXCHANGE" if shared.exchange else "NOT_APPLICABLE",
        correlation_id=shared.jti or f"line-{index}",
        service=SERVICE,
        details=msgspec.json.encode(said).decode(),
    )
