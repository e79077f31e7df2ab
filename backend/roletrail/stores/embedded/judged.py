"""Findings, habits and what is still to be judged, in the embedded store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from sqlite3 import Connection
from typing import cast

import msgspec

from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.detect.past import DAY, Days
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, SignIn
from roletrail.stores.embedded.numbers import ids_of
from roletrail.stores.embedded.reads import numbers_of
from roletrail.stores.embedded.rows import counter, in_lists, insert, pack, select_in, unpack_sign_in
from roletrail.stores.embedded.touched import touch, touch_all
from roletrail.stores.judging import FindingQuery, Judged, RoleSession, Unjudged, cursor_of, read_cursor

_unpack = msgspec.msgpack.Decoder(Finding).decode
_RANK = {severity: n for n, severity in enumerate(SEVERITIES)}


def unjudged(connection: Connection, limit: int) -> Unjudged:
    found = connection.execute(
        f"SELECT standing.id, min(coalesce(count, 0), max(last_seen - first_seen, 0) / {ACTIVITY_CELL_SECONDS} + 1)"
        " FROM unjudged JOIN standing USING (n) LEFT JOIN caller USING (n) ORDER BY first_seen, standing.id LIMIT ?",
        (limit,),
    ).fetchall()
    return Unjudged(tuple([id_ for id_, _ in found]), tuple([many for _, many in found]), counter(connection, "generation"))


def put_judged(connection: Connection, names: Mapping[int, str], judged: Collection[Judged], token: object) -> None:
    """`names` are ids by number, the lowest first: who holds a habit must not hang on the order they were judged in."""
    generation, by_id = cast("int", token), {one.id: one for one in judged}
    mine = [(n, by_id[id_]) for n, id_ in names.items()]
    _clear(connection, names)
    found = sorted([row for n, one in mine for row in _rows(n, one.findings)], key=itemgetter(0))
    connection.executemany(_PUT, found)  # one by one: of several to be replaced, SQLite notes what would take them back
    habits = [(key, day, n) for n, one in mine for day, keys in one.habits.items() for key in keys]
    insert(connection, "INSERT OR IGNORE INTO habit", habits)  # of several that showed it, the lowest
    for marks, chunk in in_lists(names):
        connection.execute(f"DELETE FROM unjudged WHERE g <= ? AND n IN {marks}", [generation, *chunk])
    if not connection.execute("SELECT 1 FROM unjudged JOIN standing USING (n) LIMIT 1").fetchone():
        _sweep(connection, generation)


def _clear(connection: Connection, numbers: Collection[int]) -> None:
    for table in ("finding", "habit"):
        for marks, chunk in in_lists(numbers):
            connection.execute(f"DELETE FROM {table} WHERE n IN {marks}", chunk)


def _sweep(connection: Connection, generation: int) -> None:
    """Nothing is left to judge: what identities left behind that became aliases of others goes."""
    connection.execute("DELETE FROM unjudged WHERE g <= ?", (generation,))
    for table in ("finding", "habit"):
        connection.execute(f"DELETE FROM {table} WHERE n NOT IN (SELECT n FROM standing)")


_PUT = "INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _rows(n: int, findings: Iterable[Finding]) -> Iterator[tuple[object, ...]]:
    for f in findings:
        yield f.id, n, f.rule, _RANK[f.severity], f.score, f.tone, f.account, f.first_seen, f.last_seen, pack(f)


def forget(connection: Connection) -> None:
    connection.execute("DELETE FROM finding")
    connection.execute("DELETE FROM habit")
    touch_all(connection)


def unjudge(connection: Connection, ids: Collection[str]) -> None:
    touch(connection, sorted(numbers_of(connection, ids)))


def findings(connection: Connection, query: FindingQuery) -> tuple[list[Finding], str]:
    tests, values = _tests(connection, query)
    rows: list[tuple[bytes]] = []
    for behind, place in _behind(query.after):
        where = " AND ".join([*tests, behind])
        rows += connection.execute(
            f"SELECT row FROM finding WHERE {where} ORDER BY score DESC, last_seen DESC, id LIMIT ?",
            (*values, *place, query.limit + 1 - len(rows)),
        ).fetchall()
    found = [_unpack(row) for (row,) in rows[: query.limit]]
    more = len(rows) > query.limit
    return found, cursor_of(found[-1]) if more else ""


def _tests(connection: Connection, query: FindingQuery) -> tuple[list[str], list[object]]:
    tests, values = ["score >= ?"], [cast("object", query.min_score)]
    for column, value in (("rule", query.rule), ("tone", query.tone), ("account", query.account)):
        if value:
            tests.append(f"{column} = ?")
            values.append(value)
    if query.identity:
        tests.append("n = ?")
        values.append(next(iter(numbers_of(connection, [query.identity])), 0))
    if query.from_:
        tests.append("last_seen >= ?")
        values.append(query.from_)
    if query.to:
        tests.append("first_seen < ?")
        values.append(query.to)
    return tests, values


def _behind(after: str) -> list[tuple[str, tuple[object, ...]]]:
    """Stretches of the order behind a cursor, one after the other. Asked in one condition, SQLite would walk the index from its
    beginning: two seconds for the second page of 360,000 findings."""
    if not after:
        return [("TRUE", ())]
    score, last_seen, id_ = read_cursor(after)
    return [
        ("score = ? AND last_seen = ? AND id > ?", (score, last_seen, id_)),
        ("score = ? AND last_seen < ?", (score, last_seen)),
        ("score < ?", (score,)),
    ]


def by_id(connection: Connection, ids: Collection[str]) -> dict[str, Finding]:
    found = [_unpack(row) for (row,) in select_in(connection, "SELECT row FROM finding WHERE id IN (?)", set(ids))]
    return {one.id: one for one in found}


def counts(connection: Connection) -> list[tuple[str, int, int, int]]:
    return connection.execute(
        f"SELECT rule, first_seen / {DAY} AS day, severity, count(*) FROM finding GROUP BY rule, day, severity"
        " ORDER BY rule, day, severity"
    ).fetchall()


def habit_days(connection: Connection, keys: Iterable[int], from_day: int, to_day: int) -> Days:
    """The days of a habit come as one value: to step to a row costs more than to read a number. Those of two months are bits of
    one, others a text."""
    found = Days()
    if to_day - from_day >= _BITS:
        for key, days in select_in(connection, _days_as("group_concat(day, ' ')"), set(keys), (from_day, to_day)):
            found.see(key, map(int, days.split()))
        return found
    for key, bits in select_in(connection, _days_as("sum(1 << (day - ?))"), set(keys), (from_day, from_day, to_day)):
        found.see_bits(key, from_day, bits)
    return found


_BITS = 63
"""Of an integer in SQLite that is not negative."""


def _days_as(together: str) -> str:
    return f"SELECT key, {together} FROM habit WHERE day BETWEEN ? AND ? AND key IN (?) GROUP BY key"


def sessions_of_role(
    connection: Connection, role_arns: Collection[str], from_: int, to: int, limit: int
) -> dict[str, list[RoleSession]]:
    homes = _homes(connection, role_arns)
    rows = select_in(connection, _OF_HOMES, homes, (limit, from_, from_, to))
    roots = ids_of(connection, {root for *_, root in rows})  # few: a root has many sessions
    found: dict[str, list[RoleSession]] = {}
    for home, first_seen, id_, root in rows:
        found.setdefault(homes[home], []).append(RoleSession(first_seen, id_, roots[root]))
    return {role_arn: sorted(sessions)[:limit] for role_arn, sessions in found.items()}


def roots_of_role(connection: Connection, role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
    homes = _homes(connection, role_arns)
    rows = select_in(
        connection,
        "SELECT DISTINCT home, root FROM standing WHERE last_seen >= ? AND first_seen BETWEEN ? AND ? AND home IN (?)",
        homes,
        (from_, from_, to),
    )
    roots = ids_of(connection, {root for _, root in rows})
    found: dict[str, set[str]] = {}
    for home, root in rows:
        found.setdefault(homes[home], set()).add(roots[root])
    return found


def _homes(connection: Connection, role_arns: Collection[str]) -> dict[int, str]:
    return dict(select_in(connection, "SELECT h, role_arn FROM home WHERE role_arn IN (?)", {arn for arn in role_arns if arn}))


_OF_HOMES = """
SELECT home, first_seen, id, root FROM (
    SELECT ? AS most, home, first_seen, id, root, row_number() OVER (PARTITION BY home ORDER BY first_seen, id) AS place
    FROM standing WHERE last_seen >= ? AND first_seen BETWEEN ? AND ? AND home IN (?)
) WHERE place <= most
"""


def children_between(connection: Connection, parents: Mapping[int, str], from_: int, to: int, limit: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for n, id_ in parents.items():
        rows = connection.execute(
            "SELECT id FROM standing WHERE parent = ? AND parent > 0 AND started BETWEEN ? AND ? ORDER BY started, id LIMIT ?",
            (n, from_, to, limit),
        ).fetchall()
        if rows:
            found[id_] = [child for (child,) in rows]
    return found


_ACCOUNTS = """
WITH RECURSIVE known (account) AS (
    SELECT min(account) FROM cell
    UNION ALL
    SELECT (SELECT min(account) FROM cell WHERE account > known.account) FROM known WHERE account IS NOT NULL
)
SELECT account FROM known WHERE account > ''
"""


def accounts_loaded(connection: Connection) -> list[str]:
    return [account for (account,) in connection.execute(_ACCOUNTS)]


def identities_by_time(connection: Connection) -> list[str]:
    return [id_ for (id_,) in connection.execute("SELECT id FROM standing ORDER BY first_seen, id")]


def sign_ins_of(connection: Connection, numbers: Collection[int], people: Collection[str]) -> list[SignIn]:
    rows = select_in(connection, "SELECT row FROM sign_in WHERE n IN (?)", numbers)
    rows += select_in(connection, "SELECT row FROM sign_in WHERE person > '' AND person IN (?)", set(people) - {""})
    return sorted({unpack_sign_in(row) for (row,) in rows}, key=lambda sign_in: (sign_in.at, sign_in.event_id))
