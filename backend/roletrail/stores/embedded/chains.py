"""The chain list: any filter, any sort, a page at a time, without reading more than a page needs.

A page is read along the index of its sort for as long as that fills it soon. When the filters let too few through,
the rows of the rarest filter are fetched by its own index instead and sorted in memory.
"""

from __future__ import annotations

import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from roletrail.errors import InvalidRequest
from roletrail.lineage.tone import sessions_range
from roletrail.stores.embedded.derived import MAX_BAND, Row, as_standings
from roletrail.stores.embedded.rows import STANDING_COLUMNS, select_in
from roletrail.stores.embedded.search import homes_with, names_with
from roletrail.stores.port import CHAIN_SORTS, ChainQuery, ChainRow

PROBE = 2_000
"""Rows looked at along the sort before the rarest filter is asked: about 4 ms."""

RARE = 20_000
"""A filter that leaves at most this many rows is worth fetching and sorting."""

MAX_CURSOR = 200

_COLUMNS = STANDING_COLUMNS.split(", ")
_ROW = ", ".join(f"standing.{name}" for name in _COLUMNS)


class _Filter(NamedTuple):
    """Both ways to apply one filter: as a test of a row, and as a way to fetch its rows."""

    admits: Callable[[Row], bool]
    count: Callable[[int], int]  # rows it leaves, up to a bound
    fetch: Callable[[], Iterable[Row]]


def chains(connection: Connection, query: ChainQuery) -> tuple[list[ChainRow], str]:
    if query.sort not in CHAIN_SORTS:
        raise InvalidRequest(f"Chains cannot be sorted by {query.sort[:40]!r}.", hint=f"Use one of {', '.join(CHAIN_SORTS)}.")
    least, most = _sessions(query)
    if most is not None and most < least:
        return [], ""
    after = _read_cursor(query)
    filters = list(_filters(connection, query, least))
    rows = _page(connection, query, filters, _bands(least, most), after)
    page = rows[: query.limit]
    cursor = _cursor(query.sort, page[-1]) if len(rows) > query.limit and page else ""
    return _chain_rows(connection, page), cursor


def _sessions(query: ChainQuery) -> tuple[int, int | None]:
    least, most = max(query.min_sessions, 1), None
    if query.tone:
        try:
            tone_least, most = sessions_range(query.tone)
        except KeyError:
            raise InvalidRequest(f"There is no tone {query.tone[:40]!r}.", hint="Use context, calm, watch or alarm.") from None
        least = max(least, tone_least)
    return least, most


def _bands(least: int, most: int | None) -> range:
    return range(min(least, MAX_BAND), (MAX_BAND if most is None else min(most, MAX_BAND)) + 1)


def _page(
    connection: Connection, query: ChainQuery, filters: list[_Filter], bands: range, after: tuple[Any, str] | None
) -> list[Row]:
    """At most one row more than the page holds."""
    wanted = query.limit + 1
    along = _along(connection, query.sort, bands, after)
    if not filters:
        return list(islice(along, wanted))
    found: list[Row] = []
    for looked_at, row in enumerate(along):
        if all(one.admits(row) for one in filters):
            found.append(row)
            if len(found) == wanted:
                return found
        if looked_at == PROBE:
            rarest = min(filters, key=lambda one: one.count(RARE + 1))
            if rarest.count(RARE + 1) <= RARE:
                return _sorted_page(query, filters, bands, after, rarest.fetch())
    return found


def _along(connection: Connection, sort: str, bands: range, after: tuple[Any, str] | None) -> Iterator[Row]:
    """Rows of these bands in the order of the list, each band along its index."""
    order = _order(sort)
    runs = [_band(connection, sort, band, after) for band in bands]
    return iter(runs[0]) if len(runs) == 1 else heapq.merge(*runs, key=order)


def _band(connection: Connection, sort: str, band: int, after: tuple[Any, str] | None) -> Iterator[Row]:
    """In growing steps: a cursor of SQLite left open would hold its page's read transaction."""
    step = 128
    while True:
        where, values = "", ()
        if after is not None:
            where, values = f" AND {sort} <= ?2 AND ({sort} < ?2 OR id > ?3)", after
        rows = connection.execute(
            f"SELECT {_ROW} FROM standing INDEXED BY chain_{sort} WHERE band = ?1 AND band > 0{where} ORDER BY {sort} DESC, id LIMIT {step}",
            (band, *values),
        ).fetchall()
        yield from map(Row._make, rows)
        if len(rows) < step:
            return
        last = Row(*rows[-1])
        after = (getattr(last, sort), last.id)
        step = min(step * 4, 4096)


def _sorted_page(
    query: ChainQuery, filters: list[_Filter], bands: range, after: tuple[Any, str] | None, rows: Iterable[Row]
) -> list[Row]:
    order = _order(query.sort)
    start = (-after[0], after[1]) if after else None
    unique = {row.n: row for row in rows if row.band in bands}
    left = (row for row in unique.values() if all(one.admits(row) for one in filters) and (start is None or order(row) > start))
    return heapq.nsmallest(query.limit + 1, left, key=order)


def _order(sort: str) -> Callable[[Row], tuple[Any, str]]:
    place = Row._fields.index(sort)
    return lambda row: (-row[place], row.id)


# --- filters ---


def _filters(connection: Connection, query: ChainQuery, least: int) -> Iterator[_Filter]:
    if least > MAX_BAND:
        yield _by_range(connection, "sessions", lambda row: row.sessions >= least, f"band = {MAX_BAND} AND sessions >= ?", least)
    if query.min_reach > 0:
        least_reach = query.min_reach
        yield _by_range(
            connection, "reach", lambda row: row.reach >= least_reach, "band IN (1, 2, 3) AND reach >= ?", least_reach
        )
    if query.from_:
        start = query.from_
        yield _by_range(
            connection, "last_seen", lambda row: row.last_seen >= start, "band IN (1, 2, 3) AND last_seen >= ?", start
        )
    if query.to:
        end = query.to
        yield _by_range(connection, "first_seen", lambda row: row.first_seen < end, "band IN (1, 2, 3) AND first_seen < ?", end)
    if query.account:
        yield _by_account(connection, query.account)
    if query.q:
        yield _by_text(connection, query.q)


def _by_range(connection: Connection, column: str, admits: Callable[[Row], bool], where: str, value: int) -> _Filter:
    source = f"FROM standing INDEXED BY chain_{column} WHERE band > 0 AND {where}"
    return _Filter(
        admits,
        lambda bound: connection.execute(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT ?)", (value, bound)).fetchone()[0],
        lambda: map(Row._make, connection.execute(f"SELECT {_ROW} {source}", (value,))),
    )


def _by_account(connection: Connection, account: str) -> _Filter:
    """Chains with an identity of this account anywhere on their path."""
    crossings = {x for (x,) in connection.execute("SELECT x FROM crossing_account WHERE account = ?", (account,))}
    source = "FROM crossing_account JOIN standing ON standing.crossing = x WHERE crossing_account.account = ? AND band > 0"
    return _Filter(
        lambda row: row.crossing in crossings,
        lambda bound: connection.execute(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT ?)", (account, bound)).fetchone()[0],
        lambda: map(Row._make, connection.execute(f"SELECT {_ROW} {source}", (account,))),
    )


def _by_text(connection: Connection, q: str) -> _Filter:
    """Chains whose last session or root has this text."""
    homes, names = homes_with(connection, q), names_with(connection, q)
    roots: dict[int, bool] = {}

    def admits(row: Row) -> bool:
        if row.home in homes or row.name in names:
            return True
        if row.root not in roots:
            found = connection.execute("SELECT home, name FROM standing WHERE n = ?", (row.root,)).fetchone()
            roots[row.root] = found is not None and (found[0] in homes or found[1] in names)
        return roots[row.root]

    def candidates() -> Iterator[tuple[int, int, int]]:
        yield from select_in(connection, "SELECT n, root, band FROM standing WHERE home IN (?)", homes)
        yield from select_in(connection, "SELECT n, root, band FROM standing WHERE name IN (?)", names)

    def numbers() -> Iterator[int]:
        top: set[int] = set()
        for n, root, band in candidates():
            if band:
                yield n
            if root == n:
                top.add(n)
        for (n,) in select_in(connection, "SELECT n FROM standing WHERE band > 0 AND root IN (?)", top):
            yield n

    def count(bound: int) -> int:
        seen = sum(1 for _ in islice(candidates(), bound))
        return seen if seen == bound else sum(1 for _ in islice(numbers(), bound))

    def fetch() -> Iterator[Row]:
        return map(Row._make, select_in(connection, f"SELECT {_ROW} FROM standing WHERE n IN (?)", set(numbers())))

    return _Filter(admits, count, fetch)


# --- rows and cursors ---


def _chain_rows(connection: Connection, page: list[Row]) -> list[ChainRow]:
    placed = as_standings(connection, page)
    uses = {
        n: rest
        for n, *rest in select_in(connection, "SELECT n, count, errors FROM caller WHERE n IN (?)", [row.n for row in page])
    }
    return [ChainRow(row.id, placed[row.id], row.first_seen, row.last_seen, *uses.get(row.n, (0, 0))) for row in page]


def _cursor(sort: str, row: Row) -> str:
    return urlsafe_b64encode(json.dumps([sort, getattr(row, sort), row.id]).encode()).decode().rstrip("=")


def _read_cursor(query: ChainQuery) -> tuple[Any, str] | None:
    if not query.after:
        return None
    try:
        sort, value, id_ = json.loads(urlsafe_b64decode(query.after[:MAX_CURSOR] + "=" * (-len(query.after) % 4)))
    except (ValueError, NotBase64, TypeError):
        sort = value = id_ = None
    if sort != query.sort or not isinstance(value, int | float) or not isinstance(id_, str) or not -(1 << 62) < value < 1 << 62:
        raise InvalidRequest("This cursor does not belong to this list.", hint="Start again without `after`.")
    return value, id_
