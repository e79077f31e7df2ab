"""The graph is a function of the set of records: however they are cut, ordered and linked in between (ADR 0004)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from roletrail.bootstrap import open_graph
from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.model import ObjectInfo
from tests.scenarios.test_scenarios import Case, case_id, cases

MOST_RECORDS = 120
"""Of a longer scenario, its last ones: the company's noise is five weeks of the same."""


def records_of(case: Case) -> list[bytes]:
    """Every sound record of a scenario's files, as JSON text."""
    found = []
    for path in dict.fromkeys(path for run in case.runs for path in run):
        for file in sorted(path.rglob("*.json*")) if path.is_dir() else [path]:
            content = open_object(file.read_bytes())
            for k in range(content.parts if content.items else 0):
                found += [bytes(raw) for raw in content.sifted(k).raws()]
    return found[-MOST_RECORDS:]


def graph_of(
    folder: Path, batches: Iterator[Sequence[bytes]], *, link_between: Callable[[], bool], writers: int = 1
) -> list[tuple[str, object]]:
    """The graph of a fresh store that gets the batches as objects, one after another; `writers` have it open and take turns."""
    stores = [open_graph(f"sqlite:///{folder / 'store.sqlite'}", create=True) for _ in range(writers)]
    store = stores[0]
    attempt = store.begin_run() << 24
    reducer = Reducer()
    for number, records in enumerate(batches):
        store = stores[number % writers]
        content = open_object(b'{"Records":[' + b",".join(records) + b"]}")
        info = ObjectInfo(f"/logs/{number}", content.size, "1", content.sha256, content.kind)
        part = reducer.reduce(content, info, 0, attempt + number).part
        overlaps = store.commit([part], []).overlaps
        if overlaps:
            store.commit([reducer.reduce(content, info, 0, attempt + (1 << 20) + number, overlaps[0].skip).part], [])
        if link_between():
            link_pending(store)
    link_pending(store)
    graph = list(store.export())
    for each in stores:
        each.close()
    return graph


def cut(records: Sequence[bytes], dice: random.Random) -> Iterator[Sequence[bytes]]:
    """Shuffled, a tenth of them twice, in objects of one to three records."""
    shuffled = [*records, *dice.sample(records, len(records) // 10)]
    dice.shuffle(shuffled)
    while shuffled:
        size = dice.randint(1, 3)
        yield shuffled[:size]
        del shuffled[:size]


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_any_order_gives_the_same_graph(case: Case, tmp_path: Path, count: Callable[[str], int]) -> None:
    records = records_of(case)
    (tmp_path / "whole").mkdir()
    expected = graph_of(tmp_path / "whole", iter([records]), link_between=lambda: False)
    for seed in range(count("orders")):
        dice = random.Random(seed)
        place = tmp_path / str(seed)
        place.mkdir()
        often = dice.choice((0.5, 1.0))
        found = graph_of(place, cut(records, dice), link_between=lambda: dice.random() < often)  # noqa: B023 - used at once
        assert [row for row in found if row not in expected] == [], f"seed {seed}"
        assert found == expected, f"seed {seed}"


@pytest.mark.parametrize("case", cases()[::6], ids=case_id)
def test_writers_that_take_turns_make_the_same_graph(case: Case, tmp_path: Path) -> None:
    """Each remembers what it wrote last, and what linking has not looked at yet: both end where another one wrote."""
    records = records_of(case)
    dice = random.Random(5)
    (tmp_path / "whole").mkdir()
    expected = graph_of(tmp_path / "whole", iter([records]), link_between=lambda: False)
    assert graph_of(tmp_path, cut(records, dice), link_between=lambda: dice.random() < 0.7, writers=2) == expected
