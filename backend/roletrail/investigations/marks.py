"""Marks as people set them: who, when and why. A lifted one stays as a row, so that the line can be followed back."""

from __future__ import annotations

import json
from typing import NamedTuple, cast

from roletrail.appdb import AppDatabase
from roletrail.detect.marks import Mark, Side
from roletrail.investigations.model import new_id


class KeptMark(NamedTuple):
    mark: Mark
    label: str  # of the identity, when it was marked
    why: str
    investigation: str
    set_by: str
    lifted_at: int
    lifted_by: str


class MarkBook:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def live(self) -> list[Mark]:
        """Marks that count, in the order they were set."""
        return [kept.mark for kept in self.every(lifted=False)]

    def every(self, *, lifted: bool) -> list[KeptMark]:
        """`lifted` wants those too that do not count any more."""
        if not self._app.present:
            return []
        query = "SELECT * FROM mark WHERE ? OR lifted_at = 0 ORDER BY n"
        return [_kept(row) for row in self._app.read().execute(query, (lifted,))]

    def set(self, by: str, mark: Mark, label: str, why: str, investigation: str) -> str:
        id_ = new_id()
        row = (
            id_, mark.side, mark.identity, label, json.dumps(sorted(mark.addresses)), json.dumps(sorted(mark.agents)),
            mark.from_, mark.to, why, investigation, self._app.now(), by,
        )  # fmt: skip
        with self._app.write() as db:
            db.execute("INSERT INTO mark VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')", row)
        return id_

    def lift(self, by: str, id_: str) -> bool:
        query = "UPDATE mark SET lifted_at = ?, lifted_by = ? WHERE id = ? AND lifted_at = 0"
        with self._app.write() as db:
            return db.execute(query, (self._app.now(), by, id_)).rowcount == 1


def _kept(row: tuple) -> KeptMark:
    n, id_, side, identity, label, addresses, agents, from_, to, why, investigation, set_at, set_by, lifted_at, lifted_by = row
    mark = Mark(
        side=cast("Side", side),
        identity=identity,
        addresses=frozenset(json.loads(addresses)),
        agents=frozenset(json.loads(agents)),
        from_=from_,
        to=to,
        set_at=set_at,
        n=n,
        id=id_,
    )
    return KeptMark(mark, label, why, investigation, set_by, lifted_at, lifted_by)
