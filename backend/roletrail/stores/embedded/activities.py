"""Activities of identities in a window, for those who link and for those who read."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Connection

from roletrail.lineage.model import Activity
from roletrail.stores.embedded.rows import select_in
from roletrail.stores.folds import DAY_SECONDS, unpack_folds
from roletrail.stores.merge import fold_activities


def activities_between(connection: Connection, ids: Collection[str], from_: int, to: int) -> list[Activity]:
    """Cells begin in [from_, to)."""
    days = "SELECT id, day, folds FROM identity JOIN activity USING (n) WHERE day BETWEEN ? AND ? AND id IN (?)"
    found = select_in(connection, days, set(ids), before=(from_ // DAY_SECONDS, to // DAY_SECONDS))
    folds = [fold for id_, _, packed in found for fold in unpack_folds(id_, packed) if from_ <= fold.cell < to]
    parts = len(found) - len({(id_, day) for id_, day, _ in found})  # days that came in several commits have to be added up
    return sorted(fold_activities(folds).values() if parts else folds)  # no two are alike up to the end of their key
