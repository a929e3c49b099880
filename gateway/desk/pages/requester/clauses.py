"""Why not: the clauses of the agreement that stand in the way, as their signatories read them."""

from collections.abc import Iterable
from datetime import date

from contracts.agreement import Agreement, Clause, PurposeRule
from contracts.directory import Agency as Listed
from contracts.vocabulary import TRAINING_LADDER, Field
from gateway.desk.pages.requester.asking_words import FIELDS
from gateway.desk.staff import Staff


def clauses(agreement: Agreement, numbers: Iterable[str]) -> tuple[Clause, ...]:
    """Clauses by their numbers, each once."""
    wanted = dict.fromkeys(numbers)
    return tuple(clause for clause in agreement.clause if clause.number in wanted)


def of_fields(agreement: Agreement, rule: PurposeRule) -> tuple[Clause, ...]:
    """Why no other details can be asked for."""
    return clauses(agreement, (rule.fields_clause, agreement.reason_for("R17").clause))


def other_fields(rule: PurposeRule) -> tuple[Field, ...]:
    """The details that this purpose does not allow."""
    return tuple(field for field in FIELDS if field not in rule.fields)


def of_grounds(agreement: Agreement, rule: PurposeRule) -> tuple[Clause, ...]:
    """Why these grounds are needed."""
    return clauses(agreement, (agreement.reason_for("R21").clause, rule.grounds_clause))


def of_child(agreement: Agreement) -> tuple[Clause, ...]:
    """How a child is reached."""
    return clauses(agreement, (agreement.children.clause,))


def standing_in_the_way(agreement: Agreement, listed: Listed, staff: Staff, today: date) -> tuple[Clause, ...]:
    """What would be refused whatever is asked: said before somebody answers ten questions. The gateway decides."""
    numbers = []
    if not agreement.in_force <= today <= agreement.ends:
        numbers.append(agreement.term_clause)
    asking = agreement.asking
    over = staff.trained_until is not None and date.fromisoformat(staff.trained_until) < today
    steps = [step for step in TRAINING_LADDER if step == staff.training] if not over else []
    trained = bool(steps) and TRAINING_LADDER.index(steps[0]) >= TRAINING_LADDER.index(asking.training)
    if listed.kind not in asking.kinds or staff.role not in asking.roles or not trained:
        numbers.append(asking.clause)
    return clauses(agreement, numbers)
