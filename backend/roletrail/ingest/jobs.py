"""Ingests as rows of the app database, uploads and runs alike: written by the process that runs one, read by everybody.

Knows no HTTP and starts nothing.
"""

from __future__ import annotations

import json
import secrets
from sqlite3 import Connection
from typing import Literal, NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.errors import NotFound, TooMany
from roletrail.ingest.progress import IngestSummary, Progress

MOST_WAITING = 50
SILENT_SECONDS = 60
"""A running job whose process said nothing for so long has lost it."""

_COLUMNS = (
    "id, name, sha256, size, state, stage, created_by, created_at, started_at, ended_at, beat_at, cancel_asked, bytes_done,"
    " events, doubles, quarantined, reasons, detail, kind"
)

Kind = Literal["upload", "run", "history", "schedule", "follow"]


class Job(NamedTuple):
    id: str
    name: str
    sha256: str
    size: int
    state: str  # waiting | running | done | failed | cancelled
    stage: str  # reading | linking | judging | merging | waiting (a feed between two rounds) | ""
    created_by: str
    created_at: int
    started_at: int
    ended_at: int
    beat_at: int
    cancel_asked: bool
    bytes_done: int
    events: int
    doubles: int
    quarantined: int
    reasons: dict[str, int]
    detail: str
    kind: Kind

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class Jobs:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def new(self, name: str, sha256: str, size: int, created_by: str) -> str:
        """Raises TooMany when too many wait already."""
        id_ = secrets.token_hex(10)
        with self._app.write() as db:
            (waiting,) = db.execute("SELECT count(*) FROM ingest_job WHERE state = 'waiting'").fetchone()
            if waiting >= MOST_WAITING:
                raise TooMany(f"{waiting} uploads wait already.", hint="Wait until some of them are in.")
            db.execute(
                "INSERT INTO ingest_job (id, name, sha256, size, state, created_by, created_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
                (id_, name, sha256, size, created_by, self._app.now()),
            )
        return id_

    def begin(self, kind: Kind, name: str, created_by: str) -> str:
        """The row of a run that is going on already."""
        id_ = secrets.token_hex(10)
        with self._app.write() as db:
            db.execute(
                "INSERT INTO ingest_job (id, kind, name, sha256, size, state, created_by, created_at, started_at, beat_at)"
                " VALUES (?1, ?2, ?3, '', 0, 'running', ?4, ?5, ?5, ?5)",
                (id_, kind, name, created_by, self._app.now()),
            )
        return id_

    def get(self, id_: str) -> Job:
        """Raises NotFound."""
        found = self._read("WHERE id = ?", (id_,)) if self._app.present else []
        if not found:
            raise NotFound("There is no such ingest.", hint="See /api/v1/ingests.")
        return found[0]

    def newest(self, limit: int, after: str = "") -> list[Job]:
        """Newest first; `after` is the id of the last one of the page before. Raises NotFound for an id that is none."""
        if not self._app.present:
            return []
        if not after:
            return self._read("ORDER BY created_at DESC, id LIMIT ?", (limit,))
        last = self.get(after)
        return self._read(
            "WHERE (created_at < ?1 OR (created_at = ?1 AND id > ?2)) ORDER BY created_at DESC, id LIMIT ?3",
            (last.created_at, last.id, limit),
        )

    def _read(self, rest: str, values: tuple[object, ...]) -> list[Job]:
        rows = self._app.read().execute(f"SELECT {_COLUMNS} FROM ingest_job {rest}", values)  # noqa: S608 - our own text
        return [self._seen(Job._make((*row[:11], bool(row[11]), *row[12:16], json.loads(row[16]), *row[17:]))) for row in rows]

    def _seen(self, job: Job) -> Job:
        """A job whose process is gone is shown as what it is, whoever looks first."""
        if job.state == "running" and job.beat_at < self._app.now() - SILENT_SECONDS:
            return job._replace(state="failed", detail="Its process ended without a word. What it had committed stays.")
        return job

    # --- written by the process that runs it -------------------------------------------------------------------------

    def start(self, id_: str) -> bool:
        """Mark it as running; False when it was cancelled, or has ended."""
        now = self._app.now()
        with self._app.write() as db:
            changed = db.execute(
                "UPDATE ingest_job SET state = 'running', started_at = ?1, beat_at = ?1"
                " WHERE id = ?2 AND state IN ('waiting', 'running') AND cancel_asked = 0",
                (now, id_),
            )
            return changed.rowcount == 1

    def alive(self, id_: str) -> None:
        with self._app.write() as db:
            db.execute("UPDATE ingest_job SET beat_at = ? WHERE id = ?", (self._app.now(), id_))

    def cancel_asked(self, id_: str) -> bool:
        return bool(self._app.read().execute("SELECT cancel_asked FROM ingest_job WHERE id = ?", (id_,)).fetchone()[0])

    def beat(self, id_: str, progress: Progress) -> bool:
        """Say how far it is; True when somebody wants it to stop."""
        with self._app.write() as db:
            db.execute(
                "UPDATE ingest_job SET beat_at = ?1, stage = ?2, size = max(?3, size), bytes_done = ?4, events = ?5,"
                " quarantined = ?6 WHERE id = ?7",
                (
                    self._app.now(),
                    progress.stage,
                    progress.bytes_total,
                    progress.bytes_done,
                    progress.events,
                    progress.quarantined,
                    id_,
                ),
            )
            return bool(db.execute("SELECT cancel_asked FROM ingest_job WHERE id = ?", (id_,)).fetchone()[0])

    def rests(self, id_: str, so_far: IngestSummary, detail: str = "") -> None:
        """A feed has taken in what there was, and waits for more."""
        with self._app.write() as db:
            db.execute(
                "UPDATE ingest_job SET beat_at = ?, stage = 'waiting', detail = ? WHERE id = ?", (self._app.now(), detail, id_)
            )
            _count(db, id_, so_far)

    def end(self, id_: str, summary: IngestSummary | None, detail: str = "") -> None:
        state = "failed" if summary is None else "cancelled" if summary.interrupted else "done"
        with self._app.write() as db:
            db.execute(
                "UPDATE ingest_job SET state = ?, stage = '', ended_at = ?, detail = ? WHERE id = ?",
                (state, self._app.now(), detail, id_),
            )
            if summary is not None:
                _count(db, id_, summary)

    # --- asked for by people -----------------------------------------------------------------------------------------

    def cancel(self, id_: str) -> None:
        """Ask for an end. One that waits ends at once; one that has ended stays as it is."""
        self.get(id_)
        with self._app.write() as db:
            db.execute("UPDATE ingest_job SET cancel_asked = 1 WHERE id = ? AND state IN ('waiting', 'running')", (id_,))
            db.execute(
                "UPDATE ingest_job SET state = 'cancelled', ended_at = ? WHERE id = ? AND state = 'waiting'",
                (self._app.now(), id_),
            )


def _count(db: Connection, id_: str, summary: IngestSummary) -> None:
    reasons = summary.quarantined
    db.execute(
        "UPDATE ingest_job SET events = ?, doubles = ?, quarantined = ?, reasons = ? WHERE id = ?",
        (summary.taken, summary.doubles, sum(reasons.values()), json.dumps(reasons), id_),
    )
