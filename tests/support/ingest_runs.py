"""Real `roletrail ingest` processes on a real store, and what the store holds afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from roletrail.bootstrap import open_graph
from roletrail.settings import load

MARK = "ROLETRAIL_TEST_MARK"
WORKERS_END_SECONDS = 3.0
"""Workers end within a second of their parent's death; the rest is a busy machine's."""


def marked(mark: str) -> list[int]:
    """Processes that carry a mark."""
    wanted = f"{MARK}={mark}".encode()
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if wanted in _read(path).split(b"\0")]


class Holdings(NamedTuple):
    """What equality of two stores means: the graph, the counts, and the event rows without their provenance."""

    graph: list[tuple[str, object]]
    events: int
    rows: list[tuple]
    evidence: list[tuple]


class IngestRuns:
    """One store and the processes that load it. Every process carries a mark, so that its orphans can be found."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.store = f"sqlite:///{folder / 'store.sqlite'}"
        self.mark = uuid.uuid4().hex

    def start(self, paths: Sequence[Path], *, silent: bool = False) -> subprocess.Popen[str]:
        environment = os.environ | {MARK: self.mark, "ROLETRAIL_STORE": self.store}
        command = [sys.executable, "-m", "roletrail", "ingest", "--json", *map(str, paths)]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if silent else subprocess.PIPE,
            stderr=subprocess.DEVNULL if silent else subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> str:
        """Standard output of a process that must succeed."""
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return out

    def ingest(self, *paths: Path) -> str:
        return self.finish(self.start(paths))

    def kill_after(self, seconds: float, paths: Sequence[Path]) -> bool:
        """Start, SIGKILL the parent alone after a while, wait for its workers to end. False when it was done before."""
        end = time.monotonic() + seconds
        return self.kill_when(lambda: time.monotonic() >= end, paths)

    def kill_when(self, moment: Callable[[], bool], paths: Sequence[Path]) -> bool:
        """Start, SIGKILL the parent alone when the moment has come, wait for its workers to end."""
        with self.start(paths, silent=True) as process:
            while process.poll() is None and not moment():
                time.sleep(0.001)
            process.kill()
        self.wait_for_workers()
        assert process.returncode in {0, -signal.SIGKILL}
        return process.returncode != 0

    def wait_for_workers(self) -> None:
        end = time.monotonic() + WORKERS_END_SECONDS
        while self.processes() and time.monotonic() < end:
            time.sleep(0.02)
        assert not self.processes(), "worker processes outlived their parent"

    def processes(self) -> list[int]:
        return marked(self.mark)

    def holdings(self) -> Holdings:
        graph = open_graph(self.store, create=False)
        try:
            totals = graph.totals()
            excluded = set(graph.excluded_attempts())
            named = graph.archive_files()
            assert totals.pending == 0
            return Holdings(
                list(graph.export()),
                totals.events,
                self._rows((file.name for file in named if file.kind == "events"), excluded),
                self._rows((file.name for file in named if file.kind == "evidence"), excluded),
            )
        finally:
            graph.close()

    def archive(self) -> Path:
        return load(store=self.store).archive_path

    def _rows(self, names: Iterable[str], excluded: set[int]) -> list[tuple]:
        """Rows of accepted attempts, sorted, without attempt and position: those tell which run and object."""
        found = []
        for name in names:
            for row in pq.ParquetFile(self.archive() / name).read().to_pylist():
                if row.pop("attempt") not in excluded:
                    row.pop("record", None) if "event_name" in row else None
                    found.append(tuple(str(value) for value in row.values()))
        return sorted(found)

    def named(self) -> set[str]:
        """Archive files that the ledger names."""
        graph = open_graph(self.store, create=False)
        try:
            return {file.name for file in graph.archive_files()}
        finally:
            graph.close()

    def strays(self) -> set[str]:
        """Files beside the store and in its archive that nothing names."""
        named = self.named()
        archive = {str(path.relative_to(self.archive())) for path in self.archive().rglob("*") if path.is_file()}
        assert named <= archive, "the ledger names a file that is not there"
        beside = {path.name for path in self.folder.iterdir()} - {
            "store.sqlite",
            "store.sqlite-wal",
            "store.sqlite-shm",
            "store.sqlite.archive",
            "store.sqlite.app",
            "store.sqlite.app-wal",
            "store.sqlite.app-shm",
        }
        return beside | (archive - named)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
