"""Writes event rows and evidence records as Parquet, from inside an ingest worker.

Files become visible only when the ledger names them, so nothing here is synced or locked: a worker that dies leaves
files whose names carry its run, and `strays.remove_strays` takes them away. Knows no store and no record format.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
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

Column = Sequence | np.ndarray | tuple[list, np.ndarray]
"""Values of all rows, or a table of them with the number of each row's in it."""

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
        self._held: dict[str, list[pa.RecordBatch]] = {"events": [], "evidence": []}
        self.rows = 0

    def add(self, columns: Mapping[str, Column], evidence: Sequence[Evidence] = ()) -> None:
        """Take the rows of one reduction: event columns of one length."""
        if len(columns["event_id"]):
            arrays = [_column(columns[field.name], field.type) for field in _HELD]
            self._held["events"].append(pa.record_batch(arrays, schema=_HELD))
            self.rows += len(columns["event_id"])
        if evidence:
            fields = zip(EVIDENCE_COLUMNS, zip(*evidence, strict=True), strict=True)
            arrays = [_array(values, field.type) for field, values in fields]
            self._held["evidence"].append(pa.record_batch(arrays, schema=EVIDENCE_COLUMNS))

    def flush(self) -> list[WrittenFile]:
        """Write what was added since the last flush and name the files."""
        self._flushes += 1
        stem = writer_stem(self._run, self._worker, self._flushes)
        written = [
            write_batches(self._folder, kind, day, stem, (table,))
            for kind, batches in self._held.items()
            if batches
            for day, table in split_days(batches)
        ]
        self._held = {"events": [], "evidence": []}
        self.rows = 0
        return written


def split_days(batches: Sequence[pa.RecordBatch]) -> Iterable[tuple[str, pa.Table]]:
    """The batches by UTC day, or all under "" when they touch too many days. Most batches lie in one day as they are."""
    by_day: dict[int, list[pa.RecordBatch]] = {}
    for batch in batches:
        days = batch["at"].to_numpy() // DAY_SECONDS
        low, high = int(days.min()), int(days.max())
        distinct = [low] if low == high else np.unique(days).tolist()
        if len(by_day.keys() | distinct) > MOST_DAYS:
            return [("", _table(batches))]
        for day in distinct:
            by_day.setdefault(day, []).append(batch if len(distinct) == 1 else batch.filter(pa.array(days == day)))
    return [(day_name(day * DAY_SECONDS), _table(held)) for day, held in sorted(by_day.items())]


def _table(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).unify_dictionaries()


def write_batches(folder: Path, kind: str, day: str, stem: str, batches: Iterable[pa.RecordBatch | pa.Table]) -> WrittenFile:
    """Write each batch as a row group under a temporary name, readable by the owner alone, then give it its name."""
    name = place(kind, day, stem)
    path = folder / name
    for parent in (folder, folder / kind, path.parent):
        parent.mkdir(mode=0o700, exist_ok=True)
    temporary = path.with_name(path.name + TEMPORARY)
    os.close(os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    rest = iter(batches)
    first = next(rest)
    rows = 0
    try:
        with pq.ParquetWriter(temporary, first.schema, **ENCODING[kind]) as writer:
            for batch in itertools.chain((first,), rest):
                writer.write(batch)
                rows += batch.num_rows
    except Exception:
        temporary.unlink()  # whoever hands in the batches may go on without them
        raise
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
    "evidence": {
        "compression": "zstd",
        "compression_level": 1,  # measured: as small as 3, a third less time
        "use_dictionary": ["attempt"],
        "write_statistics": ["at"],
        "store_schema": False,
    },
}


# A held column of texts is a dictionary, so that each text is met once and not once a row.
_CODED = pa.dictionary(pa.int64(), pa.string())
_HELD = pa.schema(
    [field.with_type(_CODED) if field.name in _REPEATING and pa.types.is_string(field.type) else field for field in EVENT_COLUMNS]
)


def _column(values: Column, kind: pa.DataType) -> pa.Array:
    if isinstance(values, tuple):
        table, codes = values
        if pa.types.is_dictionary(kind):
            return pa.DictionaryArray.from_arrays(pa.array(codes), _array(table, kind.value_type), safe=False)
        return _array(table, kind).take(pa.array(codes))
    if pa.types.is_dictionary(kind):
        return _array(values, kind.value_type).dictionary_encode().cast(kind)
    return _array(values, kind)


def _array(values: Sequence | np.ndarray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        return pa.array(np.asarray(values, kind.to_pandas_dtype()))
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array([_utf8(v) for v in values], kind)


def _utf8(value: object) -> object:
    """A lone surrogate is legal in JSON text and in Python, but in no UTF-8: it is stored as "?"."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
