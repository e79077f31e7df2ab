"""What is loaded around a moment: the ground on which a missing parent is explained. Index look-ups, never a scan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from sqlite3 import Connection

from roletrail.lineage.link import anchors, touch
from roletrail.lineage.model import Action, Addendum, Issuance
from roletrail.stores.embedded.linking import refs_at
from roletrail.stores.embedded.rows import ACTION, ISSUANCE, select_in, unpack_action, unpack_addendum, unpack_issuance
from roletrail.stores.port import RegionCoverage

DAY = 86_400
HOUR = 3_600
NAMELESS = ("", "")
"""Group of the issuances whose records do not say what they issued (`anchors.issuance_group`)."""

_REGIONS = """
WITH RECURSIVE known (region) AS (
    SELECT min(region) FROM cell WHERE account = ?1
    UNION ALL
    SELECT (SELECT min(region) FROM cell WHERE account = ?1 AND region > known.region) FROM known WHERE region IS NOT NULL
)
SELECT region FROM known WHERE region IS NOT NULL
"""


def coverage_near(connection: Connection, account: str, at: int) -> list[RegionCoverage]:
    regions = [region for (region,) in connection.execute(_REGIONS, (account,))]
    return [_region(connection, account, region, at) for region in regions]


def _region(connection: Connection, account: str, region: str, at: int) -> RegionCoverage:
    ends = [
        connection.execute(
            f"SELECT {column} FROM cell WHERE account = ? AND region = ? ORDER BY hour {order} LIMIT 1", (account, region)
        ).fetchone()[0]
        for column, order in (("first_at", "ASC"), ("last_at", "DESC"))
    ]
    near: Counter[str] = Counter()
    cells = "SELECT counts FROM cell WHERE account = ? AND region = ? AND hour BETWEEN ? AND ?"
    for (counts,) in connection.execute(cells, (account, region, at - DAY, at + DAY)):
        near.update(json.loads(counts))
    return RegionCoverage(region, ends[0], ends[1], dict(near))


def issued_near(connection: Connection, account: str, at: int) -> bool:
    query = (
        "SELECT 1 FROM home JOIN standing ON home = h WHERE account = ?"
        " AND last_seen BETWEEN ? AND ? AND counts = 1 AND parent > 0 LIMIT 1"
    )
    return connection.execute(query, (account, at - HOUR, at + HOUR)).fetchone() is not None


def unnamed_issuances(connection: Connection, at: int) -> list[Issuance]:
    numbers = [ref >> 3 for ref in refs_at(connection, anchors.around(NAMELESS, at)) if ref & 7 == ISSUANCE]
    found = [unpack_issuance(row) for (row,) in select_in(connection, "SELECT row FROM issuance WHERE i IN (?)", numbers)]
    return sorted(
        (i for i in found if abs(i.at - at) <= 2 and anchors.issuance_group(i) == NAMELESS), key=lambda i: (i.at, i.event_id)
    )


def logging_changes(connection: Connection, account: str) -> list[Action]:
    numbers = [ref >> 3 for ref in refs_at(connection, [anchors.logging_of(account)]) if ref & 7 == ACTION]
    found = [unpack_action(row) for (row,) in select_in(connection, "SELECT row FROM action WHERE i IN (?)", numbers)]
    return sorted((a for a in found if a.account == account), key=lambda a: (a.at, a.event_id))


def actions_on(connection: Connection, targets: Collection[str]) -> list[Action]:
    wanted = {touch.last_part(target) for target in targets if target}
    numbers = [ref >> 3 for ref in refs_at(connection, [anchors.contained(target) for target in wanted]) if ref & 7 == ACTION]
    found = [unpack_action(row) for (row,) in select_in(connection, "SELECT row FROM action WHERE i IN (?)", set(numbers))]
    return sorted((a for a in found if touch.contained(a) in wanted), key=lambda a: (a.at, a.event_id))


def outages(connection: Connection, account: str) -> list[Addendum]:
    found = connection.execute("SELECT row FROM addendum WHERE original = '' AND account = ?", (account,))
    return sorted((unpack_addendum(row) for (row,) in found), key=lambda a: (a.at, a.event_id))


def accounts_not_loaded(connection: Connection) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT account, count(*) FROM home JOIN standing ON home = h"
            " WHERE account > '' AND NOT EXISTS (SELECT 1 FROM cell WHERE cell.account = home.account) GROUP BY account ORDER BY account"
        )
    )
