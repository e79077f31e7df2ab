"""The chain list: any filter, any sort, a page at a time, without reading more than a page needs.

When one filter leaves few rows, they are fetched by its own index and sorted here. Else the index of the sort is walked until
the page is full. A text is looked for in the search index first; when too many hold it, the walk soon finds a page of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any, NamedTuple

from roletrail.lineage.model import Standing
from roletrail.stores.cursors import chain_cursor, read_chain_cursor, sessions_of
from roletrail.stores.lookups import MAX_BAND, MIN_LENGTH
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import counters
from roletrail.stores.neo4j.orders import END, order, upside_down
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import ChainQuery, ChainRow

_Q = statements("chains")
_NO_END = 1 << 62

RARE = 1_000
"""A filter that leaves at most this many rows is worth fetching and sorting."""


class _Plan(NamedTuple):
    """A query taken apart."""

    sort: str
    bands: range
    filters: dict[str, Any]  # parameters of every statement that lists
    ranges: list[tuple[str, str, str]]  # sort, and both ends of the index range a filter leaves in one band, without the band
    after: tuple[float, str] | None  # value of the sort and id of the last row seen
    wanted: int  # one more than the page holds


def chains(cypher: Cypher, query: ChainQuery) -> tuple[list[ChainRow], str]:
    least, most = sessions_of(query)
    after = read_chain_cursor(query)
    if most is not None and most < least:
        return [], ""
    bands = range(min(least, MAX_BAND), (MAX_BAND if most is None else min(most, MAX_BAND)) + 1)
    plan = _Plan(query.sort, bands, _filters(query, least), list(_ranges(cypher, query, least)), after, query.limit + 1)
    rows = _with_text(cypher, plan, query.q) if query.q else _without_text(cypher, plan)
    page = rows[: query.limit]
    cursor = chain_cursor(query.sort, _value(query.sort, page[-1]), page[-1].id) if len(rows) > query.limit and page else ""
    return page, cursor


def _filters(query: ChainQuery, least: int) -> dict[str, Any]:
    return {
        "sessions": least, "reach": max(query.min_reach, 0), "from": query.from_, "to": query.to or _NO_END,
        "account": query.account or None,
    }  # fmt: skip


def _ranges(cypher: Cypher, query: ChainQuery, least: int) -> Iterable[tuple[str, str, str]]:
    """What each filter leaves of the index of its own column: values from the greatest down to a bound, or from a bound down."""
    if least > MAX_BAND:
        yield "sessions", "", _down_to(least)
    if query.min_reach > 0:
        yield "reach", "", _down_to(query.min_reach)
    if query.from_:
        yield "last_seen", "", _down_to(query.from_)
        if query.sort == "first_seen":
            longest = counters(cypher).get("longestChain", 0)
            yield "first_seen", "", _down_to(max(query.from_ - longest, 0))
    if query.to:
        yield "first_seen", upside_down(query.to - 1), END
        if query.sort == "last_seen":  # a chain that began before the window's end was last seen no later than this
            longest = counters(cypher).get("longestChain", 0)
            yield "last_seen", upside_down(query.to + longest), END


def _down_to(value: int) -> str:
    return upside_down(value) + END


# --- without a text: the rarest filter's rows, or a walk ---


def _without_text(cypher: Cypher, plan: _Plan) -> list[ChainRow]:
    account = plan.filters["account"]
    if account and (cypher.value(_Q["count_crossing"], account=account, limit=RARE + 1) or 0) <= RARE:
        return _sorted(plan, [row for row in cypher.rows(_Q["crossing"], **plan.filters) if row[-1] in plan.bands])
    for sort, start, end in plan.ranges:
        spans = [(f"{band}.{start}", f"{band}.{end}") for band in plan.bands]
        if sort != plan.sort and sum(_count(cypher, sort, *span) for span in spans) <= RARE:
            return _sorted(plan, [row for span in spans for row in _listed(cypher, f"walk_{sort}", plan, span, RARE + 1)])
    return _walk(cypher, plan, "walk")


def _count(cypher: Cypher, sort: str, start: str, end: str) -> int:
    return cypher.value(_Q[f"count_{sort}"], after=start, end=end, limit=RARE + 1) or 0


def _sorted(plan: _Plan, rows: Iterable[list[Any]]) -> list[ChainRow]:
    start = (-plan.after[0], plan.after[1]) if plan.after else None
    placed = ((-_value(plan.sort, row), row.id, row) for row in map(_row, rows))
    chosen = heapq.nsmallest(plan.wanted, (one for one in placed if start is None or one[:2] > start), key=lambda one: one[:2])
    return [row for _, _, row in chosen]


def _walk(cypher: Cypher, plan: _Plan, how: str, q: str = "") -> list[ChainRow]:
    """Rows that pass, in the order of the list: each band along its index, then the bands together."""
    start, end = "", END
    for sort, first, last in plan.ranges:
        if sort == plan.sort:
            start, end = max(start, first), min(end, last)
    rows: list[list[Any]] = []
    for band in plan.bands:
        after = max(f"{band}.{start}", order(band, *plan.after)) if plan.after else f"{band}.{start}"
        rows += _listed(cypher, f"{how}_{plan.sort}", plan, (after, f"{band}.{end}"), plan.wanted, q)
    rows.sort(key=lambda row: row[-1][2:])
    return [_row(row) for row in rows[: plan.wanted]]


def _listed(cypher: Cypher, name: str, plan: _Plan, span: tuple[str, str], limit: int, q: str = "") -> list[list[Any]]:
    return cypher.rows(_Q[name], after=span[0], end=span[1], limit=limit, q=q, **plan.filters)


# --- with a text ---


def _with_text(cypher: Cypher, plan: _Plan, q: str) -> list[ChainRow]:
    if len(q) < MIN_LENGTH or "\n" in q:
        return []
    found = {row[0] for row in cypher.rows(_Q["with_text"], q=q, limit=RARE + 1)}
    if len(found) <= RARE:
        below = [row[0] for row in cypher.rows_of(_Q["below_roots"], sorted(found), limit=RARE + 1)]
        if len(below) <= RARE:
            rows = cypher.rows_of(_Q["of_ids"], sorted({*found, *below}), **plan.filters)
            return _sorted(plan, [row for row in rows if row[-1] in plan.bands])
    return _walk(cypher, plan, "search", q)


# --- rows ---


def _row(row: list[Any]) -> ChainRow:
    standing = Standing._make((row[1], row[2] or "", *row[3:11], row[11] or ""))
    return ChainRow._make((row[0], standing, *row[12:16]))


def _value(sort: str, row: ChainRow) -> float:
    return getattr(row, sort) if sort in ("last_seen", "first_seen") else getattr(row.standing, sort)
