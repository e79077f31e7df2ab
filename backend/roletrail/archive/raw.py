"""The raw record of an event: kept whole as evidence, or read again from its object, or gone (ADR 0006).

Reading a record needs ingest's parser and scrubber, which are above this room: the reader is handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from roletrail.archive.port import EventLog, LoggedEvent
from roletrail.archive.writer import day_name

Reread = Callable[[str, int], dict[str, Any] | None]
"""(locator, index of the record) -> the record as the scrubber leaves it; None when it cannot be read any more."""


class RawRecord(NamedTuple):
    """A scrubbed record, or one sentence why there is none."""

    record: dict[str, Any] | None
    missing: str


def raw_record(log: EventLog, row: LoggedEvent, locator: str, reread: Reread) -> RawRecord:
    """`locator` is where the row's attempt read its object, "" when the store knows of none."""
    kept = log.evidence(day_name(row.at), row.event_id)
    if kept is not None:
        return RawRecord(json.loads(kept), "")
    if not locator:
        return RawRecord(None, "The store does not know which object this event came from.")
    record = reread(locator, row.record)
    if record is None:
        return RawRecord(None, f"The object {locator} it came from cannot be read any more.")
    if record.get("eventID", "") != row.event_id:
        return RawRecord(None, f"The object {locator} it came from has another event in its place now.")
    return RawRecord(record, "")
