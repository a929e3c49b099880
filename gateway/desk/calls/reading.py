"""What stands in an address: the id in its path and what comes after the `?`."""

import re
from typing import Annotated, Final, TypeVar

from aiohttp import web
from msgspec import Meta, Struct

from contracts.text import UUID7, Id
from gateway.desk import problems
from gateway.desk.errors import Fault, NotThere, Typed

W = TypeVar("W", bound=str)

PAGE: Final = 100
LONGEST_PAGE: Final = 500

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_NAME: Final = re.compile(UUID7)

After = Annotated[int, Meta(ge=0, description="The `next` of the page before.")]
Limit = Annotated[int, Meta(ge=1, le=LONGEST_PAGE, description="How many at most.")]


class Paged(Struct, frozen=True, kw_only=True):
    """A list is asked for page by page."""

    after: After = 0
    limit: Limit = PAGE


def name_in(request: web.Request) -> str:
    """The id in the path, empty where there is none; anything else could lead to another path. Raises NotThere."""
    name = request.match_info.get("id", "")
    if name and not _NAME.search(name):
        raise NotThere(problems.NOTHING_HERE)
    return name


def id_asked(request: web.Request, name: str) -> Id | None:
    """An id after the `?`; None for anything else."""
    given = request.query.get(name, "")
    return given if _NAME.search(given) else None


def word(request: web.Request, name: str, words: tuple[W, ...]) -> W | None:
    """One of these words after the `?`; None where nothing is asked. Raises Typed for anything else."""
    given = request.query.get(name)
    found = next((each for each in words if each == given), None)
    if given is not None and found is None:
        raise Typed(Fault(name=name, detail="There is no such word here. The local API's document lists them."))
    return found


def number(request: web.Request, name: str, otherwise: int) -> int:
    """A whole number after the `?`."""
    text = request.query.get(name, "")
    return int(text) if _WHOLE.fullmatch(text) else otherwise


def limit(request: web.Request) -> int:
    """How many a page holds."""
    return max(1, min(number(request, "limit", PAGE), LONGEST_PAGE))
