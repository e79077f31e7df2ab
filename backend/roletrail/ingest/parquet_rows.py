"""Parquet tables of CloudTrail events: Athena's (CTAS, UNLOAD), CloudTrail Lake's, and Security Lake's OCSF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from roletrail.ingest import iceberg, ocsf
from roletrail.ingest.inflate import Unreadable
from roletrail.ingest.json_text import BadJson, encode

ROWS = 5_000
"""Rows turned into Python at once."""


def records_text(stored: bytes, most: int) -> tuple[bytes, str]:
    """The rows as a `Records` document, and the kind of the object: cloudtrail, or ocsf for what was mapped back.

    Raises Unreadable when it is no Parquet file, or holds something else.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(stored))
        names = {name.lower() for name in file.schema_arrow.names}
        if names >= {"eventname", "eventtime"}:
            return _document(map(_plain_row, _rows(file)), most), "cloudtrail"
        if names >= ocsf.COLUMNS:
            return _document(filter(None, map(ocsf.record_of, _rows(file))), most), "ocsf"
    except (pa.ArrowException, OSError, ValueError, BadJson) as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise Unreadable("bad_parquet", f"The Parquet file cannot be read: {first}") from None
    if names >= iceberg.DELETES:
        raise Unreadable("iceberg_deletes", "It deletes rows of an Iceberg table, which were taken in all the same.")
    raise Unreadable("not_cloudtrail", "The Parquet file has no columns of CloudTrail events, or of OCSF made from them.")


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(ROWS, use_threads=False):
        yield from batch.to_pylist()


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    """Structs as objects without their nulls; times as text; bytes have no place in a record."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):  # a map
            return {str(name): _plain(member) for name, member in value}
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _document(rows: Iterator[dict[str, Any]], most: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    for row in rows:
        pieces.append(encode(_plain(row)))
        total += len(pieces[-1]) + 1
        if total > most:
            raise Unreadable("too_large", f"The table holds more than {most} bytes of records.")
    return b'{"Records":[' + b",".join(pieces) + b"]}"
