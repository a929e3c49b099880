"""Somebody without a screen who signs in and follows every link: what the pages hold, and under which headers."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import aiohttp

from tests.pages.world import World

LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
TYPED = re.compile(r'<(?:input(?=[^>]*type="(?:text|search|number|tel)")|textarea)[^>]*\bname="([^"]+)"')
MOST_PAGES = 150


@dataclass(frozen=True)
class Visited:
    """One answer: where, how, and what."""

    path: str
    status: int
    headers: dict[str, str]
    body: str

    @property
    def title(self) -> str:
        found = TITLE.search(self.body)
        return html.unescape(found[1]) if found else ""


@dataclass
class Crawler:
    """A member of staff, signed in."""

    http: aiohttp.ClientSession
    address: str
    seen: dict[str, Visited] = field(default_factory=dict)

    async def get(self, path: str) -> Visited:
        """One page, as it answers: nothing is followed."""
        async with self.http.get(self.address + path, allow_redirects=False) as answer:
            kind = answer.headers.get("Content-Type", "")
            body = await answer.text() if kind.startswith(("text/", "image/svg")) else ""
            return Visited(path, answer.status, {**answer.headers}, body)

    async def post(self, path: str, values: dict[str, str]) -> Visited:
        """One form, as it answers."""
        async with self.http.post(self.address + path, data=values, allow_redirects=False) as answer:
            kind = answer.headers.get("Content-Type", "")
            return Visited(path, answer.status, {**answer.headers}, await answer.text() if "text" in kind else "")

    async def crawl(self, *starts: str) -> list[Visited]:
        """Every page that links lead to, from these."""
        waiting = list(starts or ("/",))
        while waiting and len(self.seen) < MOST_PAGES:
            path = waiting.pop(0)
            if path in self.seen or path.startswith(("/assets/", "/sign-in")):
                continue
            found = self.seen[path] = await self.get(path)
            onwards = [html.unescape(link) for link in LINK.findall(found.body)]
            if "Location" in found.headers:
                onwards.append(urlsplit(urljoin(self.address, found.headers["Location"])).path)
            waiting += [link for link in onwards if link not in self.seen]
        return list(self.seen.values())

    async def token(self) -> str:
        """The word that a form of this session carries."""
        found = CSRF.search((await self.get("/session-token-of-a-page-that-is-not-there")).body)
        for each in (found, *(CSRF.search(page.body) for page in self.seen.values())):
            if each is not None:
                return each[1]
        raise AssertionError("No page had a form.")


@asynccontextmanager
async def signed_in(world: World, agency: str, post: str) -> AsyncIterator[Crawler]:
    """A crawler as one of the demonstration's staff."""
    address = world.address(agency)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(f"{address}/sign-in") as page:
            token = CSRF.search(await page.text())
        assert token is not None
        body = {"csrf": token[1], "staff": world.person(agency, post)["id"]}
        async with http.post(f"{address}/sign-in/demo", data=body, allow_redirects=False) as answer:
            assert answer.status == 303
        yield Crawler(http, address)
