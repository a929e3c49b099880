"""The desk's calls to a provider: one answer each, of a limited size, in a limited time, from the address asked."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from gateway.desk.pages.signing_in.errors import NotVouched, ProviderAway

ANSWER_BYTES_MAX: Final = 128 * 1024
SECONDS: Final = 10
CONNECT_SECONDS: Final = 3
TRY_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


def open_session() -> ClientSession:
    """A session for providers alone: it keeps no cookies, and decompresses nothing. Close it with the desk."""
    return ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)


async def get(session: ClientSession, url: str) -> bytes:
    """What stands at an address. Raises ProviderAway and NotVouched."""
    status, body = await _send(session, "GET", url)
    if status != HTTPStatus.OK:
        raise away_or_wrong(status)
    return body


async def post(
    session: ClientSession, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """The answer to a form, whatever its status. Raises ProviderAway and NotVouched."""
    return await _send(session, "POST", url, form, headers)


def away_or_wrong(status: int) -> NotVouched | ProviderAway:
    """What a status that is none of the expected ones means. A redirect is never followed: it is not the answer."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in TRY_AGAIN:
        return ProviderAway("provider-status")
    return NotVouched("The sign-in service did not answer as the standard says.", "provider-status")


async def _send(
    session: ClientSession,
    method: str,
    url: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    try:
        async with session.request(
            method,
            URL(url),
            data=form,
            headers={**_HEADERS, **(headers or {})},
            timeout=ClientTimeout(total=SECONDS, sock_connect=CONNECT_SECONDS),
            allow_redirects=False,
        ) as answer:
            body = await answer.content.read(ANSWER_BYTES_MAX + 1)
            while len(body) <= ANSWER_BYTES_MAX and (more := await answer.content.read(ANSWER_BYTES_MAX)):
                body += more
    # Nothing of the foreign error is kept: it may quote an address with a code in it.
    except (aiohttp.ClientError, TimeoutError):
        raise ProviderAway("provider-away") from None
    if len(body) > ANSWER_BYTES_MAX:
        raise NotVouched("The sign-in service's answer is too long.", "too-long")
    return answer.status, body
