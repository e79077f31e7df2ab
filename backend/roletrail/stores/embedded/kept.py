"""Answers that cost a pass over everything: kept until anybody commits. Knows no question."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from sqlite3 import Connection
from typing import TypeVar, cast

from roletrail.sqlite import Database

T = TypeVar("T")

MOST_ROWS = 50_000
"""A longer answer is not kept: memory is worth more than the second it costs."""


class Kept:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._version = -1
        self._answers: dict[Hashable, list[object]] = {}

    def forget(self) -> None:
        """Somebody writes: no answer holds beyond that, and a load needs the memory."""
        with self._lock:
            self._answers.clear()

    def rows(self, asked: Hashable, read: Callable[[Connection], list[T]]) -> list[T]:
        """What `read` finds. Who reads inside a snapshot sees that state and no kept one."""
        connection = self._database.read()
        if connection.in_transaction:
            return read(connection)
        version = self._database.version()  # before reading: a commit meanwhile makes the answer newer than it says, never older
        with self._lock:
            if version != self._version:
                self._version = version
                self._answers.clear()
            found = self._answers.get(asked)
        if found is None:
            found = read(connection)
            with self._lock:
                if version == self._version and len(found) <= MOST_ROWS:
                    self._answers[asked] = list(found)
        return list(cast("list[T]", found))
