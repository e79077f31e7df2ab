"""One record read again from the object it came from, through the parser and the scrubber of ingest (ADR 0006)."""

from __future__ import annotations

from pathlib import Path

from roletrail.ingest import tolerant
from roletrail.ingest.inflate import Unreadable
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.opening import open_object
from roletrail.ingest.record import Fault, Taken
from roletrail.ingest.scrub import scrubbed
from roletrail.ingest.source import SCHEME


def read_again(locator: str, position: int) -> bytes | None:
    """The scrubbed record at `position` of an object; None when the file is gone, or the object holds no such record now.

    The caller compares the event id: another object may lie under the same name. Raises Unreadable when nobody can be asked.
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


_ONCE = {
    "stdin:": "It came by standard input, which cannot be asked again.",
    "upload:": "It came as an upload, and uploads are not kept.",
    "lookup-events:": "It came from CloudTrail's Event history, which has it for 90 days: look it up there by its event id.",
}


def _stored(locator: str) -> bytes | None:
    """Bytes of a file, or of an object in S3, which is asked once: somebody waits."""
    for kind, why in _ONCE.items():
        if locator.startswith(kind):
            raise Unreadable("not_kept", why)
    if locator.startswith(SCHEME):
        from roletrail.ingest.source import s3  # noqa: PLC0415 - boto3, for stores that were filled from there

        return s3.asked_once(locator)
    path = Path(locator)
    try:
        return path.read_bytes() if path.is_absolute() and path.is_file() else None
    except OSError:
        return None
