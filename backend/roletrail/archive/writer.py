"""Writes event rows and evidence records as Parquet, from inside an ingest worker.

Files become visible only when the ledger names them, so nothing here is synced or locked: a worker that dies leaves
files whose names carry its run, and `strays.remove_strays` takes them away. Knows no store and no record format.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from roletrail.archive.names import TEMPORARY, day_name, place, writer_stem

DAY_SECONDS = 86_400
MOST_DAYS = 120
"""More days than this in one flush go to one file that spans days: a crafted object must not make 10,000 files."""

EVENT_COLUMNS = pa.schema(
    [
        ("attempt", pa.int64()),
        ("record", pa.int32()),
        ("event_id", pa.string()),
        ("at", pa.int64()),
        ("identity", pa.string()),
        ("access_key_id", pa.string()),
        ("event_source", pa.string()),
        ("event_name", pa.string()),
        ("region", pa.string()),
        ("account", pa.string()),
        ("address", pa.string()),
        ("agent", pa.string()),
        ("error_code", pa.string()),
        ("read_only", pa.bool_()),
        ("vpce_id", pa.string()),
        ("invoked_by", pa.string()),
    ]
)
EVIDENCE_COLUMNS = pa.schema([("attempt", pa.int64()), ("event_id", pa.string()), ("at", pa.int64()), ("record", pa.binary())])
SCHEMAS = {"events": EVENT_COLUMNS, "evidence": EVIDENCE_COLUMNS}

Evidence = tuple[int, str, int, bytes]
"""attempt, event id, time, scrubbed record as JSON"""


class WrittenFile(NamedTuple):
    """A file that exists under its final name and waits to be named by the ledger."""

    name: str  # relative to the archive folder
    day: str  # yyyymmdd, "" when it spans days
    kind: str  # events | evidence
    rows: int


class ArchiveWriter:
    """Collects rows of some objects and writes one file per kind and day at each flush."""

    def __init__(self, folder: Path, run: int, worker: int) -> None:
        self._folder = folder
        self._run = run
        self._worker = worker
        self._flushes = 0
        self._batches: dict[str, list[pa.RecordBatch]] = {"events": [], "evidence": []}
        self.rows = 0

    def add(self, columns: dict[str, list], evidence: Sequence[Evidence] = ()) -> None:
        """Take the rows of one reduction: one list per event column, all of one length."""
        batch = pa.record_batch([_array(columns[field.name], field.type) for field in EVENT_COLUMNS], schema=EVENT_COLUMNS)
        if batch.num_rows:
            self._batches["events"].append(batch)
            self.rows += batch.num_rows
        if evidence:
            arrays = [
                _array(values, field.type) for field, values in zip(EVIDENCE_COLUMNS, zip(*evidence, strict=True), strict=True)
            ]
            self._batches["evidence"].append(pa.record_batch(arrays, schema=EVIDENCE_COLUMNS))

    def flush(self) -> list[WrittenFile]:
        """Write what was added since the last flush and name the files."""
        self._flushes += 1
        stem = writer_stem(self._run, self._worker, self._flushes)
        written = [
            write_batches(self._folder, kind, day, stem, (table,))
            for kind, batches in self._batches.items()
            if batches
            for day, table in split_days(pa.Table.from_batches(batches))
        ]
        self._batches = {"events": [], "evidence": []}
        self.rows = 0
        return written


def split_days(table: pa.Table) -> Iterable[tuple[str, pa.Table]]:
    """The table by UTC day, or whole under "" when it touches too many days."""
    days = table["at"].to_numpy() // DAY_SECONDS
    if days[0] == days[-1] and (days == days[0]).all():
        return [(day_name(int(days[0]) * DAY_SECONDS), table)]
    distinct = np.unique(days)
    if len(distinct) > MOST_DAYS:
        return [("", table)]
    return [(day_name(int(day) * DAY_SECONDS), table.filter(pa.array(days == day))) for day in distinct]


def write_batches(folder: Path, kind: str, day: str, stem: str, batches: Iterable[pa.RecordBatch]) -> WrittenFile:
    """Write each batch as a row group under a temporary name, readable by the owner alone, then give it its name."""
    name = place(kind, day, stem)
    path = folder / name
    for parent in (folder, folder / kind, path.parent):
        parent.mkdir(mode=0o700, exist_ok=True)
    temporary = path.with_name(path.name + TEMPORARY)
    os.close(os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    rows = 0
    with pq.ParquetWriter(temporary, SCHEMAS[kind], **ENCODING[kind]) as writer:
        for batch in batches:
            writer.write(batch)
            rows += batch.num_rows
    temporary.rename(path)
    return WrittenFile(name, day, kind, rows)


# Event ids are random and records differ: a dictionary of them would only be built to be thrown away.
_REPEATING = [f.name for f in EVENT_COLUMNS if f.name not in ("event_id", "at", "record", "read_only")]
ENCODING: dict[str, dict] = {
    "events": {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": _REPEATING,
        "column_encoding": {"at": "DELTA_BINARY_PACKED", "record": "DELTA_BINARY_PACKED"},
        "write_statistics": ["identity", "at"],  # of random ids they would cost more than all other columns together
        "store_schema": False,
    },
    "evidence": {"compression": "zstd", "compression_level": 3, "use_dictionary": ["attempt"], "store_schema": False},
}


def _array(values: Sequence, kind: pa.DataType) -> pa.Array:
    if values and values.count(values[0]) == len(values):  # account, attempt and the mostly empty columns: 1 ns a row, not 35
        return pa.repeat(pa.scalar(_utf8(values[0]), kind), len(values))
    if pa.types.is_integer(kind):
        return pa.array(np.array(values, kind.to_pandas_dtype()))
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array([_utf8(v) for v in values], kind)


def _utf8(value: object) -> object:
    """A lone surrogate is legal in JSON text and in Python, but in no UTF-8: it is stored as "?"."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
