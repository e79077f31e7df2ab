"""Messages that say an object has come: S3's own, through SNS or EventBridge, and CloudTrail's. Pure text to objects.

S3's event message structure page: keys are form-encoded in S3 events, and plain in EventBridge's. A queue that was just
connected gets one s3:TestEvent.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson, loads
from roletrail.ingest.source import Listed

MOST_WRAPPERS = 4
"""SNS in SQS is one; somebody forwards a queue into a topic now and then."""

_NOT_OURS = re.compile(r"(?:^|/)AWSLogs/(?:.*/)?\d{12}/(?!CloudTrail(?:-Digest)?/)[^/]+/")
"""Another service's folder in CloudTrail's own tree, Insight's included."""


class Announced(NamedTuple):
    """What a message says. None for `objects` is a message nobody can read."""

    objects: tuple[Listed, ...] | None
    at: int = 0  # when the first of them came; 0 unknown
    passed_by: int = 0  # objects of other services, and deletions


def announced(body: str) -> Announced:
    try:
        message = loads(body.encode("utf-8", "replace"))
        for _ in range(MOST_WRAPPERS):
            if not (isinstance(message, dict) and isinstance(message.get("Message"), str)):
                break
            message = loads(message["Message"].encode("utf-8", "replace"))
    except BadJson:
        return Announced(None)
    return _read(message) if isinstance(message, dict) else Announced(None)


def _read(message: dict[str, Any]) -> Announced:
    if message.get("Event") == "s3:TestEvent":
        return Announced(())
    records = message.get("Records")
    if isinstance(records, list):
        return _s3(records)
    if message.get("source") == "aws.s3" and isinstance(message.get("detail"), dict):
        return _event_bridge(message)
    keys = message.get("s3ObjectKey")
    if isinstance(message.get("s3Bucket"), str) and isinstance(keys, list) and all(isinstance(key, str) for key in keys):
        return _ours([_object(message["s3Bucket"], key, -1, "") for key in keys], 0)
    return Announced(None)


def _s3(records: list[Any]) -> Announced:
    objects: list[Listed] = []
    deletions, at = 0, 0
    for record in records:
        try:
            bucket, thing = record["s3"]["bucket"]["name"], record["s3"]["object"]
            key = unquote_plus(thing["key"], errors="strict")
            if not str(record["eventName"]).startswith(("ObjectCreated:", "ObjectRestore:Completed")):
                deletions += 1
                continue
            objects.append(_object(str(bucket), key, int(thing.get("size", -1)), str(thing.get("eTag", ""))))
            at = at or clock.epoch(str(record.get("eventTime", "")))
        except (KeyError, TypeError, ValueError):
            return Announced(None)
    return _ours(objects, at, deletions)


def _event_bridge(message: dict[str, Any]) -> Announced:
    if message.get("detail-type") not in ("Object Created", "Object Restore Completed"):
        return Announced((), 0, 1)
    try:
        detail = message["detail"]
        thing = detail["object"]
        one = _object(str(detail["bucket"]["name"]), str(thing["key"]), int(thing.get("size", -1)), str(thing.get("etag", "")))
    except (KeyError, TypeError, ValueError):
        return Announced(None)
    return _ours([one], clock.epoch(str(message.get("time", ""))))


def _object(bucket: str, key: str, size: int, etag: str) -> Listed:
    url = f"s3://{bucket}/{key}"
    return Listed(url, url, size, etag.strip('"'))


def _ours(objects: list[Listed], at: int, deletions: int = 0) -> Announced:
    kept = tuple(one for one in objects if not _NOT_OURS.search(one.locator) and not one.locator.endswith("/"))
    return Announced(kept, at, deletions + len(objects) - len(kept))
