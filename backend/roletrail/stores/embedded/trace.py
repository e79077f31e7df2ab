"""Where a pasted thing leads, and entities: roles, addresses, accounts, instances, users."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from roletrail.errors import InvalidRequest
from roletrail.lineage.link import anchors
from roletrail.stores.embedded import rows
from roletrail.stores.embedded.linking import refs_at
from roletrail.stores.embedded.reads import newest, newest_of, number_of, resolve_alias
from roletrail.stores.embedded.rows import CALLER, HANDLE, ISSUANCE, handle, select_in
from roletrail.stores.embedded.search import homes_with, names_with
from roletrail.stores.port import TraceHit, fold

_HANDLES = {
    "access_key_id": "key",
    "principal_id": "principal",
    "arn": "arn",
    "address": "address",
    "instance": "instance",
    "user": "arn",
}


def trace(connection: Connection, kind: str, value: str, limit: int) -> list[TraceHit]:
    """Newest last_seen first, then by id."""
    found, _ = _find(connection, kind, value, limit, "")
    return [TraceHit(id_, kind) for id_ in found]


def entity(connection: Connection, id_: str) -> tuple[str, str] | None:
    return connection.execute("SELECT kind, value FROM entity WHERE id = ?", (id_,)).fetchone()


def entity_sessions(connection: Connection, kind: str, value: str, limit: int, after: str) -> tuple[list[str], str]:
    if kind not in ("role", "address", "account", "instance", "user"):
        raise InvalidRequest(f"There are no pages of {kind[:40]!r}.", hint="Use role, address, account, instance or user.")
    return _find(connection, kind, value, limit, after)


def siblings_by_role(connection: Connection, role_arn: str, limit: int, after: str) -> tuple[list[str], str]:
    return newest(connection, _homes(connection, "role_arn", role_arn), limit, after)


def _find(connection: Connection, kind: str, value: str, limit: int, after: str) -> tuple[list[str], str]:
    if not value:
        return [], ""
    if kind in ("role", "role_arn"):
        return siblings_by_role(connection, value, limit, after)
    if kind == "account":
        return newest(connection, _homes(connection, "account", value), limit, after)
    return newest_of(connection, _numbers(connection, kind, value), limit, after)


def _homes(connection: Connection, column: str, value: str) -> list[int]:
    return [h for (h,) in connection.execute(f"SELECT h FROM home WHERE {column} = ?", (value,))]


def _numbers(connection: Connection, kind: str, value: str) -> set[int]:
    if kind == "event":
        return _of_event(connection, value)
    if kind == "name":
        return _of_text(connection, fold(value))
    if kind not in _HANDLES:
        raise InvalidRequest(f"{kind[:40]!r} cannot be traced.")
    found = {ref >> 3 for ref in refs_at(connection, [handle(_HANDLES[kind], value)]) if ref & 7 == HANDLE}
    if kind == "access_key_id":
        return _with_targets(connection, found | _of_key(connection, value))
    if not found and kind == "principal_id":
        return _of_names(connection, names_with(connection, fold(value)) or ())  # a role's unique id, without a session name
    return found


def _with_targets(connection: Connection, numbers: set[int]) -> set[int]:
    """And what aliases among these stand for: a forward-access key leads to the key it was used for."""
    return numbers | {n for (n,) in select_in(connection, "SELECT target FROM alias WHERE alias IN (?)", numbers)}


def _of_key(connection: Connection, access_key_id: str) -> set[int]:
    """Identities that used the key, and those it was issued to."""
    refs = refs_at(connection, [anchors.key(access_key_id)])
    users = {ref >> 3 for ref in refs if ref & 7 == CALLER}
    found = {
        n
        for n, key in select_in(connection, "SELECT n, access_key_id FROM credential WHERE n IN (?)", users)
        if key == access_key_id
    }
    for (packed,) in select_in(
        connection, "SELECT row FROM issuance WHERE i IN (?)", [ref >> 3 for ref in refs if ref & 7 == ISSUANCE]
    ):
        issuance = rows.unpack_issuance(packed)
        if issuance.child_key == access_key_id:
            found.add(number_of(connection, resolve_alias(connection, issuance.child)))
    return found


def _of_text(connection: Connection, q: str) -> set[int]:
    found = {n for (n,) in select_in(connection, "SELECT n FROM standing WHERE home IN (?)", homes_with(connection, q) or ())}
    return found | _of_names(connection, names_with(connection, q) or ())


def _of_names(connection: Connection, names: Iterable[int]) -> set[int]:
    return {n for (n,) in select_in(connection, "SELECT n FROM standing WHERE name IN (?)", names)}


def _of_event(connection: Connection, event_id: str) -> set[int]:
    """Who made the call, and whose credential it issued."""
    found: set[int] = set()
    for (packed,) in connection.execute("SELECT row FROM issuance WHERE event_id = ?", (event_id,)):
        issuance = rows.unpack_issuance(packed)
        found |= {number_of(connection, resolve_alias(connection, id_)) for id_ in (issuance.child, issuance.parent) if id_}
    for table in ("sign_in", "action", "attempt"):
        found |= {n for (n,) in connection.execute(f"SELECT n FROM {table} WHERE event_id = ?", (event_id,)) if n}
    return found
