"""What happened, put together from the pins of an investigation: in order of time, each line with the event that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from roletrail.detect.responders import Responder, is_response
from roletrail.investigations.model import Note, Pin
from roletrail.lineage.model import Action, event_ref
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import chosen_edge, iso
from roletrail.usecases.investigations.pins import subjects
from roletrail.usecases.investigations.views import TimelineEntry

MAX_ENTRIES = 1_000
MAX_ACTIONS = 1_000


def story(
    graph: GraphStore, pins: Sequence[Pin], notes: Sequence[Note], responders: Sequence[Responder]
) -> tuple[list[TimelineEntry], int]:
    """Oldest first, and how many entries were left out at its end. What two pins share stands once, at the first."""
    about: dict[str, str] = {}
    for pin, ids in subjects(graph, pins).items():
        for id_ in ids:
            about.setdefault(id_, pin)
    rows = graph.rows(about)
    entries = [_issued(row, about[id_], responders) for id_, row in rows.items() if row.node.issued_at]
    actions = graph.actions_of(list(about), MAX_ACTIONS)
    entries += [_done(action, about, rows, responders) for action in actions]
    shown = {entry.event_ref for entry in entries}
    entries += [_pinned(pin) for pin in pins if pin.at and pin.kind in ("event", "finding") and pin.target not in shown]
    entries += [_decided(note) for note in notes if note.kind == "decision"]
    entries.sort(key=lambda entry: (entry.at, entry.kind, entry.text))
    return entries[:MAX_ENTRIES], max(0, len(entries) - MAX_ENTRIES)


def _issued(row: NodeRow, pin: str, responders: Sequence[Responder]) -> TimelineEntry:
    edge = chosen_edge(row)
    how = edge.kind.replace("_", " ").lower() if edge else "begun; its parent is not in these logs"
    return TimelineEntry(
        at=iso(row.node.issued_at),
        kind="issued",
        text=f"{row.node.label}: credentials {how}",
        url=f"/sessions/{row.node.id}",
        pin=pin,
        lane=_lane(row, responders),
        event_ref=edge.evidence[0] if edge and edge.evidence else "",
    )


def _done(
    action: Action, about: Mapping[str, str], rows: Mapping[str, NodeRow], responders: Sequence[Responder]
) -> TimelineEntry:
    row = rows.get(action.identity)
    reference = event_ref(action.at, action.event_id)
    target = f" on {action.target}" if action.target else ""
    refused = f", refused ({action.error_code})" if action.error_code else ""
    place = f" from {action.address}" if action.address else ""
    return TimelineEntry(
        at=iso(action.at),
        kind="action",
        text=f"{row.node.label if row else 'a session'}: {action.event_name}{target}{place}{refused}",
        url=f"/events/{reference}",
        pin=about.get(action.identity, ""),
        lane=_lane(row, responders) if row else "",
        event_ref=reference,
    )


def _pinned(pin: Pin) -> TimelineEntry:
    reference = pin.target if pin.kind == "event" else ""
    return TimelineEntry(iso(pin.at), pin.kind, pin.label, f"/{pin.kind}s/{pin.target}", pin.id, "", reference)


def _decided(note: Note) -> TimelineEntry:
    first = (note.body.strip().splitlines() or [""])[0][:200]
    return TimelineEntry(iso(note.created_at), "decision", f"{note.created_by} decided: {first}", "", note.pin, "notes", "")


def _lane(row: NodeRow, responders: Sequence[Responder]) -> str:
    node = row.node
    return "response" if is_response(responders, node.role_arn, node.name, node.source_identity, node.issued_at) else ""
