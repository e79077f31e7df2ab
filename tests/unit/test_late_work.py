"""What late events cost follows what they change: counted in steps of SQLite's machine, which no busy core lengthens."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from roletrail.ingest.linking import link_pending
from roletrail.stores.embedded import EmbeddedStore
from tests.bench.store_scale import Estate, fill

STEPS = 100


def late_steps(path: Path, sessions: int) -> int:
    """Hundreds of steps that taking in late events takes in a store of so many sessions: 60 issuances, calls of 100 sessions."""
    estate = Estate(sessions)
    with closing(EmbeddedStore(path)) as store:
        fill(store, estate, sessions)
        steps: list[None] = []
        store._database._writer.set_progress_handler(lambda: steps.append(None), STEPS)
        assert store.commit([estate.late(60, 100)], []).committed == 1
        link_pending(store)
    return len(steps)


def test_late_events_cost_what_they_change_and_not_what_is_stored(tmp_path: Path) -> None:
    few, many = (late_steps(tmp_path / f"store-{sessions}", sessions) for sessions in (800, 3_200))
    assert many < 1.4 * few, (few, many)
