"""IN lists of the embedded store: every value asked once, in statements of few lengths."""

from __future__ import annotations

import sqlite3

import pytest

from roletrail.stores.embedded.rows import MOST_IN_LIST, in_lists, select_in


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
