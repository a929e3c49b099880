"""Something between a desk and its gateway: a bad line, or an operator who lies."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from contracts.codec import encode
from contracts.reply import Problem

Spoil = Callable[[str, bytes], bytes]


@dataclass
class Between:
    """`away`: nobody answers. `lose`: how many answers to posts get lost. `spoil` and `status` change them.

    `instead`: what a post is answered in place of passing it on, or None.
    """

    target: str
    http: aiohttp.ClientSession
    url: str = ""
    away: bool = False
    lose: int = 0
    status: int | None = None
    spoil: Spoil = lambda path, body: body
    instead: Callable[[bytes], Problem | None] = lambda body: None
    posted: list[bytes] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.away:
            return web.Response(status=503)
        if request.method == "POST":
            self.posted.append(body)
            if (problem := self.instead(body)) is not None:
                return web.Response(status=problem.status, body=encode(problem))
        headers = (
            {"Authorization": request.headers.get("Authorization", "")} if "Authorization" in request.headers else {}
        )
        async with self.http.request(
            request.method, self.target + request.raw_path, data=body or None, headers=headers
        ) as answer:
            status, told = answer.status, await answer.read()
        if request.method == "POST" and self.lose:
            self.lose -= 1
            return web.Response(status=503)
        if request.method == "POST" and self.status:
            status = self.status
        return web.Response(status=status, body=self.spoil(request.path, told), content_type=answer.content_type)


@asynccontextmanager
async def between(target: str) -> AsyncIterator[Between]:
    """A stand between, on any free port of loopback."""
    async with aiohttp.ClientSession() as http:
        stand = Between(target, http)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stand.pass_on)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield stand
        finally:
            await runner.cleanup()
