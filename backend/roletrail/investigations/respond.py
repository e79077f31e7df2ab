"""Declared responders, kept in the app database."""

from __future__ import annotations

from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.detect.responders import Responder
from roletrail.investigations.model import new_id


class Declared(NamedTuple):
    id: str
    responder: Responder
    why: str
    set_at: int
    set_by: str


def every(app: AppDatabase) -> list[Declared]:
    """Newest first."""
    rows = app.read().execute("SELECT * FROM responder ORDER BY set_at DESC, id") if app.present else ()
    return [Declared(row[0], Responder(row[1], row[2], row[3], row[5], row[6]), row[4], row[7], row[8]) for row in rows]


def declared(app: AppDatabase) -> list[Responder]:
    return [one.responder for one in every(app)]


def declare(app: AppDatabase, by: str, responder: Responder, why: str) -> str:
    id_ = new_id()
    row = (
        id_,
        responder.role,
        responder.session_name,
        responder.source_identity,
        why,
        responder.from_,
        responder.to,
        app.now(),
        by,
    )
    with app.write() as db:
        db.execute("INSERT INTO responder VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return id_


def withdraw(app: AppDatabase, id_: str) -> bool:
    with app.write() as db:
        return db.execute("DELETE FROM responder WHERE id = ?", (id_,)).rowcount == 1
