"""Small logs, each about one way to come by an identity; the folder identities says what linking must make of each, whole."""

from __future__ import annotations

import json
from typing import Any

from tests.support import identities, sign_in, workloads
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at, role_session
from tests.support.identities import Credential, Role

DAY = at("2026-11-02", "10:00:00")
ONE, TWO, FAR = "111111111111", "222222222222", "999999999999"
A = Role(ONE, "A", "AROAIEXAMPLEXXXXXXXXA", "/team/")
B = Role(TWO, "B", "AROAIEXAMPLEXXXXXXXXB")
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
HOME = "198.51.100.7"
TASK = "0123456789abcdef0123456789abcdef"


class Told(Trail):
    """A trail with a user's key to begin with."""

    def __init__(self) -> None:
        super().__init__(NamedIds())
        self.key = self.user_key(ONE, "alice", key="K0", path="/ops/")

    def use(self, by: Credential, after: int, name: str = "ListBuckets") -> None:
        self.call(by, DAY + after, "s3", name)


def role_session_in_use(t: Told) -> None:
    asked = {"tags": [{"key": "team", "value": "ops"}], "policyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
    session = t.assume(t.key, DAY, A, "work", key="K1", source_identity="alice", request=asked)
    t.use(session, 5)


def role_session_nobody_used(t: Told) -> None:
    t.assume(t.key, DAY, B, "work", key="K1", external_id="x-1", source_identity="alice")


def source_identity_kept_without_the_key(t: Told) -> None:
    session = t.assume(t.key, DAY, A, "work", key="K1", source_identity="alice")
    t.use(session.using("ASIAIEXAMPLEXXXXXXK2"), 5)


def source_identity_changed(t: Told) -> None:
    session = t.assume(t.key, DAY, A, "work", key="K1", source_identity="alice")
    t.use(session.with_context(sourceIdentity="bob"), 5)


def key_of_another_session(t: Told) -> None:
    t.assume(t.key, DAY, A, "work", key="K1")
    t.use(role_session(B, "other", "ASIAIEXAMPLEXXXXXXK1", DAY, t.key), 5)


def console(t: Told) -> None:
    t.use(sign_in.console_session(t, DAY, t.key, address=HOME, key="C1"), 5)


def sign_ins_nobody_used(t: Told) -> None:
    sign_in.console_login(t, DAY, t.key.identity, ONE, address=HOME)
    sign_in.console_login(t, DAY, identities.root(TWO, ""), TWO, address=HOME)
    sign_in.console_login(t, DAY + 9, t.key.identity, ONE, address=HOME, response={"ConsoleLogin": "Failure"})


def tokens(t: Told) -> None:
    t.use(t.get_session_token(t.key, DAY, mfa=True, key="K1"), 1)
    t.use(t.get_federation_token(t.key, DAY + 9, "ops", key="K2"), 10)
    t.get_federation_token(t.key, DAY + 20, "idle", key="K3")
    t.get_session_token(t.key, DAY + 30, key="K4")


def sign_in_link(t: Told) -> None:
    token = t.get_federation_token(t.key, DAY, "ops", key="K1")
    sign_in.get_signin_token(t, DAY + 5, token)
    sign_in.console_login(t, DAY + 60, token.identity, ONE, address=HOME)
    opened = token.using("ASIAIEXAMPLEXXXXXXC1").with_context(attributes=identities.attributes(DAY + 60))
    t.use(opened, 70)


def root_tasks(t: Told) -> None:
    t.use(t.assume_root(t.key, DAY, TWO, key="K1"), 1, "DeleteBucketPolicy")
    t.assume_root(t.key, DAY + 50, TWO, key="K2")


def root_task_of_a_stranger(t: Told) -> None:
    far = Role(FAR, "Admin", "AROAIEXAMPLEXXXXXXFAR")
    by = role_session(far, "ops", "ASIAIEXAMPLEXXXXXXF1", DAY - 60, t.key)
    t.use(t.assume_root(by, DAY, TWO, key="K1"), 1, "DeleteBucketPolicy")
    t.records[:] = [r for r in t.records if r["userIdentity"]["type"] != "AssumedRole"]


def instance(t: Told) -> None:
    for twin in workloads.instance(t, DAY, A, INSTANCE, address="10.0.1.5", keys=("K1", "K2")):
        t.use(twin, 2)


def instance_itself(t: Told) -> None:
    itself = Role(ONE, "aws:ec2-instance", f"{ONE}:aws:ec2-instance")
    t.use(role_session(itself, INSTANCE, "ASIAIEXAMPLEXXXXXXK1", DAY, t.key), 5)


def function(t: Told) -> None:
    t.use(workloads.function(t, DAY, A, "orders", address=HOME, key="K1"), 5)


def service_linked(t: Told) -> None:
    role = Role(ONE, "AWSServiceRoleForRDS", "AROAIEXAMPLERDS000001", "/aws-service-role/rds.amazonaws.com/")
    workloads.service_linked(t, DAY, "rds", role, "housekeeping", [("ec2", "DescribeSubnets")])


def delivered_and_nobody_used(t: Told) -> None:
    workloads.deliver(t, DAY, "ecs-tasks", A, TASK, key="K1")
    workloads.deliver(t, DAY + 5, "lambda", A, "awslambda_7_20261102", key="K2")


def federated(t: Told) -> None:
    t.use(sign_in.saml(t, DAY, A, "corp", "alice@example.com", "alice", address=HOME, key="K1"), 1)
    github = "token.actions.githubusercontent.com"
    t.use(
        sign_in.web_identity(
            t, DAY + 9, B, github, "sts.amazonaws.com", "repo:o/r", "ci", address=HOME, key="K2", agent="actions"
        ),
        10,
    )


def _across(t: Told, by: Credential, token: str, when: int, source: str) -> None:
    """2.15: a token of one partition opens a role of another, whose record may say who had asked for it."""
    t.call(by, DAY + when, "sts", "GetWebIdentityToken", response={"webIdentityTokenId": token})
    role = Role(ONE, "Beijing", "AROAIEXAMPLEXXXXXXCN1", partition="aws-cn")
    issuer = f"{ONE}.tokens.sts.global.api.aws"
    made = sign_in.web_identity(
        t, DAY + when + 2, role, issuer, "sts.amazonaws.com.cn", "alice", token, address=HOME, key="C" + token, agent="aws-cli/2"
    )
    record = t.records[-1]
    record["requestParameters"]["webIdentityTokenId"] = token
    if source:
        record["additionalEventData"] = {"crossPartitionData": {"sourcePrincipalArn": source, "sourceRegion": "us-east-1"}}
    t.use(made, when + 5)


def across_partitions(t: Told) -> None:
    session = t.assume(t.key, DAY, A, "work", key="K1")
    _across(t, session, "said", 10, A.arn)
    _across(t, t.key, "unsaid", 20, "")
    _across(t, t.key, "other", 30, B.arn)


def across_partitions_too_late(t: Told) -> None:
    """A token that was made after the role was got opened nothing; one of the same partition opens nothing either."""
    _across(t, t.key, "late", 10, "")
    t.records[0]["eventTime"] = identities.iso(DAY + 15)
    _across(t, t.key, "home", 30, "")
    t.records[-3]["userIdentity"]["arn"] = t.records[-3]["userIdentity"]["arn"].replace("arn:aws:", "arn:aws-cn:")


def identity_center(t: Told) -> None:
    role = sign_in.reserved_role(ONE, "Admins", "AROAIEXAMPLERESERVED1", "0123456789abcdef")
    directory = sign_in.Directory(TWO, "d-0123456789")
    t.use(
        sign_in.identity_center(t, DAY, directory, "976710cc5d", "alice@example.com", role, address=HOME, issued="K1", used="K2"),
        3,
    )


def identity_center_without_its_portal(t: Told) -> None:
    identity_center(t)
    t.records[:] = [r for r in t.records if r["eventName"] != "GetRoleCredentials"]


def identity_center_long_after_the_portal(t: Told) -> None:
    identity_center(t)
    for record in t.records:
        if record["eventName"] == "GetRoleCredentials":
            record["eventTime"] = identities.iso(DAY - 3)


def identity_center_that_says_nobody(t: Told) -> None:
    """None of the session's calls has onBehalfOf: who asked the portal is a lead, as long as nobody else asked too."""
    identity_center(t)
    for record in t.records:
        if record["eventName"] != "GetRoleCredentials":
            record["userIdentity"].pop("onBehalfOf", None)


def identity_center_and_two_at_the_portal(t: Told) -> None:
    identity_center_that_says_nobody(t)
    asked = next(r for r in t.records if r["eventName"] == "GetRoleCredentials")
    other = json.loads(json.dumps(asked))
    other["eventID"] = f"00000000-0000-4000-8000-{len(t.records) + 1:012}"
    other["userIdentity"]["onBehalfOf"]["userId"] = "another"
    t.records.append(other)


def root_behind_a_stranger(t: Told) -> None:
    """Root's key called, and a service in its name; the other account's copy names root alone."""
    root = Credential(identities.root(ONE, "AKIAIEXAMPLEXXXXROOT"), ONE)
    t.use(root, -20)
    t.call(root, DAY - 10, "secretsmanager", "GetSecretValue")
    workloads.forward_access(t, root, DAY - 10, "secretsmanager", "kms", "Decrypt", key="F1", created=DAY - 10)
    t.assume(root, DAY, B, "work", key="K1", copies="role")


def one_of_two_credentials_used_late(t: Told) -> None:
    """Two users, one name, one second; the session used is the first one's, and its creation date a second late."""
    bob = t.user_key(ONE, "bob", key="K5")
    first = t.assume(t.key, DAY, A, "work", key="K1")
    t.assume(bob, DAY, A, "work", key="K2")
    t.use(first.with_context(attributes=identities.attributes(DAY + 1)), 5)


def switched_by_the_sign_in_service(t: Told) -> None:
    session = sign_in.console_session(t, DAY, t.key, address=HOME, key="C1")
    asker = session.at("198.51.100.7", "AWS Signin, aws-internal/3 aws-sdk-java/1.12.1")
    t.use(t.assume(asker, DAY + 60, A, "alice", key="K1"), 70)


def switched_with_the_answer_hidden(t: Told) -> None:
    """The AssumeRole does not say whose session it made; a SwitchRole two seconds away does, one three away does not."""
    session = sign_in.console_session(t, DAY, t.key, address=HOME, key="C1")
    for name, when, late in (("near", 60, 2), ("far", 600, 3)):
        made = sign_in.switch_role(t, DAY + when, session, B, name, issued="K" + name, used="U" + name)
        for record in t.records[-3:-1]:
            record["responseElements"] = None
        t.records[-1]["eventTime"] = identities.iso(DAY + when + late)
        t.use(made, when + 5)


def switched(t: Told) -> None:
    session = sign_in.console_session(t, DAY, t.key, address=HOME, key="C1")
    t.use(sign_in.switch_role(t, DAY + 60, session, B, "alice", issued="K1", used="K2"), 70)


def stranger(t: Told) -> None:
    by = role_session(Role(FAR, "V", "AROAIEXAMPLEVENDOR001"), "scan", "ASIAIEXAMPLEXXXXXXV1", DAY - 60, t.key)
    t.assume(by, DAY, A, "work", key="K1", copies="role", external_id="x-9")


def stranger_with_one_candidate(t: Told) -> None:
    by = t.assume(t.key, DAY - 7200, A, "work", key="K1", seconds=7200)
    t.assume(by, DAY + 2, B, "x", key="K2", copies="role")
    t.assume(by, DAY + 3, B, "late", key="K3", copies="role")


def _two_of_one_name(t: Told) -> tuple[Credential, Credential]:
    """Two sessions of one role and name, alive together; the second is used from another address."""
    first = t.assume(t.key, DAY - 600, A, "work", key="K1").at("198.51.100.8", "aws-cli/2.31")
    second = t.assume(t.key, DAY - 300, A, "work", key="K2").at("198.51.100.9", "aws-cli/2.31")
    t.use(first, -500)
    t.use(second, -200)
    return first, second


def stranger_with_the_address_of_one(t: Told) -> None:
    _, second = _two_of_one_name(t)
    t.assume(second, DAY, B, "x", key="K3", copies="role", external_id="x-9")
    t.assume(second.at("198.51.100.9", "Boto3/1.40"), DAY + 3, B, "agent", key="K4", copies="role")


def stranger_with_the_address_of_both(t: Told) -> None:
    first, second = _two_of_one_name(t)
    t.use(first.at(second.address, second.agent), -60)
    t.assume(second, DAY, B, "x", key="K3", copies="role")


def undated(t: Told) -> None:
    session = t.assume(t.key, DAY, A, "work", key="K1")
    t.use(session.using("ASIAIEXAMPLEXXXXXXK2").with_context(attributes={"mfaAuthenticated": "false"}), 3602)


def undated_with_its_key(t: Told) -> None:
    session = t.assume(t.key, DAY, A, "work", key="K1")
    t.use(session.with_context(attributes={"mfaAuthenticated": "false"}), 3000)


def two_strangers_of_one_name(t: Told) -> None:
    for vendor in ("V", "W"):
        by = role_session(Role(FAR, vendor, f"AROAIEXAMPLEVENDOR00{vendor}"), "scan", "", DAY - 60, t.key)
        session = t.assume(by, DAY, A, "work", key="K" + vendor, copies="role")
    t.use(session.using("ASIAIEXAMPLEXXXXXXK9"), 5)


def own_key_as_child(t: Told) -> None:
    """As in AWS's samples (F17): the record proves little, whether the session is used or not."""
    same = {"credentials": {"accessKeyId": t.key.key}}
    t.use(t.assume(t.key, DAY, A, "used", response=same), 5)
    t.assume(t.key, DAY, A, "unused", response=same)


def created_keys(t: Told) -> None:
    t.create_access_key(t.key, DAY, "bob", "AIDAIEXAMPLEXXXXXXBOB", key="K9")
    used = t.create_access_key(t.key, DAY + 9, "bob", "AIDAIEXAMPLEXXXXXXBOB", key="K8")
    t.use(used, 60)
    t.call(t.key, DAY + 30, "iam", "UpdateAccessKey", {"accessKeyId": used.key, "status": "Active", "userName": "bob"})
    t.call(t.key, DAY + 90, "iam", "UpdateAccessKey", {"accessKeyId": used.key, "status": "Inactive", "userName": "bob"})


def key_switched_on(t: Told) -> None:
    old = t.user_key(ONE, "old", key="K7")
    t.call(t.key, DAY, "iam", "UpdateAccessKey", {"accessKeyId": old.key, "status": "Active", "userName": "old"})
    t.use(old, -2)


def key_used_before(t: Told) -> None:
    old = t.user_key(ONE, "old", key="K7")
    t.use(old, -3)
    t.call(t.key, DAY, "iam", "UpdateAccessKey", {"accessKeyId": old.key, "status": "Active", "userName": "old"})


def password_made(t: Told) -> None:
    bob = t.user_key(ONE, "bob", key="K5")
    t.call(t.key, DAY - 60, "iam", "CreateLoginProfile", {"userName": "bob"})
    t.use(sign_in.console_session(t, DAY, bob, address=HOME, key="C1"), 5)


def password_changed_of_a_new_user(t: Told) -> None:
    bob = t.user_key(ONE, "bob", key="K5")
    t.create_user(t.key, DAY - 90, "bob")
    t.call(t.key, DAY - 60, "iam", "UpdateLoginProfile", {"userName": "bob"})
    t.use(sign_in.console_session(t, DAY, bob, address=HOME, key="C1"), 5)


def password_changed(t: Told) -> None:
    bob = t.user_key(ONE, "bob", key="K5")
    t.call(t.key, DAY - 60, "iam", "UpdateLoginProfile", {"userName": "bob"})
    t.call(bob, DAY - 50, "iam", "ChangePassword")
    t.call(t.key, DAY + 3, "iam", "CreateLoginProfile", {"userName": "bob"})
    t.use(sign_in.console_session(t, DAY, bob, address=HOME, key="C1"), 5)


def _launched(t: Told, at_: int, **asked: Any) -> None:
    t.call(t.key, at_, "ec2", "RunInstances", asked, response={"instancesSet": {"items": [{"instanceId": INSTANCE}]}})


def instance_launched(t: Told) -> None:
    _launched(t, DAY - 90)
    _launched(t, DAY - 60, iamInstanceProfile={"name": "web"})
    _launched(t, DAY + 3, iamInstanceProfile={"name": "later"})
    t.use(workloads.instance(t, DAY, A, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))[0], 5)


def instance_commanded(t: Told) -> None:
    t.call(t.key, DAY - 1801, "ssm", "SendCommand", {"instanceIds": [INSTANCE]})
    t.call(t.key, DAY - 1800, "ssm", "StartSession", {"target": INSTANCE})
    t.call(t.key, DAY + 23401, "ssm", "SendCommand", {"instanceIds": [INSTANCE]})
    t.use(workloads.instance(t, DAY, A, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))[0], 5)


def instance_commanded_to_write(t: Told) -> None:
    session = workloads.instance(t, DAY, A, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))[0]
    t.call(t.key, DAY + 60, "ssm", "SendCommand", {"instanceIds": [INSTANCE]})
    t.create_user(session, DAY + 960, "mallory")
    t.create_user(session, DAY + 961, "mallory2")


def function_changed(t: Told) -> None:
    t.call(t.key, DAY - 90, "lambda", "CreateFunction20150331", {"functionName": "orders"})
    t.call(t.key, DAY - 60, "lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"})
    t.call(t.key, DAY - 50, "lambda", "UpdateFunctionConfiguration20150331v2", {"functionName": "orders"})
    t.call(t.key, DAY + 3, "lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"})
    t.use(workloads.function(t, DAY, A, "orders", address=HOME, key="K1"), 5)


def _registered(t: Told, at_: int, source: str = "ecs") -> None:
    t.call(t.key, at_, source, "RegisterTaskDefinition", {"family": "orders", "taskRoleArn": A.arn})


def role_passed_to_one(t: Told) -> None:
    _registered(t, DAY - 1800)
    workloads.deliver(t, DAY, "ecs-tasks", A, TASK, key="K1")


def role_passed_too_long_ago(t: Told) -> None:
    _registered(t, DAY - 1801)
    workloads.deliver(t, DAY, "ecs-tasks", A, TASK, key="K1")


def role_passed_to_several(t: Told) -> None:
    _registered(t, DAY - 60)
    workloads.deliver(t, DAY - 30, "ecs-tasks", A, TASK[::-1], key="K1")
    workloads.deliver(t, DAY, "ecs-tasks", A, TASK, key="K2")


def role_passed_to_another_service(t: Told) -> None:
    _registered(t, DAY - 60)
    workloads.deliver(t, DAY, "codebuild", A, "AWSCodeBuild-release", key="K1")


def anchor_made(t: Told) -> None:
    t.call(t.key, DAY - 60, "rolesanywhere", "CreateProfile", {"name": "laptops", "roleArns": [A.arn]})
    workloads.deliver(t, DAY, "rolesanywhere", A, "0a1b2c", key="K1", knows_role=True)


def provider_changed(t: Told) -> None:
    provider = f"arn:aws:iam::{ONE}:saml-provider/corp"
    for when in (-90, -60, 3):
        t.call(
            t.key, DAY + when, "iam", "UpdateSAMLProvider", {"sAMLProviderArn": provider}, response={"sAMLProviderArn": provider}
        )
    t.use(sign_in.saml(t, DAY, A, "corp", "alice@example.com", "alice", address=HOME, key="K1"), 1)


def permission_set_made(t: Told) -> None:
    t.call(t.key, DAY - 60, "sso", "CreatePermissionSet", {"name": "Admins"})
    identity_center(t)


def _opened(t: Told, at_: int, principal: str) -> None:
    policy = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}}}}]}}'
    t.call(t.key, at_, "iam", "UpdateAssumeRolePolicy", {"roleName": "A", "policyDocument": policy})


def trust_opened(t: Told) -> None:
    _opened(t, DAY - 90, "*")
    _opened(t, DAY - 60, FAR)
    stranger(t)


def trust_closed_again(t: Told) -> None:
    _opened(t, DAY - 90, FAR)
    _opened(t, DAY - 60, TWO)
    stranger(t)


STORIES = {
    name: story
    for name, story in list(globals().items())
    if callable(story) and getattr(story, "__module__", "") == __name__ and name[0].islower()
}
