"""`rj` as people and scripts use it: the real commands, over real HTTP where there is a desk, and every exit code."""

import asyncio
import io
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import structlog
from click.testing import CliRunner, Result

from contracts.codec import b64url
from contracts.tlog_proof import TlogProof
from gateway import logs, serve
from gateway.cli import main
from gateway.cli.exits import MEANINGS, Exit
from gateway.cli.program import SECTIONS
from gateway.config import GatewaySettings, LogSettings, load_desk, load_gateway, read_vault
from gateway.desk import serve as desk_serve
from keys import tokens

REPO = Path(__file__).parents[2]
ORIGIN = "gateway.example/rj"
AGENCIES = {
    "prison-mdi": ("prison", "MDI"),
    "police-13": ("police", "13"),
    "inspectorate-hmip": ("inspectorate", None),
}
OFFICE = ("rj-team", "RJ team", "01632 960101", "9:00 to 17:00", "Ring 101")
NOWHERE = "0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b"

Rj = Callable[..., Result]


def rj(*words: object, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """Run a command as it was typed."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin, env=env)
    assert "Traceback" not in result.output
    return result


def told(result: Result, end: Exit) -> str:
    """What a refused command said, on one line; nothing of it on standard output."""
    assert result.exit_code == end, result.output
    assert result.stdout == ""
    return re.sub(r"\s+", " ", result.stderr)


def done(result: Result) -> str:
    assert result.exit_code == Exit.OK, result.output
    return result.stdout


def answer_of(result: Result) -> Any:
    return json.loads(done(result))


def every_command(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(every_command())


# One world, made by the commands themselves


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Officers, a log, three agencies, a signed agreement and directory: all by `rj`."""
    root = tmp_path_factory.mktemp("world")
    officers = [done(rj("keys", "new-officer", root / f"{party}.key", "--name", f"{party}.example/officer"))
                for party in ("noms", "acpo")]  # fmt: skip
    (root / "officers.vkeys").write_text("".join(officers))
    (root / "agreement.toml").write_text(_in_force_now((REPO / "deploy/agreement/noms-acpo-v1.toml").read_text()))
    done(
        rj("agreement", "sign", root / "agreement.toml", "--officer", root / "noms.key", "-o", root / "agreement.json")
    )
    done(rj("agreement", "sign", root / "agreement.json", "--officer", root / "acpo.key"))
    (root / "log.vkey").write_text(done(rj("keys", "new-log", root / "log", "--origin", ORIGIN)))
    for agency in AGENCIES:
        _new_agency(root, agency)
    entries = [word for agency in AGENCIES for word in ("--entry", root / agency / "entry.json")]
    done(rj("directory", "build", root / "directory.json", "--origin", ORIGIN, "--version", 1, *entries))
    for party in ("noms", "acpo"):
        done(rj("directory", "sign", root / "directory.json", "--officer", root / f"{party}.key"))
    (root / "gateway.toml").write_text(GATEWAY_TOML)
    return root


GATEWAY_TOML = f"""
[gateway]
origin = "{ORIGIN}"
port = 0
data = "data"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.vkeys"
vault = "log/vault"
unlock = "log/unlock.key"
"""


def _in_force_now(text: str) -> str:
    today = datetime.now(UTC).date()
    text = re.sub(r"(?m)^in_force = .*", f"in_force = {today - timedelta(2)}", text)
    return re.sub(r"(?m)^ends = .*", f"ends = {today + timedelta(30)}", text)


def _new_agency(root: Path, agency: str) -> None:
    kind, code = AGENCIES[agency]
    words = ["--agency", agency, "--kind", kind, "--name", agency, "--origin", ORIGIN, "--office", *OFFICE]
    words += ["--agreement", root / "agreement.json", *(("--code", code) if code else ())]
    assert answer_of(rj("keys", "new-agency", root / agency, *words))["id"] == agency


@pytest.fixture(scope="module")
def running(world: Path) -> Iterator[dict[str, str]]:
    """A gateway and a desk for every agency, on loopback, while the tests last: name → URL."""
    started, stop = threading.Event(), threading.Event()
    urls: dict[str, str] = {}

    async def serve_all() -> None:
        async with AsyncExitStack() as held:
            settings = load_gateway(world / "gateway.toml", {"RJ_GATEWAY_DATA": "running"})
            urls["gateway"] = await held.enter_async_context(serve.serving(settings))
            for agency in AGENCIES:
                trust = ("--gateway", urls["gateway"], "--log-key", (world / "log.vkey").read_text())
                done(rj("keys", "trust", world / agency, *trust, "--officers", world / "officers.vkeys"))
            agencies = "".join(f'[[agency]]\nfolder = "{each}"\nunlock = "{each}/unlock.key"\n' for each in AGENCIES)
            (world / "desk.toml").write_text(f"port = 0\n{agencies}")
            urls["desk"] = await held.enter_async_context(desk_serve.serving(load_desk(world / "desk.toml", {})))
            started.set()
            await asyncio.to_thread(stop.wait)

    with _strict_logs() as written:
        thread = threading.Thread(target=asyncio.run, args=(serve_all(),))
        thread.start()
        try:
            assert started.wait(30), "The gateway and the desk did not start."
            yield urls
        finally:
            stop.set()
            thread.join(30)
    for private in (b"Ann", b"Smith", b"07700", b"Brien", b"163001", b"13AB"):
        assert private not in written.getvalue()
    assert b"message.settled" in written.getvalue()


@contextmanager
def _strict_logs() -> Iterator[io.BytesIO]:
    """What both processes log. A field that logs may not carry raises, and the test that made it fails."""
    root, written = logging.getLogger(), io.BytesIO()
    before = root.handlers[:], root.level
    root.handlers.clear()
    logs.configure(LogSettings(level="debug"), written, strict=True)
    structlog.configure(cache_logger_on_first_use=False)
    yield written
    logging.captureWarnings(False)
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
def at(world: Path, running: dict[str, str]) -> Callable[[str, str], Rj]:
    """`rj` as a member of staff of an agency."""

    def as_staff(agency: str, role: str) -> Rj:
        staff = {"id": f"{agency}-1", "role": role, "training": "advanced", "signed_in_at": int(time.time()),
                 "methods": ["pwd", "mfa"]}  # fmt: skip
        (world / f"{agency}.json").write_text(json.dumps(staff))
        env = {"RJ_DESK": running["desk"], "RJ_AGENCY": agency, "RJ_KEY": str(world / agency / "local-api.key"),
               "RJ_STAFF": str(world / f"{agency}.json")}  # fmt: skip
        return lambda *words, stdin=None: rj(*words, stdin=stdin, env=env)

    return as_staff


@pytest.fixture
def prison(at: Callable[[str, str], Rj]) -> Rj:
    return at("prison-mdi", "rj-coordinator")


@pytest.fixture
def police(at: Callable[[str, str], Rj]) -> Rj:
    return at("police-13", "police-officer")


@pytest.fixture
def inspector(at: Callable[[str, str], Rj]) -> Rj:
    return at("inspectorate-hmip", "inspector")


# Help


def test_rj_alone_says_where_to_start() -> None:
    """Not a wall of options."""
    guide = done(rj())
    assert "rj demo" in guide
    assert len(guide.splitlines()) < 20


def test_help_lists_every_command_and_every_exit_code() -> None:
    """In sections, each with a sentence that is not cut off."""
    text = done(rj("--help"))
    assert all(title in text for title in SECTIONS)
    assert all(f"\n  {name}" in text for name in main.commands)
    assert all(meaning in text for meaning in MEANINGS.values())
    assert "..." not in text.replace("[ARGS]...", "")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_has_a_sentence_and_an_example(path: tuple[str, ...]) -> None:
    """That a newcomer can copy; and JSON for programs, but where a process or a story runs."""
    text = done(rj(*path, "--help"))
    sentence = (COMMANDS[path].help or "").splitlines()[0]
    assert sentence.endswith(".")
    assert re.search(rf"Examples?:\n  +rj {' '.join(path)}", text)
    assert "--json" in text or path in {("demo",), ("gateway",), ("desk",)}


def test_help_starts_fast() -> None:
    """Nothing heavy is imported before a command needs it."""
    heavy = ("rich", "cryptography", "aiohttp", "apsw")
    code = f"import sys, gateway.cli; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO, check=True)
    assert found.stdout == "[]\n"


def test_each_exit_code_has_a_meaning_of_its_own() -> None:
    """One table; nothing missing, nothing twice."""
    assert set(MEANINGS) == set(Exit)
    assert len(set(MEANINGS.values())) == len(Exit)


# Keys


def test_secrets_are_the_owners_alone(world: Path) -> None:
    """Vaults, unlock keys, officers' keys."""
    for name in ("noms.key", "log/vault", "log/unlock.key", "police-13/vault", "police-13/unlock.key"):
        assert (world / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize("words", [("new-officer", "noms.key", "--name", "x"), ("new-log", "log", "--origin", "x")])
def test_keys_are_never_written_over(world: Path, words: tuple[str, ...]) -> None:
    """A second run by mistake must not lose the first one's keys."""
    before = (world / "log/vault").read_bytes(), (world / "noms.key").read_bytes()
    assert "is there already" in told(rj("keys", words[0], world / words[1], *words[2:]), Exit.CONFIGURATION)
    assert before == ((world / "log/vault").read_bytes(), (world / "noms.key").read_bytes())


def test_an_agency_that_the_directory_could_not_list_is_not_made(tmp_path: Path) -> None:
    """Nothing is left behind."""
    words = ("--agency", "Police 13", "--kind", "police", "--name", "x", "--origin", ORIGIN)
    assert "small letters" in told(rj("keys", "new-agency", tmp_path / "new", *words), Exit.USAGE)
    assert not (tmp_path / "new").exists()


def test_a_new_sealing_key_is_listed_and_vouched_for(world: Path, tmp_path: Path) -> None:
    """The old one stays, because what was sealed to it may still be opened; the directory accepts the new entry."""
    _copy(world / "police-13", tmp_path / "police-13")
    before = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    made = answer_of(rj("keys", "rotate-sealing", tmp_path / "police-13", "--origin", ORIGIN, "--json"))
    after = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    assert [row["kid"] for row in after] == [*(row["kid"] for row in before), made["new"]]
    entry = ("--entry", tmp_path / "police-13/entry.json")
    done(rj("directory", "build", tmp_path / "d.json", "--origin", ORIGIN, "--version", 2, *entry))


def test_a_sealing_key_whose_time_is_over_is_destroyed(world: Path, tmp_path: Path) -> None:
    """From the vault and from the entry."""
    _copy(world / "police-13", tmp_path / "police-13")
    entry = tmp_path / "police-13/entry.json"
    changed = json.loads(entry.read_text())
    changed["sealing"][0] |= {"valid_from": 1, "seal_until": 2, "open_until": 3}
    entry.write_text(json.dumps(changed))
    made = answer_of(rj("keys", "rotate-sealing", tmp_path / "police-13", "--origin", ORIGIN, "--json"))
    assert made["destroyed"] == [changed["sealing"][0]["kid"]]
    assert [key["kid"] for key in json.loads(entry.read_text())["sealing"]] == [made["new"]]
    listed = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    assert [row["kid"] for row in listed if row["for"] == "sealing"] == [made["new"]]


def test_no_secret_is_shown(world: Path) -> None:
    """Neither by `list` nor by an error."""
    secret = (world / "police-13/unlock.key").read_text().strip()
    assert secret not in rj("keys", "list", world / "police-13").output
    result = rj("agreement", "sign", world / "agreement.json", "--officer", world / "police-13/unlock.key")
    assert "not an officer's key" in told(result, Exit.CONFIGURATION)
    assert secret not in result.output


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for each in source.iterdir():
        if each.is_file():
            (target / each.name).write_bytes(each.read_bytes())


# Signed documents


def test_an_agreement_says_what_it_is(world: Path) -> None:
    """And who signed it, once that is verified."""
    words = ("agreement", "check", world / "agreement.json", "--officers", world / "officers.vkeys", "--json")
    found = answer_of(rj(*words))
    assert (found["id"], found["verified"], found["in_force_today"]) == ("noms-acpo", True, True)
    assert found["signed_by"] == ["noms.example/officer", "acpo.example/officer"]


def test_one_officers_signature_is_not_enough(world: Path, tmp_path: Path) -> None:
    """The other one is named."""
    half = tmp_path / "half.json"
    done(rj("agreement", "sign", world / "agreement.toml", "--officer", world / "noms.key", "-o", half))
    result = rj("agreement", "check", half, "--officers", world / "officers.vkeys")
    assert "lacks the signature of acpo.example/officer" in told(result, Exit.NOT_VERIFIED)


def test_the_same_officer_signs_once(world: Path) -> None:
    """A second run changes nothing."""
    before = (world / "agreement.json").read_bytes()
    done(rj("agreement", "sign", world / "agreement.json", "--officer", world / "noms.key"))
    assert (world / "agreement.json").read_bytes() == before


def test_an_unknown_word_in_the_agreement_is_named(world: Path, tmp_path: Path) -> None:
    """It can be neither checked nor signed."""
    bad = tmp_path / "bad.toml"
    bad.write_text((world / "agreement.toml").read_text().replace('training = "foundation"', 'training = "some"', 1))
    assert "does not know" in told(rj("agreement", "check", bad), Exit.DIFFERENT)
    told(rj("agreement", "sign", bad, "--officer", world / "noms.key", "-o", tmp_path / "x"), Exit.DIFFERENT)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("number", "numbers"), [("8.5", {"8.5"}), ("1", {"1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})]
)
def test_a_clause_is_read_alone_and_a_part_as_a_whole(world: Path, number: str, numbers: set[str]) -> None:
    """Clause 1 is not clause 10."""
    shown = answer_of(rj("agreement", "show", world / "agreement.toml", "--clause", number, "--json"))
    assert {clause["number"] for clause in shown["clauses"]} == numbers
    assert number in done(rj("agreement", "show", world / "agreement.json", "--clause", number))


def test_a_clause_that_is_not_there_is_told(world: Path) -> None:
    """Rather than nothing."""
    told(rj("agreement", "show", world / "agreement.toml", "--clause", "99"), Exit.DIFFERENT)


def test_a_directory_is_checked_in_every_part(world: Path) -> None:
    """As a desk checks it before it seals."""
    words = ("directory", "check", world / "directory.json", "--officers", world / "officers.vkeys", "--json")
    assert answer_of(rj(*words))["agencies"] == len(AGENCIES)


def test_a_changed_directory_is_not_believed(world: Path, tmp_path: Path) -> None:
    """One letter is enough."""
    changed = tmp_path / "d.json"
    changed.write_text((world / "directory.json").read_text().replace("RJ team", "RJ seam"))
    result = rj("directory", "check", changed, "--officers", world / "officers.vkeys")
    assert "not the one that was signed" in told(result, Exit.NOT_VERIFIED)


def test_a_directory_that_no_desk_would_accept_is_not_built(world: Path, tmp_path: Path) -> None:
    """Its endorsements are for another gateway."""
    entry = ("--entry", world / "police-13/entry.json")
    words = ("directory", "build", tmp_path / "d.json", "--origin", "other.example/rj", "--version", 1, *entry)
    assert "No desk would accept" in told(rj(*words), Exit.DIFFERENT)
    assert not (tmp_path / "d.json").exists()


def test_a_directory_lists_its_agencies(world: Path) -> None:
    """Readable by people, whole for programs."""
    assert "police-13" in done(rj("directory", "show", world / "directory.json"))
    listed = answer_of(rj("directory", "show", world / "directory.json", "--json"))
    assert [agency["id"] for agency in listed["agencies"]] == list(AGENCIES)


# Doctor and processes


def test_the_doctor_finds_nothing_wrong(world: Path) -> None:
    """On a world that `rj` made."""
    findings = answer_of(rj("doctor", "--config", world / "gateway.toml", "--json"))
    assert all(finding["ok"] for finding in findings), findings
    assert len(findings) == 11


def test_the_doctor_says_what_to_do(world: Path, tmp_path: Path) -> None:
    """One finding for each thing that is wrong, and the others still looked at."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/gateway.db").write_bytes(b"not a database" * 100)
    (tmp_path / "officers.vkeys").write_text((world / "officers.vkeys").read_text().splitlines()[0])
    (tmp_path / "agreement.json").write_text("{}")
    (tmp_path / "unlock.key").write_text("x")
    (tmp_path / "gateway.toml").write_text(
        GATEWAY_TOML.replace("log/unlock", "unlock").replace("log/vault", str(world / "log/vault"))
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = {"RJ_GATEWAY_PORT": str(taken.getsockname()[1])}
        result = rj("doctor", tmp_path / "gateway.toml", "--json", env=env)
    assert result.exit_code == Exit.DIFFERENT
    found = {each["name"]: each["said"] for each in json.loads(result.stdout) if not each["ok"]}
    assert "Stop the program" in found["port"]
    assert "43 characters" in found["vault"]
    assert "mode to 0600" in found["secrecy"]
    assert "two officers" in found["officers"]
    assert "rj agreement sign" in found["agreement"]
    assert "cannot be read" in found["directory"]
    assert "key store" in found["database"]
    assert {"folder", "disk", "clock", "settings"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("pragma", "advice"), [("application_id = 7", "another program"), ("user_version = 99", "newer version")]
)
def test_the_doctor_refuses_a_database_that_is_not_for_this_program(
    world: Path, tmp_path: Path, pragma: str, advice: str
) -> None:
    """Another program's, or of a version to come."""
    settings = load_gateway(world / "gateway.toml", {"RJ_GATEWAY_DATA": str(tmp_path)})
    asyncio.run(_started_once(settings))
    findings = rj("doctor", world / "gateway.toml", "--json", env={"RJ_GATEWAY_DATA": str(tmp_path)})
    assert all(each["ok"] for each in answer_of(findings))
    with sqlite3.connect(tmp_path / "gateway.db") as database:
        database.execute(f"pragma {pragma}")
    database.close()
    result = rj("doctor", world / "gateway.toml", env={"RJ_GATEWAY_DATA": str(tmp_path)})
    assert result.exit_code == Exit.DIFFERENT
    assert advice in result.stdout


async def _started_once(settings: GatewaySettings) -> None:
    async with serve.serving(settings):
        pass


def test_a_bad_setting_names_file_and_key(tmp_path: Path) -> None:
    """For every command that reads settings."""
    (tmp_path / "rj.toml").write_text("[gateway]\nport = 'x'\n")
    (tmp_path / "desk.toml").write_text("port = 1\n")
    for command in ("gateway", "doctor"):
        text = told(rj(command, "--config", tmp_path / "rj.toml"), Exit.CONFIGURATION)
        assert "rj.toml: [gateway] port must be a port number" in text
    assert "[[agency]] is missing" in told(rj("desk", "--config", tmp_path / "desk.toml"), Exit.CONFIGURATION)


def test_a_gateway_runs_until_it_is_told_to_stop(world: Path) -> None:
    """It says where it answers; a second one on its port is refused, in words; SIGTERM ends it in order."""
    command = [sys.executable, "-m", "gateway.cli", "gateway", str(world / "gateway.toml")]
    env = os.environ | {"RJ_GATEWAY_DATA": "alone"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=REPO)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        head = answer_of(rj("verify", "log", url, "--key", world / "log.vkey", "--json"))
        taken = env | {"RJ_GATEWAY_DATA": "second", "RJ_GATEWAY_PORT": url.rpartition(":")[2]}
        second = subprocess.run(command, capture_output=True, text=True, env=taken, cwd=REPO, check=False)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert (head["origin"], head["size"]) == (ORIGIN, 2)
    assert second.returncode == Exit.CONFIGURATION
    assert "another program has it" in re.sub(r"\s+", " ", second.stderr)
    assert process.returncode == Exit.OK
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["gateway.ready", "gateway.stopping"]


# A case, through the agencies' own desks


def _request(prison: Rj, tmp_path: Path) -> dict[str, Any]:
    asked = json.loads(done(prison("request", "--example")))
    asked["offence"]["crime_reference"] = f"13AB/{time.time_ns()}"
    (tmp_path / "request.json").write_text(json.dumps(asked))
    said: dict[str, Any] = answer_of(prison("request", tmp_path / "request.json", "--json"))
    return said


def _arrived(agency: Rj, exchange: str, event: str) -> None:
    """Wait until the agency has heard of it."""
    for _ in range(20):
        events = answer_of(agency("inbox", "--events", "--wait", 1, "--json"))["events"]
        if any((each["exchange"], each["event"]) == (exchange, event) for each in events):
            return
        time.sleep(0.1)
    pytest.fail(f"{event} did not arrive.")


def _yes(police: Rj, exchange: str, tmp_path: Path) -> Result:
    said = json.loads(done(police("answer", "--example")))
    said["values"] = {"preferred_name": "Ann Smith", "contact_channel": "07700 900123", "home_address": "1 High Street"}
    said["consent"] |= {"given_at": int(time.time()) - 60, "valid_until": int(time.time()) + 86_400}
    return police("answer", exchange, "-", stdin=json.dumps(said))


def test_a_case_from_the_question_to_its_withdrawal(prison: Rj, police: Rj, inspector: Rj, world: Path,
                                                     tmp_path: Path) -> None:  # fmt: skip
    """Ask, read, answer, open, recall, search, and prove it: each command says what the person should know next."""
    exchange = _request(prison, tmp_path)["case"]["exchange"]
    _arrived(police, exchange, "contact-request")
    assert exchange in done(police("inbox"))
    read = done(police("open", exchange, "--why", "read-request", "--no-conflict"))
    assert "1979/0163001B" in read
    answered = done(_yes(police, exchange, tmp_path))
    assert "home_address" in answered
    _arrived(prison, exchange, "contact-answer")
    shown = done(prison("inbox", exchange))
    assert f"rj open {exchange}" in shown
    assert "may be told" in shown
    opened = answer_of(prison("open", exchange, "--why", "contact-victim", "--no-conflict", "--json"))
    assert opened["values"]["preferred_name"] == "Ann Smith"
    assert "home_address" not in opened["values"]
    done(police("recall", exchange))
    _arrived(prison, exchange, "recall")
    assert "no details to open" in told(
        prison("open", exchange, "--why", "contact-victim", "--no-conflict"), Exit.REFUSED
    )
    done(prison("recall", exchange, "--acknowledge"))
    found = answer_of(inspector("search", "--why", "inspection", "--about", exchange, "--json"))
    events = [line["shared"]["event"] for line in found["lines"]]
    assert events[0] == "contact-request"
    assert {"open", "contact-answer", "recall", "recall-acknowledged"} <= set(events)
    _check_receipt(prison, opened["jti"], world, tmp_path)


def _check_receipt(prison: Rj, jti: str, world: Path, tmp_path: Path) -> None:
    """As the desk keeps it, as the gateway replied it, and as a bare proof; and not once it is changed."""
    kept = answer_of(prison("inbox", "--receipt", jti))
    forms = {
        "kept.json": json.dumps(kept),
        "reply.json": json.dumps({"decision": kept["decision_token"], "receipt": kept["receipt"]}),
        "bare.txt": kept["receipt"],
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
    key = ("--key", world / "log.vkey")
    assert "The log signed the decision: accepted" in done(rj("verify", "receipt", tmp_path / "kept.json", *key))
    proven = answer_of(rj("verify", "receipt", *(tmp_path / name for name in forms), *key, "--json"))
    assert [each["shared"]["event"] for each in proven] == ["open"] * 3
    assert [each["decision"]["jti"] if "decision" in each else None for each in proven] == [jti, jti, None]
    _check_forgeries(kept, tmp_path / "forged.json", world)


def _check_forgeries(kept: dict[str, Any], file: Path, world: Path) -> None:
    receipt, token = kept["receipt"], kept["decision_token"]
    index = re.search(r"index (\d+)", receipt)
    assert index is not None
    moved = receipt.replace(index[0], f"index {int(index[1]) - 1}")
    forged = [
        {"receipt": moved},
        {"receipt": _with_extra(receipt, shared=b64url(b'{"event":"recall","at":1}'))},
        {"receipt": _with_extra(receipt, exact=b64url(b"{}"))},
        {**kept, "decision_token": _other_decision(token, world)},
        {**kept, "receipt": receipt.replace(index[0], f"index {int(index[1]) + 1}")},
        {**kept, "receipt": receipt.replace(ORIGIN, "other.example/rj")},
        {**kept, "receipt": re.sub(r"extra .*\n", "", receipt)},
        {**kept, "receipt": "c2sp.org/tlog-proof@v1\n"},
        {**kept, "decision_token": token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")},
        {"nothing": 1},
    ]
    for each in forged:
        file.write_text(json.dumps(each))
        told(rj("verify", "receipt", file, "--key", world / "log.vkey"), Exit.NOT_VERIFIED)
    file.write_text(json.dumps(kept))
    officer = (world / "officers.vkeys").read_text().splitlines()[0]
    told(rj("verify", "receipt", file, "--key", officer), Exit.NOT_VERIFIED)


def _with_extra(receipt: str, **changed: str) -> str:
    """The receipt with other openings: `extra` is signed by nobody."""
    proof = TlogProof.parse(receipt)
    return msgspec.structs.replace(
        proof, extra=json.dumps({**json.loads(proof.extra or b""), **changed}).encode()
    ).encode()


def _other_decision(token: str, world: Path) -> str:
    """Another decision for the same line: a log that says two things is not believed."""
    vault = read_vault(world / "log/vault", world / "log/unlock.key")
    ((kid, _),) = vault.signing_seeds.items()
    parsed = tokens.parse(token)
    claims = json.loads(parsed.claims) | {"decision": "refused"}
    return tokens.sign(json.dumps(claims).encode(), parsed.header.typ, kid, vault.signing(kid))


def test_a_no_names_its_code_and_nothing_else(prison: Rj, police: Rj, tmp_path: Path) -> None:
    """No file is needed for it."""
    exchange = _request(prison, tmp_path)["case"]["exchange"]
    _arrived(police, exchange, "contact-request")
    assert "On record" in done(police("answer", exchange, "--outcome", "cannot-proceed", "--code", "R02"))


def test_what_needs_changing_is_told_and_not_repeated(prison: Rj, tmp_path: Path) -> None:
    """Every fault at once, in plain words."""
    asked = json.loads(done(prison("request", "--example")))
    asked["offender"] |= {"pnc_id": "79/163001X", "name": "Joe O'Brien"}
    (tmp_path / "request.json").write_text(json.dumps(asked))
    result = prison("request", tmp_path / "request.json")
    text = told(result, Exit.TYPED)
    assert "pnc_id" in text
    assert "crime_reference" in text
    assert "reason R01" in text
    assert "163001X" not in result.output
    assert "Brien" not in result.output


def test_a_refusal_names_clause_and_code(prison: Rj, tmp_path: Path) -> None:
    """By the gateway, under the agreement."""
    asked = json.loads(done(prison("request", "--example")))
    asked["offence"]["crime_reference"] = f"13AB/{time.time_ns()}"
    asked["fields"] = ["home_address"]
    (tmp_path / "request.json").write_text(json.dumps(asked))
    result = prison("request", tmp_path / "request.json", "--json")
    problem = json.loads(result.stderr)
    assert (result.exit_code, problem["exit"], problem["code"]) == (Exit.REFUSED, 4, "R17")
    assert problem["clauses"]


def test_nothing_is_opened_by_who_does_not_declare(prison: Rj) -> None:
    """Agreement clause 8.3, asked before anything is sent."""
    result = prison("open", NOWHERE, "--why", "contact-victim")
    assert "--no-conflict" in told(result, Exit.REFUSED)


def test_only_an_inspector_searches(police: Rj) -> None:
    """The desk refuses with the clause."""
    assert "reason R04" in told(police("search", "--why", "inspection"), Exit.REFUSED)


def test_a_case_of_nobodys_is_not_there(prison: Rj) -> None:
    """In the words of the desk."""
    told(prison("inbox", NOWHERE), Exit.REFUSED)


def test_a_wrong_key_is_a_setting_to_change(prison: Rj, tmp_path: Path) -> None:
    """Not a refusal of the agreement."""
    (tmp_path / "key").write_text("wrong")
    told(prison("inbox", "--key", tmp_path / "key"), Exit.CONFIGURATION)
    told(prison("inbox", "--key", tmp_path / "gone"), Exit.CONFIGURATION)


@pytest.mark.parametrize("typed", ["[]", "{", '"Ann Smith"'])
def test_a_file_that_is_no_json_object_is_told_unread(prison: Rj, tmp_path: Path, typed: str) -> None:
    """Without a word of what is in it."""
    (tmp_path / "x.json").write_text(typed)
    assert "Ann" not in told(prison("request", tmp_path / "x.json"), Exit.TYPED)


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
    text = done(rj("inbox", "x", *words))
    assert not set("\x1b\x9b\x07") & set(text)
    assert "[red]With" in text


def test_nobody_there_means_try_again(world: Path) -> None:
    """With the same number as a gateway that is away."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = f"http://127.0.0.1:{taken.getsockname()[1]}"
    told(rj("verify", "log", free, "--key", world / "log.vkey"), Exit.AWAY)
    told(rj("verify", "log", "ftp://127.0.0.1", "--key", world / "log.vkey"), Exit.CONFIGURATION)


def test_a_checkpoint_is_read_from_a_folder_too(world: Path, tmp_path: Path) -> None:
    """And refused when another key signed it."""
    told(rj("verify", "log", tmp_path, "--key", world / "log.vkey"), Exit.CONFIGURATION)
    (tmp_path / "checkpoint").write_text(f"{ORIGIN}\n0\n{'A' * 43}=\n\n— {ORIGIN} AAAAAAAA\n")
    told(rj("verify", "log", tmp_path, "--key", world / "log.vkey"), Exit.NOT_VERIFIED)


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
