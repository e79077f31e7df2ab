"""Rows of the embedded store: how tuples of the model are packed, and how rows are found by what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from sqlite3 import Connection
from typing import Any

import msgspec

from roletrail.lineage.ids import anchor
from roletrail.lineage.model import (
    Action,
    Addendum,
    Alias,
    Attempt,
    Caller,
    CredentialUse,
    Edge,
    Issuance,
    Node,
    ResourceUse,
    SignIn,
)
from roletrail.stores.merge import CALLER_FACTS

CALLER, ISSUANCE, SIGN_IN, ACTION, HANDLE = range(5)
"""Kinds of an anchor's ref = 8 * number + kind. A handle leads from a pasted thing to an identity."""

pack = msgspec.msgpack.Encoder().encode
unpack_issuance = msgspec.msgpack.Decoder(Issuance).decode
unpack_sign_in = msgspec.msgpack.Decoder(SignIn).decode
unpack_action = msgspec.msgpack.Decoder(Action).decode
unpack_attempt = msgspec.msgpack.Decoder(Attempt).decode
unpack_addendum = msgspec.msgpack.Decoder(Addendum).decode
unpack_node = msgspec.msgpack.Decoder(Node).decode
unpack_edges = msgspec.msgpack.Decoder(tuple[Edge, ...]).decode
unpack_any = msgspec.msgpack.Decoder().decode


def unpack_resources(identity: str, folds: bytes) -> list[ResourceUse]:
    return [ResourceUse(identity, *fold) for fold in unpack_any(folds)]


def caller_row(n: int, caller: Caller) -> tuple[Any, ...]:
    return (n, pack(caller[1:CALLER_FACTS]), *caller[CALLER_FACTS:])


def caller_of(id_: str, facts: bytes, *counts: Any) -> Caller:
    return Caller(id_, *unpack_any(facts), *counts)


CALLER_COLUMNS = "facts, internal, count, errors, first_at, first_event, last_at, last_event"
CREDENTIAL_COLUMNS = "access_key_id, kind, delivery, from_console, first_at, first_event, last_at, last_event"


def use_row(n: int, use: CredentialUse) -> tuple[Any, ...]:
    return (n, *use[1:])


def alias_of(id_: str, target: str, rule: str, confidence: float, evidence: str) -> Alias:
    return Alias(id_, target, rule, confidence, tuple(evidence.split()))


STANDING_COLUMNS = (
    "n, id, root, parent, sessions, hops, depth, pivots, segment, reach, confidence, started, last_pivot, "
    "counts, home, name, first_seen, last_seen, above, crossing, band"
)


def handle(kind: str, value: str) -> int:
    """Look-up number of a pasted thing: kind is key (forward-access keys alone: the others have an anchor of
    `lineage.link.anchors`), principal, arn, address or instance."""
    return anchor("handle", kind, value)


MOST_IN_LIST = 256
"""Values of one IN list. A connection keeps its last statements compiled, at some 230 bytes a `?`: with 1,024 of them they took
11 MB of each connection."""


def in_lists(values: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Values in lists of a few lengths, each with its question marks: a statement of every length anybody ever asked with would
    stay compiled. A value that fills a list up stands in it twice, which changes nothing to IN."""
    ordered = list(values)
    for start in range(0, len(ordered), MOST_IN_LIST):
        chunk = ordered[start : start + MOST_IN_LIST]
        length = 1 << (len(chunk) - 1).bit_length()
        yield f"({','.join('?' * length)})", chunk + chunk[-1:] * (length - len(chunk))


def select_in(connection: Connection, sql: str, values: Iterable[Any], before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Rows of a query whose one `(?)` is an IN list, in as few statements as needed; `before` are values of `?` left of it."""
    head, _, tail = sql.partition("(?)")
    found: list[tuple[Any, ...]] = []
    for marks, chunk in in_lists(values):
        found += connection.execute(f"{head}{marks}{tail}", (*before, *chunk)).fetchall()
    return found


MOST_BOUND = 128
"""Values one statement inserts: enough for SQLite's and Python's cost of a statement, some 0.5 us, not to count a row each."""


def insert(connection: Connection, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows in their order, several a statement; `into` is the statement as far as its VALUES.

    It says OR FAIL where nothing is to be ignored or replaced: with OR ABORT, SQLite notes for each statement what would take it
    back (https://www.sqlite.org/tempfiles.html#statement_journal_files), and here an error takes the transaction back anyway.
    """
    if not rows:
        return
    width = len(rows[0])
    marks = f"({','.join('?' * width)})"
    together = max(MOST_BOUND // width, 1)
    whole = len(rows) - len(rows) % together
    if whole:
        flat, step = list(chain.from_iterable(rows)), together * width
        values = (flat[start : start + step] for start in range(0, whole * width, step))
        connection.executemany(f"{into} VALUES {','.join([marks] * together)}", values)
    connection.executemany(f"{into} VALUES {marks}", rows[whole:])


def counter(connection: Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
    return row[0] if row else 0


def add_to_counters(connection: Connection, amounts: dict[str, int]) -> None:
    connection.executemany(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, amount) for name, amount in amounts.items() if amount],
    )


def mark_of(table: str) -> str:
    """Counter of the last row of a table that linking has seen."""
    return f"linked_{table}"


def raise_counter(connection: Connection, name: str, value: int) -> None:
    connection.execute(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)", (name, value)
    )


def set_counter(connection: Connection, name: str, value: int) -> None:
    connection.execute("INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))
