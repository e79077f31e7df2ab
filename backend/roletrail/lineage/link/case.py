"""The identity a rule looks at: its uses, what made it, and what is known around it."""

from __future__ import annotations

from typing import NamedTuple

from roletrail.lineage.link import grant
from roletrail.lineage.link.grant import Grant
from roletrail.lineage.link.known import SLACK, Known
from roletrail.lineage.link.match import Match
from roletrail.lineage.model import Edge, Node, Seen


class Case(NamedTuple):
    id: str
    seen: Seen | None  # None when nobody was seen using it
    matches: tuple[Match, ...]
    known: Known
    created: int  # creationDate, else the time of the issuance
    grants: tuple[Grant, ...]  # what made it; a key issued to somebody else did not


class Found(NamedTuple):
    """What a rule says: one edge, and the origin it starts from when no record makes that node."""

    edge: Edge
    origin: Node | None = None


def edge_of(case: Case, m: Match, kind: str, parent: str, *, parent_key: str = "", note: str = "") -> Edge | None:
    """The edge of one match, or None when it cannot be: from itself, or from a session that was made later."""
    i = m.grant.told
    if parent in {case.id, i.child} or i.parent_created > case.created + SLACK:
        return None
    evidence = m.grant.evidence
    if m.use[1]:
        evidence = (*evidence, grant.ref(*m.use))
    return Edge(
        kind, parent, case.id, parent_key, m.child_key, i.at, m.rule, m.confidence, evidence, "", m.conflict, note
    )  # fmt: skip


def from_origin(case: Case, m: Match, kind: str, node: Node, *, note: str = "") -> list[Found]:
    edge = edge_of(case, m, kind, node.id, note=note)
    return [] if edge is None else [Found(edge, node)]


def from_identity(case: Case, m: Match, kind: str, *, note: str = "") -> list[Found]:
    i = m.grant.told
    edge = edge_of(case, m, kind, i.parent, parent_key=i.parent_key, note=note) if i.parent else None
    return [] if edge is None else [Found(edge)]
