"""Writes records the way CloudTrail delivers them to S3: gzip objects by account, region and day, the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def delivered(records: Iterable[Record], *, seconds: int = 86400) -> dict[str, bytes]:
    """Object key below AWSLogs/ -> gzip bytes; one object per account, region and stretch of `seconds`."""
    groups: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[(record["recipientAccountId"], record["awsRegion"], _stretch(record["eventTime"], seconds))].append(record)
    objects = {}
    for (account, region, stretch), group in sorted(groups.items()):
        group.sort(key=lambda record: (record["eventTime"], record["eventID"]))
        objects[_key(account, region, stretch, group[0]["eventID"])] = packed(group)
    return objects


def packed(records: list[Record]) -> bytes:
    body = json.dumps({"Records": records}, separators=(",", ":"), ensure_ascii=False).encode()
    return gzip.compress(body, compresslevel=9, mtime=0)


def write(folder: Path, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        target = folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def _stretch(event_time: str, seconds: int) -> str:
    second = int(event_time[11:13]) * 3600 + int(event_time[14:16]) * 60 + int(event_time[17:19])
    begin = second // seconds * seconds
    return event_time[:10].replace("-", "") + f"T{begin // 3600:02d}{begin % 3600 // 60:02d}Z"


def _key(account: str, region: str, stretch: str, first_event: str) -> str:
    day = f"{stretch[:4]}/{stretch[4:6]}/{stretch[6:8]}"
    unique = hashlib.sha256(first_event.encode()).hexdigest()[:16]
    return f"AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{stretch}_{unique}.json.gz"
