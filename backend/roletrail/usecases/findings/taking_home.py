"""What a finding stands on, as queries in other languages need it."""

from __future__ import annotations

from roletrail.detect.finding import Finding
from roletrail.detect.rules import BY_ID
from roletrail.detect.taken_home import MOST, Case
from roletrail.lineage.model import Node, event_id_of
from roletrail.stores.port import GraphStore, PathStep
from roletrail.usecases.chains.present import iso

MOST_ACTIONS = 1_000


def case_of(graph: GraphStore, finding: Finding) -> Case:
    """Reads the session's path and the actions the reasons name."""
    path = _since_pivot(graph.paths([finding.session_id]).get(finding.session_id, []))
    rows = graph.rows({*path, finding.session_id})
    node = rows[finding.session_id].node if finding.session_id in rows else None
    named = {event_id_of(ref) for reason in finding.reasons for ref in reason.events}
    actions = [a for a in graph.actions_of([finding.session_id], MOST_ACTIONS) if a.event_id in named]
    addresses = [address for address, _ in graph.addresses_of([finding.session_id]).get(finding.session_id, [])]
    return Case(
        meta=BY_ID[finding.rule].meta,
        title=finding.title,
        severity=finding.severity,
        roles=tuple(rows[id_].node.role_name for id_ in path if id_ in rows and rows[id_].node.counts),
        calls=tuple(dict.fromkeys((a.event_source, a.event_name) for a in reversed(actions))),
        principal=_principal(node) if node else "",
        addresses=tuple(addresses[:MOST]),
        from_=iso(finding.first_seen),
        to=iso(finding.last_seen),
    )


def _since_pivot(steps: list[PathStep]) -> list[str]:
    """The part of a path whose steps issued one another: that is what a join over records can find again."""
    last = max((n for n, step in enumerate(steps) if step.pivot), default=0)
    return [step.id for step in steps[last:]][-2 * MOST :]


def _principal(node: Node) -> str:
    """A role by its ARN, a long-term key by itself, everybody else by the unique id: session keys change."""
    if node.role_arn:
        return node.role_arn
    return node.access_key_ids[0] if node.kind == "key" and node.access_key_ids else node.principal_id
