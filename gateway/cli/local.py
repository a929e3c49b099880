"""A desk's local API, as `docs/local-api.md` says: plain JSON, one key, problems in plain words."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args
from urllib.parse import urlencode, urlsplit

import click
import msgspec
from msgspec import Struct

from contracts.text import UUID7
from contracts.vocabulary import TRAINING_LADDER, Role
from gateway.cli.blanks import blanks
from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import put_pretty

F = TypeVar("F", bound=Callable[..., Any])

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
SECONDS: Final = 60
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
FILE_BYTES_MAX: Final = 512 * 1024 * 1024

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
    """Give a command the option that says who acts, and the one that prints such a file."""
    example = click.option("--example-staff", is_flag=True, is_eager=True, expose_value=False, callback=_example_staff,
                           help="Print a file for --staff to start from.")  # fmt: skip
    who = click.option("--staff", envvar="RJ_STAFF", show_envvar=True, metavar="FILE", type=click.Path(path_type=Path),
                       help=f"Who acts, as JSON: id, role, training, signed_in_at, methods. "
                       f"Roles: {', '.join(get_args(Role))}.")  # fmt: skip
    return who(example(command))


def _example_staff(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        put_pretty(
            {
                "id": "…",
                "role": "rj-coordinator",
                "training": TRAINING_LADDER[1],
                "signed_in_at": int(time.time()),
                "methods": ["pwd", "mfa"],
            }
        )
        context.exit()


class Reference(click.ParamType[str]):
    """The id of a case or of a message. Anything else may be somebody's name, and is not repeated."""

    name = "reference"

    def __init__(self, what: str) -> None:
        self.what = what

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """In lower case, as the log has it. Raises Stop."""
        found = value.strip().lower()
        if not re.match(UUID7, found):
            raise Stop(f"That is not a {self.what} reference. Copy it from `rj inbox`.", Exit.TYPED)
        return found


CASE: Final = Reference("case")
MESSAGE: Final = Reference("message")


class Discreet(click.Command):
    """A command whose words may be personal: what is wrong with them is said without them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does. Raises UsageError that repeats nothing of what was typed."""
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter:
            raise
        except click.BadParameter as error:
            raise click.UsageError(_what_it_takes(error.param, ctx), ctx) from None
        except click.UsageError:
            raise click.UsageError("There is a word or an option here that this command does not take. "
                                   "Put what has spaces into quotes.", ctx) from None  # fmt: skip


def _what_it_takes(param: click.Parameter | None, ctx: click.Context) -> str:
    if param is None:
        return "A value is not one that its option takes."
    hint = param.get_error_hint(ctx)
    if isinstance(param.type, click.Choice):
        return f"{hint} takes one of: {', '.join(param.type.choices)}."
    if isinstance(param.type, click.Path):
        return f"{hint} must name a file that can be read. Details go into that file, never on the command line."
    return f"The value of {hint} is not one that it takes."


class LocalApi:
    """One agency at a desk. Every call raises Stop for what is not an answer."""

    def __init__(self, url: str, agency: str, key: Path) -> None:
        from gateway.config import read_file

        self._base = f"{url.rstrip('/')}/v1/agencies/{agency}"
        raw = read_file(key, "the local API key").strip()
        if not re.fullmatch(rb"[!-~]{1,200}", raw):
            raise Stop("--key names no local API key. It is local-api.key in the agency's folder.", Exit.CONFIGURATION)
        self._key = raw.decode("ascii")

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """What is there. Members of the query that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"/{path}?{urlencode(given)}" if given else f"/{path}", None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What came of it."""
        return self._call("POST", f"/{path}", msgspec.json.encode(body))

    def file(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        """A file that the desk hands out, asked for with a body where the desk must know who asks and why."""
        if body is None:
            return self._raw("GET", f"/{path}", None)
        return self._raw("POST", f"/{path}", msgspec.json.encode(body))

    def _raw(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        status, raw = fetch(method, self._base + path, body, headers, FILE_BYTES_MAX)
        if status >= 300:
            raise _refusal(status, raw)
        return raw

    def _call(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        raw = self._raw(method, path, body)
        try:
            return msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError:
            raise Stop("This is not the answer of a desk. Check --desk.", Exit.CONFIGURATION) from None


def fetch(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    limit: int = ANSWER_BYTES_MAX,
) -> tuple[int, bytes]:
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
        return answer.status, answer.read(limit)
    except (OSError, HTTPException) as error:
        raise Stop("Nobody answers at this address. Check that it is right and running, then try again.",
                   Exit.AWAY) from error  # fmt: skip
    finally:
        connection.close()


def read_object(file: Path, what: str) -> dict[str, Any]:
    """A JSON object from a file, or from standard input for `-`, filled in. Raises Stop without a value of it."""
    from gateway.config import read_file

    raw = sys.stdin.buffer.read() if str(file) == "-" else read_file(file, what)
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Stop(f"{file}: {what} must be one JSON object.", Exit.TYPED) from None
    if left := blanks(found):
        raise Stop(f"Fill in what the example left open in {what} (…): {', '.join(left)}.", Exit.TYPED)
    return found


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
