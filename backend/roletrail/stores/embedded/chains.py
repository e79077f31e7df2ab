"""The chain list: any filter, any sort, a page at a time, without reading more than a page needs.

When one filter leaves few rows, they are fetched by its own index and sorted in memory. Else the index of the sort is
walked until the page is full. A text is looked for in the rows along the sort first: a common one fills the page at
once, and the search index answers for the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from sqlite3 import Connection
from typing import NamedTuple

from roletrail.stores.cursors import chain_cursor, read_chain_cursor, sessions_of
from roletrail.stores.embedded.derived import Row, as_standings
from roletrail.stores.embedded.rows import STANDING_COLUMNS, counter, select_in
from roletrail.stores.embedded.search import TextFilter
from roletrail.stores.lookups import MAX_BAND
from roletrail.stores.port import ChainQuery, ChainRow

RARE = 2_000
"""A filter that leaves at most this many rows is worth fetching and sorting: about 3 ms."""

PROBE = 1_500
"""Rows along the sort in which a text is looked for before the search index is asked: about 4 ms."""


class _Place(NamedTuple):
    """Where a row stands in the list: lists are descending, ids ascending."""

    order: float  # minus the sort's value
    id: str
    n: int


class _Plan(NamedTuple):
    """A query taken apart."""

    sort: str
    bands: range
    tests: list[tuple[str, int | str]]  # SQL over columns of standing, with the one value of its `?`
    after: tuple[float, str] | None  # value of the sort and id of the last row seen
    wanted: int  # one more than the page holds

    def where(self) -> tuple[str, list[int | str]]:
        return "".join(f" AND {sql}" for sql, _ in self.tests), [value for _, value in self.tests]


_CROSSES = "EXISTS (SELECT 1 FROM crossing_account AS c WHERE c.account = ? AND c.x = crossing)"
_INDEXES = {
    "sessions": "chain_sessions",
    "reach": "chain_reach",
    "last_seen": "chain_last_seen",
    "first_seen": "chain_first_seen",
}


def chains(connection: Connection, query: ChainQuery) -> tuple[list[ChainRow], str]:
    least, most = sessions_of(query)
    if most is not None and most < least:
        return [], ""
    bands = range(min(least, MAX_BAND), (MAX_BAND if most is None else min(most, MAX_BAND)) + 1)
    longest = counter(connection, "longest_chain")
    after = read_chain_cursor(query) or _beside_window(query, longest)
    plan = _Plan(query.sort, bands, list(_tests(query, least, longest)), after, query.limit + 1)
    places = _with_text(connection, plan, query.q) if query.q else _without_text(connection, plan)
    page = places[: query.limit]
    cursor = chain_cursor(query.sort, -page[-1].order, page[-1].id) if len(places) > query.limit and page else ""
    return _chain_rows(connection, page), cursor


def _beside_window(query: ChainQuery, longest: int) -> tuple[float, str] | None:
    """Where a walk by last_seen may start: a chain that began before the window's end was last seen no later than this."""
    return (query.to + longest, "") if query.to and query.sort == "last_seen" else None


def _tests(query: ChainQuery, least: int, longest: int) -> Iterator[tuple[str, int | str]]:
    if least > MAX_BAND:
        yield "sessions >= ?", least
    if query.min_reach > 0:
        yield "reach >= ?", query.min_reach
    if query.from_:
        yield "last_seen >= ?", query.from_
        if query.sort == "first_seen":
            yield "first_seen >= ?", query.from_ - longest
    if query.to:
        yield "first_seen < ?", query.to
    if query.account:
        yield _CROSSES, query.account


# --- without a text: the rarest filter's rows, or a walk ---


def _without_text(connection: Connection, plan: _Plan) -> list[_Place]:
    for test in plan.tests:
        rows = _few(connection, plan, test)
        if rows is not None:
            return _sorted(plan, rows)
    return list(islice(_walk(connection, plan, step=plan.wanted), plan.wanted))


def _few(connection: Connection, plan: _Plan, test: tuple[str, int | str]) -> list[_Place] | None:
    """All rows of these bands that pass, when this one test leaves few; None when it leaves many."""
    sql, value = test
    bands = f"band IN ({', '.join(map(str, plan.bands))}) AND band > 0"
    if sql == _CROSSES:
        source, by_index = "crossing_account CROSS JOIN standing ON crossing = x", "crossing_account.account = ?"
    else:
        source, by_index = f"standing INDEXED BY {_INDEXES[sql.partition(' ')[0]]}", sql
    narrow = f"FROM {source} WHERE {bands} AND {by_index}"
    (count,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 {narrow} LIMIT ?)", (value, RARE + 1)).fetchone()
    if count > RARE:
        return None
    where, values = plan.where()
    return [_Place(*row) for row in connection.execute(f"SELECT -{plan.sort}, id, n {narrow}{where}", (value, *values))]


def _sorted(plan: _Plan, places: Iterable[_Place]) -> list[_Place]:
    start = (-plan.after[0], plan.after[1]) if plan.after else None
    return heapq.nsmallest(plan.wanted, (place for place in places if start is None or place[:2] > start))


def _walk(connection: Connection, plan: _Plan, step: int) -> Iterator[_Place]:
    """Rows that pass, in the order of the list, each band along its index."""
    runs = [_run(connection, plan, band, step) for band in plan.bands]
    return runs[0] if len(runs) == 1 else heapq.merge(*runs)


def _run(connection: Connection, plan: _Plan, band: int, step: int) -> Iterator[_Place]:
    where, values = plan.where()
    after = plan.after
    while True:
        since, bounds = (f" AND {plan.sort} <= ? AND ({plan.sort} < ? OR id > ?)", (after[0], *after)) if after else ("", ())
        rows = connection.execute(
            f"SELECT -{plan.sort}, id, n FROM standing INDEXED BY chain_{plan.sort} WHERE band = ? AND band > 0{since}{where}"
            f" ORDER BY {plan.sort} DESC, id LIMIT ?",
            (band, *bounds, *values, step),
        ).fetchall()
        yield from map(_Place._make, rows)
        if len(rows) < step:
            return
        after = (-rows[-1][0], rows[-1][1])
        step = min(step * 4, 4096)


# --- with a text ---


def _with_text(connection: Connection, plan: _Plan, q: str) -> list[_Place]:
    text = TextFilter(connection, q)
    along = _walk(connection, plan, step=min(plan.wanted, 512))
    found = text.admitted(islice(along, PROBE), plan.wanted)
    if len(found) == plan.wanted or not (more := list(islice(along, 1))):
        return found
    numbers = text.numbers(RARE)
    if numbers is not None:
        where, values = plan.where()
        bands = ", ".join(map(str, plan.bands))
        rows: list[_Place] = []
        for n in numbers:
            rows += map(
                _Place._make,
                connection.execute(
                    f"SELECT -{plan.sort}, id, n FROM standing WHERE n = ? AND band IN ({bands}){where}", (n, *values)
                ),
            )
        return _sorted(plan, rows)
    while more and len(found) < plan.wanted:
        found += text.admitted(more, plan.wanted - len(found))
        more = list(islice(along, 4096))
    return found


# --- rows and cursors ---


def _chain_rows(connection: Connection, page: list[_Place]) -> list[ChainRow]:
    numbers = [place.n for place in page]
    rows = {
        row[0]: Row(*row) for row in select_in(connection, f"SELECT {STANDING_COLUMNS} FROM standing WHERE n IN (?)", numbers)
    }
    standings = as_standings(connection, rows.values())
    uses = {
        n: (count, errors)
        for n, count, errors in select_in(connection, "SELECT n, count, errors FROM caller WHERE n IN (?)", numbers)
    }
    return [ChainRow(id_, standings[id_], rows[n].first_seen, rows[n].last_seen, *uses.get(n, (0, 0))) for _, id_, n in page]
