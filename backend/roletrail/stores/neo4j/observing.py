"""Writes the observations of admitted parts: callers and what they used, activities, and what is kept one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from roletrail.lineage import ids
from roletrail.lineage.link import anchors
from roletrail.lineage.model import Activity, Caller, CredentialUse, Part, Seen, SignIn
from roletrail.stores.folds import DAY_SECONDS
from roletrail.stores.lookups import person_of
from roletrail.stores.merge import (
    fold_activities,
    fold_callers,
    fold_resources,
    fold_uses,
    linked_facts,
    merge_callers,
    merge_uses,
)
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.orders import moved
from roletrail.stores.neo4j.recent import Recent
from roletrail.stores.neo4j.statements import statements

_Q = statements("commit")
_ASKING = frozenset({"session", "key"})


class Observing:
    def __init__(self, cypher: Cypher, lease: Lease, recent: Recent, parts: Sequence[Part]) -> None:
        self._cypher = cypher
        self._lease = lease
        self._recent = recent
        self._parts = parts
        self._anchors: list[tuple[int, str]] = []
        self._addresses = _Addresses()
        self._pending: set[str] = set()
        self._entities: set[tuple[str, str]] = set()

    def run(self) -> None:
        self._write_callers_and_uses()
        self._write_activities()
        self._write_issuances()
        self._write_sign_ins()
        self._write_actions()
        self._write_attempts()
        self._cypher.write(_Q["mark_pending"], sorted(self._pending))
        self._cypher.write(_Q["write_addresses"], self._addresses.rows())
        self._entities |= {("address", address) for address in self._addresses.known()}
        self._cypher.write(_Q["write_anchors"], [list(pair) for pair in sorted(set(self._anchors))])
        meet(self._cypher, self._entities)

    # --- callers and the keys they used ---

    def _write_callers_and_uses(self) -> None:
        callers = fold_callers(caller for part in self._parts for caller in part.callers)
        uses = fold_uses(use for part in self._parts for use in part.credentials)
        everyone = sorted({*callers, *(identity for identity, _ in uses)})
        known = self._cypher.rows_of(_Q["known"], everyone)
        old = {row[0]: shapes.caller_of(*row[:9]) for row in known if row[1] is not None}
        old_uses: defaultdict[str, dict[str, CredentialUse]] = defaultdict(dict)
        if old:
            for id_, key, found in self._cypher.rows_of(_Q["uses"], sorted(old)):
                old_uses[id_][key] = shapes.use_of(id_, key, found)
        merged = {id_: merge_callers(old[id_], one) if id_ in old else one for id_, one in callers.items()}
        self._note_callers(old, merged)
        self._note_named(one for id_, one in merged.items() if id_ in old and id_ not in self._pending)
        self._note_acted_for(callers)
        self._cypher.write(_Q["write_callers"], [_caller_row(merged[id_]) for id_ in sorted(merged)], turn=self._lease.turn)
        self._move_up(merged, [row for row in known if row[9] is not None])
        self._write_uses(uses, old_uses)
        for id_, one in merged.items():
            self._recent.seen[id_] = Seen(one, tuple(use for _, use in sorted(old_uses[id_].items())))
        for id_ in old_uses.keys() - merged.keys():
            self._recent.seen.pop(id_, None)

    def _note_callers(self, old: dict[str, Caller], merged: dict[str, Caller]) -> None:
        """Anchors and pending marks of those who are new or of whom linking must hear."""
        for id_, one in merged.items():
            before = old.get(id_)
            if before is None or linked_facts(before) != linked_facts(one):
                self._pending.add(id_)
                known = anchors.of_caller(before) if before else ()
                self._anchors += [(a, f"c{id_}") for a in anchors.of_caller(one) if a not in known]
            if one.type in ("IAMUser", "Root") and one.arn:
                self._entities.add(("user", one.arn))

    def _note_named(self, callers: Iterable[Caller]) -> None:
        """Callers that other accounts' copies of calls name: from where they call may tell whose a copy is (rule J10)."""
        named: defaultdict[int, list[str]] = defaultdict(list)
        for caller in callers:
            for a in anchors.eras_of_caller(caller):
                named[a].append(caller.id)
        for (a,) in self._cypher.rows_of(_Q["named_by_strangers"], sorted(named)) if named else ():
            self._pending.update(named[a])

    def _note_acted_for(self, callers: dict[str, Caller]) -> None:
        """What services did for the users of long-term keys on days on which those called: see `anchors.acted_for`."""
        days = {(a.identity, a.cell // DAY_SECONDS) for part in self._parts for a in part.activities}
        keys = ((caller, day) for id_, day in days if (caller := callers.get(id_)) is not None and caller.kind == "key")
        wanted = sorted({anchors.acted_for(caller, day) for caller, day in keys})
        self._pending.update(id_ for (id_,) in (self._cypher.rows_of(_Q["acted_for"], wanted) if wanted else ()))

    def _move_up(self, callers: dict[str, Caller], linked: list[list[Any]]) -> None:
        """Later calls of linked identities show in lists at once: no rule reads them, so nothing is linked again."""
        rows: list[dict[str, Any]] = []
        for id_, *_, first_seen, last_seen, band in linked:
            last_at = callers[id_].last_at if id_ in callers else 0
            if last_at > last_seen:
                rows.append({"id": id_, "properties": moved(id_, band, last_at)})
                self._lease.at_least("longestChain", last_at - first_seen)
        self._cypher.write(_Q["move_up"], rows)

    def _write_uses(self, uses: dict[tuple[str, str], CredentialUse], known: defaultdict[str, dict[str, CredentialUse]]) -> None:
        rows: list[dict[str, Any]] = []
        for (id_, key), use in sorted(uses.items()):
            before = known[id_].get(key)
            merged = known[id_][key] = use if before is None else merge_uses(before, use)
            rows.append({"id": id_, "key": key, "properties": shapes.USE.properties(merged)})
            if before is None or before.kind != merged.kind:
                had = anchors.of_credential(before) if before else ()
                self._anchors += [(a, f"c{id_}") for a in anchors.of_credential(merged) if a not in had]
            if before is None or before[2:7] != merged[2:7]:
                self._pending.add(id_)
        self._cypher.write(_Q["write_uses"], rows)

    # --- folds ---

    def _write_activities(self) -> None:
        folds: Iterable[Activity] = fold_activities(a for part in self._parts for a in part.activities).values()
        rows: list[dict[str, Any]] = []
        for fold in folds:
            self._addresses.add(fold.identity, fold.address, fold.count, fold.first_at, fold.last_at)
            rows.append(shapes.ACTIVITY.properties(fold))
        self._cypher.write(_Q["write_activities"], rows)
        resources = fold_resources(use for part in self._parts for use in part.resources)
        self._cypher.write(_Q["write_resources"], [shapes.RESOURCE.properties(use) for use in resources])

    # --- one by one ---

    def _write_issuances(self) -> None:
        issuances = [issuance for part in self._parts for issuance in part.issuances]
        self._write("issuance", issuances, shapes.ISSUANCE, anchors.of_issuance)
        for issuance in issuances:
            if issuance.parent_kind in _ASKING:
                self._addresses.add(issuance.parent, issuance.address, 1, issuance.at, issuance.at)
            if issuance.role_arn:
                self._entities.add(("role", issuance.role_arn))

    def _write_sign_ins(self) -> None:
        sign_ins = [sign_in for part in self._parts for sign_in in part.sign_ins]
        self._write("sign_in", sign_ins, shapes.SIGN_IN, anchors.of_sign_in)
        people = {(sign_in.partition, person) for sign_in in sign_ins if (person := person_of(sign_in))}
        origins = sorted(ids.origin_id("identity_center", *one) for one in people)
        self._cypher.write(_Q["touch"], origins, turn=self._lease.turn)
        for sign_in in sign_ins:
            self._addresses.add(sign_in.identity, sign_in.address, 0, sign_in.at, sign_in.at)

    def _write_actions(self) -> None:
        actions = [action for part in self._parts for action in part.actions]
        self._write("action", actions, shapes.ACTION, anchors.of_action)
        for action in actions:
            self._addresses.add(action.identity, action.address, 1, action.at, action.at)

    def _write_attempts(self) -> None:
        attempts = [attempt for part in self._parts for attempt in part.attempts]
        self._write("attempt", attempts, shapes.ATTEMPT, lambda _: ())
        for attempt in attempts:
            self._addresses.add(attempt.identity, attempt.address, 1, attempt.at, attempt.at)

    def _write(self, kind: str, rows: Sequence[Any], shape: shapes.Shape[Any], of: Callable[[Any], tuple[int, ...]]) -> None:
        """Number them on from the last, so that linking knows which are new."""
        top = self._lease.counter(f"{kind}s")
        numbered = list(enumerate(rows, top + 1))
        self._anchors += [(a, f"{kind[0]}{number}") for number, row in numbered for a in of(row)] if kind != "attempt" else []
        self._cypher.write(
            _Q[f"write_{kind}s"], [{**shape.properties(row), "number": number, **_beside(row)} for number, row in numbered]
        )
        if kind != "attempt":
            self._recent.keep_rows(kind, numbered)
        self._lease.set(f"{kind}s", top + len(numbered))


def _beside(row: Any) -> dict[str, str]:
    """What a row is found by beside its own properties."""
    return {"person": person_of(row)} if isinstance(row, SignIn) and person_of(row) else {}


class _Addresses:
    """Calls by identity and address."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[int, int, int]] = {}

    def add(self, identity: str, address: str, count: int, first_at: int, last_at: int) -> None:
        if identity and address:
            had = self._found.get((identity, address))
            if had is not None:
                count, first_at, last_at = had[0] + count, min(had[1], first_at), max(had[2], last_at)
            self._found[identity, address] = (count, first_at, last_at)

    def known(self) -> set[str]:
        return {address for _, address in self._found}

    def rows(self) -> list[dict[str, Any]]:
        names = ("id", "address", "count", "firstAt", "lastAt")
        return [dict(zip(names, (*place, *rest), strict=True)) for place, rest in sorted(self._found.items())]


def _caller_row(one: Caller) -> dict[str, Any]:
    found: dict[str, Any] = {
        "facts": shapes.facts_of(one), "internal": one.internal, "count": one.count, "errors": one.errors, "firstAt": one.first_at,
        "firstEvent": one.first_event, "lastAt": one.last_at, "lastEvent": one.last_event,
    }  # fmt: skip
    if one.arn and one.type != "AssumedRole":  # linking knows the ARN of every role session, used or not
        found["arn"] = one.arn
    return {"id": one.id, "properties": found}


_ENTITIES = {"address": "meet_addresses", "account": "meet_accounts", "instance": "meet_instances", "role": "meet_roles", "user": "meet_users"}  # fmt: skip


def meet(cypher: Cypher, things: Iterable[tuple[str, str]]) -> None:
    """Entities that have a page from now on."""
    by_kind: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for kind, value in sorted(things):
        by_kind[kind].append({"id": ids.entity_id(kind, value), "value": value})
    for kind, rows in by_kind.items():
        cypher.write(_Q[_ENTITIES[kind]], rows)
