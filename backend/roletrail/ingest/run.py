"""A run of ingest: lists objects, has them reduced over the cores, commits batch by batch, links, tidies up.

The unit that is committed is a batch of parts with the archive files of their rows, in one transaction: whenever a run is
killed, the next one goes on from there. Parsing is parallel; committing and linking are not.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from roletrail.errors import RoletrailError
from roletrail.ingest.crew import Crew, Inline, Processes
from roletrail.ingest.linking import link_pending
from roletrail.ingest.listing import listing
from roletrail.ingest.messages import Again, Batch, Passed
from roletrail.ingest.progress import MOST_ACCOUNTS, FileAccount, IngestSummary, Progress
from roletrail.ingest.source import Listed
from roletrail.ingest.source.delivery import EVERYTHING, Window
from roletrail.ingest.units import units_of
from roletrail.ingest.upkeep import archive_run, days_merged
from roletrail.lineage.model import Part
from roletrail.stores.collector import collector_paused
from roletrail.stores.heap import give_back
from roletrail.stores.port import ArchiveFile, GraphStore

LINK_EVERY = 12_500
"""Observations that may wait for linking before a run stops to link them: twice as many take 27 MB more and no CPU less."""

INLINE_BYTES = 2 << 20
"""Stored bytes below which starting processes costs more than it saves: of 34,000 events, in 2 MB, two processes made 2 s and
0.9 s of CPU, and none 1.3 s and 0.5 s. A follower that fell behind on a busy machine must not fall behind further."""

OnProgress = Callable[[Progress], None]
Then = Callable[[GraphStore], object]
"""What follows once everything is in and linked. It goes on beside the sorting of the archive's days, which is another process."""


def ingest(
    paths: Sequence[str],
    *,
    open_store: Callable[[], GraphStore],
    archive: Path,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    window: Window = EVERYTHING,
    then: Then | None = None,
) -> IngestSummary:
    """Take in everything below the paths that the window admits; `-` is standard input, s3://BUCKET/PREFIX is in S3.

    Raises InputUnavailable: before anything is written, or when S3 is lost on the way; then the next run goes on from there.
    """
    started = time.monotonic()
    with listing(paths, window) as objects:
        store = open_store()
        try:
            return take_in(objects, store, archive, workers=workers, on_progress=on_progress, started=started, then=then)
        finally:
            store.close()


def take_in(
    objects: list[Listed],
    store: GraphStore,
    archive: Path,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    started: float = 0,
    then: Then | None = None,
) -> IngestSummary:
    """One run over these objects. `started` is when somebody began to wait for it, in time.monotonic().

    `then` is not called after an interrupted run; one that is interrupted within it counts as interrupted. The summary's
    seconds end before it.
    """
    return _Run(store, archive, started or time.monotonic(), on_progress).go(objects, workers, then)


class _Run:
    def __init__(self, store: GraphStore, archive: Path, started: float, on_progress: OnProgress | None) -> None:
        self._store = store
        self._archive = archive
        self._started = started
        self._on_progress = on_progress
        self._tally = Tally()
        self._objects: dict[str, Listed] = {}
        self._skips: dict[tuple[str, int], bytes] = {}  # a part may be refused again: other parts went in meanwhile
        self._unlinked = 0
        self._bytes = (0, 0)
        self._seen = (0, 0, 0)  # files passed, events, quarantined, for progress only

    def go(self, objects: list[Listed], workers: int | None, then: Then | None) -> IngestSummary:
        fresh = self._not_known(objects)
        summary: IngestSummary | None = None
        interrupted = False
        run = self._store.begin_run()
        with archive_run(self._store, self._archive, run):
            try:
                with collector_paused():
                    self._read(run, fresh, workers)
                with days_merged(self._store, self._archive, run):
                    with collector_paused():
                        self._link()
                    summary = self._summary(objects)
                    if then is not None:
                        self._say("judging")
                        then(self._store)
                    self._say("merging")
            except KeyboardInterrupt:
                interrupted = True
        return (summary or self._summary(objects))._replace(interrupted=interrupted)

    def _summary(self, objects: list[Listed]) -> IngestSummary:
        return self._tally.summary(len(objects), time.monotonic() - self._started)

    def _not_known(self, objects: list[Listed]) -> list[Listed]:
        """Objects that the ledger does not have whole, in the size and version they have now."""
        fresh: list[Listed] = []
        for start in range(0, len(objects), 500):
            some = objects[start : start + 500]
            entries = self._store.ledger([one.locator for one in some])
            for one in some:
                entry = entries.get(one.locator)
                if entry is None or (entry.size, entry.version) != (one.size, one.version) or len(entry.parts_done) < entry.parts:
                    fresh.append(one)
                else:
                    self._tally.known(one.locator, entry.kind)
        return fresh

    def _read(self, run: int, objects: list[Listed], workers: int | None) -> None:
        self._objects = {one.locator: one for one in objects}
        self._bytes = (0, sum(max(one.size, 0) for one in objects))
        self._say("reading")
        if not objects:
            return
        crew = _crew(self._archive, run, objects, workers)
        try:
            for report in crew.reports():
                if isinstance(report, Passed):
                    self._passed(report)
                elif isinstance(report, Batch):
                    self._commit(report, crew)
        finally:
            crew.close()

    def _passed(self, report: Passed) -> None:
        files, events, quarantined = self._seen
        self._seen = (files + (report.k < 0), events + report.events, quarantined + report.quarantined)
        self._bytes = (self._bytes[0] + report.size, self._bytes[1])
        self._say("reading")

    def _commit(self, batch: Batch, crew: Crew) -> None:
        if not batch.parts:
            return
        result = self._store.commit(batch.parts, [ArchiveFile(*file) for file in batch.files])
        refused = {(overlap.locator, overlap.k): overlap for overlap in result.overlaps}
        for part in batch.parts:
            overlap = refused.get((part.object.locator, part.k))
            if overlap is None:
                self._tally.took(part)
                self._unlinked += len(part.callers) + len(part.issuances) + len(part.sign_ins) + len(part.actions)
            else:
                place = (overlap.locator, overlap.k)
                skip = self._skips[place] = self._skips.get(place, b"") + overlap.skip
                crew.again(Again(self._objects[overlap.locator], overlap.k, skip))
        batch.parts.clear()  # written: linking needs the memory, and remembers what it asks for again
        if self._unlinked >= LINK_EVERY:
            self._link()

    def _link(self) -> None:
        self._say("linking")
        link_pending(self._store)
        self._unlinked = 0
        give_back()

    def _say(self, stage: str) -> None:
        if self._on_progress is None:
            return
        files, events, quarantined = self._seen
        total = len(self._objects)
        self._on_progress(Progress(files, total, *self._bytes, events, quarantined, stage, self._started))


def _crew(archive: Path, run: int, objects: list[Listed], workers: int | None) -> Crew:
    units = units_of(objects)
    count = min(workers if workers is not None else os.cpu_count() or 1, len(units))
    if count < 1:
        raise RoletrailError("At least one worker is needed.")
    if workers is None and sum(max(one.size, 0) for one in objects) < INLINE_BYTES:
        return Inline(archive, run, units)
    return Processes(archive, run, units, count)


class Tally:
    """What became of each object, as committed."""

    def __init__(self) -> None:
        self._accounts: dict[str, FileAccount] = {}
        self._known = self._taken = self._doubles = self._ignored = 0
        self._reasons: Counter[str] = Counter()

    def known(self, locator: str, kind: str) -> None:
        self._known += 1
        self._note(FileAccount(locator, kind, True, 0, 0, 0, {}))

    def took(self, part: Part) -> None:
        reasons = Counter(bad.reason for bad in part.quarantined)
        self._taken += part.taken
        self._doubles += part.doubles
        self._ignored += part.ignored
        self._reasons.update(reasons)
        before = self._accounts.get(part.object.locator)
        account = FileAccount(part.object.locator, part.object.kind, False, part.taken, part.doubles, part.ignored, dict(reasons))
        self._note(account if before is None else _joined(before, account))

    def _note(self, account: FileAccount) -> None:
        if len(self._accounts) < MOST_ACCOUNTS or account.locator in self._accounts:
            self._accounts[account.locator] = account

    def summary(self, files: int, seconds: float) -> IngestSummary:
        return IngestSummary(
            files=files,
            known=self._known,
            taken=self._taken,
            doubles=self._doubles,
            ignored=self._ignored,
            quarantined=dict(sorted(self._reasons.items())),
            seconds=seconds,
            accounts=[self._accounts[locator] for locator in sorted(self._accounts)],
            interrupted=False,
        )


def _joined(a: FileAccount, b: FileAccount) -> FileAccount:
    reasons = dict(Counter(a.reasons) + Counter(b.reasons))
    return FileAccount(a.locator, a.kind, a.known, a.taken + b.taken, a.doubles + b.doubles, a.ignored + b.ignored, reasons)
