"""The casebook: investigations with pins, notes and their history. Nothing is overwritten unseen: whoever edits says which
version they saw, and is told what changed since when it was another."""

from __future__ import annotations

from sqlite3 import Connection
from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.errors import Conflict, InvalidRequest, NotFound
from roletrail.investigations.model import MAX_NOTES, MAX_PINS, Change, Investigation, Note, Pin, new_id

_GONE = "There is no investigation with this id."


class Listed(NamedTuple):
    investigation: Investigation
    pins: int
    notes: int
    grown: int  # watched pins that grew since somebody looked


class Casebook:
    def __init__(self, app: AppDatabase) -> None:
        self.app = app

    # --- reading ------------------------------------------------------------------------------------------------

    def newest(self, status: str, assignee: str, after: tuple[int, str] | None, limit: int) -> list[Listed]:
        """By last change, newest first; `after` is (updated_at, id) of the last one of the page before."""
        query = (
            "SELECT i.*, (SELECT count(*) FROM pin WHERE investigation = i.id), (SELECT count(*) FROM note WHERE investigation = i.id),"
            " (SELECT count(*) FROM pin WHERE investigation = i.id AND grown <> '') FROM investigation i"
            " WHERE (? = '' OR status = ?) AND (? = '' OR assignee = ?) AND (? OR (updated_at, id) < (?, ?))"
            " ORDER BY updated_at DESC, id DESC LIMIT ?"
        )
        place = after or (0, "")
        rows = self.app.read().execute(query, (status, status, assignee, assignee, after is None, *place, limit))
        return [Listed(Investigation(*row[:9]), *row[9:]) for row in rows]

    def has(self, id_: str) -> bool:
        return self.app.read().execute("SELECT 1 FROM investigation WHERE id = ?", (id_,)).fetchone() is not None

    def get(self, id_: str) -> Investigation:
        return _get(self.app.read(), id_)

    def pins(self, id_: str) -> list[Pin]:
        rows = self.app.read().execute("SELECT * FROM pin WHERE investigation = ? ORDER BY rowid", (id_,))
        return [Pin(*row) for row in rows]

    def every_pin(self, *, closed: bool = False) -> list[Pin]:
        """Pins of all investigations; of closed ones too when asked for."""
        query = "SELECT p.* FROM pin p JOIN investigation i ON i.id = p.investigation WHERE ? OR i.status <> 'closed' ORDER BY p.rowid"
        return [Pin(*row) for row in self.app.read().execute(query, (closed,))]

    def notes(self, id_: str) -> list[Note]:
        rows = self.app.read().execute("SELECT * FROM note WHERE investigation = ? ORDER BY rowid", (id_,))
        return [Note(*row) for row in rows]

    def changes(self, id_: str, since: int = 0) -> list[Change]:
        """Changes after version `since`, oldest first."""
        query = "SELECT * FROM change WHERE investigation = ? AND version > ? ORDER BY version"
        return [Change(*row) for row in self.app.read().execute(query, (id_, since))]

    # --- writing ------------------------------------------------------------------------------------------------

    def create(self, by: str, title: str, status: str, assignee: str) -> str:
        id_, now = new_id(), self.app.now()
        with self.app.write() as db:
            row = Investigation(id_, title, status, assignee, 0, now, by, now, by)
            db.execute("INSERT INTO investigation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._changed(db, id_, by, "opened the investigation")
        return id_

    def edit(self, id_: str, by: str, version: int, *, title: str, status: str, assignee: str) -> None:
        """Raises Conflict when `version` is not the one that is there."""
        with self.app.write() as db:
            found = _at_version(db, id_, version)
            fields = (("title", found.title, title), ("status", found.status, status), ("assignee", found.assignee, assignee))
            what = [f"{name} from “{old}” to “{new}”" for name, old, new in fields if old != new]
            if what:
                db.execute(
                    "UPDATE investigation SET title = ?, status = ?, assignee = ? WHERE id = ?", (title, status, assignee, id_)
                )
                self._changed(db, id_, by, "changed " + ", ".join(what))

    def remove(self, id_: str, version: int) -> None:
        with self.app.write() as db:
            _at_version(db, id_, version)
            db.execute("DELETE FROM investigation WHERE id = ?", (id_,))

    def pin(self, id_: str, by: str, kind: str, target: str, label: str, at: int, seen: str) -> str:
        """Id of the pin; pinning the same thing again gives the pin that is there."""
        with self.app.write() as db:
            _get(db, id_)
            query = "SELECT id FROM pin WHERE investigation = ? AND kind = ? AND target = ?"
            if found := db.execute(query, (id_, kind, target)).fetchone():
                return found[0]
            _room(db, "pin", id_, MAX_PINS)
            row = Pin(new_id(), id_, kind, target, label, at, seen, "", self.app.now(), by)
            db.execute("INSERT INTO pin VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._changed(db, id_, by, f"pinned the {kind} {label}")
            return row.id

    def unpin(self, id_: str, by: str, pin: str) -> None:
        """Notes that stood beside it stay, as notes on the whole."""
        with self.app.write() as db:
            found = db.execute("SELECT * FROM pin WHERE id = ? AND investigation = ?", (pin, id_)).fetchone()
            if found is None:
                raise NotFound("There is no such pin in this investigation.")
            db.execute("UPDATE note SET pin = '' WHERE pin = ?", (pin,))
            db.execute("DELETE FROM pin WHERE id = ?", (pin,))
            self._changed(db, id_, by, f"unpinned the {found[2]} {found[4]}")

    def grew(self, pin: Pin, seen: str, grown: str) -> None:
        """A watched pin is no longer what it was; `grown` "" says that somebody has looked."""
        with self.app.write() as db:
            db.execute("UPDATE pin SET seen = ?, grown = ? WHERE id = ?", (seen, grown, pin.id))
            if grown:
                self._changed(db, pin.investigation, "watch", f"noticed that {pin.label} grew: {grown}")

    def note(self, id_: str, by: str, *, pin: str, kind: str, body: str, state: str, owner: str) -> str:
        now = self.app.now()
        with self.app.write() as db:
            _get(db, id_)
            _room(db, "note", id_, MAX_NOTES)
            if pin and not db.execute("SELECT 1 FROM pin WHERE id = ? AND investigation = ?", (pin, id_)).fetchone():
                raise InvalidRequest("There is no such pin in this investigation.", hint="Leave pin out for a note on the whole.")
            row = Note(new_id(), id_, pin, kind, body, state, owner, 1, now, by, now, by)
            db.execute("INSERT INTO note VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._changed(db, id_, by, f"wrote a {kind}")
            return row.id

    def edit_note(self, id_: str, by: str, note: str, version: int, *, body: str, state: str, owner: str) -> None:
        """Raises Conflict with the text that is there when `version` is another."""
        with self.app.write() as db:
            found = self.one_note(db, id_, note)
            _same_note(found, version)
            query = "UPDATE note SET body = ?, state = ?, owner = ?, version = version + 1, updated_at = ?, updated_by = ? WHERE id = ?"
            db.execute(query, (body, state, owner, self.app.now(), by, note))
            moved = f" from {found.state} to {state}" if state != found.state else ""
            self._changed(db, id_, by, f"changed a {found.kind}{moved}")

    def remove_note(self, id_: str, by: str, note: str, version: int) -> None:
        with self.app.write() as db:
            found = self.one_note(db, id_, note)
            _same_note(found, version)
            db.execute("DELETE FROM note WHERE id = ?", (note,))
            self._changed(db, id_, by, f"removed a {found.kind}")

    def one_note(self, db: Connection | None, id_: str, note: str) -> Note:
        db = db or self.app.read()
        row = db.execute("SELECT * FROM note WHERE id = ? AND investigation = ?", (note, id_)).fetchone()
        if row is None:
            raise NotFound("There is no such note in this investigation.")
        return Note(*row)

    # --- as a file brings it back -------------------------------------------------------------------------------

    def restore_pin(self, id_: str, kind: str, target: str, label: str, at: int, pinned_at: int, pinned_by: str) -> str:
        row = Pin(new_id(), id_, kind, target, label, at, "", "", pinned_at, pinned_by)
        with self.app.write() as db:
            db.execute("INSERT INTO pin VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            query = "SELECT id FROM pin WHERE investigation = ? AND kind = ? AND target = ?"
            return db.execute(query, (id_, kind, target)).fetchone()[0]

    def restore_note(self, id_: str, pin: str, kind: str, body: str, state: str, owner: str, at: int, by: str) -> None:
        with self.app.write() as db:
            row = Note(new_id(), id_, pin, kind, body, state, owner, 1, at, by, at, by)
            db.execute("INSERT INTO note VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def restore_change(self, id_: str, at: int, by: str, what: str) -> None:
        """Its time and author are the file's; its place is behind the import."""
        with self.app.write() as db:
            query = "UPDATE investigation SET version = version + 1 WHERE id = ? RETURNING version"
            (version,) = db.execute(query, (id_,)).fetchone()
            db.execute("INSERT INTO change VALUES (?, ?, ?, ?, ?)", (id_, version, at, by, f"{what} (imported)"))

    def _changed(self, db: Connection, id_: str, by: str, what: str) -> None:
        now = self.app.now()
        query = "UPDATE investigation SET version = version + 1, updated_at = ?, updated_by = ? WHERE id = ? RETURNING version"
        (version,) = db.execute(query, (now, by, id_)).fetchone()
        db.execute("INSERT INTO change VALUES (?, ?, ?, ?, ?)", (id_, version, now, by, what))


def _get(db: Connection, id_: str) -> Investigation:
    row = db.execute("SELECT * FROM investigation WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise NotFound(_GONE, hint="`roletrail investigations list` has them all.")
    return Investigation(*row)


def _at_version(db: Connection, id_: str, version: int) -> Investigation:
    found = _get(db, id_)
    if found.version != version:
        query = "SELECT by, what FROM change WHERE investigation = ? AND version > ? ORDER BY version"
        raise Conflict(
            f"The investigation was changed meanwhile: you saw version {version}, it is at {found.version}.",
            hint="Look at what changed, then send it again with the new version.",
            changed=[f"{by} {what}" for by, what in db.execute(query, (id_, version))],
            version=found.version,
        )
    return found


def _same_note(found: Note, version: int) -> None:
    if found.version != version:
        raise Conflict(
            f"The note was changed meanwhile by {found.updated_by}: you saw version {version}, it is at {found.version}.",
            hint="Join the two texts, then send it again with the new version.",
            changed=[found.body],
            version=found.version,
        )


def _room(db: Connection, table: str, id_: str, most: int) -> None:
    if db.execute(f"SELECT count(*) FROM {table} WHERE investigation = ?", (id_,)).fetchone()[0] >= most:  # noqa: S608 - our table
        raise InvalidRequest(f"An investigation holds at most {most} {table}s.")
