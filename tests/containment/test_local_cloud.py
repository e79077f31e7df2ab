"""The printed calls against a local AWS (a moto server of its own process), for every service that it has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.containment.awscli_offline import Cli
from tests.containment.conftest import Estate
from tests.containment.shell import Shell
from tests.containment.subjects import SUBJECTS
from tests.scenarios.recipes import DAY, named_role, new_trail
from tests.support.cloudtrail import at
from tests.support.workloads import deliver

Scenario = Callable[[str], Estate]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "moto.server", "-p", "0"], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        for line in server.stdout:
            if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
                yield found[1]
                break
    finally:
        server.terminate()
        server.wait(10)
        if server.stdout:
            server.stdout.close()


class Cloud:
    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="eu-central-1",
            endpoint_url=self._endpoint,
            aws_access_key_id="AKIAIEXAMPLEXXXXXXCI",
            aws_secret_access_key="none",
        )

    def role(self, name: str, path: str = "/") -> None:
        self.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)

    def policy_of(self, role: str, name: str) -> dict[str, Any]:
        return self.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


LACKING = ("cloudtrail", "lookup-events")
"""A call the local cloud has not: it reads, and is held to botocore's model with the services below."""


def _where_it_is_had(cli: Cli) -> Callable[[list[str], dict[str, str]], str]:
    return lambda words, files: "{}" if tuple(words[1:3]) == LACKING else cli.run(words, files)


def carried_out(
    view: Any, tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Runs every script of a plan through the AWS CLI against the local cloud; `change` puts in ids that the cloud gave."""
    cli = Cli(tmp_path, {"111111111111", "222222222222", "333333333333", "444444444444"}, monkeypatch, endpoint)
    shell = Shell(_where_it_is_had(cli), lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    for step in view.steps:
        shell.script(change(step.script))
    return cli.sent


def test_a_chain_that_left_a_user_behind(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str) -> None:
    """IAM, Organizations and CloudTrail: keys inactive, sessions denied, what was created gone."""
    there = Cloud(cloud)
    iam, organisation = there.client("iam"), there.client("organizations")
    organisation.create_organization(FeatureSet="ALL")
    member = organisation.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]["AccountId"]
    for role in ("artifact-reader", "deploy-shop", "data-platform-admin"):
        there.role(role)
    keys: dict[str, str] = {}
    for user, key in (("backup-sync", "AKIATHPL2AOHOIQJHLW5"), ("svc-metrics-export", "AKIAWO6XUA4OBYCIEZR5")):
        iam.create_user(UserName=user)
        keys[key] = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    admin = iam.create_policy(PolicyName="Administrator", PolicyDocument=json.dumps(everything))
    iam.attach_user_policy(UserName="svc-metrics-export", PolicyArn=admin["Policy"]["Arn"])
    view = scenario(SUBJECTS["key to persistence"][0]).plan(SUBJECTS["key to persistence"][1])

    def change(script: str) -> str:
        for old, new in keys.items():
            script = script.replace(old, new)
        return script.replace("--target-id 444444444444", f"--target-id {member}").replace(
            "arn:aws:iam::aws:policy/AdministratorAccess", admin["Policy"]["Arn"]
        )

    sent = carried_out(view, tmp_path, cloud, monkeypatch, change)
    assert {"CreatePolicy", "AttachPolicy"} <= {name for service, name in sent if service == "organizations"}
    for role in ("artifact-reader", "deploy-shop", "data-platform-admin"):
        (statement,) = there.policy_of(role, "AWSRevokeOlderSessions")["Statement"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    (status,) = [key["Status"] for key in iam.list_access_keys(UserName="backup-sync")["AccessKeyMetadata"]]
    assert status == "Inactive"
    assert "svc-metrics-export" not in {user["UserName"] for user in iam.list_users()["Users"]}
    attached = organisation.list_policies_for_target(TargetId=member, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert "roletrail-contain-444444444444" in {policy["Name"] for policy in attached}


def test_an_instance_and_the_roles_behind_it(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str
) -> None:
    """EC2: snapshots, isolation by group and network ACL, the empty profile in place of the role's."""
    there = Cloud(cloud)
    ec2, iam = there.client("ec2"), there.client("iam")
    for role in ("storefront-web", "inventory-sync", "warehouse-loader"):
        there.role(role)
    iam.create_instance_profile(InstanceProfileName="storefront-web")
    iam.add_role_to_instance_profile(InstanceProfileName="storefront-web", RoleName="storefront-web")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": "storefront-web"})
    view = scenario(SUBJECTS["request forgery"][0]).plan(SUBJECTS["request forgery"][1])
    sent = carried_out(view, tmp_path, cloud, monkeypatch, lambda script: script.replace("i-0b7e51c2f9a4d8836", instance))
    assert ("ec2", "ReplaceIamInstanceProfileAssociation") in sent
    (found,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert [group["GroupName"] for group in found["SecurityGroups"]] == [f"isolated-{instance}"]
    (group,) = ec2.describe_security_groups(GroupIds=[found["SecurityGroups"][0]["GroupId"]])["SecurityGroups"]
    assert not group["IpPermissions"]
    assert not group["IpPermissionsEgress"]
    (association,) = ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [instance]}])[
        "IamInstanceProfileAssociations"
    ]
    assert association["IamInstanceProfile"]["Arn"].endswith("instance-profile/roletrail-empty")
    assert there.policy_of("warehouse-loader", "AWSRevokeOlderSessions")


def test_an_instance_leaves_its_auto_scaling_group(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str
) -> None:
    """Auto Scaling: detached, and the group starts no other one in its place; undoing gives it back."""
    there = Cloud(cloud)
    ec2, scaling = there.client("ec2"), there.client("autoscaling")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    scaling.create_launch_configuration(LaunchConfigurationName="web", ImageId=image, InstanceType="t3.micro")
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="storefront", LaunchConfigurationName="web", MinSize=0, MaxSize=3, DesiredCapacity=2, AvailabilityZones=[zone]
    )  # fmt: skip
    instance = _members(scaling)[0]
    trail = new_trail()
    by = trail.user_key("111111111111", "carol", key="AKIA3")
    trail.call(
        by,
        at(DAY, "05:40:00"),
        "autoscaling",
        "AttachInstances",
        {"instanceIds": [instance], "autoScalingGroupName": "storefront"},
    )
    delivered = deliver(trail, at(DAY, "06:00:00"), "ec2", named_role("111111111111", "fleet"), instance, key="K1")
    trail.call(delivered, at(DAY, "07:00:00"), "s3", "ListBuckets")
    estate.add(trail.records)
    step = next(step for step in estate.plan(delivered.key).steps if step.step == "isolate the instance")
    cli = Cli(tmp_path, {"111111111111"}, monkeypatch, cloud)
    shell = Shell(cli.run, lambda: "2026-11-02T12:00:00Z")
    shell.script(step.script)
    assert ("autoscaling", "DetachInstances") in cli.sent
    assert len(_members(scaling)) == 1
    assert instance not in _members(scaling)
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["DesiredCapacity"] == 1
    assert json.loads(shell.files[f"acl-of-{instance}.json"])["NetworkAcls"], "what undoing goes back to"
    shell.script(step.undo.script)
    assert instance in _members(scaling)


def _members(scaling: Any) -> list[str]:
    (group,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["storefront"])["AutoScalingGroups"]
    return [one["InstanceId"] for one in group["Instances"]]


def test_users_trust_and_functions(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str) -> None:
    """A deny on the user, a trust policy with one statement more, a function that runs no more."""
    there = Cloud(cloud)
    iam, functions = there.client("iam"), there.client("lambda")
    for role in ("support-x", "orders-fn"):
        there.role(role)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    functions.create_function(
        FunctionName="orders", Runtime="python3.11", Role="arn:aws:iam::123456789012:role/orders-fn", Handler="x.y", Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18}
    )  # fmt: skip
    view = scenario(SUBJECTS["federation token, then console"][0]).plan(SUBJECTS["federation token, then console"][1])
    steps = [step for step in view.steps if step.step != "deny by service control policy" and step.order < 4]
    cli = Cli(tmp_path, {"111111111111", "222222222222"}, monkeypatch, cloud)
    shell = Shell(_where_it_is_had(cli), lambda: "2026-11-02T12:00:00Z")
    for step in steps:
        shell.script(step.script.replace("AKIAIEXAMPLEXXXAKIA1", key))
    denied = iam.get_user_policy(UserName="alice", PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    assert denied["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"] == "2026-11-02T12:00:00Z"
    trust = iam.get_role(RoleName="support-x")["Role"]["AssumeRolePolicyDocument"]
    assert [one["Effect"] for one in trust["Statement"]] == ["Allow", "Deny"]
    for step in scenario(SUBJECTS["Lambda root"][0]).plan(SUBJECTS["Lambda root"][1]).steps:
        shell.script(step.script)
    assert functions.get_function_concurrency(FunctionName="orders")["ReservedConcurrentExecutions"] == 0


HERE = frozenset({"iam", "organizations", "ec2", "autoscaling", "lambda"})
"""Services these tests call in the local cloud. All others that plans print are held to botocore's model alone
(test_commands.test_the_cli_takes_every_line): sso-admin, guardduty, config, ecs, codebuild, rolesanywhere, scheduler,
cloudformation."""


def test_the_services_called_here_are_the_ones_listed(scenario: Scenario) -> None:
    for name in ("key to persistence", "request forgery", "federation token, then console", "Lambda root"):
        for step in scenario(SUBJECTS[name][0]).plan(SUBJECTS[name][1]).steps:
            called = {tuple(line.split("aws ")[1].split()[:2]) for line in step.commands if "aws " in line}
            assert {service for service, call in called if (service, call) != LACKING} <= HERE, step.title
