"""Activities of identities in a window, for those who link and for those who read."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

from roletrail.lineage.model import Activity
from roletrail.stores.embedded.rows import select_in
from roletrail.stores.folds import DAY_SECONDS, unpack_folds
from roletrail.stores.merge import fold_activities


def activities_between(connection: Connection, names: Mapping[int, str], from_: int, to: int) -> list[Activity]:
    """Cells begin in [from_, to). `names` are ids by number."""
    days = "SELECT n, day, folds FROM activity WHERE day BETWEEN ? AND ? AND n IN (?)"
    found = select_in(connection, days, names, before=(from_ // DAY_SECONDS, to // DAY_SECONDS))
    folds = [fold for n, _, packed in found for fold in unpack_folds(names[n], packed) if from_ <= fold.cell < to]
    parts = len(found) - len({(n, day) for n, day, _ in found})  # days that came in several commits have to be added up
    return sorted(fold_activities(folds).values() if parts else folds)  # no two are alike up to the end of their key
