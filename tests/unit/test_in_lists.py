"""Statements of the embedded store for many values: every one asked for once and put in once, in statements of few lengths."""

from __future__ import annotations

import sqlite3

import pytest

from roletrail.stores.embedded.rows import MOST_BOUND, MOST_IN_LIST, in_lists, insert, select_in


def test_statements_have_few_lengths() -> None:
    """A connection keeps its last statements: with one of every length a follower grew by a hundred megabytes in ten minutes."""
    lengths = {len(chunk) for count in range(1, 3 * MOST_IN_LIST) for _, chunk in in_lists(range(count))}
    assert lengths == {1 << n for n in range(MOST_IN_LIST.bit_length())}
    assert all(marks.count("?") == len(chunk) for marks, chunk in in_lists(range(3000)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, MOST_IN_LIST, MOST_IN_LIST + 1, 2500])
def test_every_value_is_found_once(count: int) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(5000)])
        assert sorted(select_in(connection, "SELECT n FROM t WHERE n < ? AND n IN (?) AND n > 0", range(count + 1), (4000,))) == [
            (n,) for n in range(1, count + 1)
        ]
    connection.close()


@pytest.mark.parametrize("width", [1, 2, 3, MOST_BOUND, MOST_BOUND + 1])
@pytest.mark.parametrize("count", [0, 1, MOST_BOUND // 2, MOST_BOUND, MOST_BOUND + 1, 300])
def test_every_row_goes_in_once_and_in_order(count: int, width: int) -> None:
    rows = [tuple(range(n, n + width)) for n in range(count)]
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'c{n} INTEGER' for n in range(width))})")
        insert(connection, "INSERT OR FAIL INTO t", rows)
        assert connection.execute("SELECT * FROM t ORDER BY rowid").fetchall() == rows
    connection.close()


def test_of_rows_with_one_key_the_last_replaces_and_the_first_is_kept() -> None:
    rows = [(n % 100, n) for n in range(1000)]
    with sqlite3.connect(":memory:") as connection:
        for table, into in (("last", "INSERT OR REPLACE"), ("first", "INSERT OR IGNORE")):
            connection.execute(f"CREATE TABLE {table} (k INTEGER PRIMARY KEY, v INTEGER)")
            insert(connection, f"{into} INTO {table}", rows)
            assert connection.execute(f"SELECT k, v FROM {table} ORDER BY k").fetchall() == (
                rows[900:] if table == "last" else rows[:100]
            )
    connection.close()
