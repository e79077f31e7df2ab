"""One sorted file out of many, within a bounded memory. `compact` says which and when."""

from __future__ import annotations

import errno
import itertools
import logging
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from roletrail.archive.names import merged_stem, run_of, spill_name
from roletrail.archive.port import Group
from roletrail.archive.sort import Wanted, in_order
from roletrail.archive.writer import SCHEMAS, WrittenFile, write_batches

log = logging.getLogger(__name__)

MEMORY = 8 * 1024 * 1024
"""Bytes of rows sorted at once. Twice as many take a tenth less CPU, and 20 MB more of a process of 150."""

ORDER = {"events": ("identity", "at", "event_id"), "evidence": ("event_id",)}
ROW_GROUP = {"events": 16_384, "evidence": 1_024}
READ_AHEAD = 64 * 1024
"""Bytes of a column: without it a whole row group's column is read before its first row, and evidence has large ones."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Merger:
    """Merges for one run, one group after another."""

    def __init__(self, folder: Path, run: int) -> None:
        self._folder = folder
        self._run = run
        self._merges = 0

    def merge(self, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile] | None:
        """Write the merged file of a group: none when every row belongs to an excluded attempt.

        None when a file is gone, or when there is no room to sort the day: many files are slower to read than one, and
        still right.
        """
        self._merges += 1
        try:
            return self._written(group, excluded_attempts)
        except OSError as error:
            if error.errno in NO_ROOM:
                log.warning("day %s stays in %d files: no room on the disk to sort it", group.day, len(group.names))
            elif all((self._folder / name).exists() for name in group.names):
                raise
            return None

    def _written(self, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile]:
        stem = merged_stem(self._run, self._merges)
        wanted = Wanted(SCHEMAS[group.kind], ORDER[group.kind], ROW_GROUP[group.kind], MEMORY)
        groups = in_order(self._rows(group, excluded_attempts), wanted, self._folder, spill_name(stem))
        first = next(groups, None)
        if first is None:
            return []
        return [write_batches(self._folder, group.kind, group.day, stem, itertools.chain((first,), groups))]

    def _rows(self, group: Group, excluded_attempts: Collection[int]) -> Iterator[pa.RecordBatch]:
        """Rows of the group's files, less those of refused attempts."""
        schema = SCHEMAS[group.kind]
        runs = {run_of(name) for name in group.names}
        refused = [attempt for attempt in excluded_attempts if attempt >> 24 in runs]
        for name in group.names:
            with pq.ParquetFile(self._folder / name, buffer_size=READ_AHEAD) as file:
                for batch in file.iter_batches(ROW_GROUP[group.kind], columns=schema.names, use_threads=False):
                    rows = batch.cast(schema)
                    yield rows.filter(np.isin(rows["attempt"], refused, invert=True)) if refused else rows
