"""One world, made by the commands themselves; and the people who work in it."""

import asyncio
import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from gateway import logs, serve
from gateway.config import LogSettings, load_desk, load_gateway
from gateway.desk import serve as desk_serve
from tests.gateway.cli.commands import (
    AGENCIES,
    GATEWAY_TOML,
    OFFICE,
    ORIGIN,
    REPO,
    Rj,
    answer_of,
    done,
    rj,
)


@pytest.fixture(scope="session")
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
