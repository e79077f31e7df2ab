"""Judging over a store: baselines that cannot be fed, any order of loading, what people said (ADR 0015)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from roletrail.alerts.decisions import Decisions
from roletrail.auth.actor import Actor, local_actor
from roletrail.bootstrap import open_graph, open_ports
from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.errors import Forbidden, InvalidRequest, NotFound
from roletrail.settings import load
from roletrail.stores.judging import FindingQuery
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings import listing as cases
from roletrail.usecases.findings.backtest import back_test
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.loading.load import load_logs
from roletrail.usecases.ports import Ports
from tests.support import layout, sign_in
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Credential, Role

HUB, MEMBER = "111111111111", "222222222222"
BEGIN = at("2026-10-05")
DAY = 86_400
RUNNER = "aws-sdk-nodejs/3.600.0 linux/6.8 Node.js/20"
KALI = "aws-cli/2.17.18 ua/2.0 os/linux#6.8.11-amd64 md/distrib#kali.2024"


class World:
    """A pipeline of three roles for `days` days, and whatever a test adds."""

    def __init__(self, days: int = 34) -> None:
        self.trail = Trail(SeededIds("evaluate"))
        self.roles = {
            name: Role(HUB if name != "deploy-shop" else MEMBER, name, self.trail.ids.unique("AROA", HUB, name))
            for name in ("ci-build", "ci-release", "deploy-shop", "data-admin")
        }
        self.thief = self.trail.user_key(HUB, "backup").at("2001:db8:f00d::7", KALI)
        self.days = days
        for day in range(days):
            self.deploy(day)

    def deploy(self, day: int) -> Credential:
        begin = BEGIN + day * DAY + 36_000
        build = sign_in.web_identity(
            self.trail, begin, self.roles["ci-build"], "token.actions.githubusercontent.com", "sts.amazonaws.com",
            "repo:acme/shop:ref:refs/heads/main", f"run-{day}", address=f"2001:db8:a{day:03x}::1", agent=RUNNER,
        )  # fmt: skip
        release = self.trail.assume(build, begin + 60, self.roles["ci-release"], f"run-{day}")
        deploy = self.trail.assume(release, begin + 90, self.roles["deploy-shop"], f"run-{day}")
        self.trail.call(deploy, begin + 120, "cloudformation", "UpdateStack", {"stackName": "shop"})
        return deploy

    def steal(self, day: int, *, acts: bool) -> None:
        """The stolen key takes three roles; at last it makes itself a key."""
        begin = BEGIN + day * DAY + 50_000
        current = self.thief
        for step, name in enumerate(("ci-build", "ci-release", "data-admin")):
            current = self.trail.assume(current, begin + step * 60, self.roles[name], "x")
        self.trail.call(current, begin + 200, "s3", "ListBuckets")
        if acts:
            self.trail.create_access_key(current, begin + 300, "ops", "AIDAEXAMPLEOPSXXXXXXX")

    def lived(self) -> None:
        """The key's ordinary life, at home."""
        for day in range(self.days):
            self.trail.call(self.thief.at("192.0.2.10", RUNNER), BEGIN + day * DAY, "s3", "ListBuckets")


def opened(folder: Path, records: Iterable[Record], *, parts: int = 1, backwards: bool = False) -> Ports:
    """Ports of a store filled by ingest, in so many runs of days, the last days first when `backwards`."""
    ordered = sorted(records, key=lambda record: (record["eventTime"], record["eventID"]))
    size = -(-len(ordered) // parts)
    runs = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return loaded(folder, reversed(runs) if backwards else runs)


def loaded(folder: Path, runs: Iterable[Sequence[Record]]) -> Ports:
    """Each run by an ingest of its own, that judges it."""
    settings = load(store=f"sqlite:///{folder / 'r.sqlite'}")
    for number, run in enumerate(runs):
        layout.write(folder / f"logs{number}", layout.delivered(run))
        load_logs(
            lambda: open_graph(settings.store, create=True),
            settings.archive_path,
            local_actor(),
            [str(folder / f"logs{number}")],
            workers=1,
        )
    return open_ports(settings)


def every(graph: GraphStore) -> list[Finding]:
    return graph.findings(FindingQuery(limit=10_000))[0]


def worst(findings: Iterable[Finding], since: int) -> dict[str, tuple[str, int]]:
    """Loudest severity and score of each rule since a time."""
    found: dict[str, tuple[str, int]] = {}
    for one in findings:
        if one.last_seen >= since and one.score > found.get(one.rule, ("", -1))[1]:
            found[one.rule] = (one.severity, one.score)
    return found


def test_a_slow_feed_of_thirty_days_quietens_nothing(tmp_path: Path) -> None:
    told: list[dict[str, tuple[str, int]]] = []
    for name, days in (("alone", ()), ("fed", range(18, 48))):
        world = World(49)
        world.lived()
        for day in days:
            world.steal(day, acts=False)
        world.steal(48, acts=True)
        ports = opened(tmp_path / name, world.trail.records)
        told.append(worst(every(ports.graph), BEGIN + 48 * DAY + 40_000))
        ports.close()
    alone, fed = told
    for rule in ("chain-three", "chain-shape-new", "persistence"):
        assert fed[rule] == alone[rule], rule
        assert SEVERITIES.index(fed[rule][0]) >= SEVERITIES.index("medium")


def test_what_is_usual_gets_quieter_and_says_so(tmp_path: Path) -> None:
    ports = opened(tmp_path, World().trail.records)
    runs = sorted((one for one in every(ports.graph) if one.rule == "chain-three"), key=lambda one: one.first_seen)
    ports.close()
    assert len(runs) == 34  # never invisible
    assert {one.tone for one in runs} == {"alarm"}
    assert runs[0].score == 30
    assert any("no baseline yet" in reason.text for reason in runs[0].reasons)
    assert runs[-1].severity == "informational"
    assert any(reason.weight < 0 and "quieter" in reason.text for reason in runs[-1].reasons)
    assert max(SEVERITIES.index(one.severity) for one in runs) < SEVERITIES.index("medium")


def test_a_pipeline_that_builds_a_new_account_raises_nothing_high(tmp_path: Path) -> None:
    world = World()
    begin = BEGIN + 33 * DAY + 60_000
    deploy = world.deploy(34)
    fresh = Role("333333333333", "OrganizationAccountAccessRole", world.trail.ids.unique("AROA", "333333333333", "x"))
    setup = world.trail.assume(deploy, begin + DAY, fresh, "vend")
    trust = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{HUB}:root"}},"Action":"sts:AssumeRole"}}]}}'
    world.trail.call(setup, begin + DAY + 9, "iam", "CreateRole", {"roleName": "audit", "assumeRolePolicyDocument": trust})
    world.trail.call(setup, begin + DAY + 10, "lambda", "CreateFunction20150331", {"functionName": "f", "role": fresh.arn})
    instances = {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}
    world.trail.call(setup, begin + DAY + 11, "ec2", "RunInstances", {}, response=instances)
    ports = opened(tmp_path, world.trail.records)
    found = [one for one in every(ports.graph) if one.last_seen >= begin]
    ports.close()
    assert {"chain-three", "infrastructure-new"} <= {one.rule for one in found}
    assert {one.severity for one in found} <= {"informational", "low", "medium"}


@pytest.mark.parametrize("alone", [True, False])
def test_a_session_is_held_against_what_others_did_even_when_it_comes_alone(tmp_path: Path, *, alone: bool) -> None:
    """Its own habits do not name what its kind usually brings: an external id, or branches beside the main one."""
    trail = Trail(SeededIds("alone"))
    scan, deploy = (Role(MEMBER, name, trail.ids.unique("AROA", MEMBER, name)) for name in ("vendor-scan", "shop-deploy"))
    vendor = trail.user_key("888888888888", "scanner").at("198.51.100.9", RUNNER)

    def run(day: int, branch: str, external_id: str) -> None:
        trail.assume(vendor, BEGIN + day * DAY, scan, "scan", copies="role", external_id=external_id)
        subject = f"repo:acme/shop:ref:refs/heads/{branch}"
        sign_in.web_identity(
            trail, BEGIN + day * DAY, deploy, "token.actions.githubusercontent.com", "sts.amazonaws.com", subject, f"run-{day}",
            address="198.51.100.77", agent=RUNNER,
        )  # fmt: skip

    for day in range(30):
        run(day, f"feature/{day}", "e-1")
    before = list(trail.records)
    run(33, "main", "")
    last = trail.records[len(before) :]
    ports = loaded(tmp_path, [before, last] if alone else [[*before, *last]])
    found = [one for one in every(ports.graph) if one.first_seen >= BEGIN + 33 * DAY]
    ports.close()
    assert {(one.rule, one.reasons[0].weight) for one in found} == {("foreign-account", 45), ("federation-subject-new", 15)}


def test_any_order_of_days_gives_the_same_findings(tmp_path: Path) -> None:
    world = World()
    world.lived()
    world.steal(20, acts=True)
    world.steal(33, acts=True)
    seen: list[list[Finding]] = []
    for name, parts, backwards in (("at once", 1, False), ("by and by", 3, False), ("backwards", 3, True)):
        ports = opened(tmp_path / name, world.trail.records, parts=parts, backwards=backwards)
        seen.append(every(ports.graph))
        evaluate(ports.graph, local_actor(), cases.given_to(ports), everything=True)
        assert every(ports.graph) == seen[0]
        assert ports.graph.unjudged(1).ids == ()
        ports.close()
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    world.lived()
    world.steal(20, acts=True)
    folder = tmp_path_factory.mktemp("attacked")
    opened(folder, world.trail.records).close()
    return folder


@pytest.fixture
def attacked(filled: Path, tmp_path: Path) -> Iterator[Ports]:
    """A copy of its own: tests write statuses and exceptions."""
    shutil.copytree(filled, tmp_path / "copy")
    ports = open_ports(load(store=f"sqlite:///{tmp_path / 'copy' / 'r.sqlite'}"))
    yield ports
    ports.close()


def test_what_a_person_set_outlives_every_evaluation(attacked: Ports) -> None:
    loudest = every(attacked.graph)[0]
    assert cases.decide(attacked, local_actor("eve"), loudest.id, "benign", "a drill").status == "benign"
    evaluate(attacked.graph, local_actor(), cases.given_to(attacked), everything=True)
    view = cases.show_finding(attacked, local_actor(), loudest.id)
    assert (view.finding.status, view.decided_by, view.note) == ("benign", "eve", "a drill")
    open_ = cases.list_findings(attacked, local_actor(), cases.finding_filter({"status": "open"}, strict=True)).items
    assert loudest.id not in {one.id for one in open_}
    assert cases.list_findings(attacked, local_actor(), cases.finding_filter({"status": "benign"}, strict=True)).items == [
        view.finding
    ]
    for bad in ("closed", ""):
        with pytest.raises(InvalidRequest):
            cases.decide(attacked, local_actor(), loudest.id, bad)
    with pytest.raises(NotFound):
        cases.decide(attacked, local_actor(), "nothing", "open")


def test_confirmed_findings_stop_vouching_for_the_usual(attacked: Ports) -> None:
    runs = sorted(
        (one for one in every(attacked.graph) if one.rule == "chain-three" and one.severity not in ("critical", "high")),
        key=lambda one: one.first_seen,
    )
    decisions = Decisions(attacked.app)
    for one in runs[:30]:
        decisions.decide(one.id, "confirmed", "eve", "")
    evaluate(attacked.graph, local_actor(), cases.given_to(attacked), everything=True)
    again = attacked.graph.findings_by_id([runs[-1].id])[runs[-1].id]
    assert again.score > runs[-1].score


def test_exceptions_hide_nothing_from_counts(attacked: Ports) -> None:
    before = cases.count_findings(attacked, local_actor())
    match = {"rule": "chain-three", "title": "ci-build > ci-release > deploy-shop"}
    covered = cases.preview_exception(attacked, local_actor(), match)
    assert len(covered) == 34
    saved = cases.allow(attacked, local_actor("eve"), match, "shop team", "their pipeline", 30)
    assert (saved.covers, saved.created_by) == (34, "eve")
    listed = cases.list_findings(attacked, local_actor(), cases.finding_filter({"limit": "500"}, strict=True)).items
    assert not {one.id for one in listed} & {one.id for one in covered}
    both = cases.list_findings(
        attacked, local_actor(), cases.finding_filter({"limit": "500", "suppressed": "1"}, strict=True)
    ).items
    assert len(both) == len(listed) + 34
    after = cases.count_findings(attacked, local_actor())
    assert (after.severities, after.suppressed) == (before.severities, 34)
    cases.end_exception(attacked, local_actor(), saved.id)
    assert cases.count_findings(attacked, local_actor()).suppressed == 0


@pytest.mark.parametrize(
    ("match", "owner", "reason", "days"),
    [({}, "a", "b", 5), ({"rule": "chain-two"}, "a", "b", 5), ({"colour": "red"}, "a", "b", 5), ({"title": "x"}, "", "b", 5),
     ({"title": "x"}, "a", " ", 5), ({"title": "x"}, "a", "b", 0), ({"title": "x"}, "a", "b", 4000)],
)  # fmt: skip
def test_exceptions_need_owner_reason_and_end(attacked: Ports, match: dict[str, str], owner: str, reason: str, days: int) -> None:
    with pytest.raises(InvalidRequest):
        cases.allow(attacked, local_actor(), match, owner, reason, days)
    assert cases.list_exceptions(attacked, local_actor()) == []


def test_a_back_test_says_the_same_and_changes_nothing(attacked: Ports) -> None:
    found = every(attacked.graph)
    view = back_test(attacked, local_actor())
    assert view.findings == len(found)
    assert sum(sum(row.severities.values()) for row in view.days) == len(found)
    assert view.noise[0].rule == "chain-three"
    since = BEGIN + 20 * DAY
    assert back_test(attacked, local_actor(), since).findings == sum(one.first_seen >= since for one in found)
    assert {row.rule for row in back_test(attacked, local_actor(), 0, "persistence").days} == {"persistence"}
    assert every(attacked.graph) == found
    with pytest.raises(InvalidRequest):
        back_test(attacked, local_actor(), 0, "no-rule")


def test_who_may_read_may_not_decide(attacked: Ports) -> None:
    reader = Actor("reader", "viewer", frozenset({"read"}), "token")
    found = cases.list_findings(attacked, reader, cases.finding_filter({}, strict=True)).items
    with pytest.raises(Forbidden):
        cases.decide(attacked, reader, found[0].id, "benign")
    with pytest.raises(Forbidden):
        cases.allow(attacked, reader, {"title": "x"}, "a", "b", 5)
    with pytest.raises(Forbidden):
        evaluate(attacked.graph, reader)
