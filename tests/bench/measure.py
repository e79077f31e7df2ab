"""Runs a command and says what it took: wall time, CPU time, and the peak memory of each process of its tree (Linux)."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_POLL_SECONDS = 0.05


class Measured(NamedTuple):
    wall: float
    cpu: float
    peaks: tuple[int, ...]  # MiB of each process of the tree, the largest first
    out: str
    code: int


class CommandFailed(Exception):
    """A measured command ended with an error; a figure for it would mean nothing."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, *, check: bool = True) -> Measured:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors, env={**os.environ, **(environment or {})})
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
        out.seek(0)
        errors.seek(0)
        if process.returncode and check:
            raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}: {errors.read().decode(errors='replace')}")
        return Measured(
            wall, usage.ru_utime + usage.ru_stime, watch.peaks(), out.read().decode(errors="replace"), process.returncode
        )


class _Watch:
    """Looks at a process and its descendants until stopped. VmHWM only grows, so the last look at each is its peak."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def _look_on(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            for pid in _tree(self._pid):
                if peak := _peak(pid):
                    self._peaks[pid] = max(peak, self._peaks.get(pid, 0))

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def peaks(self) -> tuple[int, ...]:
        return tuple(sorted((kib // 1024 for kib in self._peaks.values()), reverse=True))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:  # grows while it is walked
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _peak(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
