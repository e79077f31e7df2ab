"""Taking objects in and judging what they changed: the one step that following, Event history, triage and uploads share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.run import OnProgress, take_in
from roletrail.ingest.source import Listed
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.findings.given import NOBODY, Given


class Intake(NamedTuple):
    """Where objects go, and with what. `given` is asked anew each time: what people say changes while a feed runs."""

    open_store: Callable[[], GraphStore]
    archive: Path
    workers: int | None = None
    given: Callable[[], Given] = lambda: NOBODY

    @contextmanager
    def store(self) -> Iterator[GraphStore]:
        store = self.open_store()
        try:
            yield store
        finally:
            store.close()

    def take(self, store: GraphStore, actor: Actor, objects: list[Listed], show: OnProgress | None = None) -> IngestSummary:
        return take_in(
            objects,
            store,
            self.archive,
            workers=self.workers,
            on_progress=show,
            then=lambda store: evaluate(store, actor, self.given()),
        )
