"""Merging in a process of its own: what sorting a day takes is given back when it ends, and the parent stays small."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Self

from roletrail.archive.lifeline import end_with
from roletrail.archive.port import Group
from roletrail.archive.writer import WrittenFile
from roletrail.errors import StoreUnavailable


class MergerApart:
    """`merge.Merger` behind a pipe: a line of JSON for each question and each answer."""

    def __init__(self, folder: Path, run: int) -> None:
        command = [sys.executable, "-m", "roletrail.archive.apart", str(folder), str(run), str(os.getpid())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def merge(self, group: Group, excluded_attempts: Collection[int]) -> list[WrittenFile] | None:
        """As `merge.Merger.merge`. Raises StoreUnavailable when the process ends instead of answering."""
        tasks, answers = self._process.stdin, self._process.stdout
        if tasks is None or answers is None:
            raise StoreUnavailable("The process that merges the archive has no pipes.")
        try:
            tasks.write(json.dumps([group, sorted(excluded_attempts)]) + "\n")
            tasks.flush()
            answer = answers.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise StoreUnavailable(
                "The process that merges the archive ended early.", hint="What was read is in; run ingest again."
            )
        found = json.loads(answer)
        return None if found is None else [WrittenFile(*file) for file in found]


def main() -> None:
    folder, run, parent = sys.argv[1:4]
    end_with(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent says what becomes of us
    from roletrail.archive.merge import Merger  # noqa: PLC0415 - not in the parent, which imports this module

    with Merger(Path(folder), int(run)) as merger:
        for line in sys.stdin:
            (kind, day, names), excluded = json.loads(line)
            sys.stdout.write(json.dumps(merger.merge(Group(kind, day, tuple(names)), excluded)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
