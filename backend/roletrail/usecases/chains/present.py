"""Store rows to view objects: the only place that turns nodes and edges into what people read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from roletrail.lineage.chain import alternatives, issuing_edge
from roletrail.lineage.model import Action, Alias, Attempt, Edge, Node, event_id_of, event_ref
from roletrail.lineage.tone import tone
from roletrail.stores.port import NodeRow
from roletrail.usecases.chains.paths import Gap
from roletrail.usecases.chains.proof import grade, why, why_same
from roletrail.usecases.chains.views import ActionView, AliasView, Alternative, EdgeView, PathNode


def iso(at: int) -> str:
    """ISO 8601 UTC with a Z; "" for an unknown time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at else ""


def principal_of(node: Node) -> str:
    """What the field calls the principal: an ARN where the node has the parts of one, else its unique id."""
    if node.kind == "session" and node.type == "AssumedRole" and node.role_name:
        return f"arn:{node.partition}:sts::{node.account}:assumed-role/{node.role_name}/{node.name}"
    arn = detail_of(node).get("arn")
    return arn if isinstance(arn, str) and arn else node.principal_id or node.name


def detail_of(node: Node) -> dict[str, object]:
    """Node.detail as an object; empty when there is none."""
    try:
        found = json.loads(node.detail) if node.detail else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def edge_view(row: NodeRow, labels: Mapping[str, str]) -> EdgeView | None:
    """The edge the path follows, with the others as alternatives. `labels` names parents; an unnamed one shows its id."""
    chosen = chosen_edge(row)
    if chosen is None:
        return None
    issued = issuing_edge(row.edges, chosen)
    return EdgeView(
        kind=chosen.kind,
        rule=chosen.rule,
        confidence=chosen.confidence,
        grade=grade(chosen.confidence),
        evidence=[event_id_of(ref) for ref in chosen.evidence],
        evidence_refs=list(chosen.evidence),
        alternatives=[_alternative(edge, labels) for edge in alternatives(row.edges, chosen)],
        why=why(chosen),
        at=iso(chosen.at),
        parent_key=chosen.parent_key,
        child_key=chosen.child_key,
        pivot=chosen.pivot,
        conflict=chosen.conflict,
        note=chosen.note,
        issued_by=_alternative(issued, labels) if issued else None,
    )


def chosen_edge(row: NodeRow) -> Edge | None:
    """The edge from the primary parent; where that has several, the pivot exactly when the standing says so."""
    mine = [edge for edge in row.edges if edge.parent == row.standing.parent]
    pivot = row.standing.last_pivot == row.node.id
    return next((edge for edge in mine if bool(edge.pivot) == pivot), mine[0] if mine else None)


def _alternative(edge: Edge, labels: Mapping[str, str]) -> Alternative:
    return Alternative(
        parent_id=edge.parent,
        parent=labels.get(edge.parent, edge.parent),
        kind=edge.kind,
        rule=edge.rule,
        confidence=edge.confidence,
        evidence=[event_id_of(ref) for ref in edge.evidence],
    )


def alias_view(alias: Alias, access_key_id: str) -> AliasView:
    return AliasView(
        id=alias.id,
        access_key_id=access_key_id,
        rule=alias.rule,
        confidence=alias.confidence,
        grade=grade(alias.confidence),
        why=why_same(alias),
        evidence=[event_id_of(ref) for ref in alias.evidence],
        evidence_refs=list(alias.evidence),
    )


def path_node(row: NodeRow, labels: Mapping[str, str]) -> PathNode:
    node, standing = row.node, row.standing
    ordinal = standing.sessions if node.counts else 0
    return PathNode(
        kind=node.kind,
        id=node.id,
        type=node.type,
        label=node.label,
        principal=principal_of(node),
        role=node.role_arn,
        role_session_name=node.name if node.type == "AssumedRole" else "",
        account=node.account,
        access_key_ids=list(node.access_key_ids),
        key_count=node.key_count,
        issued_at=iso(node.issued_at),
        expires_at=iso(node.expires),
        segment=standing.segment,
        ordinal=ordinal,
        tone=tone(ordinal),
        workload=node.workload,
        edge=edge_view(row, labels),
    )


def folded_node(gap: Gap) -> PathNode:
    if gap.sessions == gap.nodes:
        summary = f"{gap.nodes} role session{'s' * (gap.nodes != 1)}"
    else:
        summary = f"{gap.nodes} node{'s' * (gap.nodes != 1)}, {gap.sessions} of them role sessions"
    return PathNode(kind="folded", count=gap.nodes, summary=summary)


def action_view(action: Action) -> ActionView:
    return ActionView(
        event_id=action.event_id,
        event_ref=event_ref(action.at, action.event_id),
        at=iso(action.at),
        event_name=action.event_name,
        event_source=action.event_source,
        category=action.category,
        target_kind=action.target_kind,
        target=action.target,
        account=action.account,
        region=action.region,
        error_code=action.error_code,
        address=action.address,
    )


def attempt_view(attempt: Attempt, nature: str) -> ActionView:
    """`nature` is refused, propagation retry or enumeration."""
    return ActionView(
        event_id=attempt.event_id,
        event_ref=event_ref(attempt.at, attempt.event_id),
        at=iso(attempt.at),
        event_name=attempt.event_name,
        event_source="sts.amazonaws.com",
        category=nature,
        target_kind="role",
        target=attempt.target,
        account=attempt.account,
        region=attempt.region,
        error_code=attempt.error_code,
        address=attempt.address,
    )
