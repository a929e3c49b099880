"""What a newcomer stumbles over: each mistake is told in words that say what to do, and repeat nothing personal."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import Result

from contracts.vocabulary import Role
from gateway.cli.blanks import blanks
from gateway.cli.drawing import PAGE
from gateway.cli.exits import Exit
from gateway.cli.search import OF_THE_GATEWAY
from tests.gateway.cli.commands import NOWHERE, REPO, Rj, done, rj, told

CASE: dict[str, Any] = {
    "exchange": NOWHERE,
    "side": "holder",
    "ring": {"name": "RJ team", "phone": "01632 960101"},
    "next": ["recall", "answer"],
    "waiting": {"why": "away", "words": "The gateway cannot be reached."},
}
STAFF = '{"id": "s838"}'


class Desk:
    """A desk that says what a test wants: (status, body) by the last word of the path."""

    def __init__(self) -> None:
        self.says: dict[str, tuple[int, Any]] = {}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, value = desk.says[self.path.partition("?")[0].rpartition("/")[2]]
                body = json.dumps(value).encode()
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}).start()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def ours(desk: Desk, tmp_path: Path) -> Rj:
    """`rj` at that desk."""
    (tmp_path / "key").write_text("a-key\n")
    (tmp_path / "me.json").write_text(STAFF)
    env = {"RJ_DESK": f"http://127.0.0.1:{desk.server.server_port}", "RJ_AGENCY": "police-13",
           "RJ_KEY": str(tmp_path / "key"), "RJ_STAFF": str(tmp_path / "me.json")}  # fmt: skip

    def typed(*words: object, stdin: str | None = None) -> Result:
        return rj(*words, stdin=stdin, env=env)

    return typed


def test_a_recall_that_waits_says_to_ring(desk: Desk, ours: Rj) -> None:
    """Nobody is protected by a recall that has not left; the end is not 0, for people and for programs."""
    desk.says["recall"] = (202, {"queued": True, "leaf": None, "case": CASE})
    result = ours("recall", NOWHERE)
    assert result.exit_code == Exit.WAITING
    text = " ".join(result.stdout.split())
    assert "The recall is waiting to be sent. Until then the prison can still open the details: ring them now" in text
    assert "01632 960101" in text
    assert "The gateway cannot be reached." in text
    assert ours("recall", NOWHERE, "--json").exit_code == Exit.WAITING


def test_a_case_shows_what_waits(desk: Desk, ours: Rj) -> None:
    """First of all, with the number to ring where it may be a recall."""
    desk.says[NOWHERE] = (200, CASE)
    text = done(ours("inbox", NOWHERE))
    assert text.startswith("Waiting to be sent (away). The gateway cannot be reached.")
    assert "ring them now, 01632 960101" in text
    desk.says[NOWHERE] = (200, {**CASE, "waiting": None})
    assert "aiting" not in done(ours("inbox", NOWHERE))


def test_a_request_that_waits_does_not_speak_of_recalls(desk: Desk, ours: Rj) -> None:
    """There is nothing to ring about."""
    desk.says["requests"] = (202, {"queued": True, "case": {**CASE, "side": "requester", "next": []}})
    result = ours("request", "-", stdin="{}")
    assert result.exit_code == Exit.WAITING
    assert "Not sent yet" in result.stdout
    assert "recall" not in result.stdout


@pytest.mark.parametrize("words", [("request", "-"), ("answer", NOWHERE, "-")])
def test_an_example_is_not_sent_as_it_is(ours: Rj, words: tuple[str, ...]) -> None:
    """What it leaves open is named."""
    text = told(ours(*words, stdin=done(rj(words[0], "--example"))), Exit.TYPED)
    assert ("offender.name, offence.crime_reference" if words[0] == "request" else "values.safe_times") in text


def test_blanks_are_named_and_other_names_are_not() -> None:
    """A member that is none of ours may be anything."""
    assert blanks({"a": [" … ", {"b": "…"}], "Callum Reed": "…", "note": "wait… then"}) == ["a", "a.b", "?"]


def test_the_staff_example_has_a_role_of_the_list(ours: Rj, tmp_path: Path) -> None:
    """And the help lists them; its id has to be filled in."""
    example = done(rj("open", "--example-staff"))
    assert json.loads(example)["role"] in get_args(Role)
    (tmp_path / "me.json").write_text(example)
    assert "id" in told(ours("request", "-", stdin="{}"), Exit.TYPED)
    text = done(rj("open", "--help"))
    assert all(role in re.sub(r"\s+", "", text) for role in get_args(Role))
    assert "--no-conflict --staff" in text


def test_an_answer_before_the_reading_says_how_to_read(desk: Desk, ours: Rj) -> None:
    """In words that can be copied."""
    desk.says |= {"answer": (409, {"title": "Read the request first."}), NOWHERE: (200, {**CASE, "read": False})}
    text = told(ours("answer", NOWHERE, "--outcome", "agreed"), Exit.REFUSED)
    assert f"rj open {NOWHERE} --why read-request --no-conflict" in text


def test_a_detail_that_cannot_be_opened_is_told_with_those_that_can(desk: Desk, ours: Rj) -> None:
    """Before the line of the log is written."""
    desk.says[NOWHERE] = (200, {**CASE, "side": "requester", "shared": ["preferred_name"]})
    words = ("open", NOWHERE, "--why", "contact-victim", "--no-conflict", "--field", "Reed")
    text = told(ours(*words), Exit.TYPED)
    assert "preferred_name" in text
    assert "Reed" not in text


@pytest.mark.parametrize("key", [b"\xff\xfe\x00", "clé".encode(), b"two\nlines", b""])
def test_a_key_that_is_none_is_a_setting_to_change(ours: Rj, tmp_path: Path, key: bytes) -> None:
    """Never a fault of rj."""
    (tmp_path / "key").write_bytes(key)
    told(ours("inbox"), Exit.CONFIGURATION)
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "receipt").write_text("{}")
    told(rj("verify", "receipt", tmp_path / "receipt", "--key", tmp_path / "key"), Exit.CONFIGURATION)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("inbox", "Reed"), Exit.TYPED),
        (("recall", "Reed"), Exit.TYPED),
        (("inbox", "--receipt", "../Reed"), Exit.TYPED),
        (("search", "--why", "inspection", "--about", "Reed"), Exit.TYPED),
        (("search", "--why", "inspection", "--event", "Reed"), Exit.TYPED),
        (("search", "--why", "inspection", "--clause", "Reed"), Exit.TYPED),
        (("search", "--why", "Reed"), Exit.USAGE),
        (("request", "Callum Reed"), Exit.USAGE),
        (("request", "Callum", "Reed"), Exit.USAGE),
        (("answer", NOWHERE, "-", "Reed"), Exit.USAGE),
        (("inbox", "--Reed"), Exit.USAGE),
        (("inbox", "--after", "Reed"), Exit.USAGE),
    ],
)
def test_what_was_typed_is_not_repeated(ours: Rj, words: tuple[str, ...], end: Exit) -> None:
    """It may be somebody's name."""
    text = told(ours(*words), end)
    assert "Reed" not in text
    assert not text.endswith("Error: ")


def test_a_case_reference_is_asked_for_by_name(ours: Rj) -> None:
    """And a choice with all that can be chosen."""
    assert "That is not a case reference" in told(ours("inbox", "x"), Exit.TYPED)
    assert "inspection" in told(ours("search", "--why", "x"), Exit.USAGE)
    assert "contact-answer" in told(ours("search", "--why", "inspection", "--event", "x"), Exit.TYPED)


def test_the_known_events_are_those_of_the_gateway() -> None:
    """Read in the program that names them."""
    due = (REPO / "gateway/decide/due.py").read_text()
    named = {*re.findall(r'yield \S+, "([a-z-]+)", _', due), "erased"}
    assert set(OF_THE_GATEWAY) == named


def test_a_next_page_is_offered_only_where_there_is_one(desk: Desk, ours: Rj) -> None:
    """And a search that finds nothing says so; one that has not come to the end of the log yet, that too."""
    search = ("search", "--why", "inspection", "--limit", 1, "--event", "erased", "--clause", "8.5")
    desk.says["searches"] = (200, {"lines": [], "next": -1, "leaf": 4, "complete": True})
    text = done(ours(*search))
    assert "No line matches." in text
    assert "--after" not in text
    for lines in ([], [{"index": 3}]):
        desk.says["searches"] = (200, {"lines": lines, "next": 3, "leaf": 4, "complete": False})
        assert "Next page: --after 3" in done(ours(*search))
    desk.says["cases"] = (200, {"cases": [CASE], "next": 1})
    assert "More" not in done(ours("inbox"))
    desk.says["cases"] = (200, {"cases": [CASE] * PAGE, "next": 100})
    assert "More: rj inbox --after 100" in done(ours("inbox"))


def test_what_is_no_receipt_is_something_to_change(world: Path, tmp_path: Path) -> None:
    """And it is named where there are several."""
    for name, raw in (("a", b'{"nothing": 1}'), ("b", b"\xff"), ("c", b"hello")):
        (tmp_path / name).write_bytes(raw)
        told(rj("verify", "receipt", tmp_path / name, "--key", world / "log.vkey"), Exit.TYPED)
    result = rj("verify", "receipt", tmp_path / "a", tmp_path / "b", "--key", world / "log.vkey")
    assert f"{tmp_path / 'a'}: This is no receipt" in told(result, Exit.TYPED)
