"""The log's key changes: a desk that pins one key learns of the next from the log itself, while both of them sign.

A new key is believed only by the line that announces it, in a log that a key believed before has signed; where
`trust.json` pins a policy, also only once a quorum of log cosigners has seen that line.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final, NoReturn

import structlog
from msgspec import Struct
from msgspec.structs import replace

from contracts.event import LogKeyLeaf, parse_leaf
from contracts.reply import LogKey
from contracts.tlog_policy import Log
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import DeskError
from gateway.desk.upgrading import is_witnessed
from keys.ed25519 import BadKey
from keys.notes import VerifierKey
from keys.receipts import ReceiptRefused, check

LOOK_EVERY: Final = 60.0
"""Seconds between looks: an overlap must last longer."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Adopted(Struct, frozen=True, kw_only=True):
    """The keys that came after the pinned one, in the order in which they were believed."""

    vkeys: tuple[str, ...] = ()


async def follow_log_keys(agency: Agency) -> NoReturn:
    """Believe again what was believed before, and look for new keys, for ever."""
    for vkey in (await agency.cabinet.get("log", "keys", Adopted) or Adopted()).vkeys:
        _believe(agency, VerifierKey.parse(vkey))
    while True:
        with suppress(DeskError):  # away, or not to be believed: nothing has changed, and the next look is soon
            await look(agency)
        await asyncio.sleep(LOOK_EVERY)


async def look(agency: Agency) -> None:
    """Adopt the keys that the log announces and proves. Raises GatewayAway, NotBelieved."""
    for told in (await agency.client.log_keys()).keys:
        vkey = _proven(agency, told)
        if vkey is not None:
            await agency.cabinet.change(partial(_keep, vkey=vkey.encode()))
            _believe(agency, vkey)
            log.warning("log_key.adopted", agency=agency.id)


def _proven(agency: Agency, told: LogKey) -> VerifierKey | None:
    """The key, if it is new and its line stands in a log that we believe."""
    if told.receipt is None or told.vkey in [known.encode() for known in agency.gateway.vkeys]:
        return None
    try:
        leaf = parse_leaf(check(told.receipt, *agency.gateway.vkeys).leaf)
        vkey = VerifierKey.parse(told.vkey)
    except (ReceiptRefused, BadKey):
        return None
    seen = agency.policy is None or is_witnessed(told.receipt, agency.policy)
    return vkey if seen and leaf == LogKeyLeaf(vkey=told.vkey) and vkey.name == agency.gateway.origin else None


def _keep(drawer: Drawer, vkey: str) -> None:
    kept = drawer.get("log", "keys", Adopted) or Adopted()
    drawer.put("log", "keys", Adopted(vkeys=(*kept.vkeys, vkey)))


def _believe(agency: Agency, vkey: VerifierKey) -> None:
    agency.gateway.adopt(vkey)
    if agency.policy is not None:
        agency.policy = replace(agency.policy, logs=(*agency.policy.logs, Log(vkey=vkey.encode())))
