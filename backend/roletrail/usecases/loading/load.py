"""Loading logs, and judging what they changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.ingest.progress import IngestSummary, Progress
from roletrail.ingest.run import ingest
from roletrail.ingest.source.delivery import EVERYTHING, Window
from roletrail.stores.heap import give_back
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.apart import evaluate_by
from roletrail.usecases.findings.given import NOBODY, Given
from roletrail.usecases.findings.turns import Beside

log = logging.getLogger(__name__)


def load_logs(
    open_store: Callable[[], GraphStore],
    archive: Path,
    actor: Actor,
    paths: Sequence[str],
    *,
    workers: int | None = None,
    window: Window = EVERYTHING,
    show: Callable[[Progress], None] | None = None,
    given: Given = NOBODY,
    judges: Beside | None = None,
) -> IngestSummary:
    """Ingest what the window admits of paths; `-` is standard input, None workers is one a core; `judges` as in `evaluate_by`. Raises InputUnavailable for a path that is not there."""
    require(actor, "ingest.run")
    return ingest(
        paths,
        open_store=open_store,
        archive=archive,
        workers=workers,
        on_progress=show,
        window=window,
        then=lambda store: _judge_new(store, actor, given, judges),
    )


def _judge_new(store: GraphStore, actor: Actor, given: Given, judges: Beside | None) -> None:
    """What follows every ingest: findings on what it changed. A rule that fails takes nothing back of what was loaded:
    what it could not judge stays unjudged, and the next evaluation comes to it again."""
    store.rest()
    give_back()
    try:
        evaluate_by(judges, store, actor, given)
    except Exception:
        log.exception("the logs are loaded, but judging them failed; `roletrail rules evaluate` tries again")
