"""Marks over a store: which identities the flow looks at, and whose hands used each (detect.marks decides)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from roletrail.detect.marks import NOBODY, Facts, Mark, Sides, Step, Use, sides
from roletrail.investigations.marks import MarkBook
from roletrail.lineage.model import Edge, event_id_of
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import chosen_edge
from roletrail.usecases.ports import Ports

MOST_IDENTITIES = 5_000
MOST_OF_ADDRESS = 1_000
MOST_ACTIONS = 5_000
END_OF_TIME = 1 << 40


class Marked(NamedTuple):
    """`more`: there are more identities than were looked at, so the sides are a lower bound."""

    sides: Sides
    facts: Facts
    more: bool
    marks: tuple[Mark, ...] = ()  # under the ids their identities go by now


UNMARKED = Marked(NOBODY, Facts({}, {}), more=False)


def sides_of(ports: Ports, ids: Collection[str] = ()) -> Marked:
    """Sides of everything live marks reach, and of `ids` with what is above and below them."""
    marks = MarkBook(ports.app).live()
    if not marks:
        return UNMARKED
    return flowed(ports.graph, marks, ids)


def flowed(graph: GraphStore, marks: Sequence[Mark], ids: Collection[str] = ()) -> Marked:
    reached, more = _reached(graph, marks, ids)
    facts = facts_of(graph, reached)
    present = _by_present_id(graph, marks)
    return Marked(sides(present, facts), facts, more, tuple(present))


def _by_present_id(graph: GraphStore, marks: Sequence[Mark]) -> list[Mark]:
    """Marks under the ids their identities go by now: what was an alias may have become another session's."""
    names = {mark.identity: graph.resolve_alias(mark.identity) for mark in marks if mark.identity}
    return [mark._replace(identity=names.get(mark.identity, "") or mark.identity) for mark in marks]


def _reached(graph: GraphStore, marks: Sequence[Mark], ids: Collection[str]) -> tuple[list[str], bool]:
    starts = [graph.resolve_alias(id_) for id_ in (*ids, *(mark.identity for mark in marks if mark.identity))]
    found = dict.fromkeys(id_ for id_ in starts if id_)
    for path in graph.paths(list(found)).values():
        found.update(dict.fromkeys(step.id for step in path))
    for address in sorted({address for mark in marks if not mark.identity for address in mark.addresses}):
        found.update(dict.fromkeys(graph.entity_sessions("address", address, MOST_OF_ADDRESS)[0]))
    tops = [id_ for id_ in found if id_ in set(starts)] + [id_ for id_ in found if id_ not in set(starts)]
    more = False
    for id_ in tops:
        below, cut = graph.descendants(id_, MOST_IDENTITIES)
        more = more or cut
        found.update(dict.fromkeys(below))
        if len(found) >= MOST_IDENTITIES:
            return list(found)[:MOST_IDENTITIES], True
    return list(found), more


def facts_of(graph: GraphStore, ids: Collection[str]) -> Facts:
    rows = graph.rows(ids)
    uses: dict[str, list[Use]] = {id_: [] for id_ in rows}
    for activity in graph.activities_of(list(rows), 0, END_OF_TIME):
        if not activity.invoked_by:
            uses[activity.identity].append(Use(activity.address, activity.agent, activity.first_at, activity.last_at))
    return Facts(uses, _steps(graph, rows.values()))


def _steps(graph: GraphStore, rows: Iterable[NodeRow]) -> dict[str, list[Step]]:
    joins = [(row, edge) for row in rows for edge in row.edges if edge.kind != "ATTEMPTED"]
    places = _places(graph, [edge for _, edge in joins])
    steps: dict[str, list[Step]] = {}
    for row, edge in joins:
        address, agent = places.get(_proof(edge), ("", ""))
        primary = edge is chosen_edge(row)
        steps.setdefault(row.node.id, []).append(Step(edge.parent, row.node.id, edge.at, address, agent, primary))
    return steps


def _places(graph: GraphStore, edges: Sequence[Edge]) -> dict[str, tuple[str, str]]:
    """Address and client of the call that made each join, by its event."""
    issuances = graph.issuances_for({_proof(edge) for edge in edges} - {""})
    found = {event: (issuance.address, issuance.agent) for event, issuance in issuances.items()}
    makers = {edge.parent for edge in edges if _proof(edge) not in found}
    for action in graph.actions_of(sorted(makers), MOST_ACTIONS) if makers else ():
        found.setdefault(action.event_id, (action.address, action.agent))
    return found


def _proof(edge: Edge) -> str:
    return event_id_of(edge.evidence[0]) if edge.evidence else ""
