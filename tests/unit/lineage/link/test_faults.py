"""Faults put into the rules, one at a time: the scenarios or the oracle notice each. Without one, neither says anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from roletrail.lineage import arn, chain
from roletrail.lineage.link import assume, case, forward, grant, known, match, pivot, sign_in, switch, undated
from roletrail.lineage.link.case import Case
from roletrail.lineage.link.grant import Grant
from roletrail.lineage.link.match import Match
from roletrail.lineage.model import Caller, Edge, Node, Standing
from tests.scenarios.records import records_of
from tests.scenarios.test_scenarios import cases
from tests.scenarios.wrong import wrong
from tests.support.core import Core, reduced
from tests.support.logs import log
from tests.support.memory import Memory, part_of
from tests.support.oracle import Join, Oracle

LOGS = 60
Patch = pytest.MonkeyPatch
Fault = Callable[[Patch], None]
FAULTS: dict[str, tuple[Fault, str]] = {}
"""By what is wrong: how to do it, and beginnings of the scenarios that turn on it ("" when only generated logs do)."""


def fault(scenarios: str) -> Callable[[Fault], Fault]:
    def register(put: Fault) -> Fault:
        FAULTS[put.__name__.strip("_")] = (put, scenarios)
        return put

    return register


def _granted(patch: Patch, change: Callable[[Grant], Grant]) -> None:
    real = grant.of_call
    patch.setattr(grant, "of_call", lambda copies: change(real(copies)))


@fault("")
def _key_without_principal(patch: Patch) -> None:
    patch.setattr(known, "agrees", lambda *_: True)


@fault("")
def _three_seconds_of_slack(patch: Patch) -> None:
    patch.setattr(known, "SLACK", 3)


@fault("t04")
def _role_accounts_copy_wins(patch: Patch) -> None:
    _granted(patch, lambda g: g._replace(foreign=g.foreign or len(g.evidence) > 1))


@fault("t10")
def _forward_access_is_a_session(patch: Patch) -> None:
    patch.setattr(forward, "applies", lambda *_: False)


@fault("t12")
def _service_linked_roles_count(patch: Patch) -> None:
    patch.setattr(arn, "is_service_linked", lambda *_: False)


@fault("t23")
def _own_key_as_child(patch: Patch) -> None:
    _granted(patch, lambda g: g._replace(issued_key=g.told.child_key, conflict=""))


@fault("t31")
def _source_identity_ignored(patch: Patch) -> None:
    patch.setattr(match, "_with_source_identity", lambda m, _: m)


@fault("t25")
def _first_of_several_parents(patch: Patch) -> None:
    real = match._without_key
    patch.setattr(match, "_without_key", lambda one, grants, **_: real(one, grants, ambiguous=False))


@fault("t32 t33 t42")
def _pivot_is_a_hop(patch: Patch) -> None:
    real = chain.standing

    def counted(parent: Standing | None, node: Node, edge: Edge | None, *rest: Any) -> Standing:
        found = real(parent, node, edge, *rest)
        return found._replace(hops=found.hops + 1) if edge is not None and edge.pivot else found

    patch.setattr(chain, "standing", counted)


@fault("")
def _child_before_its_parent(patch: Patch) -> None:
    _granted(patch, lambda g: g._replace(told=g.told._replace(parent_created=0)))


@fault("")
def _near_though_another_fits_better(patch: Patch) -> None:
    patch.setattr(known.Known, "is_orphan", lambda *_: True)


@fault("t05 t51")
def _stranger_is_whoever_bears_the_name(patch: Patch) -> None:
    patch.setattr(assume, "_alive", lambda *_: True)


@fault("t06")
def _switched_role_is_chained(patch: Patch) -> None:
    patch.setattr(switch, "kind", lambda *_: "ASSUMED")


@fault("t24")
def _generations_of_a_role_are_one(patch: Patch) -> None:
    def by_name(c: Caller, g: Grant) -> bool:
        return c.partition == g.told.partition and (c.name, arn.role_name(c.arn)) == (g.told.session_name, g.told.role_name)

    patch.setattr(known, "compatible", by_name)


@fault("t38")
def _partitions_are_one(patch: Patch) -> None:
    real = known.compatible
    patch.setattr(known, "compatible", lambda c, g: real(c._replace(partition=g.told.partition), g))


@fault("")
def _links_never_expire(patch: Patch) -> None:
    patch.setattr(sign_in, "LINK_LIFE", 1800)


@fault("")
def _undated_session_is_the_first_of_its_name(patch: Patch) -> None:
    real = undated.candidate
    patch.setattr(undated, "candidate", lambda case, nodes: next((n for n in nodes if real(case, [n])), None))


@fault("t21")
def _refused_assumption_is_an_issuance(patch: Patch) -> None:
    from roletrail.ingest import issuances

    patch.setattr(issuances, "attempt", issuances.issuance)


@fault("t32")
def _created_key_leads_nowhere(patch: Patch) -> None:
    patch.setattr(pivot, "key_confidence", lambda *_: 0.0)


@fault("")
def _itself_as_parent(patch: Patch) -> None:
    real = case.edge_of

    def of_anybody(one: Case, m: Match, kind: str, parent: str, **more: Any) -> Edge | None:
        told = m.grant.told._replace(child="")
        found = real(one._replace(id=""), m._replace(grant=m.grant._replace(told=told)), kind, parent, **more)
        return found._replace(child=one.id) if found else None

    patch.setattr(case, "edge_of", of_anybody)
    patch.setattr(assume, "edge_of", of_anybody)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name: str, monkeypatch: Patch) -> None:
    put, scenarios = FAULTS[name]
    put(monkeypatch)
    assert next(_noticed(scenarios.split()), ""), f"nobody noticed: {name}"


def test_without_a_fault_nothing_is_noticed() -> None:
    named = " ".join(scenarios for _, scenarios in FAULTS.values())
    assert next(_noticed(named.split()), "") == ""


def _noticed(scenarios: list[str]) -> Iterator[str]:
    """What scenarios and oracle object to."""
    for one in cases():
        if one.folder.name[:3] in scenarios:
            yield from wrong(Core([reduced(records_of(one))]), one.wanted)
    for seed in range(LOGS):
        part = part_of(log(seed))
        memory = Memory()
        memory.commit(part)
        memory.link()
        made = {
            Join(e.kind, e.parent, e.child, e.parent_key, e.child_key, e.rule, e.confidence, e.evidence, bool(e.conflict))
            for found in memory.linked.values()
            for e in found.edges
            if not e.pivot
        }
        if made != Oracle(part).joins():
            yield f"seed {seed}"
