"""The trace box: anything pasted, and every session, event or entity it leads to, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.lineage import ids
from roletrail.lineage.tone import tone
from roletrail.stores.port import GraphStore, NodeRow, TraceHit
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import Candidate, TraceView
from roletrail.usecases.recognise import MAX_TEXT, Thing, hint, recognise

MAX_CANDIDATES = 100

_ENTITIES = {"role_arn": "role", "address": "address", "account": "account", "instance": "instance"}
"""Recognised kinds that have a page of their own, and the entity kind of that page."""


def trace(graph: GraphStore, actor: Actor, text: str) -> TraceView:
    """Candidates for a pasted thing: its own page first, then sessions newest first."""
    require(actor, "trace.read")
    if not text.strip() or len(text) > MAX_TEXT:
        raise InvalidRequest("Paste one thing to trace.", hint="A key id, ARN, role-id:session, address, event id or a record.")
    things = recognise(text)
    shown = text.strip()[:200]
    for thing in things:
        found = _candidates(graph, thing)
        if found:
            return TraceView(thing.said, shown, found, hint(thing))
    if not things:
        return TraceView("", shown, [], "This is nothing Roletrail can look up.")
    return TraceView(things[0].said, shown, [], " ".join(filter(None, map(hint, things))))


def _candidates(graph: GraphStore, thing: Thing) -> list[Candidate]:
    if thing.kind == "id":
        return _sessions(graph, [TraceHit(found, "id")] if (found := graph.resolve_alias(thing.value)) else []) or _entity_by_id(
            graph, thing.value
        )
    hits = graph.trace(thing.kind, thing.value, MAX_CANDIDATES)
    return _own_page(graph, thing, hits) + _sessions(graph, hits)


def _own_page(graph: GraphStore, thing: Thing, hits: Sequence[TraceHit]) -> list[Candidate]:
    if thing.kind == "event" and (hits or graph.event_hours(thing.value)):
        return [_page("event", thing.value, "event", f"/events/{thing.value}", thing.value)]
    kind = _ENTITIES.get(thing.kind)
    id_ = ids.entity_id(kind, thing.value) if kind else ""
    if not kind or graph.entity(id_) is None:
        return []
    return [_page(kind, thing.value, thing.kind, f"/entities/{id_}", id_)]


def _entity_by_id(graph: GraphStore, id_: str) -> list[Candidate]:
    found = graph.entity(id_)
    return [_page(found[0], found[1], "id", f"/entities/{id_}", id_)] if found else []


def _page(kind: str, label: str, reason: str, url: str, id_: str) -> Candidate:
    return Candidate(
        id=id_, entity_kind=kind, label=label, reason=reason, sessions=0, tone="context", first_seen="", last_seen="", url=url
    )


def _sessions(graph: GraphStore, hits: Sequence[TraceHit]) -> list[Candidate]:
    rows = graph.rows([hit.id for hit in hits]) if hits else {}
    found = [(rows[hit.id], hit.reason) for hit in hits if hit.id in rows]
    found.sort(key=lambda pair: (-pair[0].last_seen, pair[0].node.id))
    return [_candidate(row, reason) for row, reason in found]


def _candidate(row: NodeRow, reason: str) -> Candidate:
    return Candidate(
        id=row.node.id,
        entity_kind=row.node.kind,
        label=row.node.label,
        reason=reason,
        sessions=row.standing.sessions,
        tone=tone(row.standing.sessions if row.node.counts else 0),
        first_seen=iso(row.first_seen or row.node.issued_at),
        last_seen=iso(row.last_seen),
        url=f"/sessions/{row.node.id}",
    )
