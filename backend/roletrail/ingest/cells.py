"""Where doubles of events could sit, and which of a part's events are doubles: the ledger's half of exactly-once.

The same event can only be delivered again for the same recipient account, region and hour. Also counts events by
category there, for coverage.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from roletrail.ingest.coded import Coded, combined, first_of
from roletrail.ingest.columns import Columns
from roletrail.lineage.model import CellEvents

HOUR = 3600
CATEGORIES = ("management_read", "management_write", "data", "network", "insight")
_DATA, _NETWORK = 2, 3
_READING = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet")


class Placed(NamedTuple):
    """Each event's cell, as a number into `cells` = (account, region, hour); `order` has events by cell and hash."""

    cells: list[tuple[str, str, int]]
    code: np.ndarray
    order: np.ndarray


def place(columns: Columns, account: Coded) -> Placed:
    """`account` is the recipient account of each event, where a record lacks it the caller's."""
    hours = columns.at // HOUR
    low = int(hours.min())
    code, count = combined(
        [
            (hours - low, int(hours.max()) - low + 1),
            (account.codes, len(account.table)),
            (columns.region.codes, len(columns.region.table)),
        ]
    )
    places = zip(
        *(numbers[first_of(code, count)].tolist() for numbers in (account.codes, columns.region.codes, hours)), strict=True
    )
    order = np.lexsort((columns.hashes, code))
    return Placed([(account.table[a], columns.region.table[r], hour * HOUR) for a, r, hour in places], code, order)


def fresh(columns: Columns, placed: Placed, skip: bytes) -> np.ndarray | None:
    """Marks the events to take: those not in `skip` (hashes of cells, as in CellEvents), each once; None for all."""
    keep = np.ones(len(columns.hashes), bool)
    if skip:
        keep &= ~np.isin(columns.hashes, np.frombuffer(skip, "<u8"))
    order = placed.order
    hashes, code = columns.hashes[order], placed.code[order]
    again = ((hashes[1:] == hashes[:-1]) & (code[1:] == code[:-1])).nonzero()[0] + 1
    keep[order[again]] = False  # the sort is stable, so the first of two stays
    return None if keep.all() else keep


def cells_of(columns: Columns, placed: Placed) -> list[CellEvents]:
    category = _categories(columns)
    order = placed.order
    code, hashes, at = placed.code[order], columns.hashes[order].astype("<u8"), columns.at[order]
    kind = category[order]
    starts = np.concatenate(([True], code[1:] != code[:-1])).nonzero()[0]
    stops = np.concatenate((starts[1:], [len(code)]))
    rows = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        account, region, hour = placed.cells[code[start]]
        numbers = np.bincount(kind[start:stop], minlength=len(CATEGORIES)).tolist()
        counts = {name: number for name, number in zip(CATEGORIES, numbers, strict=True) if number}
        times = at[start:stop]
        rows.append(CellEvents(account, region, hour, hashes[start:stop].tobytes(), counts, int(times.min()), int(times.max())))
    return rows


def _categories(columns: Columns) -> np.ndarray:
    """Category of each event. Records before 1.07 have no eventCategory: managementEvent, else management."""
    category, read_only, management = columns.category, columns.read_only, columns.management
    parts = [(column.codes, len(column.table)) for column in (category, read_only, management)]
    code, count = combined(parts)
    firsts = first_of(code, count)
    kinds = zip(*(column.only(firsts).texts() for column in (category, read_only, management)), strict=True)
    found = np.array([_category(*kind) for kind in kinds], np.int64)[code]
    unsaid = found < 0
    if unsaid.any():
        found[unsaid] = np.where(columns.event_name.marks(lambda name: name.startswith(_READING)), 0, 1)[unsaid]
    return found


def _category(category: str, read_only: bool | None, management: bool | None) -> int:
    """-1 for a management event that does not say whether it reads."""
    if category == "Data" or (not category and management is False):
        return _DATA
    if category == "NetworkActivity":
        return _NETWORK
    return -1 if read_only is None else (0 if read_only else 1)
