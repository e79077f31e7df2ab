"""What a run remembers from batch to batch has an end, however long the run is."""

from __future__ import annotations

import json
import sqlite3

import pytest

from roletrail.ingest import identity
from roletrail.ingest.identity import Identities
from roletrail.stores.embedded import numbers
from roletrail.stores.embedded.numbers import Numbers

MOST, AT_ONCE = 50, 20


def _held(remembering: object) -> int:
    return max(len(memory) for memory in vars(remembering).values())


def test_numbers_of_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "MAX_REMEMBERED", MOST)
    known = Numbers()
    given: dict[str, int] = {}
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE identity (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
        for start in range(0, 1000, AT_ONCE):
            given |= known.give(connection, [f"session-{n:04}" for n in range(start, start + AT_ONCE)])
            assert _held(known) <= MOST + AT_ONCE
        assert known.find(connection, given) == given
        assert known.names(connection, given.values()) == {n: id_ for id_, n in given.items()}
    connection.close()
    assert sorted(given.values()) == list(range(1, 1001))


def test_callers_as_the_logs_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "MOST_REMEMBERED", MOST)
    known = Identities()
    for n in range(1000):
        raw = json.dumps({"type": "IAMUser", "principalId": f"AIDAEXAMPLE{n}", "accessKeyId": f"AKIAEXAMPLE{n:09}"}).encode()
        assert known.facts(raw).access_key_id == f"AKIAEXAMPLE{n:09}"
        assert _held(known) <= MOST
