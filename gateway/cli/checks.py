"""What keeps a gateway from starting or serving, looked at one by one: each check says what it found, or what to do."""

import asyncio
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from contracts import agreement as agreements
from contracts.directory import SignedDocument
from gateway.cli.exits import Exit, Stop, meaning_of
from gateway.config import GatewaySection, GatewaySettings, read_file, read_officers, read_vault
from gateway.errors import StoreUnavailable
from gateway.keyreader import FILE as KEYSTORE_FILE
from gateway.ledger.guard import beside, read_head
from gateway.store.opening import AWAY
from gateway.store.postgres import look as look_at_postgres
from gateway.store.reading import log_in
from keys import directory as directories
from keys import documents
from keys.notes import NoteSigner

KEYLESS: Final = "The database is there and its key store is not. Restore the key store that goes with it."
FREE_BYTES: Final = 1_000_000_000

Check = Callable[[GatewaySettings], str]


class Finding(Struct, frozen=True, kw_only=True):
    """What one check found: `said` is how it is, or what to do."""

    name: str
    ok: bool
    said: str


def look(settings: GatewaySettings) -> list[Finding]:
    """Every check, in the order in which things must be put right."""
    return [_finding(name, check, settings) for name, check in CHECKS.items()]


def _finding(name: str, check: Check, settings: GatewaySettings) -> Finding:
    try:
        return Finding(name=name, ok=True, said=check(settings))
    except Stop as stop:
        return Finding(name=name, ok=False, said=stop.message)
    except Exception as error:  # a check that breaks is one that fails; the others still run
        return Finding(name=name, ok=False, said=meaning_of(error).message)


def _folder(settings: GatewaySettings) -> str:
    """The folder, or the nearest one above it in which it will be made, can be written."""
    data = settings.gateway.data
    nearest = next(each for each in (data, *data.absolute().parents) if each.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _do(f"{nearest} cannot be written. Give it to the user that the gateway runs as.") from error
    return str(data) if data.exists() else f"{data} will be made at the first start"


def _port(settings: GatewaySettings) -> str:
    host, port = settings.gateway.host, settings.gateway.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        advice = "Stop the program that has it (perhaps this gateway runs already), or set another host and port."
        raise _do(f"{host}:{port} cannot be used. {advice}") from error
    return f"{host}:{port} is free"


def _vault(settings: GatewaySettings) -> str:
    vault = read_vault(settings.gateway.vault, settings.gateway.unlock)
    if not vault.signing_seeds:
        raise _do(f"{settings.gateway.vault} holds no key for the log. Make one with `rj keys new-log`.")
    signer = NoteSigner(name=settings.gateway.origin, key=vault.signing(list(vault.signing_seeds)[-1]))
    return f"the log's key is {signer.vkey.encode()}"


def _private(settings: GatewaySettings) -> str:
    """The unlock key opens the vault: whoever reads it can sign as the log."""
    if settings.gateway.unlock.stat().st_mode & 0o077:
        raise _do(f"{settings.gateway.unlock} can be read by others. Set its mode to 0600.")
    return "only the owner reads the unlock key"


def _officers(settings: GatewaySettings) -> str:
    officers = read_officers(settings.gateway.officers)
    if len(set(officers)) < documents.OFFICERS_MIN:
        raise _do(f"{settings.gateway.officers} must hold the keys of two officers, one for each party, a line each.")
    return ", ".join(officer.name for officer in officers)


def _agreement(settings: GatewaySettings) -> str:
    path = settings.gateway.agreement
    verified = documents.verify("agreement", _signed(path, "agreement"), read_officers(settings.gateway.officers))
    terms, today = agreements.load(verified.document), datetime.now(UTC).date()
    if not terms.in_force <= today <= terms.ends:
        raise _do(f"The agreement is in force from {terms.in_force} to {terms.ends}, and not today: "
                  "sign a version that is. Until then recalls, cancellations and noes are accepted.")  # fmt: skip
    return f"{terms.id}, version {terms.version}, signed, in force until {terms.ends}"


def _directory(settings: GatewaySettings) -> str:
    known = directories.load(
        _signed(settings.gateway.directory, "directory"),
        read_officers(settings.gateway.officers),
        gateway=settings.gateway.origin,
    )
    return f"version {known.version} holds in every part"


def _database(settings: GatewaySettings) -> str:
    section = settings.gateway
    keyless = not (section.keystore_folder / KEYSTORE_FILE).exists()
    if keyless and section.store is None and section.database.exists():
        raise _do(KEYLESS)
    found, size = _looked_at(section)
    if keyless and size is not None:
        raise _do(KEYLESS)
    return f"{found}, {size} lines" if size is not None else f"{found}, will be made at the first start"


def _guard(settings: GatewaySettings) -> str:
    """The database is of the history that the log has signed, as far as sizes tell; the gateway itself proves it."""
    folder, size = settings.gateway.guard_folder, _looked_at(settings.gateway)[1] or 0
    joins = settings.gateway.store is not None and beside(folder)
    signed = read_head(folder)
    if signed is None and size and not joins:
        raise _do("The guard is missing: put it back. If it is lost, see `rj ledger recover --help`.")
    if signed is not None and size < signed.size:
        raise _do(f"The log has signed {signed.size} lines, and the database has {size}: it is an old backup. Put the "
                  "newest one back, or see `rj ledger recover --help`.")  # fmt: skip
    return f"this node has signed {signed.size if signed else 0} lines"


def _looked_at(section: GatewaySection) -> tuple[str, int | None]:
    """What the database is, and how many lines its log has; None where there is none yet."""
    if section.store is None:
        return "SQLite", log_in(section.database).edge.size if section.database.exists() else None
    try:
        version, log = asyncio.run(look_at_postgres(section.store))
    except StoreUnavailable as error:
        raise _do(AWAY) from error
    return f"PostgreSQL {version}", log.edge.size if log else None


def _disk(settings: GatewaySettings) -> str:
    data = settings.gateway.data
    nearest = next(each for each in (data, *data.absolute().parents) if each.exists())
    free = shutil.disk_usage(nearest).free
    if free < FREE_BYTES:
        raise _do(f"Less than 1 GB is free for {data}. Make room: with a full disk every message is answered 503.")
    return f"{free // 1_000_000_000} GB free"


def _clock(settings: GatewaySettings) -> str:
    """Nothing that is signed may come from the future; messages are refused when clocks differ by over 10 s."""
    now = int(time.time())
    written = [settings.gateway.directory, settings.gateway.vault, settings.gateway.database]
    latest = max((path.stat().st_mtime for path in written if path.exists()), default=0)
    if now < latest - 10:
        raise _do("The clock is behind the gateway's own files. Set it by NTP before the gateway starts.")
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _signed(path: Path, what: str) -> SignedDocument:
    try:
        return msgspec.json.decode(read_file(path, f"the {what}"), type=SignedDocument)
    except msgspec.DecodeError as error:
        raise _do(f"{path} is not a signed document. Sign it with `rj {what} sign`.") from error


def _do(advice: str) -> Stop:
    return Stop(advice, Exit.DIFFERENT)


CHECKS: Final[dict[str, Check]] = {
    "folder": _folder,
    "disk": _disk,
    "port": _port,
    "vault": _vault,
    "secrecy": _private,
    "officers": _officers,
    "agreement": _agreement,
    "directory": _directory,
    "database": _database,
    "guard": _guard,
    "clock": _clock,
}
