"""The handover brief: what is still alive and until when, what is new since a time, what was done, decided and is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.investigations.book import Casebook
from roletrail.investigations.model import Note, Pin
from roletrail.lineage.model import Action
from roletrail.render.plain import visible
from roletrail.render.snapshot import plain
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import iso
from roletrail.usecases.investigations.cases import note_view
from roletrail.usecases.investigations.flow import sides_of
from roletrail.usecases.investigations.pins import MAX_WATCHED, WATCHED, pin_views
from roletrail.usecases.investigations.views import NoteView, PinView
from roletrail.usecases.parameters import read_time
from roletrail.usecases.ports import Ports

LONGEST_SESSION = 36 * 3_600
"""GetSessionToken and GetFederationToken give at most 36 hours (AWS STS API reference); role sessions less."""
ENDED = frozenset({"DeleteAccessKey", "UpdateAccessKey"})
MOST_ACTIONS = 5_000


@dataclass(frozen=True, slots=True)
class AliveView:
    """`until` "" has no end of its own: a long-term key works until somebody disables it. `sure` is whether a record says so."""

    id: str
    kind: str
    label: str
    account: str
    access_key_ids: list[str]
    side: str  # attacker | unclear
    until: str
    sure: bool
    first_seen: str


@dataclass(frozen=True, slots=True)
class HandoverView:
    id: str
    title: str
    status: str
    assignee: str
    since: str
    made_at: str
    alive: list[AliveView]
    new_since: list[AliveView]
    new_accounts: list[str]
    grown: list[PinView]
    steps: list[NoteView]
    decisions: list[NoteView]
    questions: list[NoteView]
    marked: dict[str, int]


def handover(ports: Ports, actor: Actor, id_: str, since: str = "") -> HandoverView:
    """What is marked decides what is alive; without a mark nothing is called the attacker's."""
    require(actor, "investigations.read", id_)
    book = Casebook(ports.app)
    found, now = book.get(id_), ports.app.now()
    try:
        from_ = read_time(since) if since else max(0, now - 86_400)
    except ValueError as problem:
        raise InvalidRequest(f"The parameter since {problem}.") from None
    pins, notes = book.pins(id_), book.notes(id_)
    around = _around(ports.graph, pins)
    sides = sides_of(ports, around).sides
    named = {name: sorted(ids & set(around)) for name, ids in (("attacker", sides.attacker), ("unclear", sides.unclear))}
    rows = ports.graph.rows({one for ids in named.values() for one in ids})
    ended = _ended(ports.graph, around)
    all_ = [_alive(rows[one], name, ended) for name, ids in named.items() for one in ids if one in rows]
    living = [view for view in all_ if not view.until or view.until > iso(now)]
    new = [view for view in all_ if view.first_seen >= iso(from_)]
    before = {view.account for view in all_ if view.first_seen < iso(from_)}
    return HandoverView(
        id=id_,
        title=found.title,
        status=found.status,
        assignee=found.assignee,
        since=iso(from_),
        made_at=iso(now),
        alive=sorted(living, key=lambda view: (view.side, view.until or "9", view.id)),
        new_since=sorted(new, key=lambda view: (view.first_seen, view.id)),
        new_accounts=sorted({view.account for view in new if view.account} - before),
        grown=[view for view in pin_views(ports.graph, pins) if view.grown],
        steps=_of(notes, "step"),
        decisions=[note for note in _of(notes, "decision") if note.created_at >= iso(from_)],
        questions=[note for note in _of(notes, "question") if note.state == "open"],
        marked={name: len(ids) for name, ids in named.items()},
    )


def _around(graph: GraphStore, pins: list[Pin]) -> list[str]:
    """Everything above and below what is pinned."""
    ids = {graph.resolve_alias(pin.target) for pin in pins if pin.kind in WATCHED} - {""}
    found = dict.fromkeys(step.id for path in graph.paths(ids).values() for step in path)
    for id_ in list(found):
        found.update(dict.fromkeys(graph.descendants(id_, MAX_WATCHED)[0]))
    return list(found)


def _ended(graph: GraphStore, ids: list[str]) -> set[str]:
    """Long-term keys that a successful call deleted or switched off, whoever made it within these sessions."""
    return {key for action in graph.actions_of(ids, MOST_ACTIONS) if (key := _switched_off(action))}


def _switched_off(action: Action) -> str:
    if action.event_name not in ENDED or action.error_code:
        return ""
    return action.target if action.event_name == "DeleteAccessKey" or '"Inactive"' in action.detail else ""


def _alive(row: NodeRow, side: str, ended: set[str]) -> AliveView:
    node = row.node
    until = node.expires or (node.issued_at + LONGEST_SESSION if node.kind == "session" and node.issued_at else 0)
    if node.kind == "key" and set(node.access_key_ids) & ended:
        until = row.last_seen
    return AliveView(
        id=node.id,
        kind=node.kind,
        label=node.label,
        account=node.account,
        access_key_ids=list(node.access_key_ids),
        side=side,
        until=iso(until),
        sure=bool(node.expires) or node.kind == "key",
        first_seen=iso(row.first_seen or node.issued_at),
    )


def _of(notes: list[Note], kind: str) -> list[NoteView]:
    return [note_view(note) for note in notes if note.kind == kind]


def as_markdown(view: HandoverView) -> str:
    return "\n".join(_lines(view)) + "\n"


def _lines(view: HandoverView) -> Iterator[str]:
    yield f"# Handover: {plain(view.title)}"
    yield from (
        "",
        f"Status: {view.status}. Assigned to {plain(view.assignee) or 'nobody'}. Made {view.made_at}; new means since {view.since}.",
    )
    counted = f"{view.marked['attacker']} of the attacker, {view.marked['attacker'] + view.marked['unclear']} with unclear ones as the upper bound"
    yield from _part(f"Still alive ({counted})", [_credential(one) for one in view.alive])
    new = [_credential(one) for one in view.new_since]
    new += [f"- account {account}" for account in view.new_accounts]
    new += [f"- {plain(pin.label)} grew: {plain(pin.grown)}" for pin in view.grown]
    yield from _part("New", new)
    for title, notes in (("Steps", view.steps), ("Decisions", view.decisions), ("Open questions", view.questions)):
        yield from _part(title, [_written(note) for note in notes])


def _part(title: str, lines: list[str]) -> Iterator[str]:
    """A heading with nothing under it would leave open whether something got lost."""
    yield from ("", f"## {title}", "", *(lines or ["None."]))


def _credential(one: AliveView) -> str:
    until = f"until {one.until}{'' if one.sure else ' at the latest'}" if one.until else "until somebody disables it"
    return (
        f"- {plain(one.label)} {' '.join(one.access_key_ids[:3])} in {one.account or 'an unknown account'}, {one.side}: {until}"
    )


def _written(note: NoteView) -> str:
    state = f"{note.state}, " if note.state else ""
    owner = f", owner {plain(note.owner)}" if note.owner else ""
    return f"- {state}{plain(note.created_by)} {note.created_at}{owner}: {visible(note.body).strip()}"
