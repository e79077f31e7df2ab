"""What a running ingest writes into its row, and how it learns there that somebody wants it stopped.

Uploads have a row before they run. A run of a shell or a service makes its own when it begins to take something in; an app
database that cannot be written costs it the row, never the logs.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor
from roletrail.errors import RoletrailError
from roletrail.ingest.jobs import SILENT_SECONDS, Jobs, Kind
from roletrail.ingest.progress import NOTHING, IngestSummary, Progress, joined

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
LOOK_SECONDS = 1.0
"""How soon a feed that waits learns that it is to stop."""
MOST_NAME = 200
STOPPED = "Stopped: what was committed stays."


def interrupt() -> None:
    """A run knows how to stop between two commits for that."""
    signal.raise_signal(signal.SIGINT)


def hear_interrupts() -> None:
    """What a script starts in the background ignores SIGINT, and could then not be stopped by a page either."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Beats:
    """Writes progress now and then, and has the run stopped when somebody wants it."""

    def __init__(self, jobs: Jobs, id_: str, stop: Callable[[], None]) -> None:
        self._jobs = jobs
        self._id = id_
        self._stop = stop
        self._next = 0.0

    def heard(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BEAT_SECONDS
        if self._jobs.beat(self._id, progress):
            self._stop()


@contextmanager
def alive(jobs: Jobs, id_: str, asked: Callable[[], None] | None = None) -> Iterator[None]:
    """Linking and judging a large file take longer than anybody should wait for a word. `asked` is called, again and again,
    once somebody wants an end."""
    done = threading.Event()

    def say() -> None:
        rounds = 0
        while not done.wait(LOOK_SECONDS):
            rounds += 1
            with _bearable():
                if rounds % (SILENT_SECONDS // 6) == 0:
                    jobs.alive(id_)
                if asked is not None and jobs.cancel_asked(id_):
                    asked()

    speaker = threading.Thread(target=say, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()


class Row:
    """The row of one run or feed, made when there is something to say."""

    def __init__(self, jobs: Jobs, actor: Actor, kind: Kind, name: str, stop: threading.Event | None) -> None:
        self._jobs = jobs
        self._actor = actor
        self._kind: Kind = kind
        self._name = name
        self._stop = stop
        self._so_far = NOTHING
        self._trouble = ""
        self._watched = ExitStack()
        self._beats: Beats | None = None
        self.id = ""

    def heard(self, progress: Progress) -> None:
        """To be told everything a run says; may interrupt it."""
        with _bearable():
            before = self._so_far
            more = progress.quarantined + sum(before.quarantined.values())
            self._made().heard(progress._replace(events=progress.events + before.taken, quarantined=more))

    def took(self, summary: IngestSummary) -> None:
        """One run is over; a feed goes on."""
        self._so_far = joined(self._so_far, summary._replace(accounts=[]))
        if self._stop is not None:
            self._rests("")

    def looked(self, trouble: str = "") -> None:
        """A feed found nothing new, or could not look: it tries again."""
        if not self.id or trouble != self._trouble:
            self._rests(trouble)

    def _rests(self, trouble: str) -> None:
        self._trouble = trouble
        with _bearable():
            self._made()
            self._jobs.rests(self.id, self._so_far, trouble)

    def also(self, show: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
        """Both hear."""

        def both(progress: Progress) -> None:
            if show is not None:
                show(progress)
            self.heard(progress)

        return both

    def _made(self) -> Beats:
        if self._beats is None:
            self.id = self._jobs.begin(self._kind, self._name, self._actor.name)
            self._beats = Beats(self._jobs, self.id, interrupt if self._kind != "follow" else self._asked)
            self._watched.enter_context(alive(self._jobs, self.id, None if self._stop is None else self._asked))
        return self._beats

    def _asked(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def end(self, error: BaseException | None) -> None:
        if not self.id:
            return
        self._watched.close()
        with _bearable():
            if error is None:
                asked = self._jobs.cancel_asked(self.id)
                summary = self._so_far._replace(interrupted=self._so_far.interrupted or asked)
                self._jobs.end(self.id, summary, self._said(summary))
            elif isinstance(error, KeyboardInterrupt):
                self._jobs.end(self.id, self._so_far._replace(interrupted=True), STOPPED)
            else:
                self._jobs.end(self.id, None, error.detail if isinstance(error, RoletrailError) else "It ended with an error.")

    def _said(self, summary: IngestSummary) -> str:
        if summary.interrupted:
            return STOPPED
        if self._stop is None and summary.known:
            return f"{summary.known:,} of {summary.files:,} objects were in already."
        return ""


@contextmanager
def row(app: AppDatabase, actor: Actor, kind: Kind, names: Sequence[str], stop: threading.Event | None = None) -> Iterator[Row]:
    """A row for what happens inside, ended with it. `stop` is what ends a feed; without one, this is a single run."""
    name = os.fsencode(" ".join(names)).decode("utf-8", "backslashreplace")
    found = Row(Jobs(app), actor, kind, name[:MOST_NAME], stop)
    if stop is None:
        hear_interrupts()
    try:
        yield found
    except BaseException as error:
        found.end(error)
        raise
    found.end(None)


@contextmanager
def _bearable() -> Iterator[None]:
    try:
        yield
    except (RoletrailError, sqlite3.Error) as error:
        log.warning("the row of this ingest cannot be written: %s", error)
