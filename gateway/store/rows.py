"""A database's rows for a command that only looks, on either engine, beside gateways that run."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import apsw

from gateway.config import GatewaySection
from gateway.errors import StoreRefused
from gateway.store.postgres_link import connect, told
from gateway.store.reading import opened

Rows = Callable[..., list[Any]]
"""The rows that a statement gives, with its parameters."""


@contextmanager
def rows_of(section: GatewaySection) -> Iterator[Rows]:
    """Raises StoreRefused, StoreUnavailable."""
    with _postgres(section.store) if section.store is not None else _sqlite(section) as rows:
        yield rows


@contextmanager
def _sqlite(section: GatewaySection) -> Iterator[Rows]:
    try:
        with closing(opened(section.database)) as connection:
            yield lambda text, *given: connection.execute(text, given).fetchall()
    except apsw.Error as error:
        raise StoreRefused(f"{section.database}: the database cannot be read, or is damaged.") from error


@contextmanager
def _postgres(url: str) -> Iterator[Rows]:
    with closing(asyncio.new_event_loop()) as loop, told():
        connection = loop.run_until_complete(connect(url))
        try:
            yield lambda text, *given: loop.run_until_complete(connection.fetch(text, *given))
        finally:
            loop.run_until_complete(connection.close())
