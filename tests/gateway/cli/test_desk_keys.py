"""`rj desk-keys`: systems get their own keys to a desk while it runs, and lose them at once."""

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from contracts.codec import encode
from gateway.cli.exits import Exit
from gateway.desk.calls.scene import Scene
from gateway.desk.routes import CALLS
from tests.gateway.cli.commands import answer_of, done, rj, told


@pytest.fixture
def of_prison(world: Path, running: dict[str, str]) -> tuple[object, ...]:
    """Which agency, and which desk's settings."""
    return ("--agency", "prison-mdi", "--config", world / "desk.toml")


def status(desk: str, key: str, path: str = "events", body: bytes | None = None) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    call = urllib.request.Request(f"{desk}/v1/agencies/prison-mdi/{path}", headers=headers, data=body)
    try:
        with urllib.request.urlopen(call) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_key_is_shown_once_listed_without_it_and_revoked(
    running: dict[str, str], of_prison: tuple[object, ...]
) -> None:
    """While the desk runs; what is listed says what it is for and when it was last used."""
    made = answer_of(rj("desk-keys", "new", "case-system", "--scope", "read", *of_prison, "--json"))
    assert status(running["desk"], made["key"]) == 200
    listed = answer_of(rj("desk-keys", "list", *of_prison, "--json"))
    (ours,) = (each for each in listed if each["name"] == "case-system")
    assert (ours["scope"], ours["stands"]) == (["read"], "in use")
    assert ours["last_used"] is not None
    assert "default" in {each["name"] for each in listed}
    assert made["key"] not in done(rj("desk-keys", "list", *of_prison))
    assert "opens nothing any more" in done(rj("desk-keys", "revoke", "case-system", *of_prison))
    assert status(running["desk"], made["key"]) == 401
    assert "revoked" in done(rj("desk-keys", "list", *of_prison))


def test_a_scope_is_what_the_key_is_for(running: dict[str, str], of_prison: tuple[object, ...]) -> None:
    """A key that only reads asks for nothing; one that acts does not read."""
    reads = answer_of(rj("desk-keys", "new", "reader", "--scope", "read", *of_prison, "--json"))["key"]
    acts = answer_of(rj("desk-keys", "new", "asker", "--scope", "act", "--scope", "requester", *of_prison, "--json"))
    wanted = encode(CALLS["requests"].example(Scene(now=int(time.time()))))
    assert status(running["desk"], reads, "requests", wanted) == 403
    assert status(running["desk"], acts["key"], "requests", wanted) == 201
    assert status(running["desk"], acts["key"]) == 403


def test_a_key_for_people_is_shown_with_what_to_do_with_it(of_prison: tuple[object, ...]) -> None:
    """In plain words, with its last day."""
    shown = done(rj("desk-keys", "new", "nightly", "--until", "2099-01-01", *of_prison))
    assert "shown this once" in shown
    assert "Authorization: Bearer" in shown


def test_what_cannot_be_is_said_in_words(of_prison: tuple[object, ...]) -> None:
    """A name that is taken or none, a client that is not there, an agency that is not served."""
    done(rj("desk-keys", "new", "taken", *of_prison))
    assert "already" in told(rj("desk-keys", "new", "taken", *of_prison), Exit.TYPED)
    assert "lower-case" in told(rj("desk-keys", "new", "Case System", *of_prison), Exit.TYPED)
    assert "no such client" in told(rj("desk-keys", "revoke", "nobody", *of_prison), Exit.TYPED)
    other = ("--agency", "prison-lei", *of_prison[2:])
    assert "no such agency" in told(rj("desk-keys", "list", *other), Exit.CONFIGURATION)
