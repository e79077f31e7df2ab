"""A page of findings costs what is on it, wherever in the list: counted in steps of SQLite's machine."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from roletrail.detect.finding import Finding, Reason
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.judging import FindingQuery, Judged
from tests.support.graphs import fill
from tests.support.worlds import World

FINDINGS, PAGE, STEPS = 3_000, 50, 10


def finding(number: int, identity: str) -> Finding:
    """Thousands weigh the same, and were last seen in the same few seconds."""
    reason = (Reason("a reason", 30, ()),)
    return Finding(
        f"f{number:05}",
        "chain-three",
        1,
        "a title",
        "low",
        30,
        "alarm",
        identity,
        identity,
        "111111111111",
        reason,
        0,
        number % 5,
    )


def test_a_later_page_costs_what_the_first_does(tmp_path: Path) -> None:
    with closing(EmbeddedStore(tmp_path / "r.sqlite")) as store:
        fill(store, World(7, 12), 7)
        identity = store.identities_by_time()[0]
        made = tuple(finding(number, identity) for number in range(FINDINGS))
        store.put_judged([Judged(identity, made, {})], store.unjudged(1).token)
        steps: list[None] = []
        store._database.read().set_progress_handler(lambda: steps.append(None), STEPS)
        costs: list[int] = []
        seen: list[Finding] = []
        after = ""
        while after or not seen:
            steps.clear()
            page, after = store.findings(FindingQuery(limit=PAGE, after=after))
            costs.append(len(steps))
            seen += page
    assert seen == sorted(made, key=lambda one: (-one.last_seen, one.id))
    assert len(costs) == FINDINGS // PAGE
    assert max(costs) < 3 * costs[0], costs
