"""What a provider may do wrong: it is told, in words that help, and nobody is signed in.

`why` is the word for the log: a test that asks for it fails when another check was the one that refused.
"""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.errors import AccountNotReady, NotFinished, NotVouched, ProviderAway, SignInRefused
from gateway.desk.pages.signing_in.flow import Provider
from tests.gateway.desk.signing_in.hostile_provider import hostile_provider
from tests.gateway.desk.signing_in.visiting import BACK, DISCOVERY, Desk, settings

# The provider's HTTP


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
async def test_an_oversized_answer_is_not_read_to_its_end(desk: Desk, path: str) -> None:
    """A provider cannot fill the desk's memory."""
    desk.liar.instead[path] = web.Response(body=b" " * (back_channel.ANSWER_BYTES_MAX + 1))
    await desk.refused(NotVouched, "too-long")


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
async def test_a_redirect_is_not_followed(desk: Desk, path: str) -> None:
    """Whoever could redirect the desk's own calls would be given codes, secrets and verifiers."""
    async with hostile_provider() as evil:
        desk.liar.instead[path] = web.Response(status=307, headers={"Location": evil.url + path})
        await desk.refused(NotVouched, "provider-status")
        assert evil.asked == {}


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 5_000, b'{"keys": 1}', b"null"])
async def test_an_answer_that_is_no_json_of_ours_is_refused(desk: Desk, path: str, body: bytes) -> None:
    """And told as the provider's fault."""
    desk.liar.instead[path] = web.Response(body=body, content_type="application/json")
    error = await desk.refused(NotVouched, {DISCOVERY: "discovery", "/keys": "keys", "/token": "token-answer"}[path])
    assert "Ring whoever runs this desk" in error.detail


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
async def test_a_provider_that_does_not_work_is_told_as_such(desk: Desk, path: str) -> None:
    """Trying again later is all that helps."""
    desk.liar.instead[path] = web.Response(status=503)
    error = await desk.refused(ProviderAway, "provider-status")
    assert error.status == 503


async def test_a_provider_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    """Nothing listens on this port."""
    async with hostile_provider() as gone:
        pass
    async with back_channel.open_session() as session:
        with pytest.raises(ProviderAway):
            await Provider(settings(gone.url, tmp_path), session).begin(BACK)


async def test_a_provider_that_never_ends_its_answer_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody waits at a white page for minutes."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        await reader.read()
        writer.close()

    monkeypatch.setattr(back_channel, "SECONDS", 0.3)
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server, back_channel.open_session() as session:
        slow = settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path)
        async with asyncio.timeout(20):
            with pytest.raises(ProviderAway):
                await Provider(slow, session).begin(BACK)


async def test_the_desk_keeps_no_cookies_of_a_provider(desk: Desk) -> None:
    """One person's sign-in leaves nothing for the next one's."""
    await desk.sign_in()
    assert desk.liar.cookies == []


async def test_a_desk_that_the_provider_does_not_know_is_told_to_whoever_runs_it(desk: Desk) -> None:
    """A wrong secret is no fault of the person at the screen."""
    desk.liar.secret = "another"
    await desk.refused(NotVouched, "client-refused")


# What the provider itself refuses


@pytest.mark.parametrize(
    ("error", "kind", "why"),
    [
        ("access_denied", NotFinished, "declined"),
        ("login_required", NotFinished, "interaction"),
        ("temporarily_unavailable", ProviderAway, "provider-error"),
        ("invalid_scope", NotVouched, "request-refused"),
        ("<script>", NotVouched, "request-refused"),
    ],
)
async def test_an_error_of_the_provider_is_told_in_our_own_words(
    desk: Desk, error: str, kind: type[SignInRefused], why: str
) -> None:
    """Its description is text that anybody could have put into the address."""
    desk.liar.answer = {"code": None, "error": error, "error_description": "Ring 0900 EVIL"}
    told = await desk.refused(kind, why)
    assert error not in told.detail
    assert "EVIL" not in told.detail


@pytest.mark.parametrize("code", [None, "", "A" * 5_000])
async def test_an_answer_without_a_code_is_refused(desk: Desk, code: str | None) -> None:
    """Or with one that no provider writes."""
    desk.liar.answer = {"code": code}
    await desk.refused(NotVouched, "code")


# Whom a provider may vouch for


async def test_a_provider_vouches_for_its_own_agencies_alone(desk: Desk) -> None:
    """The police's provider says nothing about who works at a prison."""
    desk.liar.claims = {"agency": "police-wmp"}
    error = await desk.refused(AccountNotReady, "agency-not-allowed")
    assert "police-wmp" not in error.detail


async def test_signing_out_there_takes_no_token_along(desk: Desk) -> None:
    """A token in an address would be personal data in logs and histories."""
    address = await desk.provider.sign_out_address("https://desk.example/signed-out")
    assert address is not None
    assert address.startswith(f"{desk.liar.url}/out?client_id=")
    assert "id_token_hint" not in address


async def test_a_provider_without_sign_out_has_no_address_for_it(desk: Desk) -> None:
    """The desk's own session ends all the same."""
    desk.liar.metadata = {"end_session_endpoint": None}
    assert await desk.provider.sign_out_address("https://desk.example/signed-out") is None
