"""Calls of credentials that several hands used, parted by strand: what surely was the attacker's, and what may have been.

A call that is kept by itself has its address and client. Calls that are only counted by resource have not: of those, what strands
called of the same service bounds how many may have been whose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from roletrail.detect.marks import Hands, Side, Use
from roletrail.lineage.model import Action, ResourceUse
from roletrail.stores.port import GraphStore
from roletrail.usecases.investigations.flow import END_OF_TIME, Marked


class Split:
    def __init__(self, graph: GraphStore, marked: Marked, ids: Collection[str]) -> None:
        self._attacker = marked.sides.attacker
        self._hands = Hands(marked.marks, marked.facts)
        self.shared = frozenset(id_ for id_ in ids if id_ in marked.sides.unclear and id_ in marked.facts.uses)
        """Credentials that are unclear, and of which it is known from where they were used."""
        self._calls: Counter[tuple[str, str]] = Counter()  # of an identity to a service
        self._not_ours: Counter[tuple[str, str]] = Counter()
        self._not_attacker: Counter[tuple[str, str]] = Counter()
        self._count(graph)

    def _count(self, graph: GraphStore) -> None:
        for one in graph.activities_of(sorted(self.shared), 0, END_OF_TIME) if self.shared else ():
            use = Use(one.address, one.agent, one.first_at, one.last_at)
            side = None if one.invoked_by else self._hands.of_call(one.identity, use)
            for pair in one.sources.split():
                source, _, number = pair.rpartition("=")
                self._calls[one.identity, source] += int(number)
                self._not_ours[one.identity, source] += int(number) if side != "ours" else 0
                self._not_attacker[one.identity, source] += int(number) if side != "attacker" else 0

    def of_action(self, action: Action) -> Side | None:
        """Whose call it was; "unclear" and None are in the upper bound alone."""
        if action.identity in self.shared:
            return self._hands.of_call(action.identity, Use(action.address, action.agent, action.at, action.at))
        return "attacker" if action.identity in self._attacker else None

    def of_use(self, use: ResourceUse) -> tuple[int, int]:
        """Of calls that succeeded: how many surely were the attacker's, and how many may have been."""
        done = use.count - use.errors
        if use.identity not in self.shared:
            return (done if use.identity in self._attacker else 0), done
        place = (use.identity, use.event_source)
        if self._calls[place] < use.count:
            return 0, done  # not every call is known by its place
        return max(0, done - self._not_attacker[place]), min(done, self._not_ours[place])
