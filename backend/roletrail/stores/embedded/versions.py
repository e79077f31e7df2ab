"""UPDATED_DATA addenda: an event that is kept one by one is what its first record and every patch of it come to together.

Whichever comes first, a patch or what it patches: every version of such an event is kept beside the one row that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from sqlite3 import Connection
from typing import Any, NamedTuple

import msgspec

from roletrail.lineage.link import anchors
from roletrail.lineage.model import Action, Attempt, Issuance, Part, SignIn
from roletrail.stores.embedded.rows import ACTION, ISSUANCE, SIGN_IN, counter, mark_of, pack, select_in, set_counter
from roletrail.stores.versions import patched_whole

Row = Issuance | SignIn | Action | Attempt


class _Kind(NamedTuple):
    field: str  # of Part
    table: str
    unpack: Callable[[bytes], Any]
    anchors: Callable[[Any], tuple[int, ...]]
    ref: int


def _no_anchors(_: Attempt) -> tuple[int, ...]:
    return ()


_KINDS = (
    _Kind("issuances", "issuance", msgspec.msgpack.Decoder(Issuance).decode, anchors.of_issuance, ISSUANCE),
    _Kind("sign_ins", "sign_in", msgspec.msgpack.Decoder(SignIn).decode, anchors.of_sign_in, SIGN_IN),
    _Kind("actions", "action", msgspec.msgpack.Decoder(Action).decode, anchors.of_action, ACTION),
    _Kind("attempts", "attempt", msgspec.msgpack.Decoder(Attempt).decode, _no_anchors, 0),
)


def patched(connection: Connection, parts: list[Part]) -> list[Part]:
    """The parts as they are to be written: where a patch is about, its event's rows are replaced by the one that counts."""
    addenda = [addendum for part in parts for addendum in part.addenda]
    connection.executemany(
        "INSERT OR REPLACE INTO addendum VALUES (?, ?, ?, ?)", [(a.event_id, a.original, a.account, pack(a)) for a in addenda]
    )
    if not connection.execute("SELECT 1 FROM addendum WHERE original > '' LIMIT 1").fetchone():
        return parts
    for kind in _KINDS:
        parts = _of_kind(connection, kind, parts)
    return parts


def _of_kind(connection: Connection, kind: _Kind, parts: list[Part]) -> list[Part]:
    ids = {row.event_id for part in parts for row in getattr(part, kind.field)}
    patches = dict(select_in(connection, "SELECT event_id, original FROM addendum WHERE original > '' AND event_id IN (?)", ids))
    mended = {original for (original,) in select_in(connection, "SELECT original FROM addendum WHERE original IN (?)", ids)}
    concerned = {*patches.values(), *(mended & ids)}
    if not patches and not concerned:
        return parts
    _keep(connection, kind, parts, patches, concerned)
    left_out = concerned.union(patches)
    rest = [
        part._replace(**{kind.field: [row for row in getattr(part, kind.field) if row.event_id not in left_out]})
        for part in parts
    ]
    whole = [_whole(connection, kind, event_id) for event_id in sorted(concerned)]
    return [rest[0]._replace(**{kind.field: [*getattr(rest[0], kind.field), *whole]}), *rest[1:]]


def _keep(connection: Connection, kind: _Kind, parts: Iterable[Part], patches: dict[str, str], concerned: set[str]) -> None:
    """Every version that is new; first of all, what was written before anybody knew of a patch."""
    known = {event_id for (event_id,) in select_in(
        connection, "SELECT DISTINCT event_id FROM version WHERE kind = ? AND event_id IN (?)", concerned, (kind.table,)
    )}  # fmt: skip
    written: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for event_id, i, row in select_in(connection, f"SELECT event_id, i, row FROM {kind.table} WHERE event_id IN (?)", concerned):
        written[event_id].append((i, row))
    versions = [(kind.table, id_, "", max(row for _, row in rows)) for id_, rows in written.items() if id_ not in known]
    for part in parts:
        for row in getattr(part, kind.field):
            if row.event_id in patches:
                versions.append((kind.table, patches[row.event_id], row.event_id, pack(row)))
            elif row.event_id in concerned:
                versions.append((kind.table, row.event_id, "", pack(row)))
    connection.executemany("INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?)", versions)
    for rows in written.values():
        for i, row in rows:
            _take_out(connection, kind, i, kind.unpack(row))


def _take_out(connection: Connection, kind: _Kind, i: int, row: Any) -> None:
    connection.execute(f"DELETE FROM {kind.table} WHERE i = ?", (i,))
    connection.executemany("DELETE FROM anchor WHERE a = ? AND ref = ?", [(a, i * 8 + kind.ref) for a in kind.anchors(row)])
    (top,) = connection.execute(f"SELECT coalesce(max(i), 0) FROM {kind.table}").fetchone()
    if counter(connection, mark_of(kind.table)) > top:  # its number will be given again, to a row that is not linked yet
        set_counter(connection, mark_of(kind.table), top)
    if isinstance(row, Issuance):  # whoever it had issued is looked at again
        connection.execute("INSERT OR IGNORE INTO pending SELECT n FROM identity WHERE id = ?", (row.child,))


def _whole(connection: Connection, kind: _Kind, event_id: str) -> Any:
    found = connection.execute("SELECT patch, row FROM version WHERE kind = ? AND event_id = ?", (kind.table, event_id))
    return patched_whole(event_id, [(patch, kind.unpack(row)) for patch, row in found])
