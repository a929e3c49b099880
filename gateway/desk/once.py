"""A call under an `Idempotency-Key` at the edge: done once, answered the same again (the steps are in `repeats`)."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from aiohttp import web
from msgspec.structs import replace

from contracts.codec import b64url, encode
from gateway.desk import problems, repeats
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.caller import Caller
from gateway.desk.calls.call import JSON, Call, Within
from gateway.desk.errors import DeskError, Refused
from gateway.desk.repeats import Repeat
from gateway.desk.replies import Spoken
from gateway.desk.showing import show

HEADER: Final = "Idempotency-Key"
LEAF: Final = web.ResponseKey("leaf", int)
"""Where an answer at hand carries the line of the log that it names."""

_KEY: Final = re.compile(r'"?([!#-\[\]-~]{1,200})"?')

NO_KEY: Final = "An Idempotency-Key is up to 200 visible characters, such as a UUID, with or without quotation marks."
OTHER: Final = "This Idempotency-Key stands for another call. Make a new key for each thing that you want done."
RUNNING: Final = "A call with this Idempotency-Key is not answered yet. Ask again in a few seconds."
AT_LINE: Final = (
    "This was done already, as line {leaf} of the log, and what was seen is not kept. Ask anew with a new key."
)
BEFORE: Final = "This was done already, and its answer is not kept. Look at how things stand; ask anew with a new key."

Act = Callable[[Agency], Awaitable[web.Response]]
"""Does what was asked, for this agency, and answers. Raises DeskError."""


class Unfit(ValueError):
    """The header is there, and is no key."""


class Once:
    """Which keys are at work in this process; everything else is in each agency's cabinet."""

    def __init__(self) -> None:
        self._running: set[tuple[str, str]] = set()

    async def answer(self, agency: Agency, call: Call, caller: Caller, act: Act) -> web.Response:
        """The answer to a call; where it comes again under its key, the same. Raises DeskError, where it has no key."""
        if caller.key is None:
            return await act(agency.called_by(caller, _nothing))
        running = (agency.id, caller.name)
        if running in self._running:
            return problems.plain("still-running", HTTPStatus.CONFLICT, "Not answered yet", RUNNING)
        self._running.add(running)
        try:
            return await _answer(agency, call, caller, act)
        finally:
            self._running.discard(running)


def key_in(request: web.Request) -> str | None:
    """The key that a call was made under, if any. Raises Unfit."""
    given = request.headers.getall(HEADER, ())
    if not given:
        return None
    found = _KEY.fullmatch(given[0])
    if len(given) > 1 or found is None:
        raise Unfit(NO_KEY)
    return found[1]


def asked(request: web.Request, body: bytes) -> str:
    """The digest of what was asked."""
    return b64url(sha256(request.path.encode() + b"\0" + body).digest())


async def _answer(agency: Agency, call: Call, caller: Caller, act: Act) -> web.Response:
    # 1. What is known of an earlier call.
    earlier = await agency.cabinet.change(lambda drawer: repeats.found(drawer, caller))
    if earlier is not None:
        return await _again(agency, call, caller, earlier)
    # 2 and 3, as the call goes on.
    try:
        answer = await act(agency.called_by(caller, _also(caller, call.within)))
    except DeskError as error:
        answer = problems.of(error)
    # 4. The answer.
    await agency.cabinet.change(lambda drawer: _keep(drawer, call, caller, answer))
    return answer


async def _again(agency: Agency, call: Call, caller: Caller, earlier: Repeat) -> web.Response:
    if earlier.asked != caller.asked:
        return problems.plain("key-in-use", HTTPStatus.UNPROCESSABLE_ENTITY, "Another call has this key", OTHER)
    if earlier.status is not None and earlier.body is not None:
        return web.Response(text=earlier.body, status=earlier.status, content_type=earlier.media)
    if earlier.sent is None or call.answer is not Spoken:
        words = BEFORE if earlier.leaf is None else AT_LINE.format(leaf=earlier.leaf)
        return problems.plain("already-done", HTTPStatus.CONFLICT, "Done already", words)
    answer = await _as_it_stands(agency, earlier)
    await agency.cabinet.change(lambda drawer: _keep(drawer, call, caller, answer))
    return answer


async def _as_it_stands(agency: Agency, earlier: Repeat) -> web.Response:
    """What a message has come to whose answer nobody heard."""
    sent, refusal = earlier.sent, earlier.refusal
    assert sent is not None  # the caller has looked
    if refusal is not None:
        return problems.of(Refused(refusal.problem, sent.jti, on_record=refusal.on_record))
    case = show(await agency.case(sent.exchange), await agency.known())
    told = Spoken(queued=sent.queued, jti=sent.jti, leaf=sent.leaf, withheld=sent.withheld, case=case)
    status = HTTPStatus.ACCEPTED if sent.queued else HTTPStatus.CREATED
    return web.Response(body=encode(told), status=status, content_type=JSON)


def _also(caller: Caller, within: Within) -> Callable[[Drawer, object], None]:
    """Beside each change of the call: its key, and its answer where the change alone tells it."""

    def also(drawer: Drawer, done: object) -> None:
        repeats.begun(drawer, caller)
        told = within(done)
        if told is not None and (kept := repeats.found(drawer, caller)) is not None:
            status, reply = told
            repeats.keep(drawer, replace(kept, status=status, media=JSON, body=encode(reply).decode()))

    return also


def _keep(drawer: Drawer, call: Call, caller: Caller, answer: web.Response) -> None:
    """Step 4. Where nothing was done, or nobody knows whether it was, no answer is kept."""
    kept = repeats.found(drawer, caller)
    if kept is None:
        return
    if answer.status >= 500:
        if kept.posting is None and kept.status is None:
            drawer.remove(repeats.KIND, caller.name)
    elif answer.status >= 400 or call.kept:
        repeats.keep(drawer, replace(kept, status=answer.status, media=answer.content_type, body=answer.text))
    else:
        repeats.keep(drawer, replace(kept, status=answer.status, leaf=_leaf(answer)))


def _leaf(answer: web.Response) -> int | None:
    return answer.get(LEAF)


def _nothing(_: Drawer, __: object) -> None:
    """A call without a key leaves nothing beside what it changes."""
