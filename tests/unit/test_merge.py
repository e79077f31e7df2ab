"""ADR 0003: an Activity's key is decided by the record alone, and folds merge in any order into the same."""

from __future__ import annotations

from functools import reduce
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Activity, Caller, CredentialUse
from roletrail.stores.merge import (
    ACTIVITY_KEY,
    CALLER_FACTS,
    add_sources,
    fold_activities,
    merge_activities,
    merge_callers,
    merge_uses,
)

SMALL = st.integers(0, 3)
TEXT = st.sampled_from(("", "a", "b"))
SOURCES = st.dictionaries(st.sampled_from(("s3", "iam", "ec2")), st.integers(1, 5), max_size=3).map(
    lambda counts: " ".join(f"{source}={count}" for source, count in sorted(counts.items()))
)


def times(draw: st.DrawFn, names: bool) -> tuple[int | str, ...]:
    """First and last (time, event id[, event name]). An event id has one name."""
    events = sorted(draw(st.tuples(st.tuples(SMALL, TEXT), st.tuples(SMALL, TEXT))))
    return tuple(value for at, event in events for value in ((at, event, f"name of {at}{event}") if names else (at, event)))


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    key = ("id", 900, "ASIAEXAMPLE1", "192.0.2.1", "", "", "", "", "boto3", "", "")
    return Activity._make((*key, draw(st.integers(1, 9)), draw(SMALL), draw(SOURCES), *times(draw, names=True)))


@st.composite
def callers(draw: st.DrawFn) -> Caller:
    facts = ["id", "session", "aws", "AROAEXAMPLE:x", draw(SMALL), *(draw(TEXT) for _ in range(CALLER_FACTS - 5))]
    return Caller._make((*facts, draw(SMALL), draw(st.integers(1, 9)), draw(SMALL), *times(draw, names=False)))


@st.composite
def uses(draw: st.DrawFn) -> CredentialUse:
    kind = draw(st.sampled_from(("issued", "forward", "long_term")))
    return CredentialUse._make(("id", "ASIAEXAMPLE1", kind, draw(TEXT), draw(TEXT), *times(draw, names=False)))


@given(st.tuples(activities(), activities(), activities()))
def test_activities_merge_in_any_order(rows: tuple[Activity, ...]) -> None:
    merged = {reduce(merge_activities, order) for order in permutations(rows)}
    assert len(merged) == 1
    (one,) = merged
    assert one.count == sum(row.count for row in rows)
    assert (one.first_at, one.first_event) == min((row.first_at, row.first_event) for row in rows)
    assert (one.last_at, one.last_event) == max((row.last_at, row.last_event) for row in rows)


@given(st.tuples(callers(), callers(), callers()))
def test_callers_merge_in_any_order(rows: tuple[Caller, ...]) -> None:
    assert len({reduce(merge_callers, order) for order in permutations(rows)}) == 1


@given(st.tuples(uses(), uses(), uses()))
def test_uses_merge_in_any_order_and_a_key_once_issued_is_no_forward_key(rows: tuple[CredentialUse, ...]) -> None:
    merged = {reduce(merge_uses, order) for order in permutations(rows)}
    assert len(merged) == 1
    assert merged.pop().kind == max(row.kind for row in rows)


def test_the_key_is_the_first_eleven_fields_and_nothing_else_parts_activities() -> None:
    assert Activity._fields[:ACTIVITY_KEY] == (
        "identity", "cell", "access_key_id", "address", "vpce_id", "vpce_account", "delivery", "invoked_by", "agent",
        "source_identity", "mfa",
    )  # fmt: skip
    assert ACTIVITY_CELL_SECONDS == 15 * 60
    one = Activity(
        "id", 900, "k", "192.0.2.1", "", "", "", "", "boto3", "", "", 1, 0, "s3=1", 901, "e1", "GetObject", 901, "e1", "GetObject"
    )
    assert len(fold_activities([one, one._replace(first_at=905, last_at=905, sources="iam=1", errors=1)])) == 1
    for field in Activity._fields[:ACTIVITY_KEY]:
        other = one._replace(**{field: 1800 if field == "cell" else "other"})
        assert len(fold_activities([one, other])) == 2, field


def test_sources_are_added_and_a_source_may_hold_anything_but_a_space() -> None:
    assert add_sources("iam=2 s3=1", "ec2=1 s3=4") == "ec2=1 iam=2 s3=5"
    assert add_sources("", "a=b=1") == "a=b=1"
    assert add_sources("no-count", "x=-1") == ""
