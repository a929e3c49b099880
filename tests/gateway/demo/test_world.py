"""The world that the demonstration makes, before anything is started."""

from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import pytest

from contracts.tlog_policy import Policy, satisfied
from gateway.config import load_desk, load_gateway, load_witness, read_logs, read_officers, read_vault
from gateway.demo.processes import Command, NotStarted, answer, free_ports, running
from gateway.demo.world import DESKS, Founding, connections, found, lay_out
from gateway.desk.trust import read_pins
from gateway.rules import load_rules
from keys.notes import Cosigner

AGENCIES = ("prison-mdi", "police-13", "vlu-yh")


@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    made = found(tmp_path_factory.mktemp("demo") / "D", AGENCIES, {"windows": {"answer": "8 seconds"}})
    lay_out(made)
    return made


def test_the_gateway_accepts_what_it_is_given(founding: Founding) -> None:
    """Its settings load, both documents verify under the pinned officers, and every agency has acceded."""
    settings = load_gateway(founding.folder / "gateway" / "gateway.toml", {}).gateway
    officers = read_officers(settings.officers)
    rules = load_rules(settings.agreement.read_bytes(), settings.directory.read_bytes(), officers, settings.origin)
    assert rules.agreement.windows.answer == "8 seconds"
    assert all(rules.directory.acceded(agency, rules.agreement_digest) for agency in AGENCIES)


def test_the_gateways_folder_holds_no_key_of_an_agency(founding: Founding) -> None:
    """Only the log's own key lies there; everything of an agency lies in its own folder."""
    gateway = b"".join(file.read_bytes() for file in (founding.folder / "gateway").rglob("*") if file.is_file())
    log = read_vault(founding.folder / "gateway" / "log.vault", founding.folder / "gateway" / "unlock.key")
    assert not log.sealing_seeds
    for member in founding.members:
        assert not any(seed in gateway for seed in member.vault.signing_seeds.values())


def test_each_desk_can_open_its_agencies_vaults(founding: Founding) -> None:
    """Every agency but the parties is served by the one desk of its kind."""
    served = []
    for name in DESKS:
        for agency in load_desk(founding.folder / "desks" / f"{name}.toml", {}).agency:
            served.append(agency.folder.name)
            assert read_vault(agency.folder / "vault", agency.unlock).signing_seeds
    assert sorted(served) == sorted([*AGENCIES, "inspectorate-hmip"])


def test_the_witnesses_are_those_of_the_policy(founding: Founding) -> None:
    """Two of three are a quorum; the gateway and every desk are given the same policy, and each witness its own key."""
    text = (founding.folder / "witness.policy").read_text()
    policy = Policy.parse(text)
    assert (founding.folder / "gateway" / "witness.policy").read_text() == text
    assert load_gateway(founding.folder / "gateway" / "gateway.toml", {}).gateway.policy is not None
    for member in founding.members:
        assert read_pins(founding.folder / "desks" / member.id / "trust.json").policy == text
    names = [witness.name for witness in policy.witnesses]
    assert [satisfied(policy, names[:n]) for n in range(4)] == [False, False, True, True]
    vkeys = (founding.folder / "witnesses.vkeys").read_text().splitlines()
    assert [witness.vkey for witness in policy.witnesses] == vkeys
    for witness in policy.witnesses:
        own = load_witness(founding.folder / "witnesses" / witness.name / "witness.toml", {}).witness
        assert witness.url == f"http://{own.host}:{own.port}"
        vault = read_vault(own.vault, own.unlock)
        key = vault.signing(next(iter(vault.signing_seeds)))
        assert Cosigner(name=own.name, key=key).vkey.encode() == witness.vkey
        assert [log.encode() for log in read_logs(own.logs)] == [log.vkey for log in policy.logs]


def test_ports_are_given_once() -> None:
    """No two processes get one port."""
    assert len(set(free_ports(20))) == 20


async def test_a_process_that_ends_at_once_is_told_with_its_output(tmp_path: Path) -> None:
    """The message names the file that says why."""
    import aiohttp

    output = tmp_path / "output.log"
    command = Command(name="gateway", arguments=("--version",), url="http://127.0.0.1:9", output=output)
    async with aiohttp.ClientSession(connector=connections()) as session, running([command]) as processes:
        with pytest.raises(NotStarted, match=r"output\.log"):
            await answer([command], processes, session)
    assert b"rj" in output.read_bytes()


async def test_processes_are_ended_whatever_happens(tmp_path: Path) -> None:
    """A failure inside leaves none behind."""
    command = Command(name="x", arguments=("gateway", "--config", "/dev/stdin"), url="", output=tmp_path / "log")
    kept = await begun_and_failed(command)
    assert [process.returncode is not None for process in kept] == [True]


async def begun_and_failed(command: Command) -> list[Process]:
    kept: list[Process] = []
    with suppress(RuntimeError):
        async with running([command]) as processes:
            kept += processes
            raise RuntimeError
    return kept
