"""What an inspectorate calls. Each search and each look is itself a line of the log."""

from collections.abc import Mapping
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta, Struct

from contracts.reply import ExchangeView
from contracts.text import Id
from gateway.desk import case_records, counting, evidence, inspector
from gateway.desk.agency import Agency
from gateway.desk.calls.call import Call, File, Look, doing
from gateway.desk.calls.everybody import ZIP, bundle_name
from gateway.desk.calls.reading import id_asked, name_in
from gateway.desk.case_records import CasesPage, PageCases
from gateway.desk.counting import CountFigures, Figures
from gateway.desk.inspecting import GiveEvidence, OpenReasons, Search
from gateway.desk.replies import Lines, Reasons


class BySearch(Struct, frozen=True, kw_only=True):
    """An exchange is shown to whoever has said why."""

    search: Annotated[Id, Meta(description="The `jti` of a search about this exchange, within the hour.")] | None = None


async def _search(agency: Agency, _: str, wanted: Search) -> Lines:
    return Lines.of(await inspector.search(agency, wanted), wanted.after)


async def _open_reasons(agency: Agency, exchange: str, wanted: OpenReasons) -> Reasons:
    return Reasons.of(await inspector.open_reasons(agency, exchange, wanted))


async def _case_records(agency: Agency, _: str, wanted: PageCases) -> CasesPage:
    return await case_records.one_page(agency, wanted)


async def _figures(agency: Agency, _: str, wanted: CountFigures) -> Figures:
    return await counting.figures(agency, wanted)


async def _evidence(agency: Agency, exchange: str, wanted: GiveEvidence) -> File:
    return File(name=bundle_name(exchange), content=await evidence.of_exchange(agency, exchange, wanted))


async def _exchange(agency: Agency, request: web.Request) -> ExchangeView:
    return await inspector.view(agency, name_in(request), id_asked(request, "search"))


CALLS: Final[Mapping[str, Call]] = {
    "searches": doing(
        Search,
        _search,
        Lines,
        "Search the log",
        description="One search looks at 100,000 lines at the most: unless it is `complete`, go on `after` its `next`.",
        example=lambda scene: Search(staff=scene.inspector, why="inspection", since=scene.at(-30)),
        kept=False,
    ),
    "exchanges/{id}/open-reasons": doing(
        OpenReasons,
        _open_reasons,
        Reasons,
        "Read a reviewer's reasons",
        description="`of` is the id of the review, which a search shows.",
        example=lambda scene: OpenReasons(
            staff=scene.inspector, why="quality-assurance", no_conflict=True, of=scene.id
        ),
        kept=False,
    ),
    "exchanges/{id}/evidence": doing(
        GiveEvidence,
        _evidence,
        File,
        "Take the evidence of a whole exchange",
        description="A ZIP in which every signature and proof has been checked. The log says first who wants it, and "
        "why.",
        example=lambda scene: GiveEvidence(staff=scene.inspector, why="complaint"),
        kept=False,
        media=ZIP,
    ),
    "case-records": doing(
        PageCases,
        _case_records,
        CasesPage,
        "Take a page of case records, by which cases are counted",
        description="Each page is a search of the log with its reason. It names nobody, and may be empty and still "
        "have a `next`.",
        example=lambda scene: PageCases(staff=scene.inspector, why="inspection", since=scene.at(-30)),
        kept=False,
    ),
    "figures": doing(
        CountFigures,
        _figures,
        Figures,
        "Count cases by force, prison or group of offences",
        description="By one search of the log with its reason. They are exact, and not for publication.",
        example=lambda scene: CountFigures(staff=scene.inspector, why="inspection", by="force", since=scene.at(-30)),
        kept=False,
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "exchanges/{id}": Look(
        summary="Show an exchange as an inspector may see it",
        description="By a search about it, of this desk and within the hour; otherwise 403, whether or not there is "
        "such an exchange.",
        answer=ExchangeView,
        do=_exchange,
        query=BySearch,
    ),
}
