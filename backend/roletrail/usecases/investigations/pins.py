"""Pins: what a thing is called when it is pinned, how it is found again, and whether it grew since."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from roletrail.alerts.growth import Growth
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor
from roletrail.errors import InvalidRequest
from roletrail.investigations.book import Casebook
from roletrail.investigations.model import PIN_KINDS, Pin
from roletrail.lineage.tone import tone
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases import events
from roletrail.usecases.chains import sessions
from roletrail.usecases.chains.present import iso
from roletrail.usecases.investigations.views import PinView
from roletrail.usecases.parameters import read_time
from roletrail.usecases.ports import Ports

WATCHED = ("chain", "session")
MAX_WATCHED = 1_000
"""Sessions below a pin that are counted; more are more."""
_FINDING = re.compile(r"[A-Za-z0-9_-]{1,80}")


class Pinned(NamedTuple):
    target: str
    label: str
    at: int
    seen: str


class Extent(NamedTuple):
    """How much there is of a chain or session: what watching compares."""

    below: int
    uses: int
    last_seen: int


def found(ports: Ports, actor: Actor, kind: str, target: str) -> Pinned:
    """The thing to pin, under the id it goes by now. Raises NotFound, or InvalidRequest for no kind of pin."""
    if kind in WATCHED:
        id_ = sessions.canonical_id(ports.graph, actor, target)
        row = ports.graph.rows([id_])[id_]
        return Pinned(
            id_,
            _label(row, kind),
            row.standing.started or row.node.issued_at or row.first_seen,
            _written(extent(ports.graph, id_)),
        )
    if kind == "event":
        return _event(ports, actor, target)
    if kind == "finding" and _FINDING.fullmatch(target):
        known = ports.graph.findings_by_id([target]).get(target)
        return Pinned(target, known.title if known else f"finding {target}", known.first_seen if known else 0, "")
    raise InvalidRequest(f"There is no {kind[:40]!r} to pin under this id.", hint="Kinds: " + ", ".join(PIN_KINDS) + ".")


def _event(ports: Ports, actor: Actor, reference: str) -> Pinned:
    """An event keeps its record with it from here on: archive days and sources go."""
    view = events.show_event(ports, actor, reference)
    row = view.row
    if view.record is not None:
        keep(ports, view.event_ref, view.record)
    label = f"{row.event_name} from {row.address or 'an unknown address'}" if row else view.event_id
    return Pinned(view.event_ref, label, read_time(row.at) if row else 0, "")


def keep(ports: Ports, reference: str, record: Mapping[str, object]) -> None:
    content = json.dumps(record, separators=(",", ":")).encode()
    with ports.app.write() as db:
        db.execute("INSERT INTO kept_record VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (reference, content, ports.app.now()))


def _label(row: NodeRow, kind: str) -> str:
    count = row.standing.sessions
    return f"{row.node.label}, {count} role session{'s' * (count != 1)}" if kind == "chain" else row.node.label


def extent(graph: GraphStore, id_: str) -> Extent:
    below, _ = graph.descendants(id_, MAX_WATCHED)
    rows = graph.rows([id_, *below]).values()
    return Extent(len(below), sum(row.uses for row in rows), max((row.last_seen for row in rows), default=0))


def _written(found_: Extent) -> str:
    return json.dumps(found_)


def growth(seen: str, now: Extent) -> str:
    """What there is more of, in words; "" when nothing is."""
    before = Extent(*msgspec.json.decode(seen, type=tuple[int, int, int])) if seen else now
    said: list[str] = []
    if now.below > before.below:
        said.append(f"{now.below - before.below:,} more below it")
    if now.uses > before.uses:
        said.append(f"{now.uses - before.uses:,} more calls")
    if said and now.last_seen > before.last_seen:
        said.append(f"last seen {iso(now.last_seen)}")
    return ", ".join(said)


def watch(graph: GraphStore, app: AppDatabase) -> int:
    """Look at every watched pin of open investigations, as every ingest does at its end; returns how many grew."""
    if not app.present:
        return 0
    book, grew = Casebook(app), 0
    for pin in book.every_pin():
        id_ = graph.resolve_alias(pin.target) if pin.kind in WATCHED else ""
        if id_ and (said := growth(pin.seen, now := extent(graph, id_))):
            book.grew(pin, _written(now), f"{pin.grown}; {said}"[:500] if pin.grown else said)
            grew += 1
    return grew


def grown(app: AppDatabase, base: str) -> list[Growth]:
    """Watched pins of open investigations that grew since somebody looked, to be told under the URL `base`."""
    book = Casebook(app)
    pins = [pin for pin in book.every_pin() if pin.grown] if app.present else []
    cases = {id_: book.get(id_) for id_ in {pin.investigation for pin in pins}}
    return [
        Growth(pin.id, case.id, case.title, case.assignee, pin.kind, pin.label, pin.target, pin.grown, base)
        for pin in pins
        for case in [cases[pin.investigation]]
    ]


def looked(ports: Ports, pins: Sequence[Pin]) -> None:
    """Somebody has looked: growth is counted from here."""
    for pin in pins:
        id_ = ports.graph.resolve_alias(pin.target) if pin.kind in WATCHED else ""
        if id_:
            Casebook(ports.app).grew(pin, _written(extent(ports.graph, id_)), "")


def pin_views(graph: GraphStore, pins: Sequence[Pin]) -> list[PinView]:
    ids = {pin.id: graph.resolve_alias(pin.target) for pin in pins if pin.kind in WATCHED}
    rows = graph.rows(set(ids.values()) - {""})
    return [_view(graph, pin, rows.get(ids.get(pin.id, ""))) for pin in pins]


def _view(graph: GraphStore, pin: Pin, row: NodeRow | None) -> PinView:
    live = growth(pin.seen, extent(graph, row.node.id)) if row else ""
    return PinView(
        id=pin.id,
        kind=pin.kind,
        target=pin.target,
        label=pin.label,
        url=_url(pin),
        at=iso(pin.at),
        present=row is not None or pin.kind not in WATCHED,
        tone=tone(row.standing.sessions if row.node.counts else 0) if row else "context",
        sessions=row.standing.sessions if row else 0,
        grown="; ".join(filter(None, (pin.grown, live))),
        pinned_at=iso(pin.pinned_at),
        pinned_by=pin.pinned_by,
    )


def _url(pin: Pin) -> str:
    place = {"event": "events", "finding": "findings"}.get(pin.kind, "sessions")
    return f"/{place}/{quote(pin.target, safe='')}"


def subjects(graph: GraphStore, pins: Sequence[Pin]) -> dict[str, list[str]]:
    """Identities each pin is about: a chain's path, a session itself."""
    ids = {pin.id: graph.resolve_alias(pin.target) for pin in pins if pin.kind in WATCHED}
    paths = graph.paths(set(ids.values()) - {""})
    found_: dict[str, list[str]] = {}
    for pin in pins:
        id_ = ids.get(pin.id, "")
        if id_:
            found_[pin.id] = [step.id for step in paths.get(id_, ())] if pin.kind == "chain" else [id_]
    return found_
