"""How `rj` ends when something is typed wrongly, away, not believed, or broken."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.exits import Exit
from tests.gateway.cli.commands import NOWHERE, ORIGIN, done, rj, told


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("inbox",), "RJ_DESK"),
        (("answer", NOWHERE), "--outcome"),
        (("recall", NOWHERE, "--acknowledge"), "--staff"),
        (("gateway",), "--config"),
        (("nonsense",), "nonsense"),
    ],
)
def test_what_was_typed_wrongly_is_a_usage_error(world: Path, words: tuple[str, ...], missing: str) -> None:
    """And says which option is missing, and its variable."""
    desk = {"RJ_DESK": "http://127.0.0.1:1", "RJ_AGENCY": "prison-mdi", "RJ_KEY": str(world / "log.vkey")}
    result = rj(*words, env=None if missing == "RJ_DESK" else desk)
    assert result.exit_code == Exit.USAGE
    assert missing in result.stderr


# When the other side is away, or says what it should not


@pytest.fixture
def answers() -> Iterator[Callable[[int, bytes], str]]:
    """A server that says one thing to everything."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "end"),
    [
        (503, b'{"title":"The gateway is away","detail":"Try again."}', Exit.AWAY),
        (502, b'{"title":"Not believed","detail":"It does not verify."}', Exit.NOT_VERIFIED),
        (409, b'{"title":"Not possible now"}', Exit.REFUSED),
        (500, b"<html>", Exit.AWAY),
        (418, b'{"title":"Short and stout"}', Exit.REFUSED),
        (200, b"<html>", Exit.CONFIGURATION),
        (302, b"", Exit.AWAY),
    ],
)
def test_what_a_desk_says_decides_the_end(
    world: Path, answers: Callable[[int, bytes], str], status: int, body: bytes, end: Exit
) -> None:
    """By its status, whoever stands in between."""
    words = ("--desk", answers(status, body), "--agency", "prison-mdi", "--key", world / "log.vkey")
    told(rj("inbox", *words), end)


def test_what_others_write_cannot_move_the_cursor(world: Path, answers: Callable[[int, bytes], str]) -> None:
    """Control characters and markup of another agency are shown as text."""
    body = json.dumps({"exchange": "x", "state_words": "\x1b[2J[red]With\x9b the police[/red]\x07"}).encode()
    words = ("--desk", answers(200, body), "--agency", "prison-mdi", "--key", world / "log.vkey")
    text = done(rj("inbox", NOWHERE, *words))
    assert not set("\x1b\x9b\x07") & set(text)
    assert "[red]With" in text


def test_nobody_there_means_try_again(world: Path) -> None:
    """With the same number as a gateway that is away."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = f"http://127.0.0.1:{taken.getsockname()[1]}"
    told(rj("verify", "checkpoint", free, "--key", world / "log.vkey"), Exit.AWAY)
    told(rj("verify", "checkpoint", "ftp://127.0.0.1", "--key", world / "log.vkey"), Exit.CONFIGURATION)


def test_a_checkpoint_is_read_from_a_folder_too(world: Path, tmp_path: Path) -> None:
    """And refused when another key signed it."""
    told(rj("verify", "checkpoint", tmp_path, "--key", world / "log.vkey"), Exit.CONFIGURATION)
    (tmp_path / "checkpoint").write_text(f"{ORIGIN}\n0\n{'A' * 43}=\n\n— {ORIGIN} AAAAAAAA\n")
    told(rj("verify", "checkpoint", tmp_path, "--key", world / "log.vkey"), Exit.NOT_VERIFIED)


# Faults


def test_a_fault_in_rj_is_said_without_a_traceback(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its class and what to do; with RJ_DEBUG=1 the whole of it. Its message may be personal data."""
    monkeypatch.setattr("gateway.cli.agreement._today", lambda: 1 / 0)
    words = ("agreement", "check", world / "agreement.toml")
    text = told(rj(*words), Exit.FAULT)
    assert "ZeroDivisionError" in text
    assert "division by zero" not in text
    result = CliRunner().invoke(main, [str(word) for word in words], env={"RJ_DEBUG": "1"})
    assert "Traceback" in result.stderr


def test_an_unwritable_place_is_a_setting_to_change(world: Path) -> None:
    """With the path, in words."""
    words = ("agreement", "sign", world / "agreement.toml", "--officer", world / "noms.key", "-o", "/dev/null/x")
    assert "Check the path" in told(rj(*words), Exit.CONFIGURATION)
