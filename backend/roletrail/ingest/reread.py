"""One record read again from the object it came from, through the parser and the scrubber of ingest (ADR 0006)."""

from __future__ import annotations

from pathlib import Path

from roletrail.ingest import tolerant
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.opening import open_object
from roletrail.ingest.record import Fault, Taken
from roletrail.ingest.scrub import scrubbed


def read_again(locator: str, position: int) -> bytes | None:
    """The scrubbed record at `position` of an object; None when the object is gone, or holds no such record now.

    The caller compares the event id: another object may lie under the same name.
    """
    stored = _stored(locator)
    item = open_object(stored).item(position) if stored is not None else None
    if item is None or isinstance(item, Fault):
        return None
    taken = tolerant.take(item)
    if not isinstance(taken, Taken):
        return None
    try:
        return scrubbed(bytes(taken.raw))
    except BadJson:
        return None


def _stored(locator: str) -> bytes | None:
    """Bytes of a file. Standard input and what lies in a bucket cannot be asked again."""
    path = Path(locator)
    try:
        return path.read_bytes() if path.is_absolute() and path.is_file() else None
    except OSError:
        return None
