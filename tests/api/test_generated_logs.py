"""Generated logs through store and API: however records are cut, ordered and doubled, the answers are those of the core."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from roletrail.bootstrap import open_graph
from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.model import ObjectInfo
from tests.support.core import Core, reduced
from tests.support.loading import Api, Loaded
from tests.support.logs import log


def test_answers_are_those_of_the_core(tmp_path: Path, count: Callable[[str], int]) -> None:
    for seed in range(count("answered_logs")):
        records = [json.dumps(record).encode() for record in log(seed)]
        expected = _comparable(Core([reduced(records)]).chains())
        dice = random.Random(seed)
        for name, batches in (("whole", [records]), ("cut", list(_cut(records, dice)))):
            folder = tmp_path / f"{seed}-{name}"
            folder.mkdir()
            assert _comparable(_asked(folder, batches, dice)) == expected, f"seed {seed}, {name}"


def _cut(records: Sequence[bytes], dice: random.Random) -> Iterator[list[bytes]]:
    """Shuffled, a tenth of them twice, in objects of one to nine records."""
    left = [*records, *dice.sample(records, len(records) // 10)]
    dice.shuffle(left)
    while left:
        size = dice.randint(1, 9)
        yield left[:size]
        del left[:size]


def _asked(folder: Path, batches: Sequence[Sequence[bytes]], dice: random.Random) -> list[Any]:
    """All chains, from the API over a store that was given the batches one by one and linked now and then."""
    url = f"sqlite:///{folder / 'store.sqlite'}"
    store = open_graph(url, create=True)
    attempt = store.begin_run() << 24
    for number, records in enumerate(batches):
        content = open_object(b'{"Records":[' + b",".join(records) + b"]}")
        info = ObjectInfo(f"/logs/{number}", content.size, "1", content.sha256, content.kind)
        overlaps = store.commit([Reducer().reduce(content, info, 0, attempt + number).part], []).overlaps
        if overlaps:
            store.commit([Reducer().reduce(content, info, 0, attempt + (1 << 20) + number, overlaps[0].skip).part], [])
        if dice.random() < 0.4:
            link_pending(store, dice.choice((1, 7, 1000)))
    link_pending(store)
    store.close()
    api = Api(cast("Loaded", SimpleNamespace(store=url)))
    try:
        return api.every("chains", min_sessions=1, full=1)
    finally:
        api.close()


def _comparable(chains: list[Any]) -> list[Any]:
    """As JSON has it, in an order of their own: equal times leave a list's order to ids alone."""
    return sorted(json.loads(json.dumps(chains)), key=lambda chain: chain["session_id"])
