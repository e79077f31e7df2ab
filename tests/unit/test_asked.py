"""Numbers of ids that are asked about again and again: remembered, and true whatever is asked in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from roletrail.stores.embedded import asked
from roletrail.stores.embedded.asked import Asked


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE identity (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
        connection.executemany("INSERT INTO identity VALUES (?, ?)", [(n, f"s{n:02}") for n in range(9, 0, -1)])
        yield connection


def test_names_come_in_the_order_they_lie_in_and_unknown_ids_are_left_out(connection: sqlite3.Connection) -> None:
    assert list(Asked().names(connection, ["s07", "s02", "gone", "s02"]).items()) == [(2, "s02"), (7, "s07")]
    assert Asked().names(connection, []) == {}


def test_the_same_question_is_read_once_whatever_is_asked_in_between(connection: sqlite3.Connection) -> None:
    known = Asked()
    whole = known.names(connection, ["s01", "s02", "s03"])
    part = known.names(connection, ["s02"])
    connection.execute("DROP TABLE identity")
    connection.execute("CREATE TABLE identity (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
    assert known.names(connection, ["s03", "s01", "s02"]) == whole == {1: "s01", 2: "s02", 3: "s03"}
    assert known.names(connection, ["s02"]) == part == {2: "s02"}


def test_an_id_that_was_not_known_is_looked_up_again(connection: sqlite3.Connection) -> None:
    known = Asked()
    assert known.names(connection, ["s01", "new"]) == {1: "s01"}
    connection.execute("INSERT INTO identity VALUES (10, 'new')")
    assert known.names(connection, ["s01", "new"]) == {1: "s01", 10: "new"}


def test_more_than_is_remembered_is_answered_too(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "MOST", 2)
    known = Asked()
    for ids in (["s01"], ["s02", "s03"], ["s01", "s02", "s03"], ["s03"], ["s02", "s03"]):
        assert sorted(known.names(connection, ids).values()) == ids
