"""The event log read by an in-memory DuckDB over the Parquet files the ledger names.

Knows no store: which files count is handed in as a function and asked anew for every question, because an ingest may
add files, and merge old ones away, while this process serves pages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from roletrail.archive.engine import open_engine
from roletrail.archive.names import day_name, is_merged, run_of
from roletrail.archive.port import Cursor, LoggedEvent, NamedFile, ReadVisible, Visible
from roletrail.errors import StoreUnavailable

T = TypeVar("T")

MEMORY = "256MB"
RETRIES = 3
FIRST_DAYS = 2
_COLUMNS = ", ".join(f'"{name}"' for name in LoggedEvent._fields)


class DuckEventLog:
    """`archive.port.EventLog` over a folder. Safe to use from many threads: each has a cursor of its own."""

    def __init__(self, folder: Path, visible: ReadVisible) -> None:
        self._folder = folder
        self._visible = visible
        self._cursors = threading.local()
        try:
            self._connection = open_engine(folder, MEMORY)
        except duckdb.Error as error:
            raise StoreUnavailable(f"The archive {folder} cannot be opened: {error}") from error

    def session_events(
        self, identities: Collection[str], limit: int, after: Cursor | None = None, from_: int = 0, to: int = 0
    ) -> list[LoggedEvent]:
        start = max(from_, after.at) if after else from_
        where, values = _of_identities(identities, start, to)
        if after:
            where += ' AND ("at", event_id) > ($after_at, $after_id)'
            values |= {"after_at": after.at, "after_id": after.event_id}

        def page(visible: Visible) -> list[LoggedEvent]:
            rows: list[LoggedEvent] = []
            for files in _by_days(_within(visible.files, "events", start, to)):
                query = f'SELECT {_COLUMNS} FROM {{rows}} WHERE {where} ORDER BY "at", event_id LIMIT {limit - len(rows)}'
                rows += self._events(query, Visible(files, visible.excluded_attempts), values)
                if len(rows) >= limit:
                    break
            return rows

        return self._reading(page)

    def count(self, identities: Collection[str], from_: int = 0, to: int = 0) -> int:
        where, values = _of_identities(identities, from_, to)

        def total(visible: Visible) -> int:
            files = _within(visible.files, "events", from_, to)
            found = self._ask(f"SELECT count(*) FROM {{rows}} WHERE {where}", Visible(files, visible.excluded_attempts), values)
            return found[0][0] if found else 0

        return self._reading(total)

    def event(self, day: str, event_id: str) -> LoggedEvent | None:
        return self.events(day, (event_id,)).get(event_id)

    def events(self, day: str, event_ids: Iterable[str]) -> dict[str, LoggedEvent]:
        wanted = {"ids": list(event_ids)}

        def rows(visible: Visible) -> dict[str, LoggedEvent]:
            query = f"SELECT {_COLUMNS} FROM {{rows}} WHERE event_id IN (SELECT unnest($ids)) AND {_on_day(day)}"
            return {row.event_id: row for row in self._events(query, _of_day(visible, "events", day), wanted)}

        return self._reading(rows)

    def evidence(self, day: str, event_id: str) -> bytes | None:
        def record(visible: Visible) -> bytes | None:
            query = f"SELECT record FROM {{rows}} WHERE event_id = $id AND {_on_day(day)} LIMIT 1"
            found = self._ask(query, _of_day(visible, "evidence", day), {"id": event_id})
            return found[0][0] if found else None

        return self._reading(record)

    def find(self, event_id: str) -> LoggedEvent | None:
        def row(visible: Visible) -> LoggedEvent | None:
            files = [file for file in visible.files if file.kind == "events"]
            query = f"SELECT {_COLUMNS} FROM {{rows}} WHERE event_id = $id LIMIT 1"
            return next(iter(self._events(query, Visible(files, visible.excluded_attempts), {"id": event_id})), None)

        return self._reading(row)

    def close(self) -> None:
        self._connection.close()

    def _events(self, query: str, visible: Visible, values: dict[str, Any]) -> list[LoggedEvent]:
        return [LoggedEvent._make(row) for row in self._ask(query, visible, values)]

    def _ask(self, query: str, visible: Visible, values: dict[str, Any]) -> list[tuple]:
        """Rows of a query whose `{rows}` are all visible rows. Text from outside goes in as values, never as SQL."""
        if not visible.files:
            return []
        merged = [str(self._folder / file.name) for file in visible.files if is_merged(file.name)]
        fresh = [str(self._folder / file.name) for file in visible.files if not is_merged(file.name)]
        runs = {run_of(file.name) for file in visible.files if not is_merged(file.name)}
        excluded = [attempt for attempt in visible.excluded_attempts if attempt >> 24 in runs]
        sources = []
        if merged:
            sources.append("SELECT * FROM read_parquet($merged, hive_partitioning = false)")
            values = values | {"merged": merged}
        if fresh:
            sources.append("SELECT * FROM read_parquet($fresh, hive_partitioning = false)")
            values = values | {"fresh": fresh}
            if excluded:
                sources[-1] += " WHERE attempt NOT IN (SELECT unnest($excluded))"
                values = values | {"excluded": excluded}
        return self._cursor().execute(query.format(rows=f"({' UNION ALL '.join(sources)})"), values).fetchall()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = getattr(self._cursors, "cursor", None)
        if cursor is None:
            cursor = self._cursors.cursor = self._connection.cursor()
        return cursor

    def _reading(self, answer: Callable[[Visible], T]) -> T:
        """Answer from the files named now; when a merge took one away meanwhile, from those named after it."""
        for left in reversed(range(RETRIES)):
            try:
                return answer(self._visible())
            except duckdb.Error as error:
                if not left:
                    raise StoreUnavailable(
                        f"A file of the archive {self._folder} cannot be read: {error}",
                        hint="Restore the archive folder that belongs to this store, or ingest the logs again.",
                    ) from error
        raise AssertionError("unreachable")


def _of_identities(identities: Collection[str], from_: int, to: int) -> tuple[str, dict[str, Any]]:
    names = {f"id{n}": identity for n, identity in enumerate(identities)}
    where = f"identity IN ({', '.join('$' + name for name in names)})" if names else "false"
    where += f' AND "at" >= {int(from_)}' if from_ else ""
    where += f' AND "at" < {int(to)}' if to else ""
    return where, names


def _on_day(day: str) -> str:
    return f"""strftime(make_timestamp("at" * 1000000), '%Y%m%d') = '{day}'""" if day.isdecimal() else "false"


def _of_day(visible: Visible, kind: str, day: str) -> Visible:
    return Visible([f for f in visible.files if f.kind == kind and f.day in (day, "")], visible.excluded_attempts)


def _within(files: Sequence[NamedFile], kind: str, from_: int, to: int) -> list[NamedFile]:
    first = day_name(from_) if from_ > 0 else ""
    last = day_name(to - 1) if to > 0 else "~"
    return [file for file in files if file.kind == kind and (not file.day or first <= file.day <= last)]


def _by_days(files: Sequence[NamedFile]) -> Iterator[list[NamedFile]]:
    """Files in stretches of days, each twice as long as the one before: a busy key's page ends in the first."""
    spanning = [file for file in files if not file.day]
    days = sorted({file.day for file in files if file.day})
    if spanning:  # their rows can lie on any day, so all are read together
        days = []
        yield list(files)
    length = FIRST_DAYS
    while days:
        stretch = set(days[:length])
        yield [file for file in files if file.day in stretch]
        days, length = days[length:], length * 2
