"""A desk's local API, as `docs/local-api.md` says: plain JSON, one key, problems in plain words."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import click
import msgspec
from msgspec import Struct

from gateway.cli.exits import Exit, Stop

F = TypeVar("F", bound=Callable[..., Any])

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
SECONDS: Final = 60
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024

ENDS: Final = {
    401: Exit.CONFIGURATION,
    403: Exit.REFUSED,
    404: Exit.REFUSED,
    409: Exit.REFUSED,
    422: Exit.TYPED,
    502: Exit.NOT_VERIFIED,
    503: Exit.AWAY,
}


class Fault(Struct, frozen=True, kw_only=True):
    """One thing to change."""

    name: str
    detail: str
    code: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """A refusal, as far as this side reads it (RFC 9457)."""

    title: str
    detail: str = ""
    code: str | None = None
    exchange: str | None = None
    clauses: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


_PROBLEM: Final = msgspec.json.Decoder(Problem)


def through_a_desk(command: F) -> F:
    """Give a command the options that say which desk, which agency and with which key."""
    for option in (
        click.option("--key", "key", envvar="RJ_KEY", show_envvar=True, required=True, metavar="FILE",
                     type=click.Path(path_type=Path), help="The agency's local-api.key."),
        click.option("--agency", envvar="RJ_AGENCY", show_envvar=True, required=True, metavar="ID",
                     help="The agency, such as prison-mdi."),
        click.option("--desk", "url", envvar="RJ_DESK", show_envvar=True, required=True, metavar="URL",
                     help="The desk, such as http://127.0.0.1:8101."),
    ):  # fmt: skip
        command = option(command)
    return command


def with_staff(command: F) -> F:
    """Give a command the option that says who acts."""
    return click.option("--staff", envvar="RJ_STAFF", show_envvar=True, metavar="FILE",
                        type=click.Path(path_type=Path), help="Who acts, as JSON: id, role, training, signed_in_at, "
                        "methods.")(command)  # fmt: skip


class LocalApi:
    """One agency at a desk. Every call raises Stop for what is not an answer."""

    def __init__(self, url: str, agency: str, key: Path) -> None:
        from gateway.config import read_file

        self._base = f"{url.rstrip('/')}/v1/agencies/{agency}"
        self._key = read_file(key, "the local API key").decode("ascii", "replace").strip()

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """What is there. Members of the query that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"/{path}?{urlencode(given)}" if given else f"/{path}", None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What came of it."""
        return self._call("POST", f"/{path}", msgspec.json.encode(body))

    def _call(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        status, raw = fetch(method, self._base + path, body, headers)
        if status >= 300:
            raise _refusal(status, raw)
        try:
            return msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError:
            raise Stop("This is not the answer of a desk. Check --desk.", Exit.CONFIGURATION) from None


def fetch(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body. Raises Stop where nobody answers; redirects are not followed."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    at = urlsplit(url)
    if at.scheme not in ("http", "https") or not at.hostname:
        raise Stop("An address begins with http:// or https:// and names a host.", Exit.CONFIGURATION)
    plain = at.scheme == "http"
    connection = (HTTPConnection if plain else HTTPSConnection)(at.hostname, at.port, timeout=SECONDS)
    try:
        connection.request(method, at.path + (f"?{at.query}" if at.query else ""), body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(ANSWER_BYTES_MAX)
    except (OSError, HTTPException) as error:
        raise Stop("Nobody answers at this address. Check that it is right and running, then try again.",
                   Exit.AWAY) from error  # fmt: skip
    finally:
        connection.close()


def read_object(file: Path, what: str) -> dict[str, Any]:
    """A JSON object from a file, or from standard input for `-`. Raises Stop without a word of what is in it."""
    from gateway.config import read_file

    raw = sys.stdin.buffer.read() if str(file) == "-" else read_file(file, what)
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Stop(f"{file}: {what} must be one JSON object.", Exit.TYPED) from None


def staff_in(file: Path | None) -> dict[str, Any]:
    """Who acts. Raises Stop where a person is needed and none is named."""
    if file is None:
        raise click.UsageError("Name who acts: --staff FILE.")
    return read_object(file, "the member of staff")


def _refusal(status: int, raw: bytes) -> Stop:
    try:
        problem = _PROBLEM.decode(raw)
    except msgspec.DecodeError:
        return Stop("The answer is not one of a desk. Check --desk, and that the desk runs.", Exit.AWAY)
    more = [f"{fault.name}: {fault.detail}" + (f" ({fault.code})" if fault.code else "") for fault in problem.faults]
    if problem.clauses:
        more.append(f"agreement clause {', '.join(problem.clauses)}: `rj agreement show FILE --clause N`")
    return Stop(
        problem.detail or problem.title,
        ENDS.get(status, Exit.AWAY if status >= 500 else Exit.REFUSED),
        [f"reason {problem.code}", *more] if problem.code else more,
        status=status,
        code=problem.code,
        clauses=problem.clauses,
        exchange=problem.exchange,
    )
