"""Judging part by part, as large stores and busy roles are, comes to what judging everything together comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from roletrail.bootstrap import open_inventory
from roletrail.ingest.run import ingest
from roletrail.settings import load
from roletrail.stores.collector import collector_paused
from roletrail.stores.embedded import EmbeddedStore
from roletrail.usecases.findings import ways
from roletrail.usecases.findings.gathering import Gathering
from roletrail.usecases.findings.ways import Ways
from roletrail.usecases.places import case, parts
from roletrail.usecases.places.off_instance import judge_uses, rank, telling_uses
from tests.support.served import SAMPLE


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample."""
    folder = tmp_path_factory.mktemp("sample")
    ingest([str(SAMPLE)], open_store=lambda: EmbeddedStore(folder / "r.sqlite"), archive=folder / "archive")
    return folder / "r.sqlite"


def test_stories_are_the_same_however_busy_their_roles_are(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(EmbeddedStore(sample, create=False)) as store:
        ids = store.identities_by_time()
        whole = Gathering(store, ids, frozenset(), Ways(store)).stories()
        monkeypatch.setattr(ways, "MOST_OF_ROLE", 1)
        monkeypatch.setattr(ways, "PAGE", 7)
        busy = Gathering(store, ids, frozenset(), Ways(store)).stories()
    assert busy == whole
    assert sum(len(story.role_uses) for story in whole) > 3


def test_stories_are_the_same_whatever_was_gathered_before(sample: Path) -> None:
    with closing(EmbeddedStore(sample, create=False)) as store:
        ids = store.identities_by_time()
        cases = [ids[start : start + 12] for start in range(0, len(ids), 12)]
        alone = [Gathering(store, case, frozenset(), Ways(store)).stories() for case in cases]
        for order in (1, -1):  # late logs go back in time
            shared = Ways(store)
            together = [Gathering(store, case, frozenset(), shared).stories() for case in cases[::order]]
            assert together[::order] == alone
    assert sum(len(story.role_uses) for stories in alone for story in stories) > 3


def test_stories_are_the_same_alone_and_beside_those_above_them(sample: Path) -> None:
    with closing(EmbeddedStore(sample, create=False)) as store:
        ids = store.identities_by_time()
        together = Gathering(store, ids, frozenset(), Ways(store)).stories()
        apart = [story for id_ in ids for story in Gathering(store, [id_], frozenset(), Ways(store)).stories()]
    assert apart == together
    assert max(len(story.path) for story in together) > 4


def test_a_role_is_looked_at_once_for_cases_that_follow_each_other(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: Counter[str] = Counter()
    with closing(EmbeddedStore(sample, create=False)) as store:
        whole = store.roots_of_role

        def counting(role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
            looked_at.update(list(role_arns))
            return whole(role_arns, from_, to)

        monkeypatch.setattr(store, "roots_of_role", counting)
        ids, ways_in = store.identities_by_time(), Ways(store)
        for start in range(0, len(ids), 12):
            Gathering(store, ids[start : start + 12], frozenset(), ways_in).stories()
    assert set(looked_at.values()) == {1}


def test_parts_come_to_what_the_whole_comes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.sqlite"
    ingest([str(SAMPLE)], open_store=lambda: EmbeddedStore(path), archive=tmp_path / "archive")
    inventory = open_inventory(load(store=f"sqlite:///{path}", inventory=str(tmp_path / "inventory.sqlite")))
    with closing(EmbeddedStore(path, create=False)) as store:
        whole = sorted(judge_uses(store, inventory), key=rank)
        monkeypatch.setattr(parts, "MOST_AT_ONCE", 20)
        apart_nodes = [part.nodes for part in case.cases(store, inventory)]
        apart = sorted(judge_uses(store, inventory), key=rank)
        telling = sorted(telling_uses(store, inventory), key=rank)
    assert apart == whole
    assert telling == [v for v in whole if v.off or v.hands == "unfamiliar"]
    assert 0 < len(telling) < len(whole)
    assert any(v.off for v in whole)
    assert any(v.workload == "function" for v in whole)
    met = Counter(id_ for part in apart_nodes for id_ in part)
    assert len(apart_nodes) > 3
    assert set(met.values()) == {1}
    roles = [{node.role_arn for node in part.values()} for part in apart_nodes]
    assert sum(map(len, roles)) == len(set[str]().union(*roles))


def test_one_part_is_held_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the collector is paused, a part in a circle would stay until the last one is judged."""
    path = tmp_path / "r.sqlite"
    ingest([str(SAMPLE)], open_store=lambda: EmbeddedStore(path), archive=tmp_path / "archive")
    held: WeakSet[case.Case] = WeakSet()
    met: list[int] = []

    class Watched(case.Case):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            held.add(self)
            met.append(len(held))

    monkeypatch.setattr(parts, "MOST_AT_ONCE", 20)
    monkeypatch.setattr(case, "Case", Watched)
    inventory = open_inventory(load(store=f"sqlite:///{path}", inventory=str(tmp_path / "inventory.sqlite")))
    with closing(EmbeddedStore(path, create=False)) as store, collector_paused():
        assert sum(1 for _ in judge_uses(store, inventory)) > 100
    assert len(met) > 3
    assert set(met) == {1}
