"""The decision table: every combination of its inputs hits one row, and each row is hit by what it is for."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from roletrail.detect.address import CLASSES
from roletrail.detect.place import (
    CLAIMED_CAP,
    DECIDED,
    FIRST_USE,
    OFF,
    TABLE,
    UNKNOWN_INSTANCE,
    Egress,
    Endpoint,
    Route,
    Situation,
    decide,
    direction,
    is_off,
)

FLAGS = (False, True)
ROWS = {
    "D1", "D2", "D3", "D4", "D4b", "D5", "D5b", "D6", "D7", "D8a", "D8b", "D9", "D10", "D11", "D12", "D13", "D14", "D15", "D16",
    "D17", "D19", FIRST_USE,
}  # fmt: skip


def everything() -> list[Situation]:
    """All inputs. What only the first two rows look at, and the cap, are varied once and not with everything else."""
    rest: Any = product(
        CLASSES, FLAGS, FLAGS, get_args(Endpoint), FLAGS, get_args(Egress), FLAGS, get_args(Route), FLAGS, FLAGS, FLAGS
    )  # fmt: skip
    return [
        Situation(
            cls, known=known, in_k=in_k, endpoint=endpoint, held=held, egress=egress, complete=complete, route=route,
            in_vpc_ipv6=ipv6, knows_way_out=way, learned=learned,
        )
        for cls, known, in_k, endpoint, held, egress, complete, route, ipv6, way, learned in rest
    ]  # fmt: skip


def test_the_table_is_total() -> None:
    hit: set[str] = set()
    for s in everything():
        ruling = decide(s)
        hit.add(ruling.row)
        assert 0.3 <= ruling.confidence <= 0.97
        if ruling.confidence < DECIDED:
            assert not is_off(ruling.verdict, ruling.confidence)
        if ruling.row in ("D2", "D3", "D4"):
            assert s.in_k
        if not s.known:
            assert ruling.verdict != "ON_INSTANCE"
    assert hit == ROWS - {"D19"}


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("known", FLAGS)
@pytest.mark.parametrize("claimed", FLAGS)
def test_the_first_rows_come_first_and_the_cap_last(cls: Any, known: bool, claimed: bool) -> None:
    for rest in product(FLAGS, get_args(Endpoint), FLAGS, FLAGS):
        in_k, endpoint, complete, through = rest
        s = Situation(
            cls,
            claimed=claimed,
            known=known,
            in_k=in_k,
            endpoint=endpoint,
            complete=complete,
            through_service=through,
            route="direct",
        )
        if through:
            assert decide(s).row == "D1"
        assert decide(s._replace(to_console=True)).row == "D19"
        assert not claimed or decide(s).confidence <= CLAIMED_CAP
        assert not claimed or decide(s).row == decide(s._replace(claimed=False)).row


def test_the_last_row_takes_everything() -> None:
    for rows in (TABLE, UNKNOWN_INSTANCE):
        assert rows[-1][0] == "D17"
        assert rows[-1][1](Situation("BAD"))


OWN: dict[str, Any] = {"known": True, "in_k": True}
CASES: list[tuple[str, str, float, Situation]] = [
    ("D1", "THROUGH_SERVICE", 0.40, Situation("SERVICE")),
    ("D1", "THROUGH_SERVICE", 0.40, Situation("PRIVATE", through_service=True, endpoint="foreign")),
    ("D2", "ON_INSTANCE", 0.97, Situation("AWS_PUBLIC", **OWN)),
    ("D2", "ON_INSTANCE", 0.97, Situation("PUBLIC", endpoint="foreign", **OWN)),  # a console's proxy: judged by its address
    ("D3", "ON_INSTANCE", 0.97, Situation("PRIVATE", endpoint="same_vpc", **OWN)),
    ("D4", "ON_INSTANCE", 0.75, Situation("PRIVATE", **OWN)),
    ("D4", "ON_INSTANCE", 0.80, Situation("PRIVATE", endpoint="routed", **OWN)),
    ("D4b", "OFF_INSTANCE_LATERAL", 0.85, Situation("PRIVATE", endpoint="unrouted", **OWN)),
    ("D5", "OFF_INSTANCE_INSIDE_AWS", 0.97, Situation("PRIVATE", endpoint="foreign", **OWN)),
    ("D5", "UNKNOWN_ENDPOINT", 0.40, Situation("PRIVATE", endpoint="unlisted", **OWN)),
    ("D5b", "OFF_INSTANCE_LATERAL", 0.75, Situation("PRIVATE", endpoint="organisation")),
    ("D6", "OFF_INSTANCE_LATERAL", 0.90, Situation("PRIVATE", known=True, endpoint="same_vpc", held=True)),
    ("D7", "OFF_INSTANCE_LATERAL", 0.70, Situation("PRIVATE", known=True, endpoint="same_vpc", complete=True)),
    ("D7", "UNKNOWN_ENDPOINT", 0.40, Situation("PRIVATE", known=True, endpoint="same_vpc")),
    ("D8a", "OFF_INSTANCE_INSIDE_AWS", 0.85, Situation("PRIVATE", endpoint="strange", **OWN)),
    ("D8b", "UNKNOWN_ENDPOINT", 0.40, Situation("PRIVATE", endpoint="unknown", **OWN)),
    ("D9", "EXPECTED_EGRESS", 0.75, Situation("AWS_PUBLIC", known=True, egress="on_route", held=True)),
    ("D9", "EXPECTED_EGRESS", 0.75, Situation("PUBLIC", egress="operator")),
    ("D10", "OFF_INSTANCE_LATERAL", 0.85, Situation("AWS_PUBLIC", known=True, held=True)),
    ("D11", "OFF_INSTANCE_INSIDE_AWS", 0.88, Situation("AWS_PUBLIC", known=True, complete=True, route="direct")),
    (
        "D11",
        "OFF_INSTANCE_INSIDE_AWS",
        0.93,
        Situation("AWS_PUBLIC", known=True, complete=True, route="direct", region_differs=True),
    ),
    ("D12", "NOT_DECIDABLE", 0.40, Situation("AWS_PUBLIC", known=True)),
    ("D13", "OFF_INSTANCE_OUTSIDE_AWS", 0.95, Situation("PUBLIC", known=True, complete=True, route="direct")),
    ("D14", "PROBABLE_OFF_INSTANCE_OUTSIDE_AWS", 0.65, Situation("PUBLIC", known=True, knows_way_out=True)),
    ("D15", "SUSPECT_EGRESS", 0.45, Situation("PUBLIC", known=True, complete=True, route="beyond", knows_way_out=True)),
    ("D16", "OFF_INSTANCE_LATERAL", 0.80, Situation("AWS_PUBLIC", known=True, in_vpc_ipv6=True, held=True)),
    ("D17", "INDETERMINATE", 0.30, Situation("PRIVATE", known=True)),
    ("D17", "INDETERMINATE", 0.30, Situation("BAD", known=True)),
    ("D19", "INSTANCE_CREDENTIAL_TO_CONSOLE", 0.90, Situation("SERVICE", to_console=True)),
    (FIRST_USE, "NOT_DECIDABLE", 0.40, Situation("AWS_PUBLIC", known=True, learned=True)),
    (FIRST_USE, "NOT_DECIDABLE", 0.40, Situation("PUBLIC", known=True)),
    (FIRST_USE, "NOT_DECIDABLE", 0.40, Situation("PUBLIC", complete=True, held=True)),  # nothing known: no row of D10 to D16
]


@pytest.mark.parametrize(("row", "verdict", "confidence", "situation"), CASES)
def test_a_row(row: str, verdict: str, confidence: float, situation: Situation) -> None:
    ruling = decide(situation)
    assert (ruling.row, ruling.verdict) == (row, verdict)
    assert ruling.confidence == pytest.approx(confidence)


def test_every_row_has_a_case() -> None:
    assert {case[0] for case in CASES} == ROWS


def test_words() -> None:
    assert is_off("NEW_ADDRESS", 0.75)
    assert not is_off("NEW_ADDRESS", 0.60)
    assert not is_off("OFF_INSTANCE_LATERAL", 0.45)
    assert [direction(word) for word in ("ON_INSTANCE", "SUSPECT_EGRESS", *sorted(OFF))] == [-1, 0, *[1] * len(OFF)]
