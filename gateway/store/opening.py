"""Which store the settings name: SQLite in the gateway's own folder, or PostgreSQL, which several nodes share."""

from typing import Final

from gateway.config import GatewaySection
from gateway.errors import CannotStart, StoreUnavailable
from gateway.keyreader import KeyStoreError
from gateway.keystore import KeyStore
from gateway.store.port import LogState, Store, Tree
from gateway.store.postgres import PostgresStore, PostgresTree, pool
from gateway.store.reading import SqliteTree
from gateway.store.sqlite import SqliteStore

AWAY: Final = (
    "The database cannot be reached. Check that the server runs, and the address in [gateway] `store` (user, password, "
    "host and name of the database)."
)


async def open_store(section: GatewaySection, *, alone: bool = False) -> Store:
    """The database and its key store; on SQLite, or where `alone`, for this process alone. Raises CannotStart."""
    keys = _keys(section, shared=section.store is not None and not alone)
    try:
        if section.store is None:
            return SqliteStore(section.database, keys)
        return await PostgresStore.open(section.store, keys)
    except StoreUnavailable as error:
        keys.close()
        raise CannotStart(AWAY) from error
    except BaseException:
        keys.close()
        raise


async def open_tree(section: GatewaySection) -> Tree:
    """The public log alone, to be read beside a gateway that runs. Raises StoreRefused, CannotStart."""
    if section.store is None:
        return SqliteTree(section.database)
    try:
        return PostgresTree(await pool(section.store))
    except StoreUnavailable as error:
        raise CannotStart(AWAY) from error


async def log_state(section: GatewaySection) -> LogState:
    """The log's state as last committed; an empty log where there is no database yet. Raises CannotStart."""
    if section.store is None and not section.database.exists():
        return LogState()
    tree = await open_tree(section)
    try:
        return await tree.log()
    finally:
        await tree.close()


def _keys(section: GatewaySection, *, shared: bool) -> KeyStore:
    data = section.data
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return KeyStore.open(section.keystore_folder, shared=shared)
    except OSError as error:
        raise CannotStart(f"The folder {data} cannot be used: {error.strerror}. Name another, or mend it.") from error
    except KeyStoreError as error:
        cause = f": {error.__cause__.strerror}" if isinstance(error.__cause__, OSError) else ""
        raise CannotStart(f"The folder {section.keystore_folder.parent} cannot be used{cause}. {error}") from error
