"""A log read over HTTP from a server that may be broken or hostile: all of an answer, or none, and never too much."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gateway.ledger.source import SourceAway, WebSource

OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Answers each connection with the next of some prepared answers, and closes it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answers: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/log"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(self.answers.pop(0) if self.answers else b"")

    def says(self, *answers: bytes) -> bytes | None:
        """What a reader who takes at most 100 bytes gets."""
        self.answers[:] = answers
        source = WebSource(self.url)
        try:
            return source.get("tile/0/000", 100)
        finally:
            source.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


def sized(body: bytes, length: int | None = None, headers: bytes = b"") -> bytes:
    return OK + headers + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def packed(body: bytes, cut: int = 0) -> bytes:
    raw = gzip.compress(body)
    return sized(raw[: len(raw) - cut], headers=b"Content-Encoding: gzip\r\n")


def test_a_whole_answer_is_read_in_every_form(server: Server) -> None:
    """With its length, in chunks, compressed, or ended by the end of the connection."""
    assert server.says(sized(b"abc")) == b"abc"
    assert server.says(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") == b"abc"
    assert server.says(OK + b"\r\nabc") == b"abc"
    assert server.says(packed(b"abc")) == b"abc"
    assert server.says(sized(b"")) == b""


def test_an_answer_that_breaks_off_is_no_answer(server: Server) -> None:
    """Tried once more, and then the log is away: half a tile says nothing about the log."""
    for broken in (sized(b"abc", 4), packed(b"abc" * 9, cut=9), packed(b"abc", cut=1), b"",
                   OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc", b"SSH-2.0-x\r\n",
                   sized(b"not gzip", headers=b"Content-Encoding: gzip\r\n")):  # fmt: skip
        with pytest.raises(SourceAway):
            server.says(broken, broken)
        assert server.says(broken, sized(b"abc")) == b"abc"


@pytest.mark.parametrize("head", [b"", OK, OK + b"Connection: close\r\n\r\n", sized(b"", 9999)])
def test_an_answer_that_trickles_is_no_answer(head: bytes) -> None:
    """A hostile log must not keep its reader waiting for ever: not with its status, its headers or its body."""
    drop = b"x" if head.endswith(b"\r\n\r\n") else b"HTTP/1.1 100 Continue\r\n\r\n" if not head else b"x: y\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=trickle, args=(listener, head, drop), daemon=True).start()
        source = WebSource(f"http://127.0.0.1:{listener.getsockname()[1]}", seconds=0.3)
        with pytest.raises(SourceAway):
            source.get("checkpoint", 10**6)
        source.close()


def trickle(listener: socket.socket, head: bytes, drop: bytes) -> None:
    """Answer the reader and its second try, and never come to an end."""
    for _ in range(2):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(head)
            while True:
                connection.sendall(drop)
                time.sleep(0.02)


def test_no_more_is_read_than_is_asked_for(server: Server) -> None:
    """One byte above the limit tells that it is too long, however well it is packed."""
    assert server.says(sized(b"x" * 5000)) == b"x" * 101
    assert server.says(packed(b"x" * 5_000_000)) == b"x" * 101
    assert server.says(OK + b"\r\n" + b"x" * 5000) == b"x" * 101


def test_what_is_gone_is_told_apart_from_a_server_that_cannot_answer(server: Server) -> None:
    """A redirect is not followed (tlog-tiles has none)."""
    for status in (b"404 Not Found", b"410 Gone"):
        assert server.says(b"HTTP/1.1 " + status + b"\r\nContent-Length: 1\r\n\r\nx") is None
    for status in (b"500 Oops", b"503 Busy", b"302 Found\r\nLocation: /", b"206 Partial", b"204 No Content"):
        with pytest.raises(SourceAway):
            server.says(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
