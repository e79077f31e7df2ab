"""The estate as roles that assume roles: counted, cycles marked, a focus with what is around it. Never everything at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage import ids
from roletrail.render import rolemap
from roletrail.stores.port import GraphStore, RolePair
from roletrail.usecases.chains.present import iso

MOST_PAIRS = 20_000
"""Pairs read for one answer, the busiest first."""
MOST_DRAWN = 60
"""Edges drawn at once; the table has `MOST_LISTED`."""
MOST_LISTED = 500
MOST_CYCLES = 50
RADIUS = 2
"""Steps around a focus that are its context."""


@dataclass(frozen=True, slots=True)
class RoleNode:
    """A role, or everybody of one account that assumes roles and is no role session. `id` of a role is its entity's."""

    id: str
    role: str  # ARN, "" for callers that are no role
    label: str
    account: str
    obtained: int  # sessions of this role that others obtained
    led_to: int  # sessions that were obtained from it
    cycle: int  # number of its cycle, 0 for none


@dataclass(frozen=True, slots=True)
class RoleEdge:
    source: str
    target: str
    sessions: int
    first_seen: str
    last_seen: str
    in_cycle: bool


@dataclass(frozen=True, slots=True)
class RoleMapView:
    """`edges` busiest first. What is left out is counted: pairs the filters admit beyond the most of one answer."""

    focus: str
    nodes: list[RoleNode]
    edges: list[RoleEdge]
    edges_left_out: int
    more_pairs: bool  # the estate has more pairs than were read
    cycles: list[list[str]]  # ids of nodes, each cycle once


def show_role_map(graph: GraphStore, actor: Actor, focus: str = "", account: str = "") -> RoleMapView:
    """Pairs of roles by their sessions. `focus` is a node's id, `account` keeps pairs that touch it; unknown ones find nothing."""
    require(actor, "roles.read")
    pairs, more = graph.role_pairs(MOST_PAIRS)
    ends = [_ends(pair) for pair in pairs]
    estate: nx.DiGraph[str] = nx.DiGraph(ends)
    cycles = cycles_of(estate)
    near = _near(estate, focus) if focus else None
    admitted = [
        pair
        for pair, both in zip(pairs, ends, strict=True)
        if (near is None or near.issuperset(both)) and (not account or account in (pair.parent_account, pair.account))
    ]
    listed = admitted[:MOST_LISTED]
    number = {node: n for n, cycle in enumerate(cycles, 1) for node in cycle}
    return RoleMapView(
        focus=focus if near else "",
        nodes=_nodes(pairs, listed, number),
        edges=[_edge(pair, number) for pair in listed],
        edges_left_out=len(admitted) - len(listed),
        more_pairs=more,
        cycles=cycles[:MOST_CYCLES],
    )


def estate_of(pairs: Iterable[RolePair]) -> nx.DiGraph[str]:
    """The pairs as a graph, with what each end and each pair is."""
    estate: nx.DiGraph[str] = nx.DiGraph()
    for pair in pairs:
        source, target = _ends(pair)
        for id_, role, account in ((source, pair.parent_role, pair.parent_account), (target, pair.role, pair.account)):
            estate.add_node(id_, role=role, label=_label(role, account), account=account)
        times = {"first_seen": iso(pair.first_at), "last_seen": iso(pair.last_at)}
        estate.add_edge(source, target, sessions=pair.sessions, **times)
    return estate


def _ends(pair: RolePair) -> tuple[str, str]:
    return node_id(pair.parent_role, pair.parent_account), node_id(pair.role, pair.account)


@lru_cache(1 << 14)
def node_id(role: str, account: str) -> str:
    return ids.entity_id("role", role) if role else ids.origin_id("callers", account)


def cycles_of(estate: nx.DiGraph[str]) -> list[list[str]]:
    """Roles that can reach themselves again, in sorted order; a role that assumes itself is one too."""
    found = [sorted(part) for part in nx.strongly_connected_components(estate) if len(part) > 1]
    found += [[node] for node in nx.nodes_with_selfloops(estate) if not any(node in part for part in found)]
    return sorted(found, key=lambda part: (-len(part), part))


def _near(estate: nx.DiGraph[str], focus: str) -> set[str]:
    if focus not in estate:
        return set()
    around: set[str] = set()
    for way in (estate, estate.reverse(copy=False)):
        around |= set(nx.single_source_shortest_path_length(way, focus, cutoff=RADIUS))
    return around


def _nodes(pairs: Iterable[RolePair], listed: Iterable[RolePair], number: dict[str, int]) -> list[RoleNode]:
    obtained: defaultdict[str, int] = defaultdict(int)
    led_to: defaultdict[str, int] = defaultdict(int)
    for pair in pairs:
        source, target = _ends(pair)
        led_to[source] += pair.sessions
        obtained[target] += pair.sessions
    named: dict[str, tuple[str, str]] = {}
    for pair in listed:
        named[node_id(pair.parent_role, pair.parent_account)] = (pair.parent_role, pair.parent_account)
        named[node_id(pair.role, pair.account)] = (pair.role, pair.account)
    return [
        RoleNode(id_, role, _label(role, account), account, obtained[id_], led_to[id_], number.get(id_, 0))
        for id_, (role, account) in named.items()
    ]


def _label(role: str, account: str) -> str:
    if role:
        return role.rpartition("/")[2]
    return "users and workloads" if account else "services and providers"


def _edge(pair: RolePair, number: dict[str, int]) -> RoleEdge:
    source, target = _ends(pair)
    in_cycle = bool(number.get(source)) and number.get(source) == number.get(target)
    return RoleEdge(source, target, pair.sessions, iso(pair.first_at), iso(pair.last_at), in_cycle)


# --- as a picture ---


def picture(view: RoleMapView) -> tuple[str, int]:
    """SVG of the busiest edges and of every cycle's, and how many edges of the view it leaves out.

    Callers that are no roles are drawn around a focus alone: on the whole map they are the number in each box.
    """
    roles = {node.id for node in view.nodes if node.role}
    drawable = [edge for edge in view.edges if view.focus or edge.source in roles] or view.edges
    kept = [edge for edge in drawable if edge.in_cycle][:MOST_DRAWN]
    kept += [edge for edge in drawable if not edge.in_cycle][: max(0, MOST_DRAWN - len(kept))]
    shown = {end for edge in kept for end in (edge.source, edge.target)}
    nodes = [node for node in view.nodes if node.id in shown]
    columns = _columns(nodes, kept)
    boxes = [
        rolemap.Box(
            id=node.id,
            label=node.label,
            account=node.account,
            sessions=node.obtained,
            role=bool(node.role),
            focus=node.id == view.focus,
            cycle=bool(node.cycle),
            column=columns[node.id][0],
            row=columns[node.id][1],
        )
        for node in nodes
    ]
    lines = [rolemap.Line(edge.source, edge.target, edge.sessions, edge.in_cycle) for edge in kept]
    return rolemap.draw(boxes, lines), len(drawable) - len(kept)


def _columns(nodes: Sequence[RoleNode], edges: Sequence[RoleEdge]) -> dict[str, tuple[int, int]]:
    """Column and row of each node: who is assumed stands right of who assumes; a cycle shares a column."""
    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(node.id for node in nodes)
    drawn.add_edges_from((edge.source, edge.target) for edge in edges)
    parts = nx.condensation(drawn)
    places: dict[str, tuple[int, int]] = {}
    for column, generation in enumerate(nx.topological_generations(parts)):
        members = [node for part in generation for node in sorted(parts.nodes[part]["members"])]
        members.sort(key=lambda node: (_middle(drawn, places, node), node))
        places |= {node: (column, row) for row, node in enumerate(members)}
    return places


def _middle(drawn: nx.DiGraph[str], places: dict[str, tuple[int, int]], node: str) -> float:
    """Mean row of whoever assumes it: keeps lines short."""
    rows = [places[above][1] for above in drawn.predecessors(node) if above in places]
    return sum(rows) / len(rows) if rows else 1e9
