"""What linking reads and writes inside its transaction. Standings are kept back and settled at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable
from operator import attrgetter
from sqlite3 import Connection
from typing import NamedTuple, TypeVar, cast

from roletrail.lineage.model import (
    Action,
    Activity,
    Alias,
    Caller,
    CredentialUse,
    Edge,
    Issuance,
    Linked,
    Node,
    Providers,
    Seen,
    SignIn,
    Standing,
)
from roletrail.stores.embedded import rows
from roletrail.stores.embedded.activities import activities_between
from roletrail.stores.embedded.commit import meet
from roletrail.stores.embedded.derived import Changes, settle, standings_of
from roletrail.stores.embedded.numbers import Numbers, ids_of
from roletrail.stores.embedded.recent import Recent
from roletrail.stores.embedded.rows import (
    ACTION,
    CALLER,
    HANDLE,
    ISSUANCE,
    SIGN_IN,
    counter,
    handle,
    insert,
    mark_of,
    pack,
    select_in,
    set_counter,
)
from roletrail.stores.lookups import assumed_role_arn, entities_of, is_workload
from roletrail.stores.port import Pending

T = TypeVar("T", Issuance, SignIn, Action)


_at = attrgetter("at")
EVERYBODY = sys.maxsize


class _Token(NamedTuple):
    callers: list[int]
    marks: dict[str, int]  # table -> number of the last row handed out


class EmbeddedLinkWriter:
    """LinkWriter over an open write transaction."""

    def __init__(self, connection: Connection, numbers: Numbers, recent: Recent) -> None:
        self._connection = connection
        self._numbers = numbers
        self._recent = recent
        self._changes = Changes()
        self._refs: dict[int, list[int]] = {}  # of the anchors asked about, those that something lies under
        self._asked: set[int] = set()
        self._linked = recent.linked
        self._below: dict[int, list[int]] = {}  # children of those that had none before
        self._has_put = False

    # --- what is new ---

    def pending(self, limit: int) -> Pending:
        callers = [n for (n,) in self._connection.execute("SELECT n FROM pending ORDER BY n LIMIT ?", (limit,))]
        marks: dict[str, int] = {}
        left = limit - len(callers)
        issuances, left = self._new("issuance", rows.unpack_issuance, left, marks)
        sign_ins, left = self._new("sign_in", rows.unpack_sign_in, left, marks)
        actions, left = self._new("action", rows.unpack_action, left, marks)
        ids = self._numbers.names(self._connection, callers)
        return Pending(tuple(ids[n] for n in callers), issuances, sign_ins, actions, _Token(callers, marks))

    def _new(self, table: str, unpack: Callable[[bytes], T], limit: int, marks: dict[str, int]) -> tuple[tuple[T, ...], int]:
        if limit <= 0:
            return (), 0
        new = self._connection.execute(
            f"SELECT i FROM {table} WHERE i > ? ORDER BY i LIMIT ?", (counter(self._connection, mark_of(table)), limit)
        ).fetchall()
        if new:
            marks[table] = new[-1][0]
        return tuple(self._recent.rows(self._connection, table, unpack, [i for (i,) in new])), limit - len(new)

    def advance(self, pending: Pending) -> None:
        token = cast("_Token", pending.token)
        # The lowest were taken, and linking adds none.
        self._connection.execute("DELETE FROM pending WHERE n <= ?", (max(token.callers, default=0),))
        for table, mark in token.marks.items():
            set_counter(self._connection, mark_of(table), mark)

    # --- neighbourhood ---

    def seen(self, ids: Collection[str]) -> dict[str, Seen]:
        names = {n: id_ for id_, n in self._numbers.find(self._connection, ids).items()}
        kept = self._recent.seen
        found = {id_: kept[n] for n, id_ in names.items() if n in kept}
        if len(found) < len(names):
            found.update(seen_of(self._connection, {n: id_ for n, id_ in names.items() if n not in kept}))
        return found

    def callers_at(self, anchors: Collection[int]) -> set[str]:
        numbers = {ref >> 3 for ref in self._refs_at(anchors) if ref & 7 == CALLER}
        return set(self._numbers.names(self._connection, numbers).values())

    def counts_at(self, anchors: Collection[int]) -> dict[int, int]:
        self._refs_at(anchors)
        known = self._refs
        return {a: len(known[a]) if a in known else 0 for a in anchors}

    def providers_at(self, anchors: Collection[int]) -> Providers:
        wanted: dict[int, set[int]] = {}
        for ref in self._refs_at(anchors):
            wanted.setdefault(ref & 7, set()).add(ref >> 3)
        return Providers(
            self._observed("issuance", rows.unpack_issuance, wanted.get(ISSUANCE)),
            self._observed("sign_in", rows.unpack_sign_in, wanted.get(SIGN_IN)),
            self._observed("action", rows.unpack_action, wanted.get(ACTION)),
        )

    def _refs_at(self, anchors: Iterable[int]) -> list[int]:
        """Observations under these anchors. Linking adds none, and asks for callers and providers under the same ones."""
        known, asked = self._refs, set(anchors)
        missing = asked.difference(self._asked)
        self._asked |= missing
        for a, ref in select_in(self._connection, "SELECT a, ref FROM anchor WHERE a IN (?)", missing):
            if a in known:
                known[a].append(ref)
            else:
                known[a] = [ref]
        return [ref for a in asked if a in known for ref in known[a]]

    def _observed(self, table: str, unpack: Callable[[bytes], T], numbers: set[int] | None) -> tuple[T, ...]:
        if not numbers:
            return ()
        found = self._recent.rows(self._connection, table, unpack, numbers)
        found.sort()  # event_id comes first
        found.sort(key=_at)
        return tuple(found)

    # --- what linking makes ---

    def put_linked(self, linked: Collection[Linked]) -> None:
        if not linked:
            return
        if self._has_put:
            self._linked = EVERYBODY
        self._has_put = True
        numbers = self._numbers.give(self._connection, _ids_in(linked))
        turned = [one for one in linked if one.alias_of]
        linked = [one for one in linked if not one.alias_of]
        self._put_origins(numbers, {origin.id: origin for one in linked for origin in sorted(one.origins)})
        self._put_nodes(numbers, {one.node.id: one for one in linked})
        self._put_aliases(numbers, linked)
        self._turn_to_aliases(numbers, [one.same_as for one in turned if one.same_as is not None])

    def _stored(self, numbers: Iterable[int]) -> list[int]:
        """Those of whom linking may have written before: the others need not be asked for."""
        return [n for n in numbers if n <= self._linked]

    def _put_nodes(self, numbers: dict[str, int], linked: dict[str, Linked]) -> None:
        mine = {numbers[id_]: one for id_, one in linked.items()}
        stored = select_in(self._connection, "SELECT n, row, edges FROM node WHERE origin = 0 AND n IN (?)", self._stored(mine))
        old = {n: (row, edges) for n, row, edges in stored}
        new = {n: (pack(one.node), pack(one.edges)) for n, one in mine.items()}
        changed = [n for n in sorted(new) if old.get(n) != new[n]]
        parents = {n: {numbers[edge.parent] for edge in mine[n].edges} for n in changed}
        left = self._unlink([n for n in changed if n in old], keep=parents)
        written = [(n, 0, *new[n], is_workload(mine[n].node)) for n in changed]
        insert(self._connection, "INSERT OR REPLACE INTO node", written)
        edges = sorted((parent, n) for n, above in parents.items() for parent in above)
        insert(self._connection, "INSERT OR IGNORE INTO edge", edges)
        for parent, n in edges:
            if parent > self._linked:
                self._below.setdefault(parent, []).append(n)
        self._find_by({n: mine[n].node for n in changed if n not in old or old[n][0] != new[n][0]})
        # What was never issued is first seen when first used, and that may be why it is here.
        self._changes.nodes.update((n, one.node) for n, one in mine.items() if old.get(n) != new[n] or not one.node.issued_at)
        self._drop_origins(left)

    def _unlink(self, numbers: Collection[int], keep: dict[int, set[int]]) -> set[int]:
        """Takes away edges these had and will not have; the parents that lost one."""
        gone: list[tuple[int, int]] = []
        old = select_in(self._connection, "SELECT n, edges FROM node WHERE n IN (?)", numbers)
        old_parents = {n: [edge.parent for edge in rows.unpack_edges(edges)] for n, edges in old}
        parents = self._numbers.find(self._connection, {parent for above in old_parents.values() for parent in above})
        for n, above in old_parents.items():
            gone += [(parents[parent], n) for parent in set(above) if parents[parent] not in keep.get(n, ())]
        self._connection.executemany("DELETE FROM edge WHERE parent = ? AND child = ?", gone)
        return {parent for parent, _ in gone}

    def _put_origins(self, numbers: dict[str, int], origins: dict[str, Node]) -> None:
        """Origins that are new. Of two that differ the greater stays, so that no order shows."""
        mine = {numbers[id_]: node for id_, node in origins.items()}
        for n, origin, row in select_in(self._connection, "SELECT n, origin, row FROM node WHERE n IN (?)", self._stored(mine)):
            if not origin or rows.unpack_node(row) >= mine[n]:
                del mine[n]
        written = [(n, 1, pack(mine[n]), pack(()), is_workload(mine[n])) for n in sorted(mine)]
        insert(self._connection, "INSERT OR REPLACE INTO node", written)
        self._find_by(mine)
        self._changes.nodes.update(mine)

    def _drop_origins(self, numbers: Collection[int]) -> None:
        """Origins no edge comes from any more."""
        held = {n for (n,) in select_in(self._connection, "SELECT DISTINCT parent FROM edge WHERE parent IN (?)", numbers)}
        loose = set(numbers) - held
        self._remove({n for (n,) in select_in(self._connection, "SELECT n FROM node WHERE origin = 1 AND n IN (?)", loose)})

    def _put_aliases(self, numbers: dict[str, int], linked: Iterable[Linked]) -> None:
        mine = {numbers[one.node.id]: {numbers[alias] for alias in one.aliases} for one in linked}
        self._connection.executemany("DELETE FROM alias WHERE alias = ?", [(n,) for n in self._stored(sorted(mine))])
        # Callers that are aliases say so themselves; the others are ids of issuances that these claim.
        claimed = "SELECT alias, target FROM alias WHERE alias NOT IN (SELECT n FROM caller) AND target IN (?)"
        old = set(select_in(self._connection, claimed, self._stored(mine)))
        new = {(alias, target) for target, aliases in mine.items() for alias in aliases}
        self._connection.executemany("DELETE FROM alias WHERE alias = ? AND target = ?", sorted(old - new))
        insert(self._connection, "INSERT OR IGNORE INTO alias (alias, target)", sorted(new - old))
        stale = {alias for alias, _ in new}
        self._remove({n for (n,) in select_in(self._connection, "SELECT n FROM node WHERE n IN (?)", stale)})

    def _turn_to_aliases(self, numbers: dict[str, int], turned: Iterable[Alias]) -> None:
        new = sorted((numbers[a.id], numbers[a.target], a.rule, a.confidence, " ".join(a.evidence)) for a in turned)
        self._connection.executemany("DELETE FROM alias WHERE alias = ?", [row[:1] for row in new])
        self._connection.executemany("INSERT OR IGNORE INTO alias VALUES (?, ?, ?, ?, ?)", new)
        self._remove({n for (n,) in select_in(self._connection, "SELECT n FROM node WHERE n IN (?)", [row[0] for row in new])})

    def _remove(self, numbers: set[int]) -> None:
        """Nodes that are no more, with what led to them."""
        if not numbers:
            return
        left = self._unlink(numbers, keep={})
        self._connection.executemany("DELETE FROM node WHERE n = ?", [(n,) for n in sorted(numbers)])
        for n in numbers:
            self._changes.nodes.pop(n, None)
            self._changes.standings.pop(n, None)
        self._changes.removed |= numbers
        if left - numbers:
            self._drop_origins(left - numbers)

    def _find_by(self, nodes: dict[int, Node]) -> None:
        """Look-ups by what linking knows of used and unused identities alike."""
        found: list[tuple[int, int]] = []
        entities: set[tuple[str, str]] = set()
        for n, node in nodes.items():
            found += [(handle(kind, value), n * 8 + HANDLE) for kind, value in handles_of(node)]
            entities.update(entities_of(node))
        found.sort()
        insert(self._connection, "INSERT OR IGNORE INTO anchor", found)
        meet(self._connection, entities)

    def aliases(self, ids: Collection[str]) -> dict[str, Alias]:
        names = {n: id_ for id_, n in self._numbers.find(self._connection, ids).items()}
        least = "SELECT alias, min(target), rule, confidence, evidence FROM alias WHERE alias IN (?) GROUP BY alias"
        found = select_in(self._connection, least, names if self._has_put else self._stored(names))
        targets = ids_of(self._connection, {row[1] for row in found})
        return {names[n]: rows.alias_of(names[n], targets[target], *grade) for n, target, *grade in found}

    def named(self, principal_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        handles = {handle("principal", principal) for principal in principal_ids if principal}
        numbers = {ref >> 3 for ref in refs_at(self._connection, handles) if ref & 7 == HANDLE}
        found: dict[str, list[str]] = {}
        for (row,) in select_in(self._connection, "SELECT row FROM node WHERE n IN (?)", numbers):
            node = rows.unpack_node(row)
            if node.principal_id in principal_ids:
                found.setdefault(node.principal_id, []).append(node.id)
        return {principal: tuple(sorted(ids)) for principal, ids in found.items()}

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        numbers, put = self._numbers.find(self._connection, ids), self._changes.nodes
        found = {put[n].id: put[n] for n in numbers.values() if n in put}
        stored = self._stored([n for n in numbers.values() if n not in put])
        nodes = [rows.unpack_node(row) for (row,) in select_in(self._connection, "SELECT row FROM node WHERE n IN (?)", stored)]
        found.update((node.id, node) for node in nodes)
        return found

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        names = {n: id_ for id_, n in self._numbers.find(self._connection, ids).items()}
        return activities_between(self._connection, names, from_, to)

    def edges_into(self, ids: Collection[str]) -> dict[str, tuple[Edge, ...]]:
        names = {n: id_ for id_, n in self._numbers.find(self._connection, ids).items()}
        found = select_in(self._connection, "SELECT n, edges FROM node WHERE n IN (?)", names)
        return {names[n]: rows.unpack_edges(edges) for n, edges in found}

    def children(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        names = {n: id_ for id_, n in self._numbers.find(self._connection, ids).items()}
        pairs = select_in(self._connection, "SELECT parent, child FROM edge WHERE parent IN (?)", self._stored(names))
        new = self._below.keys() & names.keys()
        pairs += [(n, child) for n in new for child in self._below[n] if child not in self._changes.removed]
        found = self._numbers.names(self._connection, {child for _, child in pairs})
        children: dict[str, list[str]] = {}
        for parent, child in pairs:
            children.setdefault(names[parent], []).append(found[child])
        return {parent: tuple(sorted(below)) for parent, below in children.items()}

    def standings(self, ids: Collection[str]) -> dict[str, Standing]:
        numbers = self._numbers.find(self._connection, ids)
        kept = {id_: self._changes.standings[n] for id_, n in numbers.items() if n in self._changes.standings}
        stored = {
            n: id_ for id_, n in numbers.items() if n <= self._linked and id_ not in kept and n not in self._changes.removed
        }
        return {**standings_of(self._connection, stored), **kept}

    def put_standings(self, standings: dict[str, Standing]) -> None:
        numbers = self._numbers.find(self._connection, standings)
        for id_, standing in standings.items():
            if id_ in numbers:
                self._changes.standings[numbers[id_]] = standing

    def finish(self) -> None:
        """At the end of the transaction: cached columns of everything that changed."""
        settle(self._connection, self._numbers, self._changes, self._recent, self._linked)
        self._recent.forget()
        self._recent.all_linked(self._connection)


def _ids_in(linked: Iterable[Linked]) -> set[str]:
    found: set[str] = set()
    for one in linked:
        found.add(one.node.id)
        found.update(one.aliases)
        if one.alias_of:
            found.add(one.alias_of)
        found.update(edge.parent for edge in one.edges)
        found.update(origin.id for origin in one.origins)
    return found


def refs_at(connection: Connection, anchors: Iterable[int]) -> list[int]:
    return [ref for (ref,) in select_in(connection, "SELECT ref FROM anchor WHERE a IN (?)", set(anchors))]


def seen_of(connection: Connection, names: dict[int, str]) -> dict[str, Seen]:
    """Callers with their credentials, by key id; `names` are ids by number."""
    uses: dict[int, list[CredentialUse]] = {}
    found = select_in(connection, f"SELECT n, {rows.CREDENTIAL_COLUMNS} FROM credential WHERE n IN (?)", names)
    for n, *use in found:
        uses.setdefault(n, []).append(CredentialUse(names[n], *use))
    callers: dict[str, Caller] = {}
    for n, *row in select_in(connection, f"SELECT n, {rows.CALLER_COLUMNS} FROM caller WHERE n IN (?)", names):
        callers[names[n]] = rows.caller_of(names[n], *row)
    numbers = {id_: n for n, id_ in names.items()}
    return {id_: Seen(caller, tuple(uses.get(numbers[id_], ()))) for id_, caller in callers.items()}


def handles_of(node: Node) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if node.principal_id:
        found.append(("principal", node.principal_id))
    if arn := assumed_role_arn(node):
        found.append(("arn", arn))
    if node.workload_id:
        found.append(("instance", node.workload_id))
    return found
