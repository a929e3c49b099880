"""What a victim's report does not show yet (clause 13.8): listed, decided for one case, ended. A reviewer does it."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.vocabulary import AgencyKind, DelayReason
from gateway.desk import colleagues, delays, entitled, handovers, holder, telling
from gateway.desk.answering import DelayShowing, EndDelay
from gateway.desk.case import Case
from gateway.desk.delays import Delay
from gateway.desk.errors import Forbidden, NotThere, Typed
from gateway.desk.handovers import HandOver
from gateway.desk.pages.holder import about, lines, terms, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, form

LIST: Final = "/holder/access/delays"
NO_REASON: Final = "Choose why it is not shown yet. Clause {clause} allows these reasons and no other."
NO_DAY: Final = "Enter the day from which it is shown again."
NO_SPAN: Final = "Choose which times are not shown yet."
NO_LINES: Final = "Tick the times that are not shown yet."
NO_SUCH: Final = "There is no such delay at your agency."
DECIDED: Final = "It is decided. Every report of this victim says how many times are left out, why, and until when."
ENDED: Final = "The delay has ended. What it hid is shown from now on."
WHICH: Final = {"all": "All of them, and those that are still to come", "some": "Only some of them"}


class Line(Struct, frozen=True, kw_only=True):
    """A delay as the list shows it."""

    kept: Delay
    reason: str
    by: str
    lifted_by: str | None
    stands: bool


class Time(Struct, frozen=True, kw_only=True):
    """One time at which something was handed over, as staff choose it."""

    leaf: int
    at: int
    who: str


async def every(visit: Visit) -> web.StreamResponse:
    """Those that stand, then those that are over; and the way to a case."""
    return await _listed(visit)


async def find(visit: Visit) -> web.StreamResponse:
    """The case to decide one for."""
    typed = visit.form.text("find", lines.NAME_IT)
    found: tuple[Case, ...] = ()
    if typed:
        try:
            found = await lines.find(visit.agency, typed)
        except Typed as error:
            visit.form.take(error)
        except NotThere as error:
            visit.form.fault("find", error.detail)
    if len(found) == 1:
        return visit.go(f"/holder/requests/{found[0].exchange}/delay")
    return await _listed(visit, found)


async def _listed(visit: Visit, found: tuple[Case, ...] = ()) -> web.StreamResponse:
    names = dict(await colleagues.names(visit.agency))
    known = [_line(visit, each, names) for each in reversed(await delays.every(visit.agency))]
    return visit.render(
        "holder/delays.html",
        stand=[each for each in known if each.stands],
        over=[each for each in known if not each.stands],
        found=found,
        may=await _may(visit),
        terms=await entitled.provided(visit.agency),
        purposes=words.PURPOSES,
    )


async def _may(visit: Visit) -> bool:
    try:
        await entitled.to_delay(visit.agency, visit.staff)
    except Forbidden:
        return False
    return True


def _line(visit: Visit, kept: Delay, names: dict[str, str]) -> Line:
    return Line(
        kept=kept,
        reason=terms.DELAYS[kept.reason],
        by=lines.called(names, kept.by),
        lifted_by=lines.called(names, kept.lifted_by) if kept.lifted_at else None,
        stands=kept.lifted_at is None and visit.now < kept.until,
    )


async def consider(visit: Visit) -> web.StreamResponse:
    """The form for one case."""
    await entitled.to_delay(visit.agency, visit.staff)
    return await _form(visit, await holder.own(visit.agency, visit.name))


async def decide(visit: Visit) -> web.StreamResponse:
    """These hand-overs are not shown until a day."""
    rule = await entitled.to_delay(visit.agency, visit.staff)
    case, typed = await holder.own(visit.agency, visit.name), visit.form
    which = typed.one("which", WHICH, NO_SPAN)
    chosen = tuple(int(each) for each in typed.every("lines") if each.isdecimal()) if which == "some" else ()
    if which == "some" and not chosen:
        typed.fault("lines", NO_LINES)
    reason = next((each for each in rule.delay_reasons if each == typed.value("reason")), None)
    if reason is None:
        typed.fault("reason", NO_REASON.format(clause=rule.delay_clause))
    until = typed.day("until", NO_DAY)
    if not typed.good or reason is None or until is None:
        return await _form(visit, case)
    wanted = DelayShowing(
        staff=visit.staff, exchange=case.exchange, reason=reason, until=until.isoformat(), lines=chosen
    )
    return await _decided(visit, case, wanted)


async def _decided(visit: Visit, case: Case, wanted: DelayShowing) -> web.StreamResponse:
    try:
        await delays.delay(visit.agency, wanted)
    except Typed as error:
        visit.form.take(error)
    except Forbidden as error:  # to themselves: only they know which of the times is their own
        visit.form.fault("lines", error.detail)
    if not visit.form.good:
        return await _form(visit, case)
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    return visit.go(LIST, DECIDED)


async def _form(visit: Visit, case: Case) -> web.StreamResponse:
    handed = await visit.agency.cabinet.change(lambda drawer: handovers.of_case(drawer, case))
    own = (await visit.agency.myself()).kind
    rule = await entitled.provided(visit.agency)
    reasons: dict[DelayReason, str] = {each: terms.DELAYS[each] for each in rule.delay_reasons}
    return visit.render(
        "holder/delay.html",
        about.about(visit, case),
        times=[_time(each, own) for each in sorted(handed, key=lambda each: each.leaf)],
        which=WHICH,
        reasons=reasons,
        terms=rule,
    )


def _time(handed: HandOver, own: AgencyKind) -> Time:
    kind = own if handed.own else handed.by_kind
    return Time(leaf=handed.leaf, at=handed.at, who=telling.who(handed.role, kind, None))


async def ending(visit: Visit) -> web.StreamResponse:
    """What ending it means."""
    await entitled.to_delay(visit.agency, visit.staff)
    names = dict(await colleagues.names(visit.agency))
    return visit.render("holder/delay_end.html", each=_line(visit, await _one(visit), names))


async def end(visit: Visit) -> web.StreamResponse:
    """It is shown from now on."""
    await delays.lift(visit.agency, visit.name, EndDelay(staff=visit.staff))
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    return visit.go(LIST, ENDED)


async def _one(visit: Visit) -> Delay:
    found = await visit.agency.cabinet.get(delays.KIND, visit.name, Delay)
    if found is None:
        raise NotThere(NO_SUCH)
    return found


PAGES: Final[tuple[Page, ...]] = (
    *form(LIST, every, find, POLICE),
    *form(f"{LIST}/{{id}}/end", ending, end, POLICE),
    *form("/holder/requests/{id}/delay", consider, decide, POLICE),
)
