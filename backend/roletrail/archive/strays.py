"""Tells the files of a living ingest from what a killed one left, and removes the latter.

A run is alive while any of its processes holds a shared lock on its mark: the kernel lets go of it even on SIGKILL.
Knows no store: the names that count are handed in.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from roletrail.archive.names import mark_name, run_of

MARKS = ".run-*"


def hold_run(folder: Path, run: int) -> int:
    """Mark a run as alive for as long as the returned descriptor, or a forked copy of it, stays open.

    The parent calls it before the first file of the run is written; so does each worker that is not forked.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / mark_name(run)
    while True:
        descriptor = os.open(mark, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if _is_still(mark, descriptor):
            return descriptor
        os.close(descriptor)  # another ingest swept the mark between our open and our lock


def release_run(folder: Path, run: int, descriptor: int) -> None:
    """End of a run, in its parent, when its workers are gone."""
    (folder / mark_name(run)).unlink(missing_ok=True)
    os.close(descriptor)


def remove_strays(folder: Path, named: Callable[[], Collection[str]]) -> list[str]:
    """Remove files of dead runs that the ledger does not name; returns their names.

    Order matters: a run seen dead here registers nothing any more, so names read after that miss none of its files.
    """
    found = {str(path.relative_to(folder)): run for path, run in _files(folder)}
    dead = {run for run in set(found.values()) if not _is_alive(folder / mark_name(run))}
    strays = sorted(name for name, run in found.items() if run in dead)
    if strays:
        kept = set(named())
        strays = [name for name in strays if name not in kept]
    for name in strays:
        _remove(folder / name)
    for mark in folder.glob(MARKS):
        _is_alive(mark, sweep=True)
    return strays


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Everything below the folder that bears a run's number. Files of anyone else are not ours to remove."""
    for path in itertools.chain(folder.glob("*/*/*.parquet*"), folder.glob(".spill-*")):
        if (run := run_of(path.name.removeprefix(".spill-"))) >= 0:
            yield path, run


def _is_alive(mark: Path, sweep: bool = False) -> bool:
    """Whether any process holds the run's mark; `sweep` removes the mark of a dead run, while no other can take it."""
    try:
        descriptor = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if sweep and _is_still(mark, descriptor):
            mark.unlink()
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_still(mark: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(mark.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    if path.is_dir():  # versions before sorted into a folder
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
