"""The signed documents where the operator puts them: read at the start, and gone by anew as soon as they change."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from gateway.config import GatewaySection, read_file, read_officers
from gateway.errors import CannotStart, GatewayError, LogRefused, StoreUnavailable
from gateway.exchange import Gateway
from gateway.recording import document_leaf
from gateway.rules import Rules, behind, load_rules
from gateway.store.port import LogState

LOOK_EVERY: Final = 2.0
"""Seconds between looks at the files: a revoked key stops counting within this time."""

_log = structlog.get_logger()


class Documents:
    """The agreement and the directory of one gateway, as files."""

    def __init__(self, files: GatewaySection) -> None:
        self._files = files
        self._seen: tuple[object, ...] = ()

    def read(self) -> Rules:
        """Both documents, verified. Raises CannotStart, in words that say which is wrong and what to change."""
        self._seen = self._stamps()  # before the files are read: a change in between is seen at the next look
        return self._load()

    async def mind(self, gateway: Gateway) -> None:
        """Go by new documents as soon as they lie there; keep the old ones while the new cannot be used."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._look(gateway)
            with suppress(GatewayError):  # the next look tries again
                await self.renew(gateway)

    async def renew(self, gateway: Gateway) -> None:
        """Go by what another node has announced, where that is newer, as the log's own store has it.

        Raises StoreUnavailable where it has not: then this node takes nothing until its files are the new ones.
        """
        log, rules = await gateway.store.log(), gateway.rules
        if not behind(log, rules):
            return
        agreement = await gateway.store.document("agreement", log.agreement.version)
        directory = await gateway.store.document("directory", log.directory.version)
        try:
            newer = await asyncio.to_thread(self._verified, agreement or b"", directory or b"")
        except CannotStart as error:
            _log.error("documents.not_renewed", error=type(error).__name__)
            raise StoreUnavailable("The newer documents cannot be used here.") from error
        gateway.rules = newer
        gateway.bell.ring_all()
        _log.info("documents.renewed", agreement=log.agreement.version, directory=log.directory.version)

    async def _look(self, gateway: Gateway) -> None:
        stamps = self._stamps()
        if stamps == self._seen:
            return
        try:
            rules = await asyncio.to_thread(self._load)
            refuse_going_back(await gateway.store.log(), rules)
            # A revocation counts from here, even where it cannot be announced yet.
            gateway.rules = rules
            gateway.bell.ring_all()  # whoever waits asks again, and shows a key that is still good
            await announce(gateway)
        except CannotStart as error:
            _log.error("documents.refused", error=type(error).__name__)
        except GatewayError as error:
            _log.warning("documents.not_announced", error=type(error).__name__)
            return  # the next look tries again
        self._seen = stamps

    def _load(self) -> Rules:
        files = self._files
        return self._verified(
            read_file(files.agreement, "the signed agreement"), read_file(files.directory, "the signed directory")
        )

    def _verified(self, agreement: bytes, directory: bytes) -> Rules:
        return load_rules(agreement, directory, read_officers(self._files.officers), self._files.origin)

    def _stamps(self) -> tuple[object, ...]:
        stats = [path.stat() for path in (self._files.agreement, self._files.directory) if path.exists()]
        return tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)


def refuse_going_back(log: LogState, rules: Rules) -> None:
    """Never go by an older document than the log has announced, nor by another one of the same version."""
    for kind, announced, version, digest in (
        ("agreement", log.agreement, rules.agreement.version, rules.agreement_digest),
        ("directory", log.directory, rules.directory.version, rules.directory.digest),
    ):
        if version < announced.version or (version == announced.version and digest != announced.sha256):
            raise LogRefused(
                f"The log has announced version {announced.version} of the {kind}, and the file is an older version or "
                "another text of the same one. Put the announced version, or a later one, in its place."
            )


async def announce(gateway: Gateway) -> None:
    """A leaf in clear for each document that is new; and each is kept, that was announced before documents were."""
    for document in gateway.rules.announced:
        await gateway.writer.submit(document)
    kept = {(each.kind, each.version) for each in await gateway.store.documents()}
    for document in gateway.rules.announced:
        if (document.kind, document.version) not in kept:
            await gateway.store.keep_document(document, document_leaf(document))
