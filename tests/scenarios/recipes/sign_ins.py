"""Sign-ins that issue no key, or another key than the one used: console, switched roles, Identity Center, `aws login`."""

from __future__ import annotations

import json

from tests.scenarios.recipes import DAY, ELSEWHERE, HOME, OFFICE, PROD, STRANGER, Files, named_role, new_trail, scenario
from tests.support import sign_in
from tests.support.cloudtrail import at
from tests.support.identities import Credential, identity_center_user

MAC_CURL = "curl/8.7.1"


@scenario("t06-switched-role")
def switched_role() -> Files:
    """Four records around a console Switch Role: the key used is not the key issued (F2)."""
    trail = new_trail()
    created = at(DAY, "13:58:45")
    user = trail.user_key(HOME, "alice", key="AKIA1")
    console = sign_in.console_key(trail, created, user, address=OFFICE, mfa=False, key="K1", marked=False)
    trail.call(console, at(DAY, "14:03:10"), "iam", "CreateUser", {"userName": "bob"}, readOnly=False)
    role = named_role(PROD, "support")
    used = sign_in.switch_role(trail, at(DAY, "14:05:20"), console, role, "alice", issued="WTIO2PI", used="W6YEVI6")
    trail.call(used, at(DAY, "14:06:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t07-identity-center")
def identity_center() -> Files:
    """Identity Center through an application: its own role asked for the token and is nobody's parent (F2, F9)."""
    trail = new_trail()
    directory = sign_in.Directory(HOME, "d-9967012345")
    user_id = "976710cc5d-1b2c3d4e-0000-4000-8000-000000000001"
    store = f"arn:aws:identitystore::{HOME}:identitystore/d-9967012345"
    app_role = named_role(HOME, "portal-app")
    app = Credential(
        {"type": "AssumedRole", "principalId": f"{app_role.unique_id}:portal", "arn": app_role.session_arn("portal"),
         "accountId": HOME, "accessKeyId": trail.ids.unique("ASIA", HOME, "APP1"),
         "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": app_role.unique_id, "arn": app_role.arn,
                                              "accountId": HOME, "userName": "portal-app"},
                            "attributes": {"creationDate": f"{DAY}T08:00:00Z", "mfaAuthenticated": "false"}}},
        HOME, "203.0.113.101", "exec-env/AWS_Lambda_nodejs20.x",
    )  # fmt: skip
    person = identity_center_user(HOME, user_id, store, "c0ffee00-0000-4000-8000-000000000001")
    trail.record(
        at(DAY, "08:59:50"), "signin.amazonaws.com", "UserAuthentication", person, account=HOME, address=OFFICE,
        agent=sign_in.BROWSER, eventType="AwsServiceEvent", serviceEventDetails={"UserAuthentication": "Success"}, readOnly=False,
    )  # fmt: skip
    trail.call(app, at(DAY, "08:59:58"), "sso-oauth", "CreateTokenWithIAM", {"clientId": "arn:aws:sso::application/portal"},
               readOnly=False, additionalEventData={"identitystore:UserId": user_id})  # fmt: skip
    role = sign_in.reserved_role(PROD, "ReadOnly", "AROAIEXAMPLEREADONLY", "0123456789abcdef")
    session = sign_in.identity_center(
        trail, at(DAY, "09:00:00"), directory, user_id, "alice@example.com", role, address=OFFICE, issued="ISSUED", used="USED"
    )
    trail.call(session, at(DAY, "09:00:20"), "s3", "ListBuckets")
    trail.call(session.with_identity(onBehalfOf=None), at(DAY, "09:01:05"), "ec2", "DescribeInstances")
    return {"events.json": trail.records}


@scenario("t08-aws-login")
def aws_login() -> Files:
    """`aws login` hands the console session to the CLI: another key, the console's creationDate (F1)."""
    trail = new_trail()
    user = trail.user_key(HOME, "alice", key="AKIA1")
    console = sign_in.console_session(trail, at(DAY, "17:43:08"), user, address=OFFICE, key="K1")
    cli = sign_in.aws_login(trail, at(DAY, "17:43:26"), console, key="K755K")
    trail.call(cli, at(DAY, "17:44:02"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t09-console-keys")
def console_keys() -> Files:
    trail = new_trail()
    user, begin = trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "12:27:45")
    sign_in.console_login(trail, begin, user.identity, HOME, address=OFFICE)
    for number in range(12):
        key = sign_in.console_key(trail, begin, user, address=OFFICE, key=f"C{number:02d}", marked=number % 2 == 0)
        trail.call(key, begin + 20 + 7 * number, "ec2", "DescribeRegions")
    return {"events.json": trail.records}


@scenario("t27-federated-console")
def federated_console() -> Files:
    """A federation token becomes a console session, which makes a role that trusts a stranger."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1").at(ELSEWHERE)
    token = trail.get_federation_token(key, at(DAY, "10:00:00"), "admin", key="K1")
    sign_in.get_signin_token(trail, at(DAY, "10:00:40"), token)
    sign_in.console_login(trail, at(DAY, "10:01:15"), token.identity, HOME, address=ELSEWHERE, mfa=False)
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    console = token.using(trail.ids.unique("ASIA", HOME, "K2")).at(ELSEWHERE, sign_in.BROWSER)
    trail.call(console, at(DAY, "10:04:00"), "iam", "CreateRole", {"roleName": "support-x", "assumeRolePolicyDocument": trust},
               response={"role": {"roleName": "support-x", "roleId": "AROAIEXAMPLESUPPORTX",
                                  "arn": f"arn:aws:iam::{HOME}:role/support-x"}})  # fmt: skip
    return {"events.json": trail.records}


@scenario("t28-root-task")
def root_task() -> Files:
    """AssumeRoot on a member account; the marker on the caller's event does not make the caller root (F16)."""
    trail = new_trail()
    manager = trail.assume(
        trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "20:40:00"), named_role(HOME, "org-admin"), "alice", key="K1"
    )
    task = trail.assume_root(manager, at(DAY, "20:52:11"), PROD, key="K9")
    trail.call(task, at(DAY, "20:53:47"), "s3", "DeleteBucketPolicy", {"bucketName": "hl-locked"})
    return {"events.json": trail.records}


@scenario("t49-no-role-session")
def no_role_session() -> Files:
    """Everything bad and not one role session: a chain list alone would show nothing."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1").at(ELSEWHERE, MAC_CURL)
    token = trail.get_federation_token(key, at(DAY, "10:00:00"), "ops", key="K1")
    sign_in.get_signin_token(trail, at(DAY, "10:00:30"), token, agent=MAC_CURL)
    sign_in.console_login(trail, at(DAY, "10:00:50"), token.identity, HOME, address=ELSEWHERE, mfa=False, agent=MAC_CURL)
    victim = trail.ids.unique("AIDA", HOME, "u bob")
    trail.create_access_key(key, at(DAY, "10:03:00"), "bob", victim, key="AKIA2")
    trail.call(key, at(DAY, "10:05:00"), "cloudtrail", "DeleteTrail", {"name": "hl-organisation-trail"})
    return {"events.json": trail.records}


@scenario("t52-token-for-another-partition")
def token_for_another_partition() -> Files:
    """A role of one partition asks its STS for a web identity token and opens a role of another with it (2.15)."""
    trail, beyond = new_trail("us-east-1"), new_trail("cn-north-1", 1)
    role = named_role(HOME, "exporter")
    session = trail.assume(trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), role, "work", key="K1")
    for token, when in (("token-said", "10:05:00"), ("token-kept", "10:20:00")):
        trail.call(
            session, at(DAY, when), "sts", "GetWebIdentityToken", {"audience": ["sts.amazonaws.com.cn"]},
            response={"webIdentityTokenId": token}, readOnly=False,
        )  # fmt: skip
    for token, when, key, asker in (("token-said", "10:05:02", "C1", role), ("token-else", "10:40:00", "C2", None)):
        used = sign_in.web_identity(
            beyond, at(DAY, when), named_role(PROD, "importer", partition="aws-cn"), f"{HOME}.tokens.sts.global.api.aws",
            "sts.amazonaws.com.cn", role.arn, f"run-{key.lower()}", address=OFFICE, key=key, agent="aws-cli/2.22.4",
        )  # fmt: skip
        beyond.records[-1]["requestParameters"]["webIdentityTokenId"] = token
        if asker is not None:
            said = {"sourcePrincipalArn": asker.arn, "sourceRegion": "us-east-1"}
            beyond.records[-1]["additionalEventData"] = {"crossPartitionData": said}
        beyond.call(used, at(DAY, when) + 30, "s3", "ListBuckets")
    return {"aws.json": trail.records, "aws-cn.json": beyond.records}
