"""The demonstration's witnesses: three processes of three organisations, of which two must have cosigned."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from contracts.codec import b64url
from gateway.demo.agencies import write_secret
from gateway.demo.processes import Command
from keys import vault
from keys.notes import Cosigner, VerifierKey

WITNESSES: Final = {
    "witness-noms": "prison-service.example/witness",
    "witness-acpo": "police.example/witness",
    "witness-hmip": "inspectorate.example/witness",
}
"""Process → the name of its key."""

QUORUM: Final = 2
FOLDER: Final = "witnesses"
KEYS: Final = "witnesses.vkeys"
POLICY: Final = "witness.policy"


class Cosigning(Struct, frozen=True, kw_only=True):
    """The witnesses before anything starts. `seeds`: process → the seed of its key; `policy`: as C2SP tlog-policy."""

    log: VerifierKey
    urls: dict[str, str]
    seeds: dict[str, bytes]

    @property
    def cosigners(self) -> dict[str, Cosigner]:
        """Process → what it cosigns with."""
        return {
            name: Cosigner(name=WITNESSES[name], key=Ed25519PrivateKey.from_private_bytes(seed))
            for name, seed in self.seeds.items()
        }

    @property
    def policy(self) -> str:
        """The log, its witnesses with their addresses, and how many of them are enough."""
        lines = [f"log {self.log.encode()} {self.urls['gateway']}"]
        lines += [f"witness {name} {each.vkey.encode()} {self.urls[name]}" for name, each in self.cosigners.items()]
        lines += [f"group cosigners {QUORUM} {' '.join(self.seeds)}", "quorum cosigners"]
        return "\n".join(lines) + "\n"

    def lay_out(self, folder: Path) -> None:
        """Write `witnesses/NAME/` for each, and what is public of them."""
        for name, seed in self.seeds.items():
            own = folder / FOLDER / name
            own.mkdir(mode=0o700, parents=True)
            unlock = vault.generate_signing_key()
            vault.write(own / "vault", vault.generate_vault().with_signing(seed), unlock)
            write_secret(own / "unlock.key", b64url(unlock))
            (own / "logs.vkeys").write_text(self.log.encode() + "\n")
            (own / "witness.toml").write_text(_settings(WITNESSES[name], self.urls[name]))
        vkeys = [each.vkey.encode() for each in self.cosigners.values()]
        (folder / KEYS).write_text("".join(f"{vkey}\n" for vkey in vkeys))
        (folder / POLICY).write_text(self.policy)

    def commands(self, folder: Path) -> list[Command]:
        """Their processes."""
        return [_command(name, folder / FOLDER / name, self.urls[name]) for name in self.seeds]


def make(log: VerifierKey, urls: dict[str, str]) -> Cosigning:
    """Witnesses with fresh keys. `urls`: process → URL, the gateway's among them."""
    seeds = {name: vault.generate_signing_key() for name in WITNESSES}
    return Cosigning(log=log, urls=urls, seeds=seeds)


def _command(name: str, folder: Path, url: str) -> Command:
    arguments = ("witness", "--config", str(folder / "witness.toml"), "--new")
    return Command(name=name, arguments=arguments, url=url, output=folder / "output.log")


def _settings(name: str, url: str) -> str:
    return f"""\
[witness]
name = "{name}"
host = "127.0.0.1"
port = {url.rpartition(":")[2]}
data = "data"
vault = "vault"
unlock = "unlock.key"
logs = "logs.vkeys"
"""
