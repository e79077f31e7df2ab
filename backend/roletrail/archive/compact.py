"""Merges the files of a day into one, sorted so that a page of one session reads a few row groups of it.

Three steps, each of which may be the last before a kill: the merged file gets its name, the ledger swaps names in one
transaction, the old files go. Whatever a kill leaves carries a dead run's number and is a stray. Knows no store: the
swap is handed in.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from roletrail.archive.apart import Apart
from roletrail.archive.names import day_name
from roletrail.archive.port import Group, NamedFile
from roletrail.archive.writer import WrittenFile

MOST_FILES_CLOSED = 8
MOST_FILES_OPEN = 16
"""A page pays for files, not rows; but a merge costs some 3.5 s of CPU a million events, so it waits until it pays."""

HEAVY = 2
"""A file this many times heavier than all lighter ones together is left alone: a late object must not rewrite a day."""

SETTLED_SECONDS = 2 * 3600
"""A day counts as closed this long after its end; CloudTrail delivers most records within 15 minutes."""

Swap = Callable[[Collection[str], Collection[WrittenFile]], bool]
"""Replace names in the ledger in one transaction; False, and nothing done, when another run has merged one of them."""


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


def compact(
    folder: Path, run: int, files: Sequence[NamedFile], excluded_attempts: Collection[int], swap: Swap, now: int
) -> list[WrittenFile]:
    """Merge what `plan` names, one swap a group, and delete the old files of each after its swap."""
    groups = plan(files, now)
    if not groups:
        return []
    from roletrail.archive.merge import Merger  # noqa: PLC0415 - loads Arrow's kernels: 35 ms that most runs need not pay

    merger = Merger(folder, run)
    return _swapped(folder, ((group, merger.merge(group, excluded_attempts)) for group in groups), swap)


@contextmanager
def compacting(
    folder: Path, run: int, files: Sequence[NamedFile], excluded_attempts: Collection[int], swap: Swap, now: int
) -> Generator[None]:
    """As `compact`, for a caller who has something else to do: a process of its own sorts while the block runs, at whose end
    names are swapped. The caller's memory stays what it was, and it needs no thread."""
    groups = plan(files, now)
    if not groups:
        yield
        return
    with Apart(folder, run, groups, excluded_attempts) as sorting:
        yield
        _swapped(folder, sorting.merged(), swap)


def _swapped(folder: Path, merged: Iterable[tuple[Group, list[WrittenFile] | None]], swap: Swap) -> list[WrittenFile]:
    return [file for group, added in merged for file in _swap(folder, group, added, swap)]


def _swap(folder: Path, group: Group, added: list[WrittenFile] | None, swap: Swap) -> list[WrittenFile]:
    if added is None:
        return []  # another ingest has merged this day meanwhile, or the disk is full
    if swap(group.names, added):
        remove_files(folder, group.names)
        return added
    remove_files(folder, [file.name for file in added])
    return []


def remove_files(folder: Path, names: Collection[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
