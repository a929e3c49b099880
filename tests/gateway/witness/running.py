"""Witnesses that serve, each made by `rj keys new-witness` and a file of settings, in this process."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Container, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config import load_witness
from gateway.witness.serve import Serving, serving
from keys.notes import VerifierKey
from tests.gateway.cli.commands import done, rj
from tests.gateway.witness.a_log import ALog


@dataclass
class AWitness:
    """One witness's folder; it can be stopped and started again on it, at the same address."""

    name: str
    folder: Path
    logs: Iterable[ALog]
    clock: Callable[[], int] = field(default=lambda: int(time.time()))
    url: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.memory = self.folder / "data" / "witness.db"
        keyname = f"{self.name}.test/witness"
        printed = done(rj("keys", "new-witness", self.folder / "key", "--name", keyname)).splitlines()
        self.vkey, self.mldsa44 = map(VerifierKey.parse, printed)
        keys = [signer.vkey.encode() for log in self.logs for signer in log.signers]
        (self.folder / "logs.vkeys").write_text("".join(f"{key}\n" for key in keys))
        self.settings = self.folder / "witness.toml"
        self.settings.write_text(
            f'[witness]\nname = "{keyname}"\nport = 0\ndata = "data"\nvault = "key/vault"\n'
            'unlock = "key/unlock.key"\nlogs = "logs.vkeys"\n'
        )

    def now(self) -> int:
        """By its clock, which a test may change while it runs."""
        return self.clock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Serving]:
        """It serves while the context lasts."""
        port = self.url.rpartition(":")[2] or "0"
        settings, new = load_witness(self.settings, {"RJ_WITNESS_PORT": port}), not self.memory.exists()
        async with serving(settings, self.now, new=new) as served:
            self.url = served.address
            yield served


@asynccontextmanager
async def all_running(witnesses: Iterable[AWitness]) -> AsyncIterator[None]:
    """All of them serve while the context lasts."""
    async with AsyncExitStack() as held:
        for each in witnesses:
            await held.enter_async_context(each.running())
        yield


def policy_of(log: ALog, witnesses: Iterable[AWitness], quorum: str = "2", mldsa44: Container[str] = ()) -> str:
    """The C2SP policy of a log and its witnesses: so many of them, or none. `mldsa44`: whose key is the one of 06."""
    listed = list(witnesses)
    lines = [f"log {signer.vkey.encode()}" for signer in log.signers]
    keys = [each.mldsa44 if each.name in mldsa44 else each.vkey for each in listed]
    lines += [f"witness {each.name} {key.encode()} {each.url}" for each, key in zip(listed, keys, strict=True)]
    if quorum != "none":
        lines.append(f"group cosigners {quorum} {' '.join(each.name for each in listed)}")
    lines.append("quorum none" if quorum == "none" else "quorum cosigners")
    return "\n".join(lines) + "\n"


async def until(held: Callable[[], bool], within: float = 10) -> None:
    """Wait for something that happens beside the test."""
    end = time.monotonic() + within
    while not held():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
