"""The approach to the victim, step by step: how they want to be asked, each try, what they were told, what they say."""

from collections.abc import Mapping
from typing import Final, TypeVar

from aiohttp import web

from gateway.decide.calendar import begins, due
from gateway.desk import approach as approaches
from gateway.desk import colleagues
from gateway.desk.approaching import Plan, Said, Tick, Tried
from gateway.desk.case import Case
from gateway.desk.errors import Forbidden, OutOfTurn, Typed
from gateway.desk.pages.form import Form
from gateway.desk.pages.holder import about, answer_draft
from gateway.desk.pages.holder import approach_words as words
from gateway.desk.pages.holder.answer_words import CHOOSE_BY, GIVEN_BY, HOW, INFORMED, UNTIL
from gateway.desk.pages.holder.answer_words import CHOOSE_HOW as CHOOSE_SAID_HOW
from gateway.desk.pages.holder.request import ANSWERERS
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.times import local_day
from gateway.desk.pages.visit import Handler, Page, Visit, form, get
from gateway.desk.staff import same_person

Word = TypeVar("Word", bound=str)

NOON: Final = 12 * 3600


async def show(visit: Visit) -> web.StreamResponse:
    """All that is recorded so far."""
    case = await about.own(visit)
    names = await colleagues.names(visit.agency)
    recorded = await approaches.of(visit.agency, case.exchange)
    stop = await visit.agency.cabinet.change(lambda drawer: approaches.stopped(drawer, case))
    told = {each.what: each for each in recorded.told}
    return about.page(
        visit, case, "holder/approach/overview.html", "The approach",
        approach=recorded, stop=stop.detail if stop else None,
        channel=words.CHANNELS.get(recorded.channel) if recorded.channel else None,
        tries=[(each, words.CHANNELS[each.how], words.RESULTS[each.result]) for each in reversed(recorded.tries)],
        told=[(said, told.get(word)) for word, said in INFORMED.items()],
        says=words.SAID[recorded.decision],
        how=HOW[recorded.how] if recorded.how else "",
        given_by=GIVEN_BY[recorded.given_by] if recorded.given_by else "",
        name=lambda by: names.get(same_person(by or ""), "a colleague"),
        may=visit.person.role in visit.known.agreement.answering.roles and stop is None,
    )  # fmt: skip


async def _form(visit: Visit, template: str, title: str, **values: object) -> web.StreamResponse:
    case = await about.own(visit)
    back = about.here(case.exchange, "approach")
    return about.page(visit, case, f"holder/approach/{template}.html", title, back=back, **values)


async def plan(visit: Visit) -> web.StreamResponse:
    """How and when does the victim want to be asked?"""
    recorded = await approaches.of(visit.agency, visit.name)
    if not visit.form.values and recorded.channel:
        visit.form = Form({"channel": (recorded.channel,), "times": (recorded.times,)})
    return await _form(visit, "plan", "How they want to be asked", items=_items(words.CHANNELS))


async def planned(visit: Visit) -> web.StreamResponse:
    """Kept."""
    case = await _seen(visit)
    channel = visit.form.one("channel", words.CHANNELS, words.CHOOSE_CHANNEL)
    times = visit.form.text("times", most=300)
    if not visit.form.good:
        return await plan(visit)
    chosen = next(word for word in words.CHANNELS if word == channel)
    try:
        await approaches.plan(visit.agency, case.exchange, Plan(staff=visit.staff, channel=chosen, times=times))
    except (Typed, OutOfTurn, Forbidden) as error:
        return await _refused(visit, error, plan)
    return _done(visit, words.PLANNED)


async def trying(visit: Visit) -> web.StreamResponse:
    """A try to reach them."""
    if not visit.form.values:
        visit.form = Form(answer_draft.dated("on", local_day(visit.now)))
    return await _form(
        visit, "try", "A try to reach the victim", how=_items(words.CHANNELS), results=_items(words.RESULTS)
    )


async def tried(visit: Visit) -> web.StreamResponse:
    """Kept."""
    case = await _seen(visit)
    how = visit.form.one("how", words.CHANNELS, words.CHOOSE_HOW)
    result = visit.form.one("result", words.RESULTS, words.CHOOSE_RESULT)
    at = _at(visit)
    if not visit.form.good:
        return await trying(visit)
    wanted = Tried(
        staff=visit.staff,
        how=next(word for word in words.CHANNELS if word == how),
        result=next(word for word in words.RESULTS if word == result),
        at=at,
    )
    try:
        await approaches.tried(visit.agency, case.exchange, wanted)
    except (Typed, OutOfTurn, Forbidden) as error:
        return await _refused(visit, error, trying)
    return _done(visit, words.TRIED)


async def telling(visit: Visit) -> web.StreamResponse:
    """The informed-decision checklist."""
    recorded = await approaches.of(visit.agency, visit.name)
    left = {word: said for word, said in INFORMED.items() if word not in recorded.informed}
    return await _form(visit, "told", "What the victim was told", items=_items(left))


async def told(visit: Visit) -> web.StreamResponse:
    """Kept: by whom, and when."""
    case = await _seen(visit)
    ticked = visit.form.some("told", INFORMED, words.TICK)
    if not visit.form.good:
        return await telling(visit)
    try:
        await approaches.tick(visit.agency, case.exchange, Tick(staff=visit.staff, told=ticked))
    except (Typed, OutOfTurn, Forbidden) as error:
        return await _refused(visit, error, telling)
    return _done(visit, words.TICKED)


async def saying(visit: Visit) -> web.StreamResponse:
    """What do they say so far?"""
    return await _form(visit, "says", "What the victim says", items=_items(words.SAYS))


async def said(visit: Visit) -> web.StreamResponse:
    """Kept; of a yes more is asked. Nothing is sent."""
    case = await _seen(visit)
    decision = visit.form.one("decision", words.SAYS, words.CHOOSE_SAYS)
    if not visit.form.good:
        return await saying(visit)
    if decision == "yes":
        return visit.go(about.here(case.exchange, "approach/yes"))
    chosen = next(word for word in words.SAYS if word == decision)
    return await _decided(visit, Said(staff=visit.staff, decision=chosen), saying)


async def agreeing(visit: Visit) -> web.StreamResponse:
    """The yes: by whom, how, until when."""
    case, agreement = await about.own(visit), visit.known.agreement
    if not visit.form.values:
        latest = due(visit.now, agreement.consent.longest)
        visit.form = Form(answer_draft.dated("until", local_day(latest)))
    rule = agreement.rule(case.request.purpose)
    allowed = {word: GIVEN_BY[word] for word in (rule.consent_by if rule else ())}
    return await _form(
        visit, "yes", "The yes", how=_items(HOW), given_by=_items(allowed), longest=agreement.consent.longest
    )


async def agreed(visit: Visit) -> web.StreamResponse:
    """Kept; nothing is sent."""
    case, agreement = await _seen(visit), visit.known.agreement
    rule = agreement.rule(case.request.purpose)
    allowed = rule.consent_by if rule else ()
    by = allowed[0] if len(allowed) == 1 else visit.form.one("given_by", allowed, CHOOSE_BY)
    how = visit.form.one("how", HOW, CHOOSE_SAID_HOW)
    until = visit.form.day("until", UNTIL)
    if not visit.form.good or until is None:
        return await agreeing(visit)
    wanted = Said(
        staff=visit.staff,
        decision="yes",
        given_by=next(word for word in GIVEN_BY if word == by),
        how=next(word for word in HOW if word == how),
        valid_until=min(begins(until) + 86_399, due(visit.now, agreement.consent.longest)),
    )
    return await _decided(visit, wanted, agreeing)


async def _decided(visit: Visit, wanted: Said, again: Handler) -> web.StreamResponse:
    try:
        await approaches.decided(visit.agency, visit.name, wanted)
    except (Typed, OutOfTurn, Forbidden) as error:
        return await _refused(visit, error, again)
    return _done(visit, words.RECORDED)


def _at(visit: Visit) -> int | None:
    """When it was: noon of an earlier day, now for today."""
    on = visit.form.day("on", words.WHEN)
    today = local_day(visit.now)
    if on is not None and on > today:
        visit.form.fault("on", words.TO_COME)
    return None if on is None or on >= today else begins(on) + NOON


async def _seen(visit: Visit) -> Case:
    case = await about.own(visit)
    visit.check_seen(case)
    return case


async def _refused(visit: Visit, error: Typed | OutOfTurn | Forbidden, again: Handler) -> web.StreamResponse:
    """What the service found, beside what was typed."""
    if isinstance(error, Typed):
        visit.form.take(error, {"valid_until": "until", "at": "on"})
    else:
        visit.form.fault("", error.detail)
    return await again(visit)


def _done(visit: Visit, notice: str) -> web.Response:
    return visit.go(about.here(visit.name, "approach"), notice)


def _items(known: Mapping[Word, str]) -> list[dict[str, str]]:
    return [{"value": word, "text": text} for word, text in known.items()]


PAGES: Final[tuple[Page, ...]] = (
    get("/holder/requests/{id}/approach", show, POLICE),
    *form("/holder/requests/{id}/approach/plan", plan, planned, ANSWERERS),
    *form("/holder/requests/{id}/approach/try", trying, tried, ANSWERERS),
    *form("/holder/requests/{id}/approach/told", telling, told, ANSWERERS),
    *form("/holder/requests/{id}/approach/says", saying, said, ANSWERERS),
    *form("/holder/requests/{id}/approach/yes", agreeing, agreed, ANSWERERS),
)
