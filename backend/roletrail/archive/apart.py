"""Merging in a process of its own: what sorting a day takes is given back when it ends, and the parent stays small."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Self

import pyarrow as pa

from roletrail.archive.lifeline import end_with
from roletrail.archive.port import Group
from roletrail.archive.writer import WrittenFile
from roletrail.errors import StoreUnavailable

ALLOCATOR = "jemalloc"
"""Of Arrow's allocators the one that gives back what a sort has let go: its process is a third smaller with it."""


class Apart:
    """Groups on their way through a `merge.Merger` in another process. Nobody has to wait for it: what is to be done lies in a
    file, and answers, a line of JSON each, wait in a pipe."""

    def __init__(self, folder: Path, run: int, groups: Sequence[Group], excluded_attempts: Collection[int]) -> None:
        self._groups = groups
        with tempfile.TemporaryFile("w+") as tasks:
            json.dump([groups, sorted(excluded_attempts)], tasks)
            tasks.seek(0)
            command = [sys.executable, "-m", "roletrail.archive.apart", str(folder), str(run), str(os.getpid())]
            self._process = subprocess.Popen(command, stdin=tasks, stdout=subprocess.PIPE, text=True, env=_environment())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """It is no more after this. When something failed it does not end its work, and leaves strays of this run."""
        if failed is not None:
            self._process.kill()
        self._process.communicate()

    def merged(self) -> Iterator[tuple[Group, list[WrittenFile] | None]]:
        """Each group with what `merge.Merger.merge` says of it. Raises StoreUnavailable when the process ends before."""
        answers = self._process.stdout
        for group in self._groups:
            answer = answers.readline() if answers is not None else ""
            if not answer:
                raise StoreUnavailable(
                    "The process that merges the archive ended early.", hint="What was read is in; run ingest again."
                )
            found = json.loads(answer)
            yield group, None if found is None else [WrittenFile(*file) for file in found]


def _environment() -> dict[str, str]:
    chosen = {"ARROW_DEFAULT_MEMORY_POOL": ALLOCATOR} if ALLOCATOR in pa.supported_memory_backends() else {}
    return chosen | os.environ  # where the system has another, or the operator wants it, the sort is only larger


def main() -> None:
    folder, run, parent = sys.argv[1:4]
    end_with(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent says what becomes of us
    from roletrail.archive.merge import Merger  # noqa: PLC0415 - not in the parent, which imports this module

    groups, excluded = json.load(sys.stdin)
    merger = Merger(Path(folder), int(run))
    for kind, day, names in groups:
        sys.stdout.write(json.dumps(merger.merge(Group(kind, day, tuple(names)), excluded)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
