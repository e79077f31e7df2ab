"""However many rows there are and whatever they are, they come in order, and few are in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from roletrail.archive import sort as sorting
from roletrail.archive.sort import Wanted, in_order

SCHEMA = pa.schema([("who", pa.string()), ("at", pa.int64()), ("what", pa.string())])
WANTED = Wanted(SCHEMA, ("who", "at"), group=50, memory=20_000)

Row = tuple[str, int, str]


@pytest.fixture
def sorted_at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of everything that was sorted in one go."""
    sizes: list[int] = []

    class Seen(sorting._Run):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            sizes.append(self.nbytes)

    monkeypatch.setattr(sorting, "_Run", Seen)
    monkeypatch.setattr(sorting, "BLOCK", 500)
    return sizes


def batches(rows: list[Row], length: int = 37) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), length):
        columns = zip(*rows[start : start + length], strict=True)
        yield pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def taken(groups: Iterator[pa.Table]) -> tuple[list[Row], list[int]]:
    held = [[tuple(row.values()) for row in group.to_pylist()] for group in groups]
    return [row for group in held for row in group], [len(group) for group in held]


def made(number: int, who: str) -> list[Row]:
    """Rows whose `who` is drawn from some names, and no two of which are alike."""
    dice = random.Random(3)
    return [(dice.choice(who.split(",")), dice.randrange(number // 3), f"{n:040d}") for n in range(number)]


@pytest.mark.parametrize("who", ["a,b,c,d,e,\u00e9,\U0001f511,", "all", "much,much,much,much,little"])
@pytest.mark.parametrize("arranged", [list, sorted, lambda rows: sorted(rows, reverse=True)], ids=["as drawn", "up", "down"])
def test_rows_beyond_the_memory_come_in_order(tmp_path: Path, sorted_at_once: list[int], who: str, arranged: type) -> None:
    rows = arranged(made(4_000, who))
    groups = in_order(batches(rows), WANTED, tmp_path, "spill-")
    first = next(groups)
    assert not list(tmp_path.iterdir()), "a kill would leave it"
    got, lengths = taken(groups)
    got = [tuple(row.values()) for row in first.to_pylist()] + got
    assert [row[:2] for row in got] == sorted(row[:2] for row in rows)
    assert sorted(got) == sorted(rows)
    assert set(lengths) == {50}
    assert len(sorted_at_once) > 10


def test_ten_times_the_rows_are_sorted_in_the_same_memory(tmp_path: Path, sorted_at_once: list[int]) -> None:
    taken(in_order(batches(made(1_500, "a,b,c")), WANTED, tmp_path, "spill-"))
    few = max(sorted_at_once)
    sorted_at_once.clear()
    rows = made(15_000, "a,b,c")
    assert taken(in_order(batches(rows), WANTED, tmp_path, "spill-"))[1] == [50] * 300
    assert sum(batch.nbytes for batch in batches(rows)) > 40 * WANTED.memory
    assert max(sorted_at_once) < 2 * few


def test_rows_that_are_alike_are_all_kept(tmp_path: Path, sorted_at_once: list[int]) -> None:
    rows = [("a", 1, "x" * 40)] * 3_000
    assert taken(in_order(batches(rows), WANTED, tmp_path, "spill-")) == (rows, [50] * 60)
    assert max(sorted_at_once) < 3 * WANTED.memory


def test_few_rows_are_sorted_at_once(tmp_path: Path, sorted_at_once: list[int]) -> None:
    rows = made(120, "a,b")
    got, lengths = taken(in_order(batches(rows), WANTED, tmp_path, "spill-"))
    assert [row[:2] for row in got] == sorted(row[:2] for row in rows)
    assert lengths == [50, 50, 20]
    assert len(sorted_at_once) == 1


def test_no_rows_make_no_group(tmp_path: Path) -> None:
    nothing = pa.record_batch([pa.array([], field.type) for field in SCHEMA], schema=SCHEMA)
    assert list(in_order(iter([nothing, nothing]), WANTED, tmp_path, "spill-")) == []
