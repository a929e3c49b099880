"""The page itself, and its one style sheet."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from msgspec import Struct

from contracts.text import UUID7
from gateway.desk.calls.call import Call, Face, File, Look
from gateway.desk.calls.scene import EXAMPLE_AGENCY, EXAMPLE_ID, Scene
from gateway.desk.ids import now
from gateway.desk.manual import curl, shapes
from gateway.desk.manual.shapes import Shape
from gateway.desk.openapi import ABOUT, BASE, REFUSALS, TITLE, operation_id, schema_of
from gateway.desk.problems import DeskProblem
from gateway.desk.routes import FACES

AGENCY: Final = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)


class Entry(Struct, frozen=True, kw_only=True):
    """A call as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    curl: str
    statuses: str
    query: Shape | None = None
    body: Shape | None = None
    answer: Shape | None = None


def scene_of(request: web.Request) -> Scene:
    """What stands in the examples: the agency and the id that are asked for, where they are an agency's and an id."""
    agency, name = request.query.get("agency", ""), request.query.get("id", "")
    return Scene(
        now=now(),
        agency=agency if AGENCY.fullmatch(agency) else EXAMPLE_AGENCY,
        id=name if re.search(UUID7, name) else EXAMPLE_ID,
    )


async def manual(request: web.Request) -> web.Response:
    """Every call, with its shapes and an example to copy."""
    return web.Response(text=rendered(scene_of(request), f"http://{request.host}"), content_type="text/html",
                        charset="utf-8", headers=HEADERS)  # fmt: skip


async def style(_: web.Request) -> web.Response:
    """The style sheet."""
    return web.Response(body=_style(), content_type="text/css", charset="utf-8", headers=HEADERS)


def rendered(scene: Scene, server: str) -> str:
    """The page for this scene, of the desk at this address."""
    faces = [(face.title, list(_entries(face, scene, server))) for face in FACES]
    named = [shapes.name_of(schema_of(DeskProblem)), *_named()]
    return _template().render(
        title=TITLE,
        about=ABOUT,
        scene=scene,
        server=server,
        faces=faces,
        refusals=REFUSALS,
        shapes=[shapes.shape(name) for name in shapes.reached(*named)],
        problem=shapes.name_of(schema_of(DeskProblem)),
    )


def _entries(face: Face, scene: Scene, server: str) -> Iterator[Entry]:
    for path, look in face.looks.items():
        line = (curl.keeping if look.answer is File else curl.looking)(path, scene, server)
        yield _entry("get", path, look, line, query=shapes.after_the_mark(look.query))
    for path, call in face.calls.items():
        line = curl.calling(path, call, scene, server, to_file=call.answer is File)
        yield _entry("post", path, call, line, body=_shape(call.body))


def _entry(
    method: str, path: str, call: Call | Look, line: str, *, query: Shape | None = None, body: Shape | None = None
) -> Entry:
    return Entry(
        anchor=operation_id(method, path),
        method=method.upper(),
        path=BASE + path,
        summary=call.summary,
        description=call.description,
        curl=line,
        statuses=" or ".join(str(each.value) for each in call.statuses) if isinstance(call, Call) else "200",
        query=query,
        body=body,
        answer=None if call.answer is File else _shape(call.answer),
    )


def _shape(kind: type[Struct]) -> Shape:
    return shapes.shape(shapes.name_of(schema_of(kind)))


def _named() -> Iterator[str]:
    for face in FACES:
        bodies = [call.body for call in face.calls.values()]
        yield from (shapes.name_of(schema_of(kind)) for kind in (*bodies, *face.answers))


@cache
def _template() -> Template:
    loader = PackageLoader("gateway.desk.manual", ".")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["short"] = shapes.short
    return made.get_template("page.html")


@cache
def _style() -> bytes:
    return (files("gateway.desk.manual") / "style.css").read_bytes()
