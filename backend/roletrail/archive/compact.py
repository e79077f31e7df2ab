"""Merges the files of a day into one, sorted so that a page of one session reads a few row groups of it.

Three steps, each of which may be the last before a kill: the merged file gets its name, the ledger swaps names in one
transaction, the old files go. Whatever a kill leaves carries a dead run's number and is a stray. Knows no store: the
swap is handed in.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from roletrail.archive.engine import open_engine
from roletrail.archive.names import merged_stem, spill_name
from roletrail.archive.port import NamedFile
from roletrail.archive.writer import SCHEMAS, WrittenFile, day_name, write_batches

MOST_FILES_CLOSED = 8
MOST_FILES_OPEN = 16
"""A page pays for files, not rows; but a merge costs about 1.5 s CPU a million rows, so it waits until it pays."""

HEAVY = 2
"""A file this many times heavier than all lighter ones together is left alone: a late object must not rewrite a day."""

SETTLED_SECONDS = 2 * 3600
"""A day counts as closed this long after its end; CloudTrail delivers most records within 15 minutes."""

MEMORY = "400MB"
ORDER = {"events": 'identity, "at", event_id', "evidence": "event_id"}
ROW_GROUP = {"events": 16_384, "evidence": 1_024}

Swap = Callable[[Collection[str], Collection[WrittenFile]], bool]
"""Replace names in the ledger in one transaction; False, and nothing done, when another run has merged one of them."""


class Group(NamedTuple):
    """Files of one kind and day that become one."""

    kind: str
    day: str
    names: tuple[str, ...]


def plan(files: Collection[NamedFile], now: int) -> list[Group]:
    """What is worth merging, oldest day first."""
    settled = day_name(now - SETTLED_SECONDS)

    def place(file: NamedFile) -> tuple[str, str]:
        return file.day, file.kind

    groups = []
    for (day, kind), members in itertools.groupby(sorted(files, key=place), key=place):
        light = _light(list(members), MOST_FILES_CLOSED if day < settled else MOST_FILES_OPEN)
        if light:
            groups.append(Group(kind, day, tuple(sorted(file.name for file in light))))
    return groups


def _light(files: list[NamedFile], most: int) -> list[NamedFile]:
    if len(files) <= most:
        return []
    files.sort(key=lambda file: (file.rows, file.name))
    total = sum(file.rows for file in files)
    while len(files) > 1 and files[-1].rows > HEAVY * (total - files[-1].rows):
        total -= files.pop().rows
    return files if len(files) > 1 else []


def merge(folder: Path, run: int, number: int, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile]:
    """Write the merged file of a group; none when every row of it belongs to an excluded attempt."""
    spill = folder / spill_name(merged_stem(run, number))
    engine = open_engine(folder, MEMORY, spill)
    try:
        batches = _sorted_rows(engine, folder, group, excluded_attempts)
        first = next(batches, None)
        if first is None:
            return []
        return [write_batches(folder, group.kind, group.day, merged_stem(run, number), itertools.chain((first,), batches))]
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


def compact(
    folder: Path, run: int, files: Sequence[NamedFile], excluded_attempts: Collection[int], swap: Swap, now: int
) -> list[WrittenFile]:
    """Merge what `plan` names, one swap a group, and delete the old files of each after its swap."""
    merged: list[WrittenFile] = []
    for number, group in enumerate(plan(files, now), start=1):
        try:
            added = merge(folder, run, number, group, excluded_attempts)
        except duckdb.IOException:
            if all((folder / name).exists() for name in group.names):
                raise
            continue  # another ingest merged this day meanwhile
        if swap(group.names, added):
            merged += added
            remove_files(folder, group.names)
        else:
            remove_files(folder, [file.name for file in added])
    return merged


def remove_files(folder: Path, names: Collection[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
