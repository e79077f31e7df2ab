"""CloudTrail-Digest files: which log files of an hour there must be, and the hash of each (F19).

`hashValue` is the SHA-256 of the uncompressed log file, as the ledger keeps it of every object. Signatures are not checked:
that takes AWS's public keys (`aws cloudtrail validate-logs`). Told apart from other JSON by `envelopes`.
"""

from __future__ import annotations

import re
from typing import Any

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson, loads
from roletrail.ingest.members import items_at, text_at
from roletrail.lineage.model import Digest, ListedFile

MOST_FILES = 20_000
"""Files of one digest that are taken; CloudTrail's busiest hours list some hundreds."""
MOST_NAME = 1024
"""Longest S3 key."""
LONGEST = 86_400
"""Seconds that a digest may speak for: an hour, and a first or late one somewhat more."""

_REGION = re.compile(r"/CloudTrail(?:-Digest)?/([a-z0-9-]{4,30})/")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def digest_of(text: bytes) -> Digest:
    """Raises BadJson when the file cannot be read as a digest."""
    value = loads(text)
    name = text_at(value, "digestS3Object")[:MOST_NAME]
    start, end = (clock.epoch(text_at(value, member)) for member in ("digestStartTime", "digestEndTime"))
    account = text_at(value, "awsAccountId")
    if not (start and end and start < end <= start + LONGEST and re.fullmatch(r"\d{12}", account) and name):
        raise BadJson("bad_digest", "The digest names no account, no hour, or not itself.")
    listed = items_at(value, "logFiles")
    if len(listed) > MOST_FILES:
        raise BadJson("bad_digest", f"The digest lists more than {MOST_FILES} files.")
    files = tuple(_file(entry) for entry in listed)
    region = next((found[1] for file in (name, *(file.name for file in files)) if (found := _REGION.search(file))), "")
    if not region:
        raise BadJson("bad_digest", "The digest does not say of which region it is.")
    return Digest(name, account, region, start, end, text_at(value, "previousDigestS3Object")[:MOST_NAME], files)


def _file(entry: Any) -> ListedFile:
    name, hash_ = text_at(entry, "s3Object"), text_at(entry, "hashValue").lower()
    if not name or len(name) > MOST_NAME or not _SHA256.fullmatch(hash_):
        raise BadJson("bad_digest", "The digest lists a file without a name or without its SHA-256.")
    return ListedFile(name, hash_)
