"""One sorted file out of many, by DuckDB, within a bounded memory. `compact` says which and when."""

from __future__ import annotations

import itertools
import logging
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from roletrail.archive.engine import open_engine
from roletrail.archive.names import merged_stem, run_of, spill_name
from roletrail.archive.port import Group
from roletrail.archive.writer import SCHEMAS, WrittenFile, write_batches

log = logging.getLogger(__name__)

MEMORY = ("96MB", "256MB")
"""What a sort may take: most days are sorted within the first, and a process that keeps to it is a third smaller. Days of some
millions of events need the second."""

ORDER = {"events": 'identity, "at", event_id', "evidence": "event_id"}
ROW_GROUP = {"events": 16_384, "evidence": 1_024}


class Merger:
    """Merges for one run, one group after another, with one engine."""

    def __init__(self, folder: Path, run: int) -> None:
        self._folder = folder
        self._run = run
        self._merges = 0
        self._spill = folder / spill_name(merged_stem(run, 0))
        self._tries = iter(MEMORY)
        self._engine = self._opened(next(self._tries))

    def _opened(self, memory: str) -> duckdb.DuckDBPyConnection:
        return open_engine(self._folder, memory, self._spill, threads=1)  # each thread pins blocks of its own

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def merge(self, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile] | None:
        """Write the merged file of a group: none when every row belongs to an excluded attempt.

        None when a file is gone, or when the day is too large to sort in the memory given: many files are slower to
        read than one, and still right.
        """
        self._merges += 1
        try:
            return self._written(group, excluded_attempts)
        except (duckdb.OutOfMemoryException, OSError) as error:
            if not _is_too_large(error):
                raise
        except duckdb.IOException:
            if all((self._folder / name).exists() for name in group.names):
                raise
            return None
        memory = next(self._tries, None)
        if memory is None:
            log.warning("day %s stays in %d files: sorting it needs more than %s", group.day, len(group.names), MEMORY[-1])
            return None
        self._engine.close()
        self._engine = self._opened(memory)  # and the next days are as large
        return self.merge(group, excluded_attempts)

    def _written(self, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile]:
        batches = self._sorted_rows(group, excluded_attempts)
        first = next(batches, None)
        if first is None:
            return []
        stem = merged_stem(self._run, self._merges)
        return [write_batches(self._folder, group.kind, group.day, stem, itertools.chain((first,), batches))]

    def _sorted_rows(self, group: Group, excluded_attempts: Collection[int]) -> Iterator[pa.RecordBatch]:
        """Row groups of the merged file, in order."""
        query = f"""
            SELECT * FROM read_parquet($files, hive_partitioning = false)
            WHERE attempt NOT IN (SELECT unnest($excluded::BIGINT[])) ORDER BY {ORDER[group.kind]}
        """
        runs = {run_of(name) for name in group.names}
        excluded = [attempt for attempt in excluded_attempts if attempt >> 24 in runs]
        values = {"files": [str(self._folder / name) for name in group.names], "excluded": excluded}
        schema = SCHEMAS[group.kind]
        for batch in self._engine.sql(query, params=values).to_arrow_reader(ROW_GROUP[group.kind]):
            if batch.num_rows:
                yield batch.cast(schema)


def _is_too_large(error: Exception) -> bool:
    """DuckDB's own error before the first row; Arrow's, which says the same in words, once rows are read."""
    return isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in str(error)
