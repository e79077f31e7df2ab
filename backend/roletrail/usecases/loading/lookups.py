"""Taking in Event history: the logs of an account that has no trail, or of one whose bucket is out of reach."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.ingest.progress import NOTHING, IngestSummary, joined
from roletrail.ingest.run import OnProgress
from roletrail.ingest.source import Listed
from roletrail.ingest.source.delivery import Window
from roletrail.ingest.source.lookup_events import CLOSED, History, Stretch, account_of_ours, regions_of_ours, stretches
from roletrail.stores.port import GraphStore
from roletrail.usecases.loading.intake import Intake

REGIONS_AT_ONCE = 16


def load_history(intake: Intake, actor: Actor, window: Window, show: OnProgress | None = None) -> IngestSummary:
    """Take in the management events of the last 90 days, newest first. Stretches that are in and settled are not asked for
    again. Raises InputUnavailable when AWS will not answer; what was taken in until then stays."""
    require(actor, "ingest.run")
    history = History(account_of_ours())
    regions = sorted(window.regions) or regions_of_ours()
    rows = stretches(regions, window.since, window.until, time.time())
    summary = NOTHING
    with intake.store() as store, ThreadPoolExecutor(REGIONS_AT_ONCE) as pool:
        while batch := _batch(store, history, rows):
            with _spooled(batch, history, pool) as objects:
                summary = joined(summary, intake.take(store, actor, objects, show))
            if summary.interrupted:
                break
    return summary


def _batch(store: GraphStore, history: History, rows: Iterator[list[Stretch]]) -> list[Stretch]:
    """The next stretches that are not in yet."""
    for row in rows:
        entries = store.ledger([one.locator(history.account) for one in row])
        known = {locator for locator, entry in entries.items() if entry.version == CLOSED}
        if wanted := [one for one in row if one.locator(history.account) not in known]:
            return wanted
    return []


@contextmanager
def _spooled(batch: list[Stretch], history: History, pool: ThreadPoolExecutor) -> Iterator[list[Listed]]:
    with tempfile.TemporaryDirectory(prefix="roletrail-history-") as folder:
        yield list(pool.map(lambda one: history.pull(one, Path(folder)), batch))
