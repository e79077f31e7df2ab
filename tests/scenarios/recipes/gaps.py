"""What logs cannot show: logging switched off, reads left out, files missing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.scenarios.recipes import DAY, HOME, Files, named_role, new_trail, scenario
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.cloudtrail import Record, at, role_session
from tests.support.identities import iso

A = named_role(HOME, "A")


@scenario("t35-logging-off")
def logging_off() -> Files:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    earlier = trail.assume(key, at(DAY, "10:00:00"), A, "before", key="K1")
    trail.call(earlier, at(DAY, "10:30:00"), "s3", "ListBuckets")
    trail.call(key, at(DAY, "11:00:00"), "cloudtrail", "StopLogging", {"name": "hl-trail"})
    trail.call(key, at(DAY, "13:00:00"), "cloudtrail", "StartLogging", {"name": "hl-trail"})
    unseen = role_session(A, "during", trail.ids.unique("ASIA", HOME, "K7"), at(DAY, "12:00:00"), key)
    trail.call(unseen, at(DAY, "13:05:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t46-writes-only")
def writes_only() -> Files:
    """A trail of writes holds no role lineage at all: every AssumeRole is a read (F18)."""
    return {"events.json": [record for record in three_accounts().records if not record["readOnly"]]}


@scenario("t47-digests")
def digests() -> Files:
    """Digests list every log file with its hash: one file is missing, one was altered, one digest is missing, one hour is quiet."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    for hour in (9, 10, 11, 12):
        session = trail.assume(key, at(DAY, f"{hour:02d}:05:00"), A, f"hour-{hour}", key=f"K{hour}")
        trail.call(session, at(DAY, f"{hour:02d}:06:00"), "s3", "ListBuckets")
    logs = layout.delivered(trail.records, seconds=3600)
    files: Files = dict(logs)
    names = sorted(logs)
    for hour, name in zip((9, 10, 11, 12), names, strict=True):
        if hour != 11:
            files[_digest_name(hour)] = _digest(hour, {name: logs[name]})
    files[_digest_name(13)] = _digest(13, {})
    del files[names[0]]
    altered = layout.delivered([_altered(record) for record in trail.records], seconds=3600)
    files[names[1]] = altered[names[1]]
    return files


def _altered(record: Record) -> Record:
    return {**record, "sourceIPAddress": "203.0.113.99"}


def _digest_name(hour: int) -> str:
    stamp = f"20261102T{hour + 1:02d}0000Z"
    day = "2026/11/02"
    return f"AWSLogs/{HOME}/CloudTrail-Digest/eu-central-1/{day}/{HOME}_CloudTrail-Digest_eu-central-1_trail_eu-central-1_{stamp}.json.gz"


def _digest(hour: int, logs: dict[str, bytes]) -> bytes:
    import gzip

    files = [
        {
            "s3Bucket": "hl-trail",
            "s3Object": name,
            "hashAlgorithm": "SHA-256",
            "hashValue": hashlib.sha256(gzip.decompress(gz)).hexdigest(),
        }
        for name, gz in logs.items()
    ]
    digest: dict[str, Any] = {
        "awsAccountId": HOME,
        "digestStartTime": iso(at(DAY, f"{hour:02d}:00:00")),
        "digestEndTime": iso(at(DAY, f"{hour + 1:02d}:00:00")),
        "digestS3Bucket": "hl-trail",
        "digestS3Object": _digest_name(hour),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "previousDigestS3Object": _digest_name(hour - 1),
        "logFiles": files,
    }
    return gzip.compress(json.dumps(digest).encode(), mtime=0)
