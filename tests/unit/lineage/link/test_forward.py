"""Whose key it was that a service used a forward access session of, and how sure that is (rule J7)."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.link import forward
from roletrail.lineage.model import Activity, Alias, Node
from tests.unit.lineage.link.made import AT, ONE, TWO, case, made, seen

ME = seen(partition="aws", account=ONE, first_at=AT + 1, first_event="use").caller
KEY = made(Node, id="k", kind="key", partition="aws", account=ONE)
FORWARDED = made(Activity, identity="me", invoked_by="kms.amazonaws.com")
USE = "20261102.use"


def call(first: int = 0, last: int | None = None, /, sources: str = "kms.amazonaws.com=2", **facts: Any) -> Activity:
    """A fold of a key's own calls; its ends are named by their seconds after the beginning."""
    last = first if last is None else last
    ends = {"first_at": AT + first, "first_event": f"{first:+}", "last_at": AT + last, "last_event": f"{last:+}"}
    return made(Activity, **{"identity": "k", "sources": sources} | ends | facts)


def joined(*calls: Activity, keys: tuple[str, ...] = ("k", "l"), through: str = "kms.amazonaws.com") -> Alias | None:
    return forward.alias_of(ME, keys, [FORWARDED._replace(invoked_by=through), *calls])


def alias(confidence: float, *called: str, target: str = "k") -> Alias:
    return Alias("me", target, "J7", confidence, (*(f"20261102.{event}" for event in called), USE))


def test_keys_of_the_user_in_these_logs() -> None:
    others = [KEY._replace(id="s", kind="session"), KEY._replace(id="p", partition="aws-cn"), KEY._replace(id="a", account=TWO)]
    assert forward.keys_of(ME, [*others, KEY, KEY._replace(id="l")]) == ["k", "l"]
    assert not forward.applies(case(None))


def test_calls_are_looked_for_where_their_cells_may_begin() -> None:
    assert forward.cells_around(ME) == (AT - 901, AT + 3)


@pytest.mark.parametrize(
    ("made_by_the_key", "found"),
    [
        (call(), alias(0.85, "+0")),
        (call(-2), alias(0.85, "-2")),
        (call(2), alias(0.85, "+2")),
        (call(-3), None),
        (call(3), None),
        (call(-2, 2), alias(0.85, "-2")),
        (call(-2, 1), alias(0.85, "+1")),
        (call(-9, 1), alias(0.85, "+1")),
        (call(-9, 9), alias(0.85)),
        (call(sources="ec2.amazonaws.com=1"), None),
        (call(sources="ec2.amazonaws.com=1 kms.amazonaws.com=3"), alias(0.85)),
        (call(invoked_by="s3.amazonaws.com"), None),
        (call(identity="stranger"), None),
        (call(identity="l"), alias(0.85, "+0", target="l")),
    ],
)
def test_the_key_that_called_the_service_itself(made_by_the_key: Activity, found: Alias | None) -> None:
    assert joined(made_by_the_key) == found


def test_a_service_that_is_not_named_proves_less() -> None:
    elsewhere = call(sources="ec2.amazonaws.com=1 s3.amazonaws.com=1")
    assert joined(elsewhere, through="AWS Internal") == alias(0.70, "+0")
    assert joined(call(-9, 9), through="AWS Internal") == alias(0.70)
    assert joined(call(3), through="AWS Internal") is None


def test_of_two_keys_the_one_that_called_the_service() -> None:
    other = call(sources="ec2.amazonaws.com=1", identity="l")
    assert joined(call(), other) == alias(0.85, "+0")
    assert joined(call(), other, through="AWS Internal") is None
    assert joined(call(), call(identity="l")) is None


def test_named_once_and_unnamed_once_the_name_is_enough() -> None:
    unnamed = FORWARDED._replace(invoked_by="AWS Internal", cell=900)
    assert joined(call(), unnamed) == alias(0.85, "+0")
    assert joined(call(sources="ec2.amazonaws.com=1"), unnamed) == alias(0.70, "+0")
