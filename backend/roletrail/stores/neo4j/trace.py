"""Where a pasted thing leads, and entities: roles, addresses, accounts, instances, users."""

from __future__ import annotations

from collections.abc import Iterable

from roletrail.errors import InvalidRequest
from roletrail.lineage.link import anchors
from roletrail.stores.cursors import newest_cursor, read_newest_cursor
from roletrail.stores.lookups import MIN_LENGTH, home_text
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import TraceHit, fold

_Q = statements("reads")
_L = statements("linking")
_ANY_TIME = 1 << 62

_BY = {
    "role": "by_role",
    "role_arn": "by_role",
    "account": "by_account",
    "address": "by_address",
    "arn": "by_arn",
    "user": "by_arn",
    "instance": "by_instance",
    "principal_id": "by_principal",
}


def trace(cypher: Cypher, kind: str, value: str, limit: int) -> list[TraceHit]:
    """Newest last_seen first, then by id."""
    found, _ = _find(cypher, kind, value, limit, "")
    return [TraceHit(id_, kind) for id_ in found]


def entity(cypher: Cypher, id_: str) -> tuple[str, str] | None:
    found = cypher.rows(_Q["entity"], id=id_)
    return (found[0][0], found[0][1]) if found else None


def entity_sessions(cypher: Cypher, kind: str, value: str, limit: int, after: str) -> tuple[list[str], str]:
    if kind not in ("role", "address", "account", "instance", "user"):
        raise InvalidRequest(f"There are no pages of {kind[:40]!r}.", hint="Use role, address, account, instance or user.")
    return _find(cypher, kind, value, limit, after)


def siblings_by_role(cypher: Cypher, role_arn: str, limit: int, after: str) -> tuple[list[str], str]:
    return _page(cypher, "by_role", limit, after, value=role_arn)


def _find(cypher: Cypher, kind: str, value: str, limit: int, after: str) -> tuple[list[str], str]:
    if not value:
        return [], ""
    if kind == "principal_id" and not cypher.value(_Q["any_principal"], value=value):
        return _of_ids(cypher, _named_beside_home(cypher, fold(value)), limit, after)
    if kind in _BY:
        return _page(cypher, _BY[kind], limit, after, value=value)
    if kind == "name":
        text = fold(value)
        return _page(cypher, "by_text", limit, after, value=text) if _searchable(text) else ([], "")
    if kind == "access_key_id":
        return _of_ids(cypher, _of_key(cypher, value), limit, after)
    if kind == "event":
        return _of_ids(cypher, _of_event(cypher, value), limit, after)
    raise InvalidRequest(f"{kind[:40]!r} cannot be traced.")


def _searchable(text: str) -> bool:
    return len(text) >= MIN_LENGTH and "\n" not in text


def _page(cypher: Cypher, name: str, limit: int, after: str, value: str) -> tuple[list[str], str]:
    return _listed(cypher.rows(_Q[name], value=value, **_since(after), limit=limit + 1), limit)


def _of_ids(cypher: Cypher, ids: Iterable[str], limit: int, after: str) -> tuple[list[str], str]:
    wanted = sorted(set(ids) - {""})
    return _listed(cypher.rows(_Q["by_id"], rows=wanted, **_since(after), limit=limit + 1) if wanted else [], limit)


def _since(after: str) -> dict[str, int | str]:
    start = read_newest_cursor(after)
    return {"seen": -start[0], "id": start[1]} if start else {"seen": _ANY_TIME, "id": ""}


def _listed(rows: list[list[object]], limit: int) -> tuple[list[str], str]:
    found = [str(id_) for _, id_ in rows[:limit]]
    more = len(rows) > limit and found
    return found, newest_cursor(int(str(rows[limit - 1][0])), found[-1]) if more else ""


def _named_beside_home(cypher: Cypher, text: str) -> list[str]:
    """A role's unique id without a session name: in a node's own texts, not in those of its role and account."""
    if not _searchable(text):
        return []
    found: list[str] = []
    for id_, texts, role_arn, account in cypher.rows(_Q["named_beside_home"], value=text):
        home = home_text(role_arn, account)
        if any(text in line for line in texts.split("\n") if line not in home):
            found.append(id_)
    return found


def _of_key(cypher: Cypher, access_key_id: str) -> set[str]:
    """Identities that used the key, what they stand for now, and those it was issued to."""
    found = {id_ for row in cypher.rows(_Q["users_of_key"], key=access_key_id) for id_ in row if id_}
    refs = cypher.rows(_L["refs"], rows=[anchors.key(access_key_id)])
    numbers = [int(ref[1:]) for _, ref in refs if ref[0] == "i"]
    issued = [shapes.ISSUANCE.row(row) for _, row in (cypher.rows_of(_L["issuances"], numbers) if numbers else ())]
    return found | _resolved(cypher, {one.child for one in issued if one.child_key == access_key_id})


def _of_event(cypher: Cypher, event_id: str) -> set[str]:
    """Who made the call, and whose credential it issued."""
    sides = {id_ for (pair,) in cypher.rows(_Q["of_event"], event=event_id) for id_ in pair if id_}
    callers = {id_ for (id_,) in cypher.rows(_Q["callers_of_event"], event=event_id)}
    return callers | _resolved(cypher, sides)


def _resolved(cypher: Cypher, ids: set[str]) -> set[str]:
    return {id_ for (id_,) in (cypher.rows_of(_Q["resolve_all"], sorted(ids)) if ids else ()) if id_}
