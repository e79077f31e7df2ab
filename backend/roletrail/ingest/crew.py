"""The workers of a run: processes that are fed, watched and replaced, or one worker inside the run when there is little to do.

Whoever iterates `reports()` hears of everything in the order it must be committed, and may ask for parts again meanwhile.
A worker that dies costs nothing but time: what it had not handed over is given to others. An object two workers died of
is not tried a third time.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from roletrail.errors import InputUnavailable, RoletrailError, StoreUnavailable
from roletrail.ingest.messages import Again, Batch, Failed, Flush, Passed, Read, Report, Sealed, Stop, Task, receive_report, send
from roletrail.ingest.source import Listed
from roletrail.ingest.worker import SLOTS, Worker
from roletrail.lineage.model import ObjectInfo, Part, Quarantined

PATIENCE_SECONDS = 5
"""How long the end of a worker is waited for, and of the thread that listens to it."""

AHEAD = 2
"""Tasks a worker has in hand, so that it never waits for the run, which may be committing."""

COMMAND = (sys.executable, "-m", "roletrail.ingest.worker")

OWN_SLOT = SLOTS - 1
"""Worker number of the run itself."""


class Crew(Protocol):
    def reports(self) -> Iterator[Report]:
        """Everything workers report, until nothing is left to do."""
        ...

    def again(self, task: Again) -> None: ...
    def close(self) -> None:
        """End all workers at once, wherever they are."""
        ...


class Inline:
    """One worker in this process."""

    def __init__(self, archive: Path, run: int, units: Sequence[list[Listed]]) -> None:
        self._heard: deque[Report] = deque()
        self._worker = Worker(archive, run, OWN_SLOT, self._heard.append)
        self._tasks: deque[Task] = deque(Read(unit) for unit in units)

    def reports(self) -> Iterator[Report]:
        while self._tasks:
            self._worker.do(self._tasks.popleft())
            if not self._tasks:
                self._worker.do(Flush())
            while self._heard:
                yield self._heard.popleft()

    def again(self, task: Again) -> None:
        self._tasks.append(task)

    def close(self) -> None:
        self._tasks.clear()


class _Member:
    """One worker process. `held` is what it was given and has not handed over yet, in order."""

    def __init__(self, process: subprocess.Popen[bytes], tasks: BinaryIO, reports: BinaryIO) -> None:
        self.process = process
        self.tasks = tasks
        self.reports = reports
        self.held: dict[tuple[str, int], Listed | Again] = {}
        self.ahead: deque[set[tuple[str, int]]] = deque()
        self.flushing = False
        self.listener: threading.Thread | None = None

    def give(self, task: Read | Again) -> None:
        given = (
            {(one.locator, -1): one for one in task.objects} if isinstance(task, Read) else {(task.object.locator, task.k): task}
        )
        self.held.update(given)
        self.ahead.append(set(given))
        self.flushing = False
        self._send(task)

    def flush(self) -> None:
        self.flushing = True
        self._send(Flush())

    def stop(self) -> None:
        self._send(Stop())

    def _send(self, task: Task) -> None:
        with contextlib.suppress(OSError):  # it is dead then, and its reader says so
            send(self.tasks, task)

    def passed(self, key: tuple[str, int]) -> None:
        for unit in self.ahead:
            unit.discard(key)
        while self.ahead and not self.ahead[0]:
            self.ahead.popleft()

    def close(self) -> None:
        for pipe in (self.tasks, self.reports):
            with contextlib.suppress(OSError):  # what it was not told any more
                pipe.close()

    def suspect(self) -> tuple[str, int] | None:
        """What it was at when it died: the first of its oldest task that it had not passed."""
        return next((key for key in self.held if any(key in unit for unit in self.ahead)), None)


class Processes:
    """Worker processes. Reader threads feed them; commits happen wherever `reports` is iterated."""

    def __init__(self, archive: Path, run: int, units: Sequence[list[Listed]], count: int) -> None:
        self._archive = archive
        self._run = run
        self._tasks: deque[Read | Again] = deque(Read(unit) for unit in units)
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._heard: queue.SimpleQueue[tuple[_Member, Passed | Failed | Sealed | None]] = queue.SimpleQueue()
        self._room = threading.Semaphore(count)  # for batches, which are large; workers go on while the run links
        self._started = 0
        self._given_up_count = 0
        self._closed = False
        self._members: list[_Member] = []
        for _ in range(count):
            self._hire()

    def _hire(self) -> None:
        if self._started >= OWN_SLOT:
            raise RoletrailError("Worker processes keep dying.", hint="See the log of the system for what ends them.")
        command = [*COMMAND, str(self._archive), str(self._run), str(self._started), str(os.getpid())]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._started += 1
        if process.stdin is None or process.stdout is None:
            raise RoletrailError("A worker process has no pipes.")
        member = _Member(process, process.stdin, process.stdout)  # type: ignore[arg-type]
        with self._lock:
            self._members.append(member)
            self._feed(member)
        member.listener = threading.Thread(target=self._listen, args=(member,), daemon=True)
        member.listener.start()

    def _listen(self, member: _Member) -> None:
        """However this ends, `reports` hears of it: nobody may wait for a worker that is no more."""
        try:
            while not self._closed and (report := receive_report(member.reports)) is not None:
                if isinstance(report, Passed):
                    with self._lock:
                        member.passed((report.locator, report.k))
                        self._feed(member)
                elif isinstance(report, Sealed):
                    self._room.acquire()
                self._heard.put((member, report))
        except (OSError, ValueError):  # closed under our hands, or no frame of ours
            member.process.kill()
        finally:
            if not self._closed:
                self._heard.put((member, None))

    def _feed(self, member: _Member) -> None:
        while self._tasks and len(member.ahead) < AHEAD:
            member.give(self._tasks.popleft())

    def reports(self) -> Iterator[Report]:
        while True:
            member, heard = self._heard.get()
            if heard is None:
                yield from self._bury(member)
            else:
                report = heard.opened() if isinstance(heard, Sealed) else heard
                del heard  # whoever takes the report may be at it for long
                self._settle(member, report)
                yield report
            with self._lock:
                if self._done():
                    break
        self._dismiss()

    def _settle(self, member: _Member, report: Report) -> None:
        if isinstance(report, Failed) and report.source:
            raise InputUnavailable(report.detail, hint=report.hint)
        if isinstance(report, Failed):
            raise StoreUnavailable(f"A worker cannot write to the archive: {report.detail}.")
        if isinstance(report, Batch):
            self._room.release()
            with self._lock:
                for part in report.parts:
                    member.held.pop((part.object.locator, part.k), None)
                    if part.k == part.n - 1:
                        member.held.pop((part.object.locator, -1), None)

    def _done(self) -> bool:
        """Feed the idle; when nothing is left to feed, have everyone hand over; done when all have."""
        for member in self._members:
            self._feed(member)
        if self._tasks or any(member.ahead for member in self._members):
            return False
        waiting = [member for member in self._members if member.held]
        for member in waiting:
            if not member.flushing:
                member.flush()
        return not waiting and self._heard.empty()

    def _bury(self, member: _Member) -> Iterator[Report]:
        """A worker is gone: others get what it held, one object a task, so that the next death names its cause."""
        member.process.wait()
        member.close()
        with self._lock:
            self._members.remove(member)
            suspect = member.suspect()
            held = dict(member.held)
            if suspect is not None:
                self._deaths[suspect] += 1
        for key, what in held.items():
            if self._deaths[key] >= 2:
                yield Batch([self._given_up(what)], [], flushed=False)
            else:
                self._tasks.appendleft(what if isinstance(what, Again) else Read([what]))
        self._hire()

    def _given_up(self, what: Listed | Again) -> Part:
        listed = what.object if isinstance(what, Again) else what
        reason = Quarantined(-1, "worker_died", "Two worker processes ended while they read this object.")
        info = ObjectInfo(listed.locator, max(listed.size, 0), "", "", "unreadable")
        attempt = (self._run << 24) + OWN_SLOT + SLOTS * self._given_up_count
        self._given_up_count += 1
        return Part(info, attempt, 0, 1, 0, 0, 0, [], [], [], [], [], [], [], [], [reason])

    def again(self, task: Again) -> None:
        with self._lock:
            self._tasks.appendleft(task)

    def _dismiss(self) -> None:
        self._closed = True
        for member in self._members:
            member.stop()
        for member in self._members:
            try:
                member.process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                member.process.kill()
        self.close()

    def close(self) -> None:
        self._closed = True
        for member in self._members:
            if member.process.poll() is None:
                member.process.kill()
            member.process.wait()
        self._room.release(len(self._members) or 1)  # a reader may wait for it
        for member in self._members:
            if member.listener is not None:
                member.listener.join(PATIENCE_SECONDS)
            member.close()
