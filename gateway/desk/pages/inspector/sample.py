"""A dip sample: cases drawn by a seed that everybody can draw again, to be looked at one by one."""

from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct
from msgspec.structs import replace

from contracts.vocabulary import SearchReason
from gateway.desk import case_records, counting
from gateway.desk.case_records import Cases, CountCases
from gateway.desk.exporting import figures as sheets
from gateway.desk.exporting.sheet import File
from gateway.desk.figures import sample
from gateway.desk.figures.sample import Draw, Drawn, Sample
from gateway.desk.pages.inspector import asked, case_words, handing_out, words
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.times import Tag
from gateway.desk.pages.visit import Page, Visit, form, get

HOME: Final = "/inspector/sample"
OF: Final = f"{HOME}/{{id}}"
SIZE: Final = "Give the number of cases: a whole number from 1 to 500."
SEED: Final = "Give a seed of 1 to 80 letters, digits and signs without accents, such as a lottery draw of the day."
SAY_OF: Final = "Choose which cases."
Which = Literal["every", "sensitive"]
OF_WORDS: Final[dict[Which, str]] = {"every": "All cases", "sensitive": "Sensitive cases alone"}


class Held(Struct, frozen=True, kw_only=True):
    """A sample, and the cases it was drawn from."""

    sample: Sample
    cases: Cases
    names: dict[str, str]
    why: SearchReason


class Shown(Struct, frozen=True, kw_only=True):
    """A case of the sample in words."""

    exchange: str
    force: str
    prison: str
    purpose: str
    state: Tag
    reason: str
    review: str
    asked_at: int
    answered_at: int | None
    came: str
    number: str


async def ask(visit: Visit) -> web.StreamResponse:
    """What to draw, by which seed, and why."""
    asked.propose_period(visit)
    given = {"whys": asked.whys(), "of": [{"value": value, "text": text} for value, text in OF_WORDS.items()]}
    return visit.render("inspector/sample_ask.html", given)


async def draw(visit: Visit) -> web.StreamResponse:
    """Gather and draw."""
    why, wanted = asked.why(visit), _wanted(visit)
    if why is None or wanted is None:
        return await ask(visit)
    since, end = wanted.period.instants
    gathered = await case_records.gather(
        visit.agency, CountCases(staff=visit.staff, why=why, since=since, until=end - 1)
    )
    drawn = sample.draw(gathered.records, wanted)
    names = await counting.names_of(visit.agency, gathered.records)
    held = Held(sample=drawn, cases=replace(gathered, records=()), names=names, why=why)
    asked.hold(visit, _place(gathered.jti), held)
    return visit.go(f"{HOME}/{gathered.jti}")


async def show(visit: Visit) -> web.StreamResponse:
    """The cases, and how they were drawn."""
    held = asked.held(visit, _place(visit.name), Held)
    made = await handing_out.made(lambda: _files(held))
    return visit.render(
        "inspector/sample.html",
        held=held,
        draw=held.sample.draw,
        drawn=[_shown(held, each) for each in held.sample.drawn],
        why=words.WHY[held.why],
        of=OF_WORDS[held.sample.draw.of],
        offered=handing_out.offered(made),
        columns=handing_out.columns(sheets.SAMPLE),
        here=f"{HOME}/{visit.name}",
        back=HOME,
    )


async def download(visit: Visit) -> web.StreamResponse:
    """One of the files."""
    held = asked.held(visit, _place(visit.name), Held)
    return handing_out.download(await handing_out.made(lambda: _files(held)), visit.request.match_info["file"])


def _wanted(visit: Visit) -> Draw | None:
    typed = visit.form
    period, seed = asked.period(visit), typed.text("seed", SEED, most=80)
    if seed and not _fits(seed):
        typed.fault("seed", SEED)
    size = _size(visit)
    of = typed.one("of", OF_WORDS, SAY_OF)
    if not typed.good or period is None or size is None:
        return None
    which: Which = "sensitive" if of == "sensitive" else "every"
    return Draw(seed=seed, period=period, size=size, by_force=typed.ticked("by_force"), of=which)


def _size(visit: Visit) -> int | None:
    try:
        size: int = msgspec.convert(visit.form.text("size"), Annotated[int, Meta(ge=1, le=500)], strict=False)
    except msgspec.ValidationError:
        visit.form.fault("size", SIZE)
        return None
    return size


def _fits(seed: str) -> bool:
    try:
        msgspec.convert(seed, sample.Seed)
    except msgspec.ValidationError:
        return False
    return True


def _files(held: Held) -> tuple[File, ...]:
    drawn, wanted = held.sample, held.sample.draw
    how = f"Seed: {wanted.seed}. Cases asked from {wanted.period.words}. {OF_WORDS[wanted.of]}, {drawn.among} in all."
    sheet = replace(sheets.SAMPLE, notes=(drawn.method, how))
    return handing_out.table(sheet, list(sheets.sample_rows(drawn)), held.cases.at)


def _shown(held: Held, drawn: Drawn) -> Shown:
    case = drawn.case
    return Shown(
        exchange=case.exchange,
        force=held.names.get(case.holder, case.holder),
        prison=held.names.get(case.requester, case.requester),
        purpose=words.PURPOSES[case.purpose],
        state=case_words.STATES[case.state],
        reason=words.code(case.code) if case.code else "",
        review=case_words.REVIEW[case.review] if drawn.sensitive else "",
        asked_at=case.asked_at,
        answered_at=case.answered_at,
        came=case_words.CHOSE.get(case.outcome.chose, "") if case.outcome else "",
        number=drawn.number,
    )


def _place(jti: str) -> str:
    return f"sample {jti}"


PAGES: Final[tuple[Page, ...]] = (
    *form(HOME, ask, draw, INSPECTOR),
    get(OF, show, INSPECTOR),
    get(f"{OF}/files/{handing_out.FILE}", download, INSPECTOR),
)
