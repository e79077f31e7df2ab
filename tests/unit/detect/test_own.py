"""Our own reading makes no findings, and nobody hides behind its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.detect.own import SESSION_NAME
from roletrail.ingest.run import ingest
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.findings.given import Given
from tests.support import layout
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role

ONE, TWO = "111111111111", "222222222222"
START = at("2026-11-06", "10:00:00")


def judged(
    folder: Any,
    own_role: str,
    *,
    role_name: str = "roletrail-reader",
    name: str = "roletrail",
    writes: bool = False,
    onward: str = "",
) -> int:
    """Findings on a chain of three, the last of which reads, when `own_role` is ours; `onward` names a session it goes on to."""
    log = Trail(SeededIds("own"))
    alice = log.user_key(ONE, "alice")
    role = Role(ONE, role_name, log.ids.unique("AROA", ONE, role_name))
    via = [Role(ONE, hop, log.ids.unique("AROA", ONE, hop)) for hop in ("Hub", "Audit")]
    first = log.assume(alice, START - 20, via[0], "s")
    second = log.assume(first, START - 10, via[1], "s")
    session = log.assume(second, START, role, name, source_identity="roletrail")
    log.call(session, START + 1, "s3", "ListBuckets")
    if onward:
        member = Role(TWO, "reader", log.ids.unique("AROA", TWO, "reader"))
        session = log.assume(session, START + 1, member, onward, source_identity="roletrail")
    for number in range(40):
        log.call(session, START + 2 + number, "iam", "ListUsers" if number % 2 else "GetAccountAuthorizationDetails")
    if writes:
        log.create_user(session, START + 60, "backdoor")
        log.create_access_key(session, START + 61, "backdoor", "AIDAEXAMPLEBACKDOOR1")
    layout.write(folder / "logs", layout.delivered(log.records))
    store = f"sqlite:///{folder / 'store.sqlite'}"
    ingest([str(folder / "logs")], open_store=lambda: open_graph(store, create=True), archive=folder / "archive")
    graph = open_graph(store, create=False)
    try:
        return evaluate(graph, local_actor(), Given(own_role=own_role)).findings
    finally:
        graph.close()


OURS = f"arn:aws:iam::{ONE}:role/roletrail-reader"


@pytest.mark.parametrize("onward", ["", "roletrail"])
def test_our_reading_is_no_finding(tmp_path: Any, onward: str) -> None:
    """The sessions on the way to it are judged like any others."""
    assert judged(tmp_path / "ours", OURS, onward=onward) < judged(tmp_path / "unknown", "", onward=onward)


@pytest.mark.parametrize(
    ("own_role", "changed"),
    [
        (OURS, {"writes": True}),
        (OURS, {"role_name": "other"}),
        (OURS, {"name": "roletrail2"}),
        (f"arn:aws:iam::{ONE}:role/other", {}),
        (f"arn:aws:iam::{ONE}:role/other", {"onward": "roletrail"}),
        (OURS, {"role_name": "other", "onward": "roletrail"}),
    ],
)
def test_nobody_hides_behind_the_name(tmp_path: Any, own_role: str, changed: dict[str, Any]) -> None:
    assert judged(tmp_path / "theirs", own_role, **changed) == judged(tmp_path / "nobody", "", **changed) > 0


def test_the_documented_trust_policies_demand_the_one_name() -> None:
    text = (Path(__file__).parents[3] / "docs/deploy.md").read_text()
    demanded = re.findall(r"sts:(?:RoleSessionName|SourceIdentity)\"?\s*[:=]\s*\"?([\w-]+)", text)
    assert len(demanded) == 4
    assert set(demanded) == {SESSION_NAME}
