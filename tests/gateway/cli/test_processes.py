"""`rj gateway`, `rj desk` and `rj doctor`: what runs, and what keeps it from running."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import serve
from gateway.cli.exits import Exit
from gateway.config import GatewaySettings, load_gateway
from tests.gateway.cli.commands import (
    GATEWAY_TOML,
    ORIGIN,
    REPO,
    answer_of,
    rj,
    told,
)
from tests.postgres import shared


def test_the_doctor_finds_nothing_wrong(world: Path) -> None:
    """On a world that `rj` made."""
    findings = answer_of(rj("doctor", "--config", world / "gateway.toml", "--json"))
    assert all(finding["ok"] for finding in findings), findings
    assert len(findings) == 12


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
    assert advice in " ".join(result.stdout.split())


def test_the_doctor_looks_at_a_database_on_a_server(world: Path, tmp_path: Path) -> None:
    """Empty, in use, away; and where its key store or its lines are missing."""

    def database(url: str) -> list[str]:
        env = {"RJ_GATEWAY_DATA": str(tmp_path / "data"), "RJ_GATEWAY_STORE": url}
        found = json.loads(rj("doctor", world / "gateway.toml", "--json", env=env).stdout)
        return [each["said"] for each in found if each["name"] in {"database", "guard"}]

    url = shared().database()
    empty, signed = database(url)
    assert re.fullmatch(r"PostgreSQL [\d.]+, will be made at the first start", empty)
    assert signed == "this node has signed 0 lines"
    env = {"RJ_GATEWAY_DATA": str(tmp_path / "data"), "RJ_GATEWAY_STORE": url}
    asyncio.run(_started_once(load_gateway(world / "gateway.toml", env)))
    used, signed = database(url)
    assert re.fullmatch(r"PostgreSQL [\d.]+, 2 lines", used)
    assert signed == "this node has signed 2 lines"
    assert "it is an old backup" in database(shared().database())[1]
    assert "cannot be reached" in database(shared().url("nowhere"))[0]
    (tmp_path / "data/keystore/slots.bin").rename(tmp_path / "slots.bin")
    assert "key store is not" in database(url)[0]


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
        head = answer_of(rj("verify", "checkpoint", url, "--key", world / "log.vkey", "--json"))
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
