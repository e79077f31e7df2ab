"""Generated logs through store and API: however records are cut, ordered and doubled, the answers are those of the core."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.support.core import Core, reduced
from tests.support.logs import log
from tests.support.stored import api_of, stored


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
    api = api_of(stored(folder, batches, dice))
    try:
        return api.every("chains", min_sessions=1, full=1)
    finally:
        api.close()


def _comparable(chains: list[Any]) -> list[Any]:
    """As JSON has it, in an order of their own: equal times leave a list's order to ids alone."""
    return sorted(json.loads(json.dumps(chains)), key=lambda chain: chain["session_id"])
