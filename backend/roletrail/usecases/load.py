"""Loading logs: the one use-case that writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.ingest.progress import IngestSummary, Progress
from roletrail.ingest.run import ingest
from roletrail.ingest.source.delivery import EVERYTHING, Window
from roletrail.stores.port import GraphStore


def load_logs(
    open_store: Callable[[], GraphStore],
    archive: Path,
    actor: Actor,
    paths: Sequence[str],
    *,
    workers: int | None = None,
    window: Window = EVERYTHING,
    show: Callable[[Progress], None] | None = None,
) -> IngestSummary:
    """Ingest what the window admits of paths; `-` is standard input, None workers is one a core. Raises InputUnavailable for a path that is not there."""
    require(actor, "ingest.run")
    return ingest(paths, open_store=open_store, archive=archive, workers=workers, on_progress=show, window=window)
