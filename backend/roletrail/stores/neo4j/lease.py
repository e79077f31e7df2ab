"""Whose turn it is to write, and the counters that only the writer moves: both lie on the one :WriterLease node."""

from __future__ import annotations

from typing import Any

from roletrail.stores.neo4j.connection import LEASE, Cypher
from roletrail.stores.neo4j.statements import statements

_Q = statements("store")


class Lease:
    """The lease as one write transaction took it. Counters it sets are written by `settle`."""

    def __init__(self, cypher: Cypher) -> None:
        self._cypher = cypher
        self._counters: dict[str, Any] = cypher.value(LEASE)
        self._changed: dict[str, int] = {}

    @property
    def turn(self) -> int:
        return self._counters["turn"]

    def follows(self, turn: int) -> bool:
        """Whether nobody else has written since that turn."""
        return turn == self.turn - 1

    def counter(self, name: str) -> int:
        return self._counters.get(name, 0)

    def set(self, name: str, value: int) -> None:
        if self._counters.get(name) != value:
            self._counters[name] = self._changed[name] = value

    def add(self, amounts: dict[str, int]) -> None:
        for name, amount in amounts.items():
            self.set(name, self.counter(name) + amount)

    def at_least(self, name: str, value: int) -> None:
        self.set(name, max(self.counter(name), value))

    def at_most(self, name: str, value: int) -> None:
        self.set(name, min(self._counters.get(name, value), value))

    def settle(self) -> None:
        if self._changed:
            self._cypher.run(_Q["set_counters"], counters=self._changed)
            self._changed = {}


def counters(cypher: Cypher) -> dict[str, int]:
    """As they are now, for those who read."""
    return cypher.value(_Q["counters"]) or {}
