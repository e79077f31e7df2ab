"""Each revocation, run forty minutes after it was printed, denies the sessions it claims and no others, and says how many of seven
days it would have denied besides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from roletrail.lineage.model import Node
from roletrail.usecases.containment.views import ContainmentStep, ContainmentView
from tests.containment.conftest import SCENARIOS, Estate
from tests.containment.iam import denies
from tests.containment.subjects import SUBJECTS
from tests.scenarios.recipes import DAY, HOME, named_role, new_trail
from tests.support.cloudtrail import at
from tests.support.identities import iso

LATER = 40 * 60
WEEK, DAY_SECONDS = 7 * 86_400, 86_400
KEY_CHAIN, INSTANCE_CHAIN = "ASIAWO6XUA4OFYFK6BSN", "ASIAWO6XUA4OCVMDZNAJ"


class Lived(NamedTuple):
    """A session of the store with when it was last seen or issued."""

    node: Node
    lately: int


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Everything `roletrail demo` loads: the incidents in the middle of a company's traffic."""
    estate = Estate(tmp_path_factory.mktemp("company"))
    estate.load(*sorted(SCENARIOS.glob("sample/*/AWSLogs")))
    yield estate
    estate.close()


def sessions(estate: Estate) -> list[Lived]:
    graph = estate.ports.graph
    nodes: list[Any] = [row for kind, row in graph.export() if kind == "node"]
    ids = [node.id if isinstance(node, Node) else node[0] for node in nodes]
    found = [row for row in graph.rows(ids).values() if row.node.kind == "session"]
    return [Lived(row.node, max(row.last_seen, row.node.issued_at)) for row in found]


def context(node: Node) -> dict[str, str | list[str]]:
    """The request context of a call by this session."""
    arn = node.role_arn or f"arn:aws:iam::{node.account}:user/{node.name}"
    return {
        "aws:userid": node.principal_id,
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": node.account,
        "aws:TokenIssueTime": iso(node.issued_at),
        **({"identitystore:UserId": node.on_behalf_of} if node.on_behalf_of else {}),
    }


def denied_by(step: ContainmentStep, content: str, lived: list[Lived], when: int) -> set[str]:
    """Ids of the sessions that a policy denies where the step puts it: on a role, on a user, or over an account."""
    policy = json.loads(content.replace("RUN_TIME", iso(when)))
    return {one.node.id for one in lived if _reached(step, one.node) and denies(policy, context(one.node))}


def _reached(step: ContainmentStep, node: Node) -> bool:
    if node.account != step.account:
        return False
    if step.step == "revoke sessions":
        return node.role_name in step.roles
    return step.step != "deny on the user" or node.type in ("IAMUser", "FederatedUser")


def revocations(view: ContainmentView) -> list[tuple[ContainmentStep, str]]:
    return [
        (step, file.content)
        for step in view.steps
        if step.step in ("revoke sessions", "deny on the user", "deny the portal user's sessions")
        for file in step.files
        if "quarantine" not in file.name
    ]


@pytest.mark.parametrize("thing", [KEY_CHAIN, INSTANCE_CHAIN])
def test_in_a_company_that_goes_on(company: Estate, thing: str) -> None:
    view = company.plan(thing)
    until = company.ports.graph.totals().last_at
    lived = sessions(company)
    steps = revocations(view)
    assert len(steps) == 3
    for step, content in steps:
        denied = denied_by(step, content, [one for one in lived if one.lately > until - WEEK], until + LATER)
        suspicious = set(step.stops.ids) & set(view.attacker_ids)
        assert len(suspicious) == step.stops.suspicious
        assert set(step.stops.ids) <= denied, "it denies what it claims"
        besides = denied - suspicious
        assert len(besides) == step.breaks.last_7_days, step.title
        of_a_day = {one.node.id for one in lived if one.lately > until - DAY_SECONDS} & besides
        assert len(of_a_day) == step.breaks.last_24_hours
        assert {other.session_id for other in step.breaks.others} <= of_a_day
        assert set(step.stops.ids) - suspicious <= of_a_day, "of others it claims those of a day that may live"
        elsewhere = {one.node.id for one in lived if one.node.role_name not in step.roles}
        assert not denied & elsewhere, "and no others"


def test_the_company_gives_the_counts_something_to_count(company: Estate) -> None:
    counts = [step.breaks.last_7_days for thing in (KEY_CHAIN, INSTANCE_CHAIN) for step, _ in revocations(company.plan(thing))]
    assert sum(count > 0 for count in counts) >= 2


def test_the_narrower_way_denies_the_suspicious_sessions_alone(company: Estate) -> None:
    until = company.ports.graph.totals().last_at
    lived = sessions(company)
    ways = [
        (step, step.alternative)
        for step in company.plan(INSTANCE_CHAIN).steps
        if step.step == "revoke sessions" and step.alternative
    ]
    assert ways
    for step, way in ways:
        (file,) = way.files
        suspicious = set(step.stops.ids) & set(company.plan(INSTANCE_CHAIN).attacker_ids)
        denied = denied_by(step, file.content, lived, until + LATER)
        same_names = {
            one.node.id
            for one in lived
            for two in lived
            if two.node.id in suspicious and one.node.principal_id == two.node.principal_id
        }
        assert suspicious <= denied <= same_names


@pytest.mark.parametrize("name", SUBJECTS)
def test_of_every_incident(scenario: Callable[[str], Estate], name: str) -> None:
    folder, thing = SUBJECTS[name]
    estate = scenario(folder)
    view, until, lived = estate.plan(thing), estate.ports.graph.totals().last_at, sessions(scenario(folder))
    for step, content in revocations(view):
        claimed = {id_ for id_ in step.stops.ids if any(one.node.id == id_ for one in lived)}
        denied = denied_by(step, content, lived, until + LATER)
        assert claimed <= denied, step.title
        assert all(_reached(step, one.node) for one in lived if one.node.id in denied)


def test_sessions_asked_for_between_printing_and_running_are_denied_and_later_ones_are_not(
    estate: Estate, tmp_path: Path
) -> None:
    """T is set as the step is run: what was issued in those forty minutes is denied as well, what comes after is not."""
    del tmp_path
    trail, role = new_trail(), named_role(HOME, "A")
    key = trail.user_key(HOME, "alice", key="AKIA1")
    bob = trail.user_key(HOME, "bob", key="AKIA2")
    printed = at(DAY, "11:00:00")
    mine = trail.assume(key, printed - 600, role, "s", key="K1")
    trail.call(mine, printed - 60, "s3", "ListBuckets")
    estate.add(trail.records)
    ((step, content),) = revocations(estate.plan(mine.key))
    trail.records.clear()
    between = trail.assume(bob, printed + 1200, role, "between", key="K2")
    after = trail.assume(bob, printed + LATER + 60, role, "after", key="K3")
    estate.add(trail.records)
    denied = denied_by(step, content, sessions(estate), printed + LATER)
    assert denied == {estate.id_of(mine.key), estate.id_of(between.key)}
    assert estate.id_of(after.key) not in denied
