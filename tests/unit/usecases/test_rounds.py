"""What a round of a follower reads hangs on what came, not on what the key or the function behind it ever did."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_inventory
from roletrail.ingest.listing import listing
from roletrail.ingest.source.delivery import EVERYTHING
from roletrail.lineage.model import Activity
from roletrail.settings import load
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import NodeRow
from roletrail.usecases.findings import gathering
from roletrail.usecases.findings.given import Given
from roletrail.usecases.loading.intake import Intake
from roletrail.usecases.places import case
from tests.support import layout, workloads
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role

ONE = "111111111111"
BEGIN = at("2026-10-05")
ROUNDS = 8


class Counting(EmbeddedStore):
    """Counts the identities it is asked about."""

    asked = 0

    def rows(self, ids: Collection[str]) -> dict[str, NodeRow]:
        self.asked += len(ids)
        return super().rows(ids)

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        self.asked += len(ids)
        return super().activities_of(ids, from_, to)


def asked_by_round(folder: Path, trail: Trail, happens: Callable[[int], object]) -> list[int]:
    settings = load(store=f"sqlite:///{folder / 'r.sqlite'}", inventory=str(folder / "inventory.sqlite"))
    given = Given(inventory=open_inventory(settings))
    store = Counting(folder / "r.sqlite")
    intake = Intake(lambda: store, settings.archive_path, given=lambda: given)
    found: list[int] = []
    with intake.store():
        for number in range(ROUNDS):
            trail.records.clear()
            happens(BEGIN + number * 60)
            layout.write(folder / f"{number}", layout.delivered(trail.records))
            store.asked = 0
            with listing([str(folder / f"{number}")], EVERYTHING) as objects:
                taken = intake.take(store, local_actor(), objects).taken
            assert taken == len(trail.records)
            found.append(store.asked)
    return found


def test_of_a_busy_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_USES", 5)
    trail = Trail(SeededIds("busy key"))
    key = trail.user_key(ONE, "deploy")
    role = Role(ONE, "Deploy", trail.ids.unique("AROA", ONE, "Deploy"))

    def happens(begin: int) -> None:
        for n in range(8):
            trail.call(trail.assume(key, begin + n, role, f"run-{begin}-{n}"), begin + n, "s3", "ListBuckets")

    asked = asked_by_round(tmp_path, trail, happens)
    assert asked[-1] == asked[2] > 8


def test_of_many_busy_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_SIBLINGS", "MOST_OF_ROLE", "MOST_NEIGHBOURS"):
        monkeypatch.setattr(case, name, 3)
    trail = Trail(SeededIds("busy functions"))
    roles = [Role(ONE, f"F{n}", trail.ids.unique("AROA", ONE, f"F{n}")) for n in range(12)]

    def happens(begin: int) -> None:
        for n, role in enumerate(roles):
            session = workloads.function(trail, begin + n, role, f"f{n}", address="192.0.2.7")
            trail.call(session, begin + n + 5, "s3", "ListBuckets")

    asked = asked_by_round(tmp_path, trail, happens)
    assert asked[-1] == asked[4] > len(roles)
