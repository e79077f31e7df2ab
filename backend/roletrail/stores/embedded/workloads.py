"""Rows found by a text they hold: sessions of workloads, notable calls and sign-ins by name.

A text lies in a packed row behind a byte that says its length (MessagePack's fixstr), so that SQLite finds the rows and
only those are unpacked. What it finds beside them is left out again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from sqlite3 import Connection
from typing import TypeVar

from roletrail.lineage.model import Action, Node, SignIn
from roletrail.stores.embedded import rows
from roletrail.stores.lookups import INSTANCE_NAMES, WORKLOADS, is_workload

T = TypeVar("T")


def nodes(connection: Connection) -> list[Node]:
    texts = [*map(_packed, WORKLOADS), *(bytes([0xA0 | length]) + b"i-" for length in INSTANCE_NAMES)]
    found = _holding(connection, "node", rows.unpack_node, texts)
    return sorted(filter(is_workload, found), key=lambda n: n.id)


def actions_named(connection: Connection, event_names: Collection[str]) -> list[Action]:
    found = _holding(connection, "action", rows.unpack_action, [_packed(name) for name in sorted(event_names)])
    return sorted((a for a in found if a.event_name in event_names), key=lambda a: (a.at, a.event_id))


def sign_ins_named(connection: Connection, event_names: Collection[str]) -> list[SignIn]:
    found = _holding(connection, "sign_in", rows.unpack_sign_in, [_packed(name) for name in sorted(event_names)])
    return sorted((s for s in found if s.event_name in event_names), key=lambda s: (s.at, s.event_id))


def _packed(text: str) -> bytes:
    """A text of at most 31 bytes as it lies in a row."""
    return rows.pack(text)


def _holding(connection: Connection, table: str, unpack: Callable[[bytes], T], texts: Collection[bytes]) -> list[T]:
    where = " OR ".join("instr(row, ?)" for _ in texts)
    return [unpack(row) for (row,) in connection.execute(f"SELECT row FROM {table} WHERE {where or 0}", tuple(texts))]
