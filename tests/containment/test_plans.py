"""ADR 0016: the plan for every kind of incident: which steps, in which order, and what each of them says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from roletrail.usecases.containment.case import Options
from roletrail.usecases.containment.views import ContainmentStep, ContainmentView
from tests.containment.conftest import Estate
from tests.containment.iam import denies
from tests.containment.linter import lint
from tests.containment.subjects import SUBJECTS
from tests.scenarios.recipes import DAY, HOME, named_role, new_trail
from tests.support.cloudtrail import Record, at
from tests.support.workloads import deliver

Scenario = Callable[[str], Estate]


def plan(scenario: Scenario, name: str, **options: frozenset[str] | tuple[str, ...]) -> ContainmentView:
    folder, thing = SUBJECTS[name]
    return scenario(folder).plan(thing, Options(**options))  # type: ignore[arg-type]


def acting(view: ContainmentView) -> list[tuple[str, str, str]]:
    """Number, name and target of what changes something before phase 4."""
    return [(step.number, step.step, ",".join(step.roles) or step.target) for step in view.steps if step.order in (1, 2)]


def one(view: ContainmentView, name: str, target: str = "") -> ContainmentStep:
    found = [step for step in view.steps if step.step == name and target in (step.target, "")]
    assert found, f"no step {name} {target}: {[(step.step, step.target) for step in view.steps]}"
    return found[0]


EXPECTED = {
    "key to persistence": [
        ("1.1", "deny by service control policy", "data-platform-admin"),
        ("1.2", "deactivate key", "AKIAWO6XUA4OBYCIEZR5"),  # the one he made comes first: he reaches for it within seconds
        ("1.3", "deactivate key", "AKIATHPL2AOHOIQJHLW5"),
        ("1.4", "deny the created user", "svc-metrics-export"),
        ("2.1", "revoke sessions", "artifact-reader"),
        ("2.2", "revoke sessions", "deploy-shop"),
        ("2.3", "revoke sessions", "data-platform-admin"),
    ],
    "request forgery": [
        ("1.1", "isolate the instance", "i-0b7e51c2f9a4d8836"),
        ("1.2", "stop the instance's credentials", "storefront-web"),
        ("2.1", "revoke sessions", "storefront-web"),
        ("2.2", "revoke sessions", "inventory-sync"),
        ("2.3", "revoke sessions", "warehouse-loader"),
    ],
    "instance key elsewhere": [
        ("1.1", "isolate the instance", "i-0c4d2e8f61a7b9350"),
        ("1.2", "stop the instance's credentials", "metrics-collector"),
        ("2.1", "revoke sessions", "metrics-collector"),
    ],
    "cross-account chain": [
        ("1.1", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"),
        ("2.1", "revoke sessions", "A"),
        ("2.2", "revoke sessions", "B"),
        ("2.3", "revoke sessions", "C"),
    ],
    "juggling pair": [("1.1", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"), ("2.1", "revoke sessions", "A,B")],
    "Identity Center root": [
        ("1.1", "disable the portal user", "976710cc5d-1b2c3d4e-0000-4000-8000-000000000001"),
        ("2.1", "deny the portal user's sessions", "AWSReservedSSO_ReadOnly_0123456789abcdef"),
    ],
    "pod's web identity root": [("1.1", "close the trust", "orders-sa"), ("2.1", "revoke sessions", "orders-sa")],
    "Lambda root": [
        ("1.1", "stop the function", "orders"),
        ("2.1", "revoke sessions", "orders-fn"),
        ("2.2", "renew the function", "orders"),
    ],
    "ECS task": [("1.1", "stop the task", "0123456789abcdef0123456789abcdef"), ("2.1", "revoke sessions", "orders-task")],
    "instance with twins": [
        ("1.1", "deactivate key", "AKIAIEXAMPLEXXXAKIA9"),
        ("1.2", "isolate the instance", "i-0aaaaaaaaaaaaaaa1"),
        ("1.3", "stop the instance's credentials", "web"),
        ("2.1", "revoke sessions", "web"),
    ],
    "federation token, then console": [
        ("1.1", "deny by service control policy", "support-x"),
        ("1.2", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"),
        ("1.3", "close the trust", "support-x"),
        ("2.1", "deny on the user", "alice"),
    ],
    "AssumeRoot": [
        ("1.1", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"),
        ("2.1", "revoke sessions", "org-admin"),
        ("2.2", "root sessions", "222222222222"),
    ],
    "workload pivots": [
        ("1.1", "deny by service control policy", "A,P,Q"),
        ("1.2", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"),
        ("1.3", "deny the created user", "svc-sync"),
        ("1.4", "isolate the instance", "i-0ccccccccccccccc3"),
        ("1.5", "stop the instance's credentials", "Q"),
        ("1.6", "stop the function", "orders"),
        ("2.1", "revoke sessions", "A"),
        ("2.2", "revoke sessions", "P"),
        ("2.3", "revoke sessions", "Q"),
        ("2.4", "renew the function", "orders"),
    ],
    "foreign caller": [
        ("1.1", "close the trust", "vendor-scan"),
        ("1.2", "notify the caller's account", "999999999999"),
        ("2.1", "revoke sessions", "vendor-scan"),
    ],
    "service-linked role": [("2.1", "service-linked role", "AWSServiceRoleForRDS")],
    "created key": [
        ("1.1", "deny by service control policy", "A,B,C"),
        ("1.2", "deactivate key", "AKIAIEXAMPLEXXXAKIA2"),
        ("1.3", "deactivate key", "AKIAIEXAMPLEXXXAKIA1"),
        ("2.1", "revoke sessions", "A"),
        ("2.2", "revoke sessions", "B"),
        ("2.3", "revoke sessions", "C"),
    ],
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_steps_of_an_incident(scenario: Scenario, name: str) -> None:
    assert acting(plan(scenario, name)) == EXPECTED[name]


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_step_says_everything(scenario: Scenario, name: str) -> None:
    view = plan(scenario, name)
    assert [step.order for step in view.steps] == sorted(step.order for step in view.steps)
    assert {step.number for step in view.steps} == {
        f"{phase.order}.{n}" for phase in view.phases for n in range(1, len(phase.steps) + 1)
    }
    assert len({step.id for step in view.steps}) == len(view.steps)
    for step in view.steps:
        assert step.why
        assert step.console
        assert step.breaks.text
        assert step.undo.text
        assert step.account or step.order == 1
        assert step.stops.suspicious <= step.stops.sessions
        assert not step.commands or step.permissions, step.title
        assert step.survives or step.order in (0, 3, 4) or step.step == "renew the function", step.title


def test_what_a_key_leaves_alive_is_said(scenario: Scenario) -> None:
    """Semantics 7.6: sessions of GetFederationToken survive their key; only a deny on the user ends them."""
    view = plan(scenario, "federation token, then console")
    key, user = one(view, "deactivate key"), one(view, "deny on the user")
    assert not key.enough
    assert "1 session that this user's credentials obtained without a role" in key.survives
    assert (user.order, user.user, user.stops.suspicious) == (2, "alice", 1)
    assert "aws iam put-user-policy --user-name alice --policy-name AWSRevokeOlderSessions" in user.script


def test_juggled_roles_are_held_before_any_is_revoked(scenario: Scenario) -> None:
    script = one(plan(scenario, "juggling pair"), "revoke sessions").script
    held = [script.index(f"--role-name {role} --policy-name RoletrailQuarantine") for role in "AB"]
    revoked = [script.index(f"--role-name {role} --policy-name AWSRevokeOlderSessions") for role in "AB"]
    assert max(held) < script.index("T=$(date") < min(revoked)


def test_roles_of_permission_sets_are_never_edited(scenario: Scenario) -> None:
    view = plan(scenario, "Identity Center root")
    step = one(view, "deny the portal user's sessions")
    assert '"identitystore:UserId":"976710cc5d-1b2c3d4e-0000-4000-8000-000000000001"' in step.files[0].content
    assert step.alternative
    assert "put-inline-policy-to-permission-set" in step.alternative.script
    assert not [line for each in view.steps for line in each.commands if "put-role-policy" in line and "AWSReservedSSO" in line]
    managed = plan(scenario, "Identity Center root", management=frozenset({"222222222222"}))
    assert "organizations" not in one(managed, "deny the portal user's sessions").script


def test_nobody_tries_to_revoke_a_service_linked_role(scenario: Scenario) -> None:
    step = one(plan(scenario, "service-linked role"), "service-linked role")
    assert not step.commands
    assert "no service control policy binds it" in step.why


def test_a_management_account_gets_no_service_control_policy(scenario: Scenario) -> None:
    view = plan(scenario, "key to persistence", management=frozenset({"444444444444"}))
    assert not [step for step in view.steps if step.step == "deny by service control policy"]
    step = one(view, "quarantine")
    assert (step.number, step.roles) == ("1.1", ["data-platform-admin"])
    assert "put-user-policy --user-name svc-metrics-export --policy-name RoletrailQuarantine" in step.script


def test_the_account_of_assume_root_is_known_to_manage(scenario: Scenario) -> None:
    """Only a management account, or its delegate, can call AssumeRoot: no service control policy is printed for it."""
    steps = plan(scenario, "AssumeRoot").steps
    assert not [step for step in steps if step.step == "deny by service control policy" and step.account == "111111111111"]
    assert "15 minutes" in one(plan(scenario, "AssumeRoot"), "root sessions").why


@pytest.mark.parametrize(
    "responder",
    [
        "arn:aws:iam::444444444444:role/data-platform-admin",
        "arn:aws:sts::444444444444:assumed-role/data-platform-admin/responder",
        "arn:aws:iam::222222222222:user/service/backup-sync",
    ],
)
def test_the_responders_own_credential_is_said_in_red(scenario: Scenario, responder: str) -> None:
    view = plan(scenario, "key to persistence", responders=(responder,))
    assert view.red == [f"{responder} is to carry this plan out, and this plan cuts it off: use another way in before you begin."]
    hit = [step for step in view.steps if step.red]
    assert {step.account for step in hit} == {responder.split(":")[4]}
    assert not plan(scenario, "key to persistence", responders=("arn:aws:iam::444444444444:role/break-glass",)).red


def test_a_stranger_is_denied_by_his_unique_id_and_told_of(scenario: Scenario) -> None:
    view = plan(scenario, "foreign caller")
    trust = one(view, "close the trust")
    (deny,) = trust.files
    assert re.search(r'"aws:userid":\["A[RI]\w+","A[RI]\w+:\*"\]', deny.content)
    assert "sharedEventID" in one(view, "notify the caller's account").notes[0]
    assert {step.account for step in view.steps} == {"222222222222", ""}  # nothing is asked of the stranger's account


def test_an_instance_keeps_its_role_in_its_profile(scenario: Scenario) -> None:
    """Semantics 7.9: credentials are served for six hours more after RemoveRoleFromInstanceProfile."""
    view = plan(scenario, "request forgery")
    lines = [line for step in view.steps for line in step.commands]
    assert not [line for line in lines if "remove-role-from-instance-profile" in line]
    assert [line for line in lines if "replace-iam-instance-profile-association" in line]
    assert one(view, "keep the instance's disks").order == 0


def test_logging_comes_first_where_it_was_switched_off(scenario: Scenario, estate: Estate) -> None:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    trail.call(key, at(DAY, "11:00:00"), "cloudtrail", "StopLogging", {"name": "hl-trail"})
    estate.add(trail.records)
    first = estate.plan(key.key).steps[0]
    assert (first.number, first.step, first.target) == ("0.1", "restore logging", "hl-trail")
    assert first.commands[0] == "aws cloudtrail start-logging --name hl-trail --region eu-central-1 --profile 111111111111"
    again = scenario("t35-logging-off").plan("AKIAIEXAMPLEXXXAKIA1")  # there somebody started it two hours later
    assert not [step for step in again.steps if step.step == "restore logging"]


def test_what_was_created_is_deleted_last_and_its_event_named(scenario: Scenario) -> None:
    view = plan(scenario, "key to persistence")
    last = [step for step in view.steps if step.order == 4]
    assert [step.title.split(" in ")[0] for step in last] == [
        "Detach policy (svc-metrics-export, arn:aws:iam::aws:policy/AdministratorAccess)",
        "Delete access key (svc-metrics-export, AKIAWO6XUA4OBYCIEZR5)",
        "Delete user svc-metrics-export",
    ]
    assert all(len(step.evidence_refs) == 1 for step in last)


def test_verifying_looks_where_the_events_are(scenario: Scenario) -> None:
    """IAM is logged in one region of a partition, sessions where they were issued; no role session can ask for a session token."""
    steps = {step.account: step.commands for step in plan(scenario, "key to persistence").steps if step.step == "verify"}
    asked = {
        account: {
            (words[words.index("--region") + 1], words[4].rpartition("=")[2])
            for words in map(str.split, lines)
            if words[1] == "cloudtrail"
        }
        for account, lines in steps.items()
    }
    home = {("us-east-1", name) for name in ("AssumeRole", "CreateUser", "CreateAccessKey", "CreateLoginProfile")}
    of_users = {(region, name) for region in ("eu-central-1", "us-east-1") for name in ("GetFederationToken", "GetSessionToken")}
    assert asked["333333333333"] == {("eu-central-1", "AssumeRole"), *home}
    assert asked["444444444444"] == asked["333333333333"] | of_users, "the user made there can"


def test_what_was_created_is_found_in_the_console_by_clicking(scenario: Scenario) -> None:
    detach, key, user = [step.console for step in plan(scenario, "key to persistence").steps if step.order == 4]
    assert detach == ["IAM", "Users", "svc-metrics-export", "Permissions", "AdministratorAccess", "Remove"]
    assert key == [
        "IAM",
        "Users",
        "svc-metrics-export",
        "Security credentials",
        "Access keys",
        "AKIAWO6XUA4OBYCIEZR5",
        "Actions, Delete",
    ]
    assert user == ["IAM", "Users", "svc-metrics-export", "Delete"]


def instance_calls(endpoint: int, nat: int) -> tuple[list[Record], str]:
    """A role of an instance with so many calls through a VPC endpoint and through a NAT gateway."""
    trail, role = new_trail(), named_role(HOME, "fleet")
    delivered = deliver(trail, at(DAY, "06:00:00"), "ec2", role, "i-0123456789abcdef0", key="K1")
    for n in range(endpoint + nat):
        private = n < endpoint
        more = {"vpcEndpointId": "vpce-0123456789abcdef0"} if private else {}
        place = delivered.at("10.0.0.5" if private else "203.0.113.7")
        trail.call(place, at(DAY, "07:00:00") + n, "s3", "ListBuckets", **more)
    return trail.records, delivered.key


@pytest.mark.parametrize(("endpoint", "nat", "printed"), [(99, 1, True), (98, 2, False)])
def test_off_instance_use_is_denied_only_where_the_role_goes_through_endpoints(
    estate: Estate, endpoint: int, nat: int, printed: bool
) -> None:
    """Semantics 7.5: aws:SourceVpc exists for calls through a VPC endpoint alone; below 99 per cent it would be an outage."""
    records, key = instance_calls(endpoint, nat)
    estate.add(records)
    other = one(estate.plan(key), "revoke sessions").alternative
    assert bool(other and "RoletrailDenyOffInstance" in other.script) == printed
    if printed:
        assert other
        assert f"Of the role's {endpoint + nat} direct calls of seven days {nat} did not" in other.when
        policy = json.loads(other.files[0].content)
        there = {
            "aws:Ec2InstanceSourceVpc": "vpc-1",
            "aws:Ec2InstanceSourcePrivateIPv4": "10.0.0.5",
            "ec2:SourceInstanceARN": "arn:aws:ec2:x",
        }
        assert not denies(policy, {**there, "aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.0.0.5"})
        assert denies(policy, {**there, "aws:SourceVpc": "vpc-2", "aws:VpcSourceIp": "10.0.0.5"})
        assert denies(policy, {**there, "aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.0.0.6"})
        assert denies(policy, there), "from outside there is no such key"
        assert not denies(policy, {**there, "aws:ViaAWSService": "true"})
        assert not denies(policy, {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/fleet"}), (
            "sessions of no instance are not hit"
        )
        assert not lint(policy)
