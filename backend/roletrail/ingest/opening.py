"""An object's bytes to its records, whatever they are kept in: JSON as `records` reads it, CSV, Parquet.

Tables are written out as JSON first, so that everything after this sees one form. Knows nothing of where bytes are from.
"""

from __future__ import annotations

import hashlib

from roletrail.ingest import csv_rows, iceberg, records
from roletrail.ingest.inflate import MOST_BYTES, Unreadable, plain, utf8
from roletrail.ingest.records import Content
from roletrail.lineage.model import Quarantined

PARQUET_MAGIC = b"PAR1"


def open_object(stored: bytes) -> Content:
    """As `records.open_object`, and tables too: an object that cannot be taken has a fault and no records."""
    try:
        if iceberg.is_state(stored):
            return Content(hashlib.sha256(stored).hexdigest(), len(stored), "iceberg")
        if stored[:4] == PARQUET_MAGIC:
            from roletrail.ingest import parquet_rows  # noqa: PLC0415 - pyarrow, which JSON needs not

            return _of_table(stored, parquet_rows.records_text(stored, MOST_BYTES))
        if csv_rows.may_be(stored):
            raw = plain(stored)
            text = csv_rows.records_text(utf8(raw), MOST_BYTES)
            if text is not None:
                return _of_table(raw, (text, "cloudtrail"))
    except Unreadable as error:
        content = Content(hashlib.sha256(stored).hexdigest(), 0, "unreadable")
        content.faults = [Quarantined(-1, error.reason, error.detail)]
        return content
    content = records.open_object(stored)
    if content.kind == "unknown" and iceberg.is_metadata(plain(stored)):
        content.kind, content.faults = "iceberg", []
    return content


def _of_table(raw: bytes, read: tuple[bytes, str]) -> Content:
    text, kind = read
    content = records.open_object(text)
    content.sha256, content.size = hashlib.sha256(raw).hexdigest(), len(raw)
    if content.kind == "cloudtrail":
        content.kind = kind
    return content
