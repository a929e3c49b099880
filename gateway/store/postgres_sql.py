"""What differs for PostgreSQL: sets are arrays, what a batch needs comes in one statement, and so goes what it adds.

Every node waits for the one that holds the log's row, so each round trip under that lock is the price of all. A batch
takes three: what it needs, what it writes, the commit.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from gateway.store import cases, sql


def as_postgres(text: str) -> str:
    """Tables as PostgreSQL writes them: the one type that has another name."""
    return re.sub(r"\bblob\b", "bytea", text)


SCHEMA: Final = (
    as_postgres(sql.SCHEMA) + "create table published (id integer primary key check (id = 1), note text not null)"
)
ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('rj'), 2)"
"""Two nodes that start at once on an empty database: one of them makes the tables."""

SETTINGS: Final = {
    "application_name": "rj gateway",
    "default_transaction_isolation": "read committed",
    "synchronous_commit": "on",  # whatever the server's own default: what is acknowledged is on disk, here and there
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",  # a node that is held up gives the log free before others give up
    "statement_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",
}
"""Of each connection."""

TEXTS: Final = "= any($1::text[])"
LINES: Final = sql.LINES.format(in_1=TEXTS)
VALUES: Final = sql.VALUES.format(in_1=TEXTS)
ALONE: Final = sql.ALONE.format(in_1="= any($1::bigint[])")
LINES_OF_CASES: Final = cases.LINES_OF_CASES.format(in_1=TEXTS)

BEGIN: Final = "begin; select 1 from log_state where id = 1 for update"
"""The one lock, and the first: whoever took a row of an exchange before it could wait for somebody who waits for it."""

SOMETHING: Final = "select pg_logical_emit_message(true, 'rj', '')"
"""Something to commit: the commit then comes back once the standby has it, and all that was committed before."""

NEEDED: Final = (
    "select null, null, null::bigint, null::bigint, state from log_state where id = 1 "
    "union all select name, digest, i, size, null from message where name = any($1::text[]) "
    "union all select id, null, slot, null, state from exchange where id = any($2::text[]) "
    "union all (select null, null, i, null, body from leaf where i >= $3 order by i limit $4)"
)
"""A statement of its own after the lock: one that waits for a lock sees what was there before it waited."""

PUBLISHED: Final = "select note from published where id = 1"
PUBLISH: Final = "insert into published values (1, $1) on conflict (id) do update set note = excluded.note"
NOTIFY: Final = "select pg_notify($1, '')"

NODES: Final = (
    "select 0, l.i, l.body from unnest($1::integer[], $2::bigint[], $3::bigint[]) as r (l, a, z) "
    "join leaf l on r.l = 0 and l.i >= r.a and l.i < r.z union all "
    "select n.level, n.n, n.hash from unnest($1::integer[], $2::bigint[], $3::bigint[]) as r (l, a, z) "
    "join node n on r.l > 0 and n.level = r.l and n.n >= r.a and n.n < r.z"
)

COLUMNS: Final = {
    sql.WRITE_LEAF: ("bigint", "bytea", "bigint", "bytea", "text", "integer"),
    sql.WRITE_ALONE: ("bigint", "bigint"),
    sql.WRITE_NODE: ("integer", "bigint", "bytea"),
    sql.WRITE_MESSAGE: ("text", "text", "bigint", "bigint"),
    sql.WRITE_EXCHANGE: ("text", "bigint", "bigint", "bytea"),
    sql.WRITE_SEALED: ("text", "text", "text", "bigint", "bytea"),
    sql.WRITE_DELIVERY: ("text", "bigint"),
    sql.WRITE_DOCUMENT: ("text", "integer", "text", "bigint", "bytea"),
    sql.WRITE_LOG: ("bytea", "bigint"),
    sql.WRITE_TREE: ("bigint", "bytea"),
    sql.WRITE_DOOMED: ("bigint", "text"),
}
"""The types of the parameters of each statement that adds rows."""

_INSERT: Final = re.compile(r"insert into (\w+) values \(([^)]*)\)(.*)")
_made: Final[dict[tuple[str, ...], str]] = {}


def together(statements: Sequence[tuple[str, list[tuple[Any, ...]]]], bells: list[str]) -> tuple[str, list[Any]]:
    """All that adds rows as one statement, with its parameters; with the commit it rings these bells."""
    texts = tuple(text for text, _ in statements)
    given = [bells, *(list(column) for _, rows in statements for column in zip(*rows, strict=True))]
    return _made.get(texts) or _made.setdefault(texts, _together(texts)), given


def _together(texts: Sequence[str]) -> str:
    parts, at = [], 2
    for number, text in enumerate(texts):
        parts.append(f"w{number} as ({_many(text, at)})")
        at += len(COLUMNS[text])
    return f"with {', '.join(parts)} select pg_notify(bell, '') from unnest($1::text[]) as b (bell)"  # noqa: S608 - fixed words


def _many(text: str, at: int) -> str:
    """The same insertion for many rows, each column an array from parameter `at` on."""
    found = _INSERT.fullmatch(text)
    assert found is not None
    table, values, rest = found.groups()
    types = COLUMNS[text]
    arrays = ", ".join(f"${at + n}::{each}[]" for n, each in enumerate(types))
    names = ", ".join(f"c{n + 1}" for n in range(len(types)))
    columns = re.sub(r"\$(\d+)", r"r.c\1", values)
    return f"insert into {table} select {columns} from unnest({arrays}) as r ({names}){rest}"  # noqa: S608 - fixed words
