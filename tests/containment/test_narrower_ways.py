"""Ways that spare more than the first one does, and facts of the estate that shape a step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from roletrail import cli
from roletrail.usecases.containment.case import Options
from roletrail.usecases.containment.views import ContainmentStep, ContainmentView
from tests.containment.conftest import Estate
from tests.containment.everything import certificates
from tests.containment.iam import denies
from tests.containment.linter import lint
from tests.scenarios.recipes import DAY, HOME, named_role, new_trail
from tests.support.cloudtrail import Record, Trail, at
from tests.support.workloads import deliver

INSTANCE = "i-0123456789abcdef0"
GROUP_TAG = {"key": "aws:autoscaling:groupName", "value": "storefront"}


def step_of(view: ContainmentView, name: str) -> ContainmentStep:
    (found,) = [step for step in view.steps if step.step == name]
    return found


# --- source identity ---


def shared_role(source: str, other: str = "") -> tuple[list[Record], str]:
    """A role that the chain and somebody else use at once, each with a source identity or without."""
    trail, role = new_trail(), named_role(HOME, "deploy")
    mine = trail.assume(
        trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), role, "s", key="K1", source_identity=source
    )
    theirs = trail.assume(
        trail.user_key(HOME, "bob", key="AKIA2"), at(DAY, "10:05:00"), role, "t", key="K2", source_identity=other
    )
    for session in (mine, theirs):
        trail.call(session, at(DAY, "10:10:00"), "s3", "ListBuckets")
    return trail.records, mine.key


def test_a_source_identity_is_denied_and_the_role_goes_on(estate: Estate) -> None:
    """Semantics 7.5: aws:SourceIdentity on sessions, those to come too; others of the role are spared."""
    records, key = shared_role("alice", "bob")
    estate.add(records)
    way = step_of(estate.plan(key), "revoke sessions").alternative
    assert way
    assert "--policy-name RoletrailDenySourceIdentity" in way.script
    assert "sts:SourceIdentity" in way.when, "where it is the caller's own choice the next chain begins without it"
    policy: dict[str, Any] = json.loads(way.files[0].content)
    assert not lint(policy)
    issued = {"aws:TokenIssueTime": "2026-11-02T10:00:00Z"}
    assert denies(policy, {**issued, "aws:SourceIdentity": "alice", "aws:userid": "AROAEXAMPLE:s"})
    assert denies(policy, {"aws:SourceIdentity": "alice", "aws:TokenIssueTime": "2030-01-01T00:00:00Z"}), "one to come"
    assert not denies(policy, {**issued, "aws:SourceIdentity": "bob"})
    assert not denies(policy, issued), "a session without one"
    assert not denies(policy, {"sts:SourceIdentity": "alice"}), "that key is of the call which sets it"


@pytest.mark.parametrize("source", ["", "a\nb", "--debug"])
def test_without_a_source_identity_the_session_is_denied_by_name(estate: Estate, source: str) -> None:
    records, key = shared_role(source)
    estate.add(records)
    way = step_of(estate.plan(key), "revoke sessions").alternative
    assert way
    assert "RoletrailDenySession " in way.script


# --- auto scaling ---


def on_instance(trail: Trail) -> str:
    delivered = deliver(trail, at(DAY, "06:00:00"), "ec2", named_role(HOME, "fleet"), INSTANCE, key="K1")
    trail.call(delivered, at(DAY, "07:00:00"), "s3", "ListBuckets")
    return delivered.key


def launched(tags: Any) -> Trail:
    """RunInstances as Auto Scaling makes it: the group's name is a tag of the answer."""
    trail = new_trail()
    by = trail.assume(trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "05:00:00"), named_role(HOME, "scaler"), "s", key="K8")
    item = {
        "instanceId": INSTANCE,
        "subnetId": "subnet-1",
        "vpcId": "vpc-1",
        "privateIpAddress": "10.0.0.5",
        "tagSet": {"items": tags},
    }
    trail.call(by, at(DAY, "05:30:00"), "ec2", "RunInstances", {}, responseElements={"instancesSet": {"items": [item]}})
    return trail


def scaled(trail: Trail, when: str, name: str) -> None:
    by = trail.user_key(HOME, "carol", key="AKIA3")
    trail.call(by, at(DAY, when), "autoscaling", name, {"instanceIds": [INSTANCE], "autoScalingGroupName": "storefront"})


DETACH = (
    f"aws autoscaling detach-instances --instance-ids {INSTANCE} --auto-scaling-group-name storefront "
    f"--should-decrement-desired-capacity --region eu-central-1 --profile {HOME}"
)


@pytest.mark.parametrize("told", ["launched by the group", "attached", "attached and detached", "launched for nothing"])
def test_an_instance_of_a_group_is_detached_before_it_is_isolated(estate: Estate, told: str) -> None:
    trail = launched([{"key": "Name", "value": "web"}, GROUP_TAG] if told == "launched by the group" else [])
    if told.startswith("attached"):
        scaled(trail, "05:40:00", "AttachInstances")
    if told.endswith("detached"):
        scaled(trail, "05:50:00", "DetachInstances")
    key = on_instance(trail)
    estate.add(trail.records)
    step = step_of(estate.plan(key), "isolate the instance")
    inside = told in ("launched by the group", "attached")
    assert (step.commands[0] == DETACH) == inside
    assert ("Auto Scaling Groups" in step.console) == inside
    assert ("autoscaling:DetachInstances" in step.permissions) == inside
    assert bool(step.undo.commands) == inside
    assert ("no replacement starts" in step.notes[0]) == inside
    assert (f"group-of-{INSTANCE}.json" in step.notes[0]) != inside


def test_an_inventory_names_the_group(estate: Estate, tmp_path: Path) -> None:
    trail = new_trail()
    key = on_instance(trail)
    estate.add(trail.records)
    file = tmp_path / "instances.json"
    instance = {"InstanceId": INSTANCE, "VpcId": "vpc-1", "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "storefront"}]}
    file.write_text(json.dumps({"Reservations": [{"OwnerId": HOME, "Instances": [instance]}]}), "utf-8")
    estate.close()
    with pytest.raises(SystemExit) as ended:
        cli.run(["inventory", "import", str(file), "--store", estate.store])
    assert not ended.value.code
    assert step_of(estate.plan(key), "isolate the instance").commands[0] == DETACH


def test_a_group_whose_name_is_no_word_gets_no_command(estate: Estate) -> None:
    trail = launched([{**GROUP_TAG, "value": "$(id) web"}])
    key = on_instance(trail)
    estate.add(trail.records)
    step = step_of(estate.plan(key), "isolate the instance")
    assert not [line for line in (*step.commands, *step.undo.commands) if "autoscaling" in line]
    assert "$(id) web" in step.console


def test_a_shell_on_the_host_is_answered_by_a_deny_of_everything(estate: Estate) -> None:
    """Semantics 7.9: until the host is rebuilt, whoever has a shell on it reads each newer credential."""
    trail = new_trail()
    key = on_instance(trail)
    estate.add(trail.records)
    way = step_of(estate.plan(key), "stop the instance's credentials").alternative
    assert way
    assert "until the host is rebuilt" in way.when
    assert denies(json.loads(way.files[0].content), {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"})


# --- Roles Anywhere ---


def test_a_certificate_is_closed_out_by_its_anchor_or_a_revocation_list(estate: Estate) -> None:
    """Semantics 7.10."""
    records, key = certificates()
    estate.add(records)
    view = estate.plan(key)
    step = step_of(view, "disable the trust anchor")
    assert step.order == 1
    assert step.commands == [
        f'aws rolesanywhere disable-trust-anchor --trust-anchor-id "$TRUST_ANCHOR" --region eu-central-1 --profile {HOME}'
    ]
    assert step.alternative
    assert "0a1b2c" in step.alternative.when, "the certificate's serial number"
    assert 'import-crl --name roletrail-revoked --crl-data fileb://"$CRL_FILE"' in step.alternative.script
    assert [one.step for one in view.steps if one.order == 2] == ["revoke sessions"]


def test_what_the_attacker_made_in_roles_anywhere_is_disabled(estate: Estate) -> None:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    arn = f"arn:aws:rolesanywhere:eu-central-1:{HOME}:{{}}"
    profile, anchor = arn.format("profile/p-1"), arn.format("trust-anchor/t-1")
    trail.call(
        key, at(DAY, "10:00:00"), "rolesanywhere", "CreateProfile", {"name": "p"},
        responseElements={"profile": {"profileArn": profile}},
    )  # fmt: skip
    trail.call(
        key, at(DAY, "10:01:00"), "rolesanywhere", "CreateTrustAnchor", {"name": "t"},
        responseElements={"trustAnchor": {"trustAnchorArn": anchor}},
    )  # fmt: skip
    estate.add(trail.records)
    view = estate.plan(key.key)
    for name, line in (
        ("disable the Roles Anywhere profile", "disable-profile --profile-id p-1"),
        ("disable the trust anchor", "disable-trust-anchor --trust-anchor-id t-1"),
    ):
        step = step_of(view, name)
        assert line in step.commands[0]
        assert step.evidence_refs
        assert not step.alternative, "a list of his own authority stops nobody"


# --- what can still be done now ---


def test_a_session_that_its_own_child_can_ask_for_is_said_to_be_renewable_around_a_cycle(estate: Estate) -> None:
    trail, a, b = new_trail(), named_role(HOME, "A"), named_role(HOME, "B")
    first = trail.assume(trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), a, "s", key="K1")
    second = trail.assume(first, at(DAY, "10:30:00"), b, "s", key="K2")
    third = trail.assume(second, at(DAY, "11:00:00"), a, "s", key="K3")
    aside = trail.assume(third, at(DAY, "11:10:00"), named_role(HOME, "C"), "s", key="K4")
    for n, session in enumerate((first, second, third, aside)):
        trail.call(session, at(DAY, "11:20:00") + n, "s3", "ListBuckets")
    estate.add(trail.records)
    live = estate.plan(aside.key, Options(), at(DAY, "11:30:00")).live
    of = {one.access_key_ids[0]: one for one in live.credentials}
    around = {key for key, one in of.items() if "around a cycle of roles" in one.text}
    assert around == {second.key, third.key}
    assert of[aside.key].renewable, "through A, and in no cycle itself"
    assert of[aside.key].state == of[third.key].state == "valid"
    later = estate.plan(aside.key, Options(), at(DAY, "14:00:00")).live
    assert all(one.state == "ended" for one in later.credentials if one.kind == "session")
    assert {one.label for one in later.credentials if "around a cycle of roles" in one.text} == {"A", "B"}
