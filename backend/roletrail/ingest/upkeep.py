"""What an ingest run owes the archive besides its rows: a mark while it lives, no strays before it, few files after it."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from roletrail.archive.compact import compacting
from roletrail.archive.strays import hold_run, release_run, remove_strays
from roletrail.archive.writer import WrittenFile
from roletrail.stores.port import ArchiveFile, GraphStore


@contextmanager
def archive_run(store: GraphStore, folder: Path, run: int) -> Iterator[None]:
    """Mark the run as alive, and remove what killed runs left. Enter before workers start, leave when they have ended."""

    def sweep() -> None:
        remove_strays(folder, lambda: {file.name for file in store.archive_files()})

    mark = hold_run(folder, run)
    try:
        sweep()
        yield
    finally:
        release_run(folder, run, mark)
        sweep()  # what a worker wrote that died, or was ended, before it could hand over


@contextmanager
def days_merged(store: GraphStore, folder: Path, run: int) -> Generator[None]:
    """Days that are in many files are merged: sorted beside what the block does, swapped at its end."""

    def swap(remove: Collection[str], add: Collection[WrittenFile]) -> bool:
        return store.swap_archive_files(remove, [ArchiveFile(*file) for file in add])

    with compacting(folder, run, store.archive_files(), store.excluded_attempts(), swap, int(time.time())):
        yield
