"""The gateway's HTTP API. One door in, one inbox out; what is public is served to anyone."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from aiohttp import web

from contracts import schemas
from contracts.case_record import CASES_PAGE
from contracts.codec import encode
from contracts.text import UUID7
from gateway import case_records
from gateway.api import problems
from gateway.api.connection import check_version
from gateway.api.few import Few
from gateway.api.tiles import IMMUTABLE, Tiles
from gateway.case_records import Agreements, AskedCases
from gateway.config import Limits
from gateway.decide.views import view
from gateway.errors import GatewayError, NotVerified, Overloaded, StoreUnavailable
from gateway.evidence import Asked, assemble
from gateway.exchange import Answer, Gateway
from gateway.inbox import Inboxes
from gateway.log_keys import announced_keys
from gateway.metrics import Metrics
from gateway.proofs import Proofs
from gateway.publishing import Publishing
from gateway.searched import Look, check_exchange
from gateway.verify import verify_reading
from keys.documents import DocumentKind

T = TypeVar("T")
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

JSON: Final = "application/json"
NO_STORE: Final = {"Cache-Control": "no-store"}
NO_SUCH_EXCHANGE: Final = "There is no such exchange for your agency. Check the exchange's id."
LONGEST_WAIT: Final = 30.0
CASES_DEFAULT: Final = 100
EVIDENCE_SECONDS: Final = 0.25
PROOF_SECONDS: Final = 0.02
"""An answer that is cut out of more than its reader may see takes this long: else the time would tell of the rest."""

AT_ONCE: Final = 0.0
"""When a body ends that has given way."""

_ID: Final = re.compile(UUID7)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_WHOLE: Final = re.compile(r"-1|[0-9]{1,15}")
_log = structlog.get_logger()


class Api:
    """Handlers of one gateway."""

    def __init__(self, gateway: Gateway, publishing: Publishing, metrics: Metrics, limits: Limits) -> None:
        self.gateway, self.publishing, self.metrics, self.limits = gateway, publishing, metrics, limits
        self.inboxes = Inboxes(gateway.store, gateway.bell, gateway.heads, limits.polls)
        self.proofs = Proofs(gateway.store, publishing, lambda: gateway.rules, gateway.clock)
        self.agreements = Agreements(gateway.store)
        self.bodies: Few[asyncio.Timeout] = Few(limits.bodies, _end_now)
        self.ready = False

    def routes(self) -> list[web.RouteDef]:
        """Every address of the gateway."""
        paths = {
            "/v1/messages/{jti}": self.message,
            "/v1/inbox": self.inbox,
            "/v1/case-records": self.case_records,
            "/v1/exchanges/{id}": self.exchange,
            "/v1/exchanges/{id}/evidence": self.evidence,
            "/checkpoint": self.checkpoint,
            "/v1/log-keys": self.log_keys,
            "/v1/proofs/{index}": self.proof,
            "/v1/directory": self.directory,
            "/v1/agreement": self.agreement,
            "/v1/schemas/{name}": self.schema,
            "/health/live": self.live,
            "/health/ready": self.health,
        }
        gets = [web.get(path, handler) for path, handler in paths.items()]
        return [web.post("/v1/messages", self.post), *gets, *Tiles(self.gateway.store).routes()]

    async def post(self, request: web.Request) -> web.Response:
        """`POST /v1/messages`: 201 on record, 200 the same token again, otherwise a problem."""
        answer = await self.gateway.accept(await self._body(request))
        decision = answer.decision
        if not answer.repeated:
            self.metrics.settled(decision)
        _log.info(
            "message.settled",
            exchange=decision.exchange,
            jti=decision.jti,
            leaf=decision.leaf,
            decision=decision.decision,
            repeated=answer.repeated,
        )
        return _answered(answer)

    async def message(self, request: web.Request) -> web.Response:
        """`GET /v1/messages/{jti}`: what became of the reader's own message."""
        reader, jti = self._reader(request), request.match_info["jti"]
        answer = await self.gateway.recall_reply(reader, jti) if _ID.search(jti) else None
        if answer is None:
            return problems.plain("not-found", "No message of yours was accepted under this id. Sign it anew.")
        return web.Response(body=encode(answer.reply), content_type=JSON, headers=NO_STORE)

    async def inbox(self, request: web.Request) -> web.Response:
        """`GET /v1/inbox?after=&wait=`: long poll; never sealed values."""
        agency = self._reader(request)
        after, wait = _number(request, "after", -1), _number(request, "wait", 0)
        if after is None or wait is None:
            return problems.plain("unfit", "`after` is a leaf index, `wait` a number of seconds, each a whole number.")
        inbox = await self.inboxes.read(agency, after, min(float(wait), LONGEST_WAIT))
        return web.Response(body=encode(inbox), content_type=JSON, headers=NO_STORE)

    async def exchange(self, request: web.Request) -> web.Response:
        """`GET /v1/exchanges/{id}?search=` for who takes part or has said why; to everyone else it does not exist."""
        agency = self.gateway.rules.directory.agency(self._reader(request))
        asked, store = request.match_info["id"], self.gateway.store
        inspects = self.gateway.rules.agreement.inspects(agency)
        if agency and inspects:
            await check_exchange(store, Look(agency.id, _search(request), self.gateway.clock()), asked)
        exchange = await store.exchange(asked) if _ID.search(asked) else None
        seen = view(exchange, agency, inspects=inspects) if exchange and agency else None
        if seen is None:
            return problems.plain("not-found", NO_SUCH_EXCHANGE)
        return web.Response(body=encode(seen), content_type=JSON, headers=NO_STORE)

    async def checkpoint(self, request: web.Request) -> web.Response:
        """`GET /checkpoint`: the log's newest published tree head (C2SP tlog-checkpoint), cosigned where it must be."""
        _, text = await self.publishing.head()
        return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=NO_STORE)

    async def log_keys(self, request: web.Request) -> web.Response:
        """`GET /v1/log-keys`: the keys of the log, each with the proof of the line that announced it."""
        keys = await announced_keys(self.publishing, self.gateway.store)
        return web.Response(body=encode(keys), content_type=JSON, headers=NO_STORE)

    async def proof(self, request: web.Request) -> web.Response:
        """`GET /v1/proofs/{index}?search=`: a line in the newest published tree, as far as its reader may see it."""
        reader = self._reader(request) if "Authorization" in request.headers else None
        index = request.match_info["index"]
        proving = self.proofs.prove(int(index), reader, _search(request)) if _INDEX.fullmatch(index) else None
        text = await _evenly(PROOF_SECONDS if reader else 0, proving) if proving else None
        if text is None:
            return problems.plain("not-found", "The published log has no line of this number yet.")
        headers = {"Cache-Control": "no-cache" if reader is None else "no-store", "Vary": "Authorization"}
        return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)

    async def evidence(self, request: web.Request) -> web.Response:
        """`GET /v1/exchanges/{id}/evidence?after=&search=`: a page of it, for who takes part or has said why."""
        agency = self.gateway.rules.directory.agency(self._reader(request))
        id_, after = request.match_info["id"], _number(request, "after", -1)
        if after is None:
            return problems.plain("unfit", "`after` is a leaf index, a whole number.")
        asked = Asked(exchange=id_, after=after, search=_search(request))
        found = (
            await _evenly(EVIDENCE_SECONDS, assemble(self.gateway, self.publishing, agency, asked))
            if agency and _ID.search(id_)
            else None
        )
        if found is None:
            return problems.plain("not-found", NO_SUCH_EXCHANGE)
        return web.Response(body=encode(found), content_type=JSON, headers=NO_STORE)

    async def case_records(self, request: web.Request) -> web.Response:
        """`GET /v1/case-records?after=&limit=&search=`: what an inspector counts cases by, once it has said why."""
        agency = self.gateway.rules.directory.agency(self._reader(request))
        after, limit = request.query.get("after", ""), _number(request, "limit", CASES_DEFAULT)
        if limit is None or not 1 <= limit <= CASES_PAGE or not (after == "" or _ID.search(after)):
            return problems.plain("unfit", f"`after` is an exchange's id, `limit` a number from 1 to {CASES_PAGE}.")
        if agency is None:
            raise web.HTTPUnauthorized
        asked = AskedCases(after=after, limit=limit, search=_search(request))
        found = await case_records.page(self.gateway, self.agreements, agency, asked)
        return web.Response(body=encode(found), content_type=JSON, headers=NO_STORE)

    async def directory(self, request: web.Request) -> web.Response:
        """`GET /v1/directory`: the signed document, as it is; with `?version=` one that was announced before."""
        return await self._document(request, "directory", self.gateway.rules.signed_directory)

    async def agreement(self, request: web.Request) -> web.Response:
        """`GET /v1/agreement`: the signed document, as it is; with `?version=` one that was announced before."""
        return await self._document(request, "agreement", self.gateway.rules.signed_agreement)

    async def _document(self, request: web.Request, kind: DocumentKind, current: bytes) -> web.Response:
        if "version" not in request.query:
            return web.Response(body=current, content_type=JSON)
        version = _number(request, "version", 0)
        signed = await self.gateway.store.document(kind, version) if version is not None else None
        if signed is None:
            return problems.plain("not-found", f"The log has announced no such version of the {kind}.")
        return web.Response(body=signed, content_type=JSON, headers=IMMUTABLE)

    async def schema(self, request: web.Request) -> web.Response:
        """`GET /v1/schemas/{name}`: the JSON Schema of a message."""
        text = schemas.published(request.match_info["name"])
        if text is None:
            return problems.plain("not-found", "There is no schema of this name.")
        return web.Response(text=text, content_type="application/schema+json")

    async def live(self, request: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(body=b'{"live":true}', content_type=JSON)

    async def health(self, request: web.Request) -> web.Response:
        """The store answers, and messages are taken."""
        if not self.ready:
            return problems.plain("not-recorded", "The gateway is starting or stopping.")
        await self.gateway.store.log()
        return web.Response(body=b'{"ready":true}', content_type=JSON)

    async def _body(self, request: web.Request) -> bytes:
        """The bytes as they came: never decompressed, within the deadline, and within aiohttp's own limit.

        What may be held of messages that nobody vouches for yet has an end: the slowest body gives way to one more.
        """
        if "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType
        if request.content.is_eof():  # most bodies come with their headers: a deadline would cost more than the read
            return await request.read()
        try:
            async with asyncio.timeout(self.limits.body_seconds) as deadline:
                self.bodies.add(deadline)
                try:
                    return await request.read()
                finally:
                    self.bodies.remove(deadline)
        except TimeoutError as error:
            if deadline.when() == AT_ONCE:
                raise Overloaded("Too many bodies come at once.") from error
            raise web.HTTPRequestTimeout from error

    def _reader(self, request: web.Request) -> str:
        """The agency that reads, by its self-signed token."""
        given = request.headers.getall("Authorization", ())
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme != "Bearer":
            raise web.HTTPUnauthorized
        return verify_reading(token, request.raw_path, self.gateway.door())

    def safely(self, handler: Handler) -> Handler:
        """The one place where errors become problems, around everything: a middleware would cost five times as much."""

        async def handled(request: web.BaseRequest) -> web.StreamResponse:
            try:
                check_version(request)
                answer = await handler(request)
            except (GatewayError, web.HTTPException) as error:
                answer = self._problem(request, error)
            answer.headers["Server"] = problems.SERVER
            return answer

        return handled

    def _problem(self, request: web.BaseRequest, error: GatewayError | web.HTTPException) -> web.Response:
        match error:
            case NotVerified(reason=reason):
                self.metrics.not_verified(reason)
                return problems.of_error(error) if request.method == "POST" else problems.of_http(401, {})
            case StoreUnavailable():
                _log.error("store.unavailable", error=type(error.__cause__).__name__)
                return problems.of_error(error)
            case Overloaded():
                self.metrics.turned_away()
                return problems.of_error(error)
            case GatewayError():
                return problems.of_error(error)
            case web.HTTPException():
                return problems.of_http(error.status, error.headers)


def _end_now(deadline: asyncio.Timeout) -> None:
    if not deadline.expired():
        deadline.reschedule(AT_ONCE)


def _answered(answer: Answer) -> web.Response:
    if answer.decision.decision == "refused":
        return problems.of_refusal(answer.decision, answer.reply)
    status = 200 if answer.repeated else 201
    return web.Response(body=encode(answer.reply), status=status, content_type=JSON, headers=NO_STORE)


async def _evenly(seconds: float, work: Awaitable[T]) -> T:
    """What comes of the work, and not before so many seconds: how long it took in truth is nobody's to know."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    try:
        return await work
    finally:
        await asyncio.sleep(until - clock())


def _search(request: web.Request) -> str | None:
    """The id of the search that is named; empty where what is named is no id, None where nothing is."""
    text = request.query.get("search")
    return text if text is None or _ID.search(text) else ""


def _number(request: web.Request, name: str, otherwise: int) -> int | None:
    text = request.query.get(name, str(otherwise))
    return int(text) if _WHOLE.fullmatch(text) else None


def application(api: Api) -> web.Application:
    """The aiohttp application; run it inside `Api.safely`."""
    app = web.Application(client_max_size=api.limits.message_bytes)
    app.add_routes(api.routes())
    return app
