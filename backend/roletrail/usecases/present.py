"""Store rows to view objects: the only place that turns nodes and edges into what people read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from roletrail.lineage.model import Action, Attempt, Edge, Node, event_id_of, event_ref
from roletrail.lineage.tone import tone
from roletrail.stores.port import NodeRow
from roletrail.usecases.paths import Gap
from roletrail.usecases.proof import grade, why
from roletrail.usecases.views import ActionView, Alternative, EdgeView, PathNode


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


def edge_view(edges: tuple[Edge, ...], labels: Mapping[str, str]) -> EdgeView | None:
    """The best edge with the others as alternatives. `labels` names parents; an unnamed one shows its id."""
    if not edges:
        return None
    best = edges[0]
    return EdgeView(
        kind=best.kind,
        rule=best.rule,
        confidence=best.confidence,
        grade=grade(best.confidence),
        evidence=[event_id_of(ref) for ref in best.evidence],
        evidence_refs=list(best.evidence),
        alternatives=[_alternative(edge, labels) for edge in edges[1:]],
        why=why(best),
        at=iso(best.at),
        parent_key=best.parent_key,
        child_key=best.child_key,
        pivot=best.pivot,
        conflict=best.conflict,
        note=best.note,
    )


def _alternative(edge: Edge, labels: Mapping[str, str]) -> Alternative:
    return Alternative(
        parent_id=edge.parent,
        parent=labels.get(edge.parent, edge.parent),
        kind=edge.kind,
        rule=edge.rule,
        confidence=edge.confidence,
        evidence=[event_id_of(ref) for ref in edge.evidence],
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
        edge=edge_view(row.edges, labels),
    )


def folded_node(gap: Gap) -> PathNode:
    if gap.sessions == gap.count:
        summary = f"{gap.count} role session{'s' * (gap.count != 1)}"
    else:
        summary = f"{gap.count} node{'s' * (gap.count != 1)}, {gap.sessions} of them role sessions"
    return PathNode(kind="folded", count=gap.count, summary=summary)


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


def attempt_view(attempt: Attempt) -> ActionView:
    return ActionView(
        event_id=attempt.event_id,
        event_ref=event_ref(attempt.at, attempt.event_id),
        at=iso(attempt.at),
        event_name=attempt.event_name,
        event_source="sts.amazonaws.com",
        category="attempt",
        target_kind="role",
        target=attempt.target,
        account=attempt.account,
        region=attempt.region,
        error_code=attempt.error_code,
        address=attempt.address,
    )
