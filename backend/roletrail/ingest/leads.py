"""Joins that ask for sessions by principal: who a stranger is (J10), and records without a creation time (J11).

They look at nodes, not at observations, so they come after the other rules: nodes of this batch first, then stored ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from roletrail.lineage import link
from roletrail.lineage.link import assume, forward, undated
from roletrail.lineage.link.case import Case
from roletrail.lineage.model import Alias, Edge, Linked, Node
from roletrail.stores.port import LinkWriter


def with_leads(writer: LinkWriter, cases: Collection[Case], linked: list[Linked]) -> list[Linked]:
    """`linked`, with edges from candidates added where only a principal's name leads on."""
    wanted: dict[str, tuple[Case, set[str]]] = {}
    for case in cases:
        principals = link.asks_for(case)
        if principals:
            wanted[case.id] = (case, principals)
    if not wanted:
        return linked
    named = _named(writer, set().union(*(principals for _, principals in wanted.values())), linked)
    leads = [_lead(writer, wanted[one.node.id][0], one, named) if one.node.id in wanted else one for one in linked]
    leads = _dated(writer, {id_: case for id_, (case, _) in wanted.items() if undated.applies(case)}, leads, named)
    return [_forwarded(writer, wanted[one.node.id][0], one, named) if one.node.id in wanted else one for one in leads]


def _forwarded(writer: LinkWriter, case: Case, one: Linked, named: Mapping[str, list[Node]]) -> Linked:
    if case.seen is None or not forward.applies(case):
        return one
    caller = case.seen.caller
    keys = forward.keys_of(caller, named.get(one.node.principal_id, ()))
    calls = writer.activities_of([case.id, *keys], *forward.cells_around(caller)) if keys else []
    same = forward.alias_of(caller, keys, calls)
    return Linked(one.node, (), (), (), same) if same else one


def settled_parents(writer: LinkWriter, linked: list[Linked]) -> list[Linked]:
    """Edges from identities that are another one's alias start from that other one, and are no surer than the alias."""
    stored = writer.aliases({e.parent for one in linked for e in one.edges})
    said = {one.node.id: one.same_as for one in linked}
    same = {id_: alias for id_, alias in (stored | said).items() if alias is not None}
    if not same:
        return linked
    return [_from_targets(one, same) if any(e.parent in same for e in one.edges) else one for one in linked]


def _from_targets(one: Linked, same: Mapping[str, Alias]) -> Linked:
    edges = [_through(e, same[e.parent]) if e.parent in same else e for e in one.edges]
    return one._replace(edges=link.ordered([e for e in edges if e.parent != one.node.id]))


def _through(e: Edge, alias: Alias) -> Edge:
    if not alias.rule:
        return e._replace(parent=alias.target)
    return e._replace(
        parent=alias.target,
        confidence=min(e.confidence, alias.confidence),
        evidence=tuple(dict.fromkeys((*e.evidence, *alias.evidence))),
        note="; ".join(filter(None, (e.note, forward.SAME_CREDENTIAL))),
    )


def _dated(writer: LinkWriter, cases: Mapping[str, Case], linked: list[Linked], named: Mapping[str, list[Node]]) -> list[Linked]:
    """Undated sessions with the edges of the one dated session each can be. They come last: those edges are settled then."""
    chosen: dict[str, Node] = {}
    for id_, case in cases.items():
        found = undated.candidate(case, named.get(case.seen.caller.principal_id, ()) if case.seen else ())
        if found is not None:
            chosen[id_] = found
    if not chosen:
        return linked
    its: dict[str, tuple[Edge, ...]] = writer.edges_into({node.id for node in chosen.values()})
    its.update((one.node.id, one.edges) for one in linked)
    origins = _origins(writer, its, linked)
    return [_with_edges(one, undated.edges(cases[one.node.id], chosen[one.node.id], its), origins) if one.node.id in chosen else one
            for one in linked]  # fmt: skip


def _origins(writer: LinkWriter, its: Mapping[str, tuple[Edge, ...]], linked: Iterable[Linked]) -> dict[str, Node]:
    parents = {e.parent for edges in its.values() for e in edges}
    found = {id_: node for id_, node in writer.nodes(parents).items() if node.kind == "origin"}
    found.update((origin.id, origin) for one in linked for origin in one.origins)
    return found


def _with_edges(one: Linked, edges: list[Edge], origins: Mapping[str, Node]) -> Linked:
    mine = {e.parent: origins[e.parent] for e in edges if e.parent in origins}
    kept = {origin.id: origin for origin in one.origins} | mine
    return one._replace(edges=link.ordered([*one.edges, *edges]), origins=tuple(kept.values()))


def _named(writer: LinkWriter, principals: set[str], linked: Iterable[Linked]) -> dict[str, list[Node]]:
    """Nodes by principal id: what this batch says of them holds before what is stored."""
    stored = writer.nodes({id_ for ids in writer.named(principals).values() for id_ in ids})
    for one in linked:
        for alias in one.aliases:
            stored.pop(alias, None)
        if one.node.principal_id in principals:
            stored[one.node.id] = one.node
    found: dict[str, list[Node]] = {}
    for id_ in sorted(stored):
        found.setdefault(stored[id_].principal_id, []).append(stored[id_])
    return found


def _lead(writer: LinkWriter, case: Case, one: Linked, named: dict[str, list[Node]]) -> Linked:
    found: list[Edge] = []
    for m in case.matches:
        if m.grant.foreign:
            found += assume.candidates(case, m, named.get(m.grant.told.parent_principal, ()), _used_from(writer))
    return one._replace(edges=link.ordered([*one.edges, *found])) if found else one


def _used_from(writer: LinkWriter) -> assume.UsedFrom:
    def places(ids: Collection[str], from_: int, to: int) -> dict[str, set[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = {}
        for activity in writer.activities_of(ids, from_, to):
            found.setdefault(activity.identity, set()).add((activity.address, activity.agent))
        return found

    return places
