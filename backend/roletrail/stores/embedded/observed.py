"""What records said, read back: activities, credentials, actions, attempts, issuances, addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from sqlite3 import Connection
from typing import TypeVar

from roletrail.lineage.model import Action, Activity, Attempt, CredentialUse, Issuance, ResourceUse
from roletrail.stores.cursors import read_cell_cursor
from roletrail.stores.embedded import rows
from roletrail.stores.embedded.linking import refs_at
from roletrail.stores.embedded.reads import number_of, numbers_of
from roletrail.stores.embedded.rows import HANDLE, handle, select_in
from roletrail.stores.folds import DAY_SECONDS, unpack_folds
from roletrail.stores.merge import ACTIVITY_KEY, fold_activities, fold_resources

T = TypeVar("T", Action, Attempt)


def activities(connection: Connection, id_: str, limit: int, after: str) -> tuple[list[Activity], str]:
    """By (cell, key) ascending; the cursor is `cell.place in the cell`."""
    cell, place = read_cell_cursor(after)
    found: list[Activity] = []
    cursors: list[str] = []
    for day in _days(connection, id_, cell // DAY_SECONDS):
        in_cell: Counter[int] = Counter()
        for activity in day:
            in_cell[activity.cell] += 1
            if (activity.cell, in_cell[activity.cell]) > (cell, place):
                found.append(activity)
                cursors.append(f"{activity.cell}.{in_cell[activity.cell]}")
        if len(found) > limit:
            return found[:limit], cursors[limit - 1]
    return found, ""


def _days(connection: Connection, id_: str, since: int) -> Iterator[list[Activity]]:
    """Activities of one identity day by day, merged, in the order of their keys."""
    folds: list[Activity] = []
    n, current = number_of(connection, id_), -1
    for day, packed in connection.execute("SELECT day, folds FROM activity WHERE n = ? AND day >= ? ORDER BY day", (n, since)):
        if day != current and folds:
            yield _merged(folds)
            folds = []
        current = day
        folds += unpack_folds(id_, packed)
    if folds:
        yield _merged(folds)


def _merged(folds: list[Activity]) -> list[Activity]:
    return sorted(fold_activities(folds).values(), key=lambda activity: activity[1:ACTIVITY_KEY])


def all_activities(connection: Connection, id_: str) -> Iterator[Activity]:
    for day in _days(connection, id_, 0):
        yield from day


def address_uses(connection: Connection, address: str, limit: int) -> list[Activity]:
    """Activities from an address, the latest first, then by identity and key."""
    numbers = {ref >> 3 for ref in refs_at(connection, [handle("address", address)]) if ref & 7 == HANDLE}
    users = sorted(select_in(connection, "SELECT -last_at, id, n FROM caller JOIN identity USING (n) WHERE n IN (?)", numbers))
    found: list[Activity] = []
    for start in range(0, len(users), USERS_AT_ONCE):
        some = users[start : start + USERS_AT_ONCE]
        if len(found) >= limit and found[limit - 1].last_at > -some[0][0]:
            break
        names = {n: id_ for _, id_, n in some}
        packed = select_in(connection, "SELECT n, folds FROM activity WHERE n IN (?)", names)
        folds = [fold for n, row in packed for fold in unpack_folds(names[n], row, address)]
        found += fold_activities(folds).values()
        found.sort(key=_latest)
        del found[limit:]
    return found


USERS_AT_ONCE = 200


def _latest(activity: Activity) -> tuple[object, ...]:
    return (-activity.last_at, *activity[:ACTIVITY_KEY])


def addresses_of(connection: Connection, ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    names = numbers_of(connection, ids)
    counts: dict[int, Counter[str]] = {n: Counter() for n in names}
    for n, packed in select_in(connection, "SELECT n, folds FROM activity WHERE n IN (?)", names):
        for activity in unpack_folds("", packed):
            counts[n][activity.address] += activity.count
    for table, column, unpack in _ADDRESSED:
        for n, packed in select_in(connection, f"SELECT {column}, row FROM {table} WHERE {column} IN (?)", names):
            counts[n][unpack(packed).address] += 1
    return {
        names[n]: sorted(((address, count) for address, count in found.items() if address), key=lambda pair: (-pair[1], pair[0]))
        for n, found in counts.items()
        if any(found)
    }


_ADDRESSED: tuple[tuple[str, str, Callable[[bytes], Issuance | Action | Attempt]], ...] = (
    ("issuance", "parent", rows.unpack_issuance),
    ("action", "n", rows.unpack_action),
    ("attempt", "n", rows.unpack_attempt),
)


def credentials(connection: Connection, id_: str, limit: int) -> list[CredentialUse]:
    """By key id ascending."""
    found = connection.execute(
        f"SELECT {rows.CREDENTIAL_COLUMNS} FROM credential WHERE n = ? ORDER BY access_key_id LIMIT ?",
        (number_of(connection, id_), limit),
    )
    return [CredentialUse(id_, *row) for row in found]


def actions(connection: Connection, id_: str) -> list[Action]:
    """By (at, event id) ascending."""
    return sorted(_of(connection, "action", rows.unpack_action, [number_of(connection, id_)]), key=_time)


def attempts(connection: Connection, id_: str) -> list[Attempt]:
    return sorted(_of(connection, "attempt", rows.unpack_attempt, [number_of(connection, id_)]), key=_time)


def actions_of(connection: Connection, numbers: Collection[int], limit: int) -> list[Action]:
    return _newest(connection, "action", rows.unpack_action, numbers, limit)


def attempts_of(connection: Connection, numbers: Collection[int], limit: int) -> list[Attempt]:
    return _newest(connection, "attempt", rows.unpack_attempt, numbers, limit)


def _of(connection: Connection, table: str, unpack: Callable[[bytes], T], numbers: Collection[int]) -> list[T]:
    return [unpack(row) for (row,) in select_in(connection, f"SELECT row FROM {table} WHERE n IN (?)", numbers)]


def _newest(connection: Connection, table: str, unpack: Callable[[bytes], T], numbers: Collection[int], limit: int) -> list[T]:
    if limit >= NO_LIMIT:
        return sorted(_of(connection, table, unpack, numbers), key=_time, reverse=True)[:limit]
    few: list[T] = []
    for n in numbers:
        latest = connection.execute(f"SELECT row FROM {table} WHERE n = ? ORDER BY at DESC, event_id DESC LIMIT ?", (n, limit))
        few += [unpack(row) for (row,) in latest]
    return sorted(few, key=_time, reverse=True)[:limit]


NO_LIMIT = 100_000
"""A limit from which on rows are read without an order: next to nothing is left out, and identities share a statement."""


def _time(row: T) -> tuple[int, str, T]:
    return row.at, row.event_id, row


def issuances_for(connection: Connection, event_ids: Collection[str]) -> dict[str, Issuance]:
    """Of two issuances that claim one event id, the lesser: forged ids give the same answer in any order."""
    found = [
        rows.unpack_issuance(row)
        for (row,) in select_in(connection, "SELECT row FROM issuance WHERE event_id IN (?)", sorted(event_ids))
    ]
    return {issuance.event_id: issuance for issuance in sorted(found, reverse=True)}


def resources_of(connection: Connection, ids: Collection[str], limit: int) -> list[ResourceUse]:
    names = numbers_of(connection, ids)
    found = select_in(connection, "SELECT n, folds FROM resource_use WHERE n IN (?)", names)
    return fold_resources(use for n, folds in found for use in rows.unpack_resources(names[n], folds))[:limit]
