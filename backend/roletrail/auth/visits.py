"""Which findings somebody has had before their eyes: what makes one new since the last visit. Kept as a fact of the app database."""

from __future__ import annotations

import json
from collections.abc import Collection

from roletrail.appdb import AppDatabase

VISIT_SECONDS = 1_800
"""Looking again within half an hour is the same visit: a reload must not make the new ones old."""


class Visits:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def seen_before(self, name: str, ids: Collection[str]) -> frozenset[str] | None:
        """Ids that `name` had seen before this visit, with `ids` noted as seen now; None on the first visit of all."""
        now, fact = self._app.now(), f"seen:{name}"
        row = self._app.read().execute("SELECT value FROM fact WHERE name = ?", (fact,)).fetchone()
        kept = json.loads(row[0]) if row else {"at": 0, "now": [], "before": None}
        again = now - kept["at"] < VISIT_SECONDS
        before = kept["before"] if again else kept["now"] if row else None
        noted = {"at": now, "now": sorted({*kept["now"], *ids}) if again else sorted(ids), "before": before}
        if not again or noted["now"] != kept["now"]:
            with self._app.write() as db:
                db.execute(
                    "INSERT INTO fact VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (fact, json.dumps(noted))
                )
        return None if before is None else frozenset(before)
