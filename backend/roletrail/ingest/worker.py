"""One worker of an ingest run: reads objects, reduces them, writes their archive rows, hands over parts.

Runs as a process of its own (`python -m roletrail.ingest.worker`), or inside the run when there is little to do. Touches
no store. Ends with its parent, however that ends.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from roletrail.archive.lifeline import end_with
from roletrail.archive.strays import hold_run
from roletrail.archive.writer import ArchiveWriter, Evidence
from roletrail.errors import InputUnavailable, RoletrailError
from roletrail.ingest.inflate import Unreadable
from roletrail.ingest.messages import Again, Batch, Failed, Flush, Passed, Read, Report, Stop, Task, receive_task, send
from roletrail.ingest.opening import open_object
from roletrail.ingest.records import Content
from roletrail.ingest.reduce import Reduced, Reducer
from roletrail.ingest.rows import Column, joined
from roletrail.ingest.source import Listed, stored_bytes
from roletrail.ingest.source.ahead import Stored, read_ahead
from roletrail.lineage.model import ObjectInfo, Part, Quarantined

BATCH_OBJECTS = 50
BATCH_EVENTS = 50_000
FEW_ROWS = 1_000
"""Rows of small objects wait for each other: Arrow takes half a millisecond for an object's columns, however short they are."""
SLOTS = 64
"""Worker numbers of one run, replacements of dead workers included: attempts of different workers never meet."""
RUN_ATTEMPTS = 1 << 24


class Worker:
    """The work itself. `report` takes what a run must hear."""

    def __init__(self, archive: Path, run: int, number: int, report: Callable[[Report], None]) -> None:
        self._writer = ArchiveWriter(archive, run, number)
        self._reducer = Reducer()
        self._report = report
        self._next = (run << 24) + number
        self._end = (run + 1) << 24
        self._parts: list[Part] = []
        self._rows: list[Mapping[str, Column]] = []
        self._evidence: list[Evidence] = []
        self._waiting = 0
        self._objects = 0
        self._events = 0

    def do(self, task: Task) -> None:
        match task:
            case Read(objects):
                self._read(objects)
            case Again(listed, k, skip):
                self._again(listed, k, skip)
            case Flush():
                self._flush(flushed=True)
            case Stop():
                pass

    def _read(self, objects: list[Listed]) -> None:
        """A unit: copies of one hour's events lie side by side, so most doubles are told here, before anything is shipped."""
        met: list[bytes] = []
        for listed, stored in read_ahead(objects):
            events, quarantined = self._reduce(listed, stored, met if len(objects) > 1 else None)
            self._report(Passed(listed.locator, -1, max(listed.size, 0), events, quarantined))

    def _reduce(self, listed: Listed, stored: Stored, met: list[bytes] | None) -> tuple[int, int]:
        content, info = _opened(listed, stored)
        events = quarantined = 0
        for k in range(content.parts):
            part = self._take(self._reducer.reduce(content, info, k, self._attempt(), b"".join(met or ())))
            events += part.taken
            quarantined += len(part.quarantined)
            if met is not None:
                met.extend(cell.hashes for cell in part.cells)
        return events, quarantined

    def _again(self, listed: Listed, k: int, skip: bytes) -> None:
        content, info = _opened(listed, lambda: stored_bytes(listed))
        if k < content.parts:
            self._take(self._reducer.reduce(content, info, k, self._attempt(), skip))
        self._report(Passed(listed.locator, k, 0, 0, 0))

    def _take(self, reduced: Reduced) -> Part:
        self._keep(reduced)
        self._parts.append(reduced.part)
        self._objects += 1
        self._events += reduced.part.taken
        if self._objects >= BATCH_OBJECTS or self._events >= BATCH_EVENTS:
            self._flush(flushed=False)
        return reduced.part

    def _keep(self, reduced: Reduced) -> None:
        """For the archive."""
        self._evidence += reduced.evidence
        if rows := len(reduced.columns["event_id"]):
            self._rows.append(reduced.columns)
            self._waiting += rows
        if self._waiting >= FEW_ROWS:
            self._put()

    def _put(self) -> None:
        rows, evidence = self._rows, self._evidence
        self._rows, self._evidence, self._waiting = [], [], 0
        if rows:
            self._writer.add(joined(rows), evidence)

    def _flush(self, *, flushed: bool) -> None:
        parts, self._parts = self._parts, []
        self._objects = self._events = 0
        self._put()
        self._report(Batch(parts, self._writer.flush() if parts else [], flushed))

    def _attempt(self) -> int:
        attempt = self._next
        if attempt >= self._end:
            raise RoletrailError("One run cannot take that many objects.", hint="Ingest part of the paths, then the rest.")
        self._next += SLOTS
        return attempt


def _opened(listed: Listed, stored: Stored) -> tuple[Content, ObjectInfo]:
    """Content of an object. One that could not be read keeps no version, so that the next run tries again."""
    try:
        content = open_object(stored())
        version = listed.version
    except Unreadable as error:
        content = Content("", 0, "unreadable")
        content.faults = [Quarantined(-1, error.reason, error.detail)]
        version = ""
    return content, ObjectInfo(listed.locator, max(listed.size, 0), version, content.sha256, content.kind)


def main() -> None:
    archive, run, number, parent = sys.argv[1:5]
    end_with(int(parent))
    reports, sys.stdout = sys.stdout.buffer, sys.stderr
    gc.disable()  # records and rows hold no circles; measured, the collector is a tenth of the work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent says what becomes of us
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    _work(Path(archive), int(run), int(number), reports, tasks)


def _work(archive: Path, run: int, number: int, reports: BinaryIO, tasks: queue.SimpleQueue[Task]) -> None:
    mark = hold_run(archive, run)
    try:
        worker = Worker(archive, run, number, lambda report: send(reports, report))
        while not isinstance(task := tasks.get(), Stop):
            worker.do(task)
    except InputUnavailable as error:
        send(reports, Failed(error.detail, source=True, hint=error.hint))
    except (OSError, RoletrailError) as error:
        send(reports, Failed(str(error)))
    finally:
        os.close(mark)


def _listen(pipe: BinaryIO, tasks: queue.SimpleQueue[Task]) -> None:
    """Take tasks as they come. The end of the pipe is the end of the parent, and ours, whatever we are at."""
    while (task := receive_task(pipe)) is not None:
        tasks.put(task)
        if isinstance(task, Stop):
            return
    os._exit(1)


if __name__ == "__main__":
    main()
