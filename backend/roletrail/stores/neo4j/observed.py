"""What records said, read back: activities, credentials, actions, attempts, issuances, addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from roletrail.lineage.model import Action, Activity, Attempt, CredentialUse, Issuance, ResourceUse
from roletrail.stores.cursors import read_cell_cursor
from roletrail.stores.merge import ACTIVITY_KEY, fold_activities, fold_resources
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements

_Q = statements("reads")
_USERS_AT_ONCE = 50
_EVERY = 1 << 60


def activities(cypher: Cypher, id_: str, limit: int, after: str) -> tuple[list[Activity], str]:
    """By (cell, key) ascending; the cursor is `cell.place in the cell`."""
    cell, place = read_cell_cursor(after)
    size = 2 * (limit + 1) + place
    while True:
        rows = cypher.rows(_Q["activities"], id=id_, cell=cell, limit=size)
        folds = [shapes.ACTIVITY.row(row) for (row,) in rows]
        whole = len(rows) < size
        # A cell that the limit may have cut is not whole: another commit's folds of it may follow.
        merged = _merged(folds if whole else [one for one in folds if one.cell < folds[-1].cell])
        found = _behind(merged, cell, place)
        if whole or len(found) > limit:
            page = found[:limit]
            cursor = f"{page[-1][0].cell}.{page[-1][1]}" if len(found) > limit and page else ""
            return [one for one, _ in page], cursor
        size *= 4


def _merged(folds: list[Activity]) -> list[Activity]:
    return sorted(fold_activities(folds).values(), key=lambda activity: activity[:ACTIVITY_KEY])


def _behind(merged: list[Activity], cell: int, place: int) -> list[tuple[Activity, int]]:
    """Activities after a place of a cell, each with its own place."""
    in_cell: Counter[int] = Counter()
    found: list[tuple[Activity, int]] = []
    for activity in merged:
        in_cell[activity.cell] += 1
        if (activity.cell, in_cell[activity.cell]) > (cell, place):
            found.append((activity, in_cell[activity.cell]))
    return found


def activities_of(cypher: Cypher, ids: Collection[str], from_: int, to: int) -> list[Activity]:
    rows = cypher.rows_of(_Q["activities_of"], sorted(set(ids)), **{"from": from_, "to": to})
    return _merged([shapes.ACTIVITY.row(row) for (row,) in rows])


def address_uses(cypher: Cypher, address: str, limit: int) -> list[Activity]:
    """Activities from an address, the latest first, then by identity and key."""
    found: list[Activity] = []
    skip = 0
    while True:
        users = cypher.rows(_Q["users_of_address"], address=address, skip=skip, limit=_USERS_AT_ONCE)
        if not users or (len(found) >= limit and found[limit - 1].last_at > users[0][0]):
            return found
        rows = cypher.rows(_Q["from_address"], rows=[id_ for _, id_ in users], address=address)
        found += _merged([shapes.ACTIVITY.row(row) for (row,) in rows])
        found.sort(key=lambda activity: (-activity.last_at, *activity[:ACTIVITY_KEY]))
        del found[limit:]
        skip += _USERS_AT_ONCE


def addresses_of(cypher: Cypher, ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for id_, address, count in cypher.rows_of(_Q["addresses"], sorted(set(ids))):
        found.setdefault(id_, []).append((address, count))
    return {id_: sorted(counted, key=lambda pair: (-pair[1], pair[0])) for id_, counted in found.items()}


def credentials(cypher: Cypher, id_: str, limit: int) -> list[CredentialUse]:
    """By key id ascending."""
    return [shapes.use_of(id_, key, found) for key, found in cypher.rows(_Q["credentials"], id=id_, limit=limit)]


def actions_of(cypher: Cypher, ids: Collection[str], limit: int) -> list[Action]:
    return _newest(cypher, "actions", shapes.ACTION, ids, limit)


def attempts_of(cypher: Cypher, ids: Collection[str], limit: int) -> list[Attempt]:
    return _newest(cypher, "attempts", shapes.ATTEMPT, ids, limit)


def actions(cypher: Cypher, id_: str) -> list[Action]:
    """By (at, event id) ascending."""
    return actions_of(cypher, [id_], _EVERY)[::-1]


def attempts(cypher: Cypher, id_: str) -> list[Attempt]:
    return attempts_of(cypher, [id_], _EVERY)[::-1]


def _newest(cypher: Cypher, name: str, shape: shapes.Shape[Any], ids: Collection[str], limit: int) -> list[Any]:
    rows = cypher.rows_of(_Q[name], sorted(set(ids)), limit=limit)
    return sorted((shape.row(row) for (row,) in rows), key=_time, reverse=True)[:limit]


def _time(row: Any) -> tuple[int, str, Any]:
    return row.at, row.event_id, row


def issuances_for(cypher: Cypher, event_ids: Collection[str]) -> dict[str, Issuance]:
    """Of two issuances that claim one event id, the lesser: forged ids give the same answer in any order."""
    found = [shapes.ISSUANCE.row(row) for (row,) in cypher.rows_of(_Q["issuances_for"], sorted(set(event_ids)))]
    return {issuance.event_id: issuance for issuance in sorted(found, reverse=True)}


def resources_of(cypher: Cypher, ids: Collection[str], limit: int) -> list[ResourceUse]:
    rows = cypher.rows_of(_Q["resources"], sorted(set(ids)))
    return fold_resources(shapes.RESOURCE.row(row) for (row,) in rows)[:limit]
