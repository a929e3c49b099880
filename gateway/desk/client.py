"""The desk's only way out: HTTP to the gateway. It always calls, and is never called.

What comes back is bytes that anyone may have written: `gateway.desk.receipts` and `gateway.desk.heard` decide what to
believe. The same token may be posted any number of times: the gateway answers the same (DESIGN: the journey, step 2).
"""

import re
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
import msgspec
import stamina
from aiohttp import ClientSession, ClientTimeout
from yarl import URL

from contracts.case_record import CaseRecords
from contracts.codec import Malformed, decode_strict
from contracts.directory import SIGNED_BYTES_MAX, SignedDocument
from contracts.evidence import Evidence
from contracts.reply import ExchangeView, Inbox, LogKeys, Problem, Reply
from gateway.desk.errors import GatewayAway, NotBelieved, NotTaken, Refused

T = TypeVar("T")

ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
EVIDENCE_BYTES_MAX: Final = 32 * 1024 * 1024
POST_SECONDS: Final = 20
POLL_SLACK_SECONDS: Final = 15
QUICK_TRIES: Final = 3
LONGEST_AFTER: Final = 10
"""Seconds of a `Retry-After` at the most: whoever is between desk and gateway does not silence a desk."""

BUSY: Final = "The gateway could not record the message. Try again in a few minutes."
TRY_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

_SECONDS: Final = re.compile(r"[0-9]{1,6}")
_REPLY: Final = msgspec.json.Decoder(Reply)
_PROBLEM: Final = msgspec.json.Decoder(Problem)
_INBOX: Final = msgspec.json.Decoder(Inbox)
_LOG_KEYS: Final = msgspec.json.Decoder(LogKeys)
_VIEW: Final = msgspec.json.Decoder(ExchangeView)
_EVIDENCE: Final = msgspec.json.Decoder(Evidence)
_CASE_RECORDS: Final = msgspec.json.Decoder(CaseRecords)
_DOCUMENT: Final = msgspec.json.Decoder(SignedDocument)


class GatewayClient:
    """Speaks to one gateway. `session` is the desk's one session, with its pool of connections."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self._url, self._session = URL(url), session

    def path(self, *parts: str, **query: str | int) -> str:
        """Path and query as they will be sent, for a reading token to name."""
        return self._at(*parts).with_query(query).raw_path_qs

    async def post(self, envelope: bytes) -> Reply | Problem:
        """What the gateway says to an envelope. Raises GatewayAway once a few quick tries are spent."""
        async for attempt in stamina.retry_context(
            on=_again, attempts=QUICK_TRIES, wait_initial=0.1, wait_max=1.0, timeout=POST_SECONDS
        ):
            with attempt:
                status, body = await self._send("POST", self._at("v1", "messages"), data=envelope)
                if status in (HTTPStatus.OK, HTTPStatus.CREATED):
                    return _read(body, _REPLY)
                return _problem(body)
        raise GatewayAway

    async def message(self, jti: str, bearer: str) -> Reply | None:
        """What became of a message; None where the gateway never accepted it."""
        status, body = await self._send("GET", self._at("v1", "messages", jti), bearer=bearer)
        if status == HTTPStatus.NOT_FOUND:
            return None
        return _read(_ok(status, body), _REPLY)

    async def inbox(self, path: str, wait: int, bearer: str) -> Inbox:
        """What has come, waiting for `wait` seconds. `path` is the one that the token names."""
        url = self._url.join(URL(path, encoded=True))
        status, body = await self._send("GET", url, bearer=bearer, seconds=wait + POLL_SLACK_SECONDS)
        return _read(_ok(status, body), _INBOX)

    async def exchange(self, path: str, bearer: str) -> ExchangeView | None:
        """An exchange as this reader may see it; None where there is none for them. `path` is the one in the token."""
        url = self._url.join(URL(path, encoded=True))
        status, body = await self._send("GET", url, bearer=bearer)
        if status == HTTPStatus.FORBIDDEN:
            raise Refused(_problem(body), "", on_record=False)
        return None if status == HTTPStatus.NOT_FOUND else _read(_ok(status, body), _VIEW)

    async def proof(self, index: int, bearer: str) -> str | None:
        """The proof of a line, not yet verified; None where the published log has no such line yet."""
        status, body = await self._send("GET", self._at("v1", "proofs", str(index)), bearer=bearer)
        return None if status == HTTPStatus.NOT_FOUND else _ok(status, body).decode(errors="replace")

    async def log_keys(self) -> LogKeys:
        """Every key that the log says it has had, each with its proof; not yet verified."""
        status, body = await self._send("GET", self._at("v1", "log-keys"))
        return _read(_ok(status, body), _LOG_KEYS)

    async def evidence(self, path: str, bearer: str) -> Evidence | None:
        """A page of evidence; None where there is no such exchange for this reader. `path` is the one in the token."""
        url = self._url.join(URL(path, encoded=True))
        status, body = await self._send("GET", url, bearer=bearer, limit=EVIDENCE_BYTES_MAX)
        return None if status == HTTPStatus.NOT_FOUND else _read(_ok(status, body), _EVIDENCE, EVIDENCE_BYTES_MAX)

    async def case_records(self, path: str, bearer: str) -> CaseRecords:
        """A page of case records. Raises Refused where no search covers it. `path` is the one in the token."""
        url = self._url.join(URL(path, encoded=True))
        status, body = await self._send("GET", url, bearer=bearer)
        if status == HTTPStatus.FORBIDDEN:
            raise Refused(_problem(body), "", on_record=False)
        return _read(_ok(status, body), _CASE_RECORDS)

    async def document(self, name: str, version: int | None = None) -> SignedDocument:
        """`directory` or `agreement`, not yet verified; with a version, as it was announced then."""
        url = self._at("v1", name).with_query({} if version is None else {"version": version})
        status, body = await self._send("GET", url, limit=SIGNED_BYTES_MAX)
        return _read(_ok(status, body), _DOCUMENT, SIGNED_BYTES_MAX)

    def _at(self, *parts: str) -> URL:
        return self._url.joinpath(*parts)

    async def _send(
        self,
        method: str,
        url: URL,
        *,
        data: bytes | None = None,
        bearer: str | None = None,
        seconds: float = POST_SECONDS,
        limit: int = ANSWER_BYTES_MAX,
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=ClientTimeout(total=seconds, sock_connect=3),
                allow_redirects=False,
            ) as answer:  # fmt: skip
                body = await answer.content.read(limit + 1)
                while len(body) <= limit and (more := await answer.content.read(limit + 1 - len(body))):
                    body += more
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        # Nothing of the foreign error is kept: it may quote a URL, and it says nothing that helps.
        except (aiohttp.ClientError, TimeoutError):
            raise GatewayAway from None
        # 503, and whatever a proxy in between says, is no answer of the gateway's.
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in TRY_AGAIN:
            raise NotTaken(BUSY, why="busy", after=_seconds(retry_after))
        return status, body


def _seconds(retry_after: str) -> float:
    """What a `Retry-After` asks for, within reason; 0 where it asks for nothing, or by a date."""
    return min(int(retry_after), LONGEST_AFTER) if _SECONDS.fullmatch(retry_after) else 0


def _again(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds where the gateway has said so."""
    return isinstance(error, GatewayAway) and (error.after or True)


def _ok(status: int, body: bytes) -> bytes:
    if status == HTTPStatus.OK:
        return body
    problem = _problem(body)
    raise NotBelieved(f"The gateway does not let this agency read. It says: {problem.title}.")


def _problem(body: bytes) -> Problem:
    """A refusal."""
    try:
        return _PROBLEM.decode(body)
    except msgspec.DecodeError:
        raise NotBelieved("The answer is not one of a gateway's. Check gateway_url in trust.json.") from None


def _read(body: bytes, decoder: msgspec.json.Decoder[T], limit: int = ANSWER_BYTES_MAX) -> T:
    try:
        return decode_strict(body, decoder, limit)
    except Malformed:
        raise NotBelieved("The gateway's answer is not in the agreed form.") from None
