"""Chains of one shape are one row, across accounts, session names and times; every chain is in exactly one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role
from tests.support.loading import Loaded

HUB = "111111111111"
MEMBERS = ("222222222222", "333333333333", "444444444444", "555555555555")
DAY = "2026-11-07"


@pytest.fixture
def loaded(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Loaded:
    """An auditor that goes from its hub into four accounts, twice each, and one user who does so once by another role."""
    trail = Trail(SeededIds("shapes"))
    key = trail.user_key(HUB, "auditor")
    hub = trail.assume(key, at(DAY, "08:00:00"), Role(HUB, "AuditHub", trail.ids.unique("AROA", HUB, "hub")), "audit")
    for n, account in enumerate(MEMBERS * 2):
        role = Role(account, "AuditRead", trail.ids.unique("AROA", account, "read"))
        trail.call(trail.assume(hub, at(DAY, f"08:{n:02d}:10"), role, f"run-{n}"), at(DAY, f"08:{n:02d}:20"), "iam", "ListUsers")
    other = Role(MEMBERS[0], "Deploy", trail.ids.unique("AROA", MEMBERS[0], "deploy"))
    trail.call(trail.assume(hub, at(DAY, "08:30:00"), other, "once"), at(DAY, "08:30:05"), "iam", "ListUsers")
    logs = tmp_path / "logs.json"
    logs.write_text(json.dumps({"Records": trail.records}), "utf-8")
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(logs)
    return loaded


def shapes(loaded: Loaded, *more: str) -> list[Any]:
    return json.loads(loaded.command("chains", "--shapes", "--json", *more))


def test_the_same_roles_in_many_accounts_are_one_row(loaded: Loaded) -> None:
    deploy, audit = shapes(loaded)
    assert (deploy["chains"], deploy["accounts"]) == (1, 2)
    assert (audit["chains"], audit["accounts"], audit["role_sessions"]) == (8, 5, 9)
    assert [(node["label"], node["account"]) for node in audit["path"]][1:] == [("AuditHub", HUB), ("AuditRead", "*")]
    assert "AuditHub → *:AuditRead: 8 chains, 5 accounts, 9 role sessions." in audit["sentence"]
    assert audit["tone"] == "watch"


def test_every_chain_is_in_one_shape(loaded: Loaded) -> None:
    assert sum(shape["chains"] for shape in shapes(loaded)) == len(loaded.chains(2)) == 9
    assert [shape["chains"] for shape in shapes(loaded, "--account", MEMBERS[1])] == [2]


def test_more_chains_than_are_looked_at_are_said_and_reached(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    from roletrail.auth.actor import local_actor
    from roletrail.stores.port import ChainQuery
    from roletrail.usecases.chains import grouped as cases

    monkeypatch.setattr(cases, "STEP", 3)
    ports = loaded.ports()
    try:
        page = cases.list_shapes(ports.graph, local_actor(), ChainQuery(), most=5)
        counted = sum(shape.chains for shape in page.items)
        assert counted == 6
        assert page.next
        rest = cases.list_shapes(ports.graph, local_actor(), ChainQuery(after=page.next), most=5)
        assert rest.next is None
        assert counted + sum(shape.chains for shape in rest.items) == 9
        monkeypatch.setattr(cases, "MOST_SHAPES", 1)
        assert sum(shape.chains for shape in cases.list_shapes(ports.graph, local_actor(), ChainQuery()).items) == 3
        audit = next(shape for shape in page.items if shape.chains > 1)
        each = cases.chains_of_shape(ports.graph, local_actor(), ChainQuery(), audit.id)
        assert len(each.items) == 8
        assert {view.path[-1].label for view in each.items} == {"AuditRead"}
    finally:
        ports.close()
