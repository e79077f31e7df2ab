"""Investigations: listing, reading and every change of one. Each change is a row of its history and of the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.investigations.book import Casebook, Listed
from roletrail.investigations.model import (
    MAX_BODY,
    MAX_NAME,
    MAX_TITLE,
    NOTE_KINDS,
    STATES,
    STATUSES,
    Change,
    Investigation,
    Note,
)
from roletrail.investigations.respond import declared
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import Page
from roletrail.usecases.investigations import pins as pinning
from roletrail.usecases.investigations.story import story
from roletrail.usecases.investigations.views import ChangeView, InvestigationRow, InvestigationView, Made, NoteView
from roletrail.usecases.ports import Ports

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
_CURSOR = re.compile(r"([0-9]{1,12})\.([0-9a-f]{24})")


def list_investigations(
    ports: Ports, actor: Actor, *, status: str = "", assignee: str = "", after: str = "", limit: int = DEFAULT_LIMIT
) -> Page[InvestigationRow]:
    """Last changed first."""
    require(actor, "investigations.read")
    if status and status not in STATUSES:
        raise InvalidRequest("The parameter status must be one of " + ", ".join(STATUSES) + ".")
    found = _CURSOR.fullmatch(after) if after else None
    if after and not found:
        raise InvalidRequest("The parameter after is no cursor of this list.", hint="Pass `next` of the page before.")
    place = (int(found[1]), found[2]) if found else None
    rows = Casebook(ports.app).newest(status, assignee, place, limit + 1) if ports.app.present else []
    last = rows[limit - 1].investigation if len(rows) > limit else None
    return Page([_row(row) for row in rows[:limit]], f"{last.updated_at}.{last.id}" if last else None)


def show_investigation(ports: Ports, actor: Actor, id_: str) -> InvestigationView:
    require(actor, "investigations.read", id_)
    book = Casebook(ports.app)
    found = book.get(id_)
    AuditLog(ports.app).read(actor, "investigations.read", id_)
    pins, notes = book.pins(id_), book.notes(id_)
    entries, left_out = story(ports.graph, pins, notes, declared(ports.app))
    return InvestigationView(
        **_facts(found),
        pins=pinning.pin_views(ports.graph, pins),
        notes=[note_view(note) for note in notes],
        timeline=entries,
        timeline_left_out=left_out,
        history=[_change(change) for change in reversed(book.changes(id_))],
    )


def create_investigation(ports: Ports, actor: Actor, title: str, status: str = "open", assignee: str = "") -> Made:
    require(actor, "investigations.write")
    title, status, assignee = _title(title), _status(status), _name(assignee)
    return _change_it(ports, actor, "", "created", lambda book: book.create(actor.name, title, status, assignee))


def edit_investigation(
    ports: Ports,
    actor: Actor,
    id_: str,
    version: int,
    *,
    title: str | None = None,
    status: str | None = None,
    assignee: str | None = None,
) -> Made:
    """What is None stays. Raises Conflict when somebody changed it after `version`."""
    require(actor, "investigations.write", id_)
    found = Casebook(ports.app).get(id_)
    fields = {
        "title": found.title if title is None else _title(title),
        "status": found.status if status is None else _status(status),
        "assignee": found.assignee if assignee is None else _name(assignee),
    }

    def edit(book: Casebook) -> str:
        book.edit(id_, actor.name, version, **fields)
        return id_

    return _change_it(ports, actor, id_, "edited", edit)


def delete_investigation(ports: Ports, actor: Actor, id_: str, version: int) -> None:
    """With its pins, notes and history; the audit log keeps that it was there. Shares stay until they are revoked."""
    require(actor, "investigations.write", id_)
    with ports.app.write():
        Casebook(ports.app).remove(id_, version)
        AuditLog(ports.app).wrote(actor, "investigations.write", id_, "deleted")


def pin(ports: Ports, actor: Actor, id_: str, kind: str, target: str) -> Made:
    require(actor, "investigations.write", id_)
    Casebook(ports.app).get(id_)
    thing = pinning.found(ports, actor, kind, target)
    return _change_it(
        ports,
        actor,
        id_,
        f"pinned {kind} {thing.target}",
        lambda book: book.pin(id_, actor.name, kind, thing.target, thing.label, thing.at, thing.seen),
    )


def unpin(ports: Ports, actor: Actor, id_: str, pin_id: str) -> Made:
    require(actor, "investigations.write", id_)
    return _change_it(ports, actor, id_, "unpinned", lambda book: _then(pin_id, book.unpin(id_, actor.name, pin_id)))


def look_at_growth(ports: Ports, actor: Actor, id_: str) -> Made:
    """Growth of watched pins was seen."""
    require(actor, "investigations.write", id_)
    book = Casebook(ports.app)
    pins = book.pins(book.get(id_).id)
    return _change_it(ports, actor, id_, "looked at what grew", lambda _: _then(id_, pinning.looked(ports, pins)))


def add_note(
    ports: Ports, actor: Actor, id_: str, body: str, *, pin_id: str = "", kind: str = "note", state: str = "", owner: str = ""
) -> Made:
    require(actor, "investigations.write", id_)
    body, state, owner = _body(body), _state(kind, state), _name(owner)
    return _change_it(
        ports,
        actor,
        id_,
        f"wrote a {kind}",
        lambda book: book.note(id_, actor.name, pin=pin_id, kind=kind, body=body, state=state, owner=owner),
    )


def edit_note(
    ports: Ports,
    actor: Actor,
    id_: str,
    note_id: str,
    version: int,
    *,
    body: str | None = None,
    state: str | None = None,
    owner: str | None = None,
) -> Made:
    """`version` is the note's own. Raises Conflict with the text that is there when it is another."""
    require(actor, "investigations.write", id_)
    found = Casebook(ports.app).one_note(None, id_, note_id)
    fields = {
        "body": found.body if body is None else _body(body),
        "state": found.state if state is None else _state(found.kind, state),
        "owner": found.owner if owner is None else _name(owner),
    }
    return _change_it(
        ports,
        actor,
        id_,
        "changed a note",
        lambda book: _then(note_id, book.edit_note(id_, actor.name, note_id, version, **fields)),
    )


def delete_note(ports: Ports, actor: Actor, id_: str, note_id: str, version: int) -> Made:
    require(actor, "investigations.write", id_)
    return _change_it(
        ports, actor, id_, "removed a note", lambda book: _then(note_id, book.remove_note(id_, actor.name, note_id, version))
    )


def _then(id_: str, _: None) -> str:
    return id_


def _change_it(ports: Ports, actor: Actor, id_: str, what: str, change: Callable[[Casebook], str]) -> Made:
    """The change, its row of history and its row of audit in one transaction."""
    book = Casebook(ports.app)
    with ports.app.write() as db:
        made = change(book)
        investigation = id_ or made
        AuditLog(ports.app).wrote(actor, "investigations.write", investigation, what)
        (version,) = db.execute("SELECT version FROM investigation WHERE id = ?", (investigation,)).fetchone()
    return Made(made, investigation, version)


# --- what may be written --------------------------------------------------------------------------------------------


def _title(text: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > MAX_TITLE:
        raise InvalidRequest(f"A title has 1 to {MAX_TITLE} characters.", hint='Say what it is about, such as "Case 42".')
    return _storable(line)


def _name(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > MAX_NAME:
        raise InvalidRequest(f"A name has at most {MAX_NAME} characters.")
    return _storable(line)


def _status(text: str) -> str:
    if text not in STATUSES:
        raise InvalidRequest("The status must be one of " + ", ".join(STATUSES) + ".")
    return text


def _body(text: str) -> str:
    if not text.strip() or len(text) > MAX_BODY:
        raise InvalidRequest(f"A note has 1 to {MAX_BODY:,} characters.")
    return _storable(text)


def _state(kind: str, state: str) -> str:
    if kind not in NOTE_KINDS:
        raise InvalidRequest("The kind of a note must be one of " + ", ".join(NOTE_KINDS) + ".")
    states = STATES.get(kind, ("",))
    if state and state not in states:
        raise InvalidRequest(f"The state of a {kind} must be one of {', '.join(filter(None, states)) or '(none)'}.")
    return state or states[0]


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest("The text holds characters that cannot be kept: NUL or a lone surrogate.")
    return text


# --- views ----------------------------------------------------------------------------------------------------------


def _facts(found: Investigation) -> dict[str, Any]:
    times = {"created_at": iso(found.created_at), "updated_at": iso(found.updated_at)}
    return {**found._asdict(), **times}


def _row(listed: Listed) -> InvestigationRow:
    return InvestigationRow(**_facts(listed.investigation), pins=listed.pins, notes=listed.notes, grown=listed.grown)


def note_view(note: Note) -> NoteView:
    fields: dict[str, Any] = note._asdict() | {"created_at": iso(note.created_at), "updated_at": iso(note.updated_at)}
    del fields["investigation"]
    return NoteView(**fields)


def _change(change: Change) -> ChangeView:
    return ChangeView(change.version, iso(change.at), change.by, change.what)
