"""A LinkWriter that keeps everything in dictionaries: the linker's reference, and a place to look at what it says."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from roletrail.ingest.linking import LinkSummary, link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage import chain
from roletrail.lineage.chain import Above
from roletrail.lineage.link import anchors
from roletrail.lineage.model import (
    Action,
    Activity,
    Alias,
    Attempt,
    Caller,
    CredentialUse,
    Edge,
    Issuance,
    Linked,
    Node,
    ObjectInfo,
    Part,
    Providers,
    Seen,
    SignIn,
    Standing,
)
from roletrail.stores.folds import DAY_SECONDS
from roletrail.stores.merge import fold_activities, merge_callers, merge_uses
from roletrail.stores.port import Pending
from tests.support.forget import forget

Provider = Issuance | SignIn | Action


class Memory:
    """Observations by id and by anchor, and what linking made of them."""

    linked_at_once = 100_000

    def __init__(self) -> None:
        forget()
        self.callers: dict[str, Caller] = {}
        self.uses: dict[str, dict[str, CredentialUse]] = {}
        self.caller_anchors: dict[int, set[str]] = {}
        self.provider_anchors: dict[int, set[str]] = {}
        self.provided: dict[str, Provider] = {}
        self.fresh_callers: dict[str, None] = {}
        self.fresh: dict[str, None] = {}
        self.linked: dict[str, Linked] = {}
        self.origins: dict[str, Node] = {}
        self.turned: dict[str, Alias] = {}
        self.places: dict[str, Standing] = {}
        self.attempts: list[Attempt] = []
        self.activities: list[Activity] = []
        self.asked = 0

    # --- what ingest does ---

    def commit(self, part: Part) -> None:
        for c in part.callers:
            old = self.callers.get(c.id)
            self.callers[c.id] = merge_callers(old, c) if old else c
            self._index(self.caller_anchors, anchors.of_caller(c), c.id)
            self.fresh_callers[c.id] = None
        for u in part.credentials:
            mine = self.uses.setdefault(u.identity, {})
            mine[u.access_key_id] = merge_uses(mine[u.access_key_id], u) if u.access_key_id in mine else u
            self._index(self.caller_anchors, anchors.of_credential(u), u.identity)
            self.fresh_callers[u.identity] = None
        for a in part.activities:
            caller = self.callers.get(a.identity)
            if caller is not None and caller.kind == "key":
                wanted = anchors.acted_for(caller, a.cell // DAY_SECONDS)
                self.fresh_callers.update(dict.fromkeys(sorted(self.caller_anchors.get(wanted, ()))))
        self.attempts += part.attempts
        self.activities += part.activities
        for i in part.issuances:
            self._provide(i, anchors.of_issuance(i))
        for s in part.sign_ins:
            self._provide(s, anchors.of_sign_in(s))
        for a in part.actions:
            self._provide(a, anchors.of_action(a))

    def _provide(self, one: Provider, found: Iterable[int]) -> None:
        if one.event_id not in self.provided:
            self.provided[one.event_id] = one
            self.fresh[one.event_id] = None
            self._index(self.provider_anchors, found, one.event_id)

    @staticmethod
    def _index(index: dict[int, set[str]], found: Iterable[int], id_: str) -> None:
        for a in found:
            index.setdefault(a, set()).add(id_)

    @contextmanager
    def linking(self) -> Iterator[Memory]:
        yield self

    # --- LinkWriter ---

    def pending(self, limit: int) -> Pending:
        callers = tuple(self.fresh_callers)[:limit]
        some = [self.provided[id_] for id_ in list(self.fresh)[: max(0, limit - len(callers))]]
        return Pending(
            callers,
            tuple(o for o in some if isinstance(o, Issuance)),
            tuple(o for o in some if isinstance(o, SignIn)),
            tuple(o for o in some if isinstance(o, Action)),
            None,
        )

    def advance(self, pending: Pending) -> None:
        for id_ in pending.callers:
            del self.fresh_callers[id_]
        for o in (*pending.issuances, *pending.sign_ins, *pending.actions):
            del self.fresh[o.event_id]

    def seen(self, ids: Collection[str]) -> dict[str, Seen]:
        self.asked += len(ids)
        return {
            id_: Seen(self.callers[id_], tuple(use for _, use in sorted(self.uses.get(id_, {}).items())))
            for id_ in ids
            if id_ in self.callers
        }

    def callers_at(self, anchors: Collection[int]) -> set[str]:
        return set().union(*(self.caller_anchors.get(a, ()) for a in anchors))

    def counts_at(self, anchors: Collection[int]) -> dict[int, int]:
        return {a: len(self.caller_anchors.get(a, ())) + len(self.provider_anchors.get(a, ())) for a in anchors}

    def providers_at(self, anchors: Collection[int]) -> Providers:
        ids: set[str] = set().union(*(self.provider_anchors.get(a, ()) for a in anchors))
        self.asked += len(ids)
        found = sorted((self.provided[id_] for id_ in ids), key=lambda o: (o.at, o.event_id))
        return Providers(
            tuple(o for o in found if isinstance(o, Issuance)),
            tuple(o for o in found if isinstance(o, SignIn)),
            tuple(o for o in found if isinstance(o, Action)),
        )

    def put_linked(self, linked: Collection[Linked]) -> None:
        for one in linked:
            if one.same_as is not None:
                self.turned[one.node.id] = one.same_as
                self.linked.pop(one.node.id, None)
                self.places.pop(one.node.id, None)
                continue
            self.turned.pop(one.node.id, None)
            self.linked[one.node.id] = one
            for origin in one.origins:
                self.origins[origin.id] = max(origin, self.origins.get(origin.id, origin))
        for one in linked:
            for alias in one.aliases:
                self.linked.pop(alias, None)
                self.places.pop(alias, None)

    def aliases(self, ids: Collection[str]) -> dict[str, Alias]:
        return {id_: self.turned[id_] for id_ in ids if id_ in self.turned}

    def named(self, principal_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for id_, one in sorted(self.linked.items()):
            if one.node.principal_id in principal_ids:
                found.setdefault(one.node.principal_id, []).append(id_)
        return {principal: tuple(ids) for principal, ids in found.items()}

    def node(self, id_: str) -> Node | None:
        one = self.linked.get(id_)
        return one.node if one else self.origins.get(id_)

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        return {id_: node for id_ in ids if (node := self.node(id_)) is not None}

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        wanted = set(ids)
        return sorted(fold_activities(a for a in self.activities if a.identity in wanted and from_ <= a.cell < to).values())

    def edges_into(self, ids: Collection[str]) -> dict[str, tuple[Edge, ...]]:
        return {id_: self.linked[id_].edges for id_ in ids if id_ in self.linked}

    def children(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        wanted = set(ids)
        found: dict[str, set[str]] = {}
        for id_, one in self.linked.items():
            for e in one.edges:
                if e.parent in wanted:
                    found.setdefault(e.parent, set()).add(id_)
        return {parent: tuple(sorted(below)) for parent, below in found.items()}

    def standings(self, ids: Collection[str]) -> dict[str, Standing]:
        return {id_: self.places[id_] for id_ in ids if id_ in self.places}

    def put_standings(self, standings: dict[str, Standing]) -> None:
        self.places.update(standings)

    # --- what a test looks at ---

    def link(self, batch: int = 50_000) -> LinkSummary:
        return link_pending(self, batch)  # type: ignore[arg-type]

    def graph(self) -> dict[str, tuple[Any, ...]]:
        """Everything linking made, comparable."""
        held = {e.parent for one in self.linked.values() for e in one.edges}
        made: dict[str, tuple[Any, ...]] = {
            id_: (one.node, one.edges, one.aliases, self.places.get(id_)) for id_, one in self.linked.items()
        }
        made.update({id_: (node, (), (), self.places.get(id_)) for id_, node in self.origins.items() if id_ in held})
        made.update({id_: (alias,) for id_, alias in self.turned.items()})
        return made

    def find(self, text: str) -> str:
        """Id of the one identity that has this key, session name or principal."""
        found = [
            id_
            for id_, one in self.linked.items()
            if text in one.node.access_key_ids or text in {one.node.name, one.node.principal_id, one.node.role_name}
        ]
        assert len(found) == 1, f"{text}: {len(found)} identities"
        return found[0]

    def chosen(self, id_: str) -> Edge | None:
        """The edge the path follows."""
        one = self.linked[id_]
        above = {e.parent: Above(node, self.places[e.parent]) for e in one.edges if (node := self.node(e.parent)) is not None}
        return chain.primary(one.node, one.edges, above)

    def path(self, id_: str) -> list[str]:
        return chain.path(id_, lambda below: self.places[below].parent)


def part_of(records: Sequence[dict[str, Any]], locator: str = "a.json") -> Part:
    """One object's records, reduced."""
    content = open_object(json.dumps({"Records": list(records)}).encode())
    info = ObjectInfo(locator, 0, "", "", "cloudtrail")
    return Reducer().reduce(content, info, 0, 1).part


def linked(*groups: Sequence[dict[str, Any]], batch: int = 50_000) -> Memory:
    """A memory with each group of records committed as one object, linked after each."""
    memory = Memory()
    for n, records in enumerate(groups):
        memory.commit(part_of(records, f"{n}.json"))
        memory.link(batch)
    return memory
