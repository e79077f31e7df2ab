"""Following a queue: the store kept current as objects come, and findings with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.ingest.follow import Follower, Round
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.source import Listed
from roletrail.ingest.source.sqs import VISIBILITY_SECONDS, Queue
from roletrail.usecases.loading.intake import Intake
from roletrail.usecases.loading.rows import Row


def follow_queue(
    intake: Intake,
    actor: Actor,
    url: str,
    stop: threading.Event,
    *,
    drain: bool = False,
    visibility: int = VISIBILITY_SECONDS,
    on_round: Callable[[Round], None] | None = None,
    row: Row | None = None,
) -> int:
    """Take in what the queue names until `stop` is set, or with `drain` until it is empty; returns the rounds that took.

    Raises InputUnavailable when the queue cannot be used from the start.
    """
    require(actor, "ingest.run")
    queue = Queue(url, visibility)
    with intake.store() as store:

        def take(objects: list[Listed]) -> IngestSummary:
            summary = intake.take(store, actor, objects, row.heard if row else None)
            if row:
                row.took(summary)
            return summary

        def say(done: Round) -> None:
            if row and not done.objects:
                row.looked(done.trouble)
            if on_round:
                on_round(done)

        return Follower(queue, take, store.ledger, stop, say).run(until_empty=drain)
