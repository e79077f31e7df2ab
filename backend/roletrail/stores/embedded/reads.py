"""Nodes as pages want them: rows, aliases, what lies below, totals."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from sqlite3 import Connection

from roletrail.lineage.model import Alias, Seen, Standing
from roletrail.stores.cursors import newest_cursor, read_newest_cursor
from roletrail.stores.embedded.linking import seen_of
from roletrail.stores.embedded.rows import alias_of, select_in, unpack_edges, unpack_node
from roletrail.stores.port import NodeRow, PathStep, RolePair, Totals

Place = tuple[int, str, int]  # -last_seen, id, number: newest first


def number_of(connection: Connection, id_: str) -> int:
    row = connection.execute("SELECT n FROM identity WHERE id = ?", (id_,)).fetchone()
    return row[0] if row else 0


def numbers_of(connection: Connection, ids: Iterable[str]) -> dict[int, str]:
    return {n: id_ for id_, n in select_in(connection, "SELECT id, n FROM identity WHERE id IN (?)", set(ids))}


_ROWS = """
SELECT standing.id, node.row, node.edges, coalesce(root.id, ''), coalesce(above.id, ''), standing.sessions, standing.hops,
       standing.depth, standing.pivots, standing.segment, standing.reach, standing.confidence, standing.started,
       coalesce(pivot.id, ''),
       coalesce(caller.first_at, 0), coalesce(caller.last_at, 0), coalesce(caller.count, 0),
       coalesce(caller.errors, 0),
       (SELECT count(*) FROM standing AS child WHERE child.parent = standing.n AND child.parent > 0), standing.band
FROM standing JOIN node ON node.n = standing.n
LEFT JOIN caller ON caller.n = standing.n
LEFT JOIN identity AS root ON root.n = standing.root
LEFT JOIN identity AS above ON above.n = standing.parent
LEFT JOIN identity AS pivot ON pivot.n = standing.last_pivot AND standing.last_pivot > 0
WHERE standing.n IN (?)
"""


def rows(connection: Connection, numbers: Collection[int]) -> dict[str, NodeRow]:
    return {
        row[0]: NodeRow._make((unpack_node(row[1]), Standing._make(row[3:14]), unpack_edges(row[2]), *row[14:19], row[19] > 0))
        for row in select_in(connection, _ROWS, numbers)
    }


def resolve_alias(connection: Connection, id_: str) -> str:
    n = number_of(connection, id_)
    if connection.execute("SELECT 1 FROM node WHERE n = ?", (n,)).fetchone():
        return id_
    row = connection.execute("SELECT min(id) FROM alias JOIN identity ON identity.n = target WHERE alias = ?", (n,)).fetchone()
    return row[0] or ""


def aliases_of(connection: Connection, id_: str) -> list[str]:
    found = connection.execute(
        "SELECT id FROM alias JOIN identity ON identity.n = alias WHERE target = ? ORDER BY id", (number_of(connection, id_),)
    )
    return [alias for (alias,) in found]


def same_as(connection: Connection, id_: str, limit: int) -> list[Alias]:
    found = connection.execute(
        "SELECT id, rule, confidence, evidence FROM alias JOIN identity ON identity.n = alias WHERE target = ? AND rule > ''"
        " ORDER BY confidence, id LIMIT ?",
        (number_of(connection, id_), limit),
    )
    return [alias_of(alias, id_, *grade) for alias, *grade in found]


_ABOVE = """
WITH RECURSIVE up (n) AS (
    SELECT n FROM identity JOIN standing USING (n) WHERE identity.id IN (?)
    UNION
    SELECT parent FROM up JOIN standing USING (n) WHERE parent > 0
)
SELECT n, parent, id, last_pivot = n, counts FROM up JOIN standing USING (n)
"""


def paths(connection: Connection, ids: Collection[str]) -> dict[str, list[PathStep]]:
    """Every step is read once: a role that renews itself for weeks has hundreds of sessions, and each has all before it above it."""
    wanted = set(ids)
    steps: dict[int, tuple[int, PathStep]] = {
        n: (parent, PathStep(id_, bool(pivot), bool(counts)))
        for n, parent, id_, pivot, counts in select_in(connection, _ABOVE, wanted)
    }
    return {step.id: _path(steps, n) for n, (_, step) in steps.items() if step.id in wanted}


def _path(steps: Mapping[int, tuple[int, PathStep]], n: int) -> list[PathStep]:
    """From the root down to `n`."""
    path: list[PathStep] = []
    while n in steps and len(path) < len(steps):
        n, step = steps[n]
        path.append(step)
    path.reverse()
    return path


def descendants(connection: Connection, id_: str, limit: int) -> tuple[list[str], bool]:
    """Level by level, each level by (started, id)."""
    level = [number_of(connection, id_)]
    found: list[str] = []
    while level and len(found) <= limit:
        below: list[tuple[int, str, int]] = []
        for parent in level:
            below += connection.execute(
                "SELECT started, id, n FROM standing WHERE parent = ? AND parent > 0 ORDER BY started, id LIMIT ?",
                (parent, limit + 1 - len(found)),
            )
        below.sort()
        found += [id_ for _, id_, _ in below]
        level = [n for _, _, n in below[: limit + 1]]
    return found[:limit], len(found) > limit


def seen(connection: Connection, ids: Collection[str]) -> dict[str, Seen]:
    return seen_of(connection, numbers_of(connection, ids))


def newest(connection: Connection, homes: Iterable[int], limit: int, after: str) -> tuple[list[str], str]:
    """A page of the nodes of these homes, newest last_seen first, then by id. The cursor is `last_seen.id`."""
    start = read_newest_cursor(after)
    runs = [_run(connection, home, limit + 1, start) for home in homes]
    return _page(heapq.merge(*runs), limit)


def newest_of(connection: Connection, numbers: Iterable[int], limit: int, after: str) -> tuple[list[str], str]:
    """The same for given nodes."""
    start = read_newest_cursor(after)
    found = select_in(connection, "SELECT -last_seen, id, n FROM standing WHERE n IN (?)", set(numbers))
    return _page(iter(heapq.nsmallest(limit + 1, (place for place in found if start is None or place[:2] > start))), limit)


def _run(connection: Connection, home: int, limit: int, start: tuple[int, str] | None) -> list[Place]:
    last_seen, id_ = (-start[0], start[1]) if start else (1 << 62, "")
    return connection.execute(
        "SELECT -last_seen, id, n FROM standing WHERE home = ?1 AND last_seen <= ?2 AND (last_seen < ?2 OR id > ?3)"
        " ORDER BY last_seen DESC, id LIMIT ?4",
        (home, last_seen, id_, limit),
    ).fetchall()


def _page(places: Iterator[Place], limit: int) -> tuple[list[str], str]:
    found: list[Place] = []
    for place in places:
        if len(found) == limit:
            return [id_ for _, id_, _ in found], newest_cursor(-found[-1][0], found[-1][1]) if found else ""
        found.append(place)
    return [id_ for _, id_, _ in found], ""


def totals(connection: Connection) -> Totals:
    count = dict(connection.execute("SELECT name, value FROM counter"))
    one = {
        name: connection.execute(sql, parameters).fetchone()[0] or 0
        for name, sql, parameters in (
            ("objects", "SELECT count(*) FROM object", ()),
            ("quarantined", "SELECT count(*) FROM quarantine", ()),
            ("callers", "SELECT count(*) FROM pending", ()),
            *((f"new_{table}", f"SELECT max(i) - ? FROM {table}", (count.get(f"linked_{table}", 0),)) for table in _MARKED),
        )
    }
    pending = one["callers"] + sum(one[f"new_{table}"] for table in _MARKED)
    of = count.get
    return Totals(
        events=of("events", 0),
        objects=one["objects"],
        identities=of("identities", 0),
        sessions=of("sessions", 0),
        chains_2=of("chains_2", 0),
        chains_3=of("chains_3", 0),
        quarantined=one["quarantined"],
        doubles=of("doubles", 0),
        first_at=of("first_at", 0),
        last_at=of("last_at", 0),
        pending=pending,
    )


_MARKED = ("issuance", "sign_in", "action")


def lost(connection: Connection, limit: int) -> tuple[list[str], int]:
    """Sessions are what has no parent and began at a known time, or counts: keys and origins do neither."""
    where = "FROM standing WHERE parent = 0 AND (started > 0 OR counts = 1)"
    (total,) = connection.execute(f"SELECT count(*) {where}").fetchone()
    return [id_ for (id_,) in connection.execute(f"SELECT id {where} ORDER BY last_seen DESC, id LIMIT ?", (limit,))], total


_PAIRS = """
SELECT above.role_arn, above.account, below.role_arn, below.account, sessions, first_at, last_at FROM (
    SELECT parent.home AS upper, child.home AS lower, count(*) AS sessions,
           min(nullif(child.first_seen, 0)) AS first_at, max(child.last_seen) AS last_at
    FROM standing AS child NOT INDEXED JOIN standing AS parent ON parent.n = child.parent
    WHERE child.parent > 0 AND child.counts = 1 AND child.last_pivot != child.n
    GROUP BY parent.home, child.home
) JOIN home AS above ON above.h = upper JOIN home AS below ON below.h = lower
ORDER BY sessions DESC, 1, 2, 3, 4 LIMIT ?
"""


def role_pairs(connection: Connection, limit: int) -> list[RolePair]:
    """One pass over the standings in the order they lie in, parents near their children: the estate's map has no filter that
    an index could serve."""
    return [RolePair._make((*row[:5], row[5] or 0, row[6])) for row in connection.execute(_PAIRS, (limit,))]
