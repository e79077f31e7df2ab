"""Archive rows of small objects go in together: as what they would be one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest.coded import Coded
from roletrail.ingest.rows import NAMES, Column, joined

TEXTS = st.lists(st.sampled_from(["", "sts.amazonaws.com", "s3.amazonaws.com", "Straße", "\ud800"]), min_size=1, max_size=4)


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Column]:
    """Columns of one length, of each kind; a table may hold a value twice, and values that no row has."""
    rows = draw(st.integers(1, 5))
    numbers = np.array(draw(st.lists(st.integers(0, 1 << 40), min_size=rows, max_size=rows)), np.int64)
    ids = draw(st.lists(st.text(max_size=3), min_size=rows, max_size=rows))
    table = draw(TEXTS)
    codes = np.array(draw(st.lists(st.integers(0, len(table) - 1), min_size=rows, max_size=rows)), np.int64)
    kinds: list[Column] = [numbers, ids, Coded(list(table), codes)]
    return {name: kinds[place % 3] for place, name in enumerate(NAMES)}


def values(column: Column) -> list[object]:
    return column.texts() if isinstance(column, Coded) else list(column)


@given(st.lists(parts(), min_size=1, max_size=4))
def test_rows_of_parts_in_their_order(several: Sequence[dict[str, Column]]) -> None:
    whole = joined(several)
    assert list(whole) == list(NAMES)
    for name, column in whole.items():
        assert values(column) == [value for part in several for value in values(part[name])]


@given(st.lists(parts(), min_size=2, max_size=4))
def test_a_text_of_several_parts_is_met_once(several: Sequence[dict[str, Column]]) -> None:
    for column in joined(several).values():
        if isinstance(column, Coded):
            assert len(set(column.table)) == len(column.table)
