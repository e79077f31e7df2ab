"""An investigation as one versioned file: out with everything people wrote, in as a new one. Ids inside it are made anew."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.investigations.book import Casebook
from roletrail.investigations.model import MAX_BODY, MAX_NOTES, MAX_PINS, MAX_TITLE, NoteKind, PinKind, Status
from roletrail.usecases.chains.present import iso
from roletrail.usecases.investigations.views import Made
from roletrail.usecases.ports import Ports

FORMAT, VERSION = "roletrail-investigation", 1
MOST_CHANGES = 20_000

Line = Annotated[str, Meta(max_length=1_000)]


class PinRow(msgspec.Struct):
    id: Line
    kind: PinKind
    target: Line
    label: Line
    at: int
    pinned_at: int
    pinned_by: Line


class NoteRow(msgspec.Struct):
    pin: Line
    kind: NoteKind
    body: Annotated[str, Meta(max_length=MAX_BODY)]
    state: Line
    owner: Line
    created_at: int
    created_by: Line


class ChangeRow(msgspec.Struct):
    at: int
    by: Line
    what: Line


class CaseFile(msgspec.Struct):
    """Times inside are epoch seconds: what was written is what comes back."""

    format: str
    version: int
    tool_version: Line
    exported_at: Line
    title: Annotated[str, Meta(min_length=1, max_length=MAX_TITLE)]
    status: Status
    assignee: Line
    created_at: int
    created_by: Line
    pins: Annotated[list[PinRow], Meta(max_length=MAX_PINS)]
    notes: Annotated[list[NoteRow], Meta(max_length=MAX_NOTES)]
    history: Annotated[list[ChangeRow], Meta(max_length=MOST_CHANGES)]


def export_investigation(ports: Ports, actor: Actor, id_: str) -> CaseFile:
    require(actor, "investigations.export", id_)
    book = Casebook(ports.app)
    found = book.get(id_)
    AuditLog(ports.app).wrote(actor, "investigations.export", id_)
    notes = [(n.pin, n.kind, n.body, n.state, n.owner, n.created_at, n.created_by) for n in book.notes(id_)]
    raw = {
        "format": FORMAT,
        "version": VERSION,
        "tool_version": __version__,
        "exported_at": iso(ports.app.now()),
        "title": found.title,
        "status": found.status,
        "assignee": found.assignee,
        "created_at": found.created_at,
        "created_by": found.created_by,
        "pins": [{name: getattr(pin, name) for name in PinRow.__struct_fields__} for pin in book.pins(id_)],
        "notes": [dict(zip(NoteRow.__struct_fields__, note, strict=True)) for note in notes],
        "history": [{"at": change.at, "by": change.by, "what": change.what} for change in book.changes(id_)],
    }
    return msgspec.convert(raw, CaseFile)


def import_investigation(ports: Ports, actor: Actor, content: bytes) -> Made:
    """As a new investigation; pins of another store stay as lines until that store has the same logs."""
    require(actor, "investigations.write")
    file = _read(content)
    book = Casebook(ports.app)
    with ports.app.write() as db:
        id_ = book.create(actor.name, file.title, file.status, file.assignee)
        pins: dict[str, str] = {}
        for pin in file.pins:
            pins[pin.id] = book.restore_pin(id_, pin.kind, pin.target, pin.label, pin.at, pin.pinned_at, pin.pinned_by)
        for note in file.notes:
            beside = pins.get(note.pin, "")
            book.restore_note(id_, beside, note.kind, note.body, note.state, note.owner, note.created_at, note.created_by)
        for change in file.history:
            book.restore_change(id_, change.at, change.by, change.what)
        AuditLog(ports.app).wrote(actor, "investigations.write", id_, f"imported {len(file.pins)} pins, {len(file.notes)} notes")
        (version,) = db.execute("SELECT version FROM investigation WHERE id = ?", (id_,)).fetchone()
    return Made(id_, id_, version)


def _read(content: bytes) -> CaseFile:
    try:
        head = msgspec.json.decode(content)
        if isinstance(head, dict) and (head.get("format"), head.get("version")) != (FORMAT, VERSION):
            raise InvalidRequest(
                f"This is no {FORMAT} file of version {VERSION}.", hint="Files of a newer Roletrail need that one to be read."
            )
        file = msgspec.convert(head, CaseFile)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"The file is not an investigation: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The file is not JSON.") from None
    times = [
        file.created_at,
        *(pin.at for pin in file.pins),
        *(note.created_at for note in file.notes),
        *(c.at for c in file.history),
    ]
    if any(not 0 <= at < 1 << 40 for at in times):
        raise InvalidRequest("The file holds times that cannot be.")
    if b"\\u0000" in content or b"\0" in content:
        raise InvalidRequest("The file holds characters that cannot be kept.")
    return file
