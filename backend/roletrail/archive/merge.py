"""One sorted file out of many, by DuckDB, within a bounded memory. `compact` says which and when."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from roletrail.archive.engine import open_engine
from roletrail.archive.names import merged_stem, spill_name
from roletrail.archive.port import Group
from roletrail.archive.writer import SCHEMAS, WrittenFile, write_batches

MEMORY = "400MB"
ORDER = {"events": 'identity, "at", event_id', "evidence": "event_id"}
ROW_GROUP = {"events": 16_384, "evidence": 1_024}


def merge(folder: Path, run: int, number: int, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile] | None:
    """Write the merged file of a group: none when every row belongs to an excluded attempt, None when a file is gone."""
    spill = folder / spill_name(merged_stem(run, number))
    engine = open_engine(folder, MEMORY, spill)
    try:
        batches = _sorted_rows(engine, folder, group, excluded_attempts)
        first = next(batches, None)
        if first is None:
            return []
        return [write_batches(folder, group.kind, group.day, merged_stem(run, number), itertools.chain((first,), batches))]
    except duckdb.IOException:
        if all((folder / name).exists() for name in group.names):
            raise
        return None
    finally:
        engine.close()
        shutil.rmtree(spill, ignore_errors=True)


def _sorted_rows(
    engine: duckdb.DuckDBPyConnection, folder: Path, group: Group, excluded_attempts: Collection[int]
) -> Iterator[pa.RecordBatch]:
    """Row groups of the merged file, in order."""
    query = f"""
        SELECT * FROM read_parquet($files, hive_partitioning = false)
        WHERE attempt NOT IN (SELECT unnest($excluded::BIGINT[])) ORDER BY {ORDER[group.kind]}
    """
    values = {"files": [str(folder / name) for name in group.names], "excluded": list(excluded_attempts)}
    schema = SCHEMAS[group.kind]
    for batch in engine.sql(query, params=values).to_arrow_reader(ROW_GROUP[group.kind]):
        if batch.num_rows:
            yield batch.cast(schema)
