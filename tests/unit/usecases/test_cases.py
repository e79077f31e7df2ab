"""Judging places part by part, as large stores are, comes to what judging everything together comes to."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from roletrail.bootstrap import open_inventory
from roletrail.ingest.run import ingest
from roletrail.settings import load
from roletrail.stores.embedded import EmbeddedStore
from roletrail.usecases.places import case
from roletrail.usecases.places.off_instance import judge_uses, rank
from tests.support.served import SAMPLE


def test_parts_come_to_what_the_whole_comes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.sqlite"
    ingest([str(SAMPLE)], open_store=lambda: EmbeddedStore(path), archive=tmp_path / "archive")
    inventory = open_inventory(load(store=f"sqlite:///{path}", inventory=str(tmp_path / "inventory.sqlite")))
    with closing(EmbeddedStore(path, create=False)) as store:
        whole = sorted(judge_uses(store, inventory), key=rank)
        monkeypatch.setattr(case, "MOST_AT_ONCE", 20)
        parts = [part.nodes for part in case.cases(store, inventory)]
        apart = sorted(judge_uses(store, inventory), key=rank)
    assert apart == whole
    assert any(v.off for v in whole)
    assert any(v.workload == "function" for v in whole)
    met = Counter(id_ for part in parts for id_ in part)
    assert len(parts) > 3
    assert set(met.values()) == {1}
    roles = [{node.role_arn for node in part.values()} for part in parts]
    assert sum(map(len, roles)) == len(set[str]().union(*roles))
