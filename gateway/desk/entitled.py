"""Who may give a victim their report, and who may delay what it shows: the agreement says (13.7, 13.8)."""

from typing import Final

from contracts.agreement import AccessReport, Agreement
from contracts.messages.actor import Actor, Person
from contracts.vocabulary import Role
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.desk.agency import Agency
from gateway.desk.errors import Forbidden, NotThere
from gateway.desk.ids import now
from gateway.desk.staff import Staff

NOT_A_HOLDER: Final = "Only a police force or a victim liaison unit answers a victim, and keeps this."
NOT_PROVIDED: Final = "The agreement in force does not provide for a report to a victim. Ask both parties' officers."
NOT_THIS_PERSON: Final = (
    "The agreement asks for another role here, or for training that is in date. Ask a colleague who has it."
)
SIGN_IN: Final = "Sign in again, with a second factor, before you do this."


async def provided(agency: Agency) -> AccessReport:
    """What the agreement says of reports, to an agency that answers victims. Raises NotThere, Forbidden."""
    agreement = (await agency.known()).agreement
    if (await agency.myself()).kind not in agreement.answering.kinds:
        raise NotThere(NOT_A_HOLDER)
    if agreement.access_report is None:
        raise Forbidden(NOT_PROVIDED)
    return agreement.access_report


async def to_report(agency: Agency, staff: Staff) -> AccessReport:
    """This person may give a report. Raises NotThere, Forbidden (R04)."""
    report = await provided(agency)
    _fit(agency.actor(staff), report.roles, report, (await agency.known()).agreement, report.clause)
    return report


async def to_delay(agency: Agency, staff: Staff) -> AccessReport:
    """This person may delay what reports show, and end a delay. Raises NotThere, Forbidden (R04)."""
    report = await provided(agency)
    _fit(agency.actor(staff), report.delay_roles, report, (await agency.known()).agreement, report.delay_clause)
    return report


def _fit(actor: Actor, roles: tuple[Role, ...], report: AccessReport, agreement: Agreement, clause: str) -> None:
    """Role and training by the report's table; the sign-in by that of opening (4.6)."""
    rule, at = agreement.opening, now()
    if not isinstance(actor, Person) or not terms.may_act(actor, roles, report.training, at):
        raise Forbidden(NOT_THIS_PERSON, code="R04", clauses=(clause,))
    lately = at <= due(actor.auth_time, rule.signed_in_within)
    if not lately or (rule.multi_factor and "mfa" not in actor.amr):
        raise Forbidden(SIGN_IN, code="R04", clauses=(clause, rule.clause))
