"""Fifteen kinds of intrusion that public incident reports tell of, two of each, replayed on the second company.

Metadata keys through a web request (2019), mail and federation sessions after leaked keys (JavaGhost), a container's role
and a state file (SCARLETEEL), portals walked through after a phone call (Scattered Spider), objects encrypted with the
thief's key (Codefinger), mining, models run on somebody else's bill, trust edits, providers, root tasks.
"""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.planted import Attack
from tests.bench.second_estate import DAY, Company, lair
from tests.bench.second_evasions import ADMINISTRATOR, PACU, PARROT, backdoor, calls, hosted, stolen_sign_in, when
from tests.bench.second_people import enter
from tests.support import sign_in, workloads
from tests.support.identities import Credential

THIEF = "666666666661"


def metadata_theft(company: Company, dice: random.Random, number: int) -> Attack:
    """A web request makes the host fetch its own keys (IMDSv1); the twin is used elsewhere within the hour."""
    at_ = when(dice)
    held, twin, instance = hosted(company, at_, 11 + number)
    away = (twin, held)[number].at(lair(dice), PARROT)
    calls(company, away, at_, "sts:GetCallerIdentity", "s3:ListBuckets", "s3:GetObject", "s3:GetObject", "s3:GetObject")
    return Attack("metadata_theft", (held.key, twin.key, instance), at_)


def leaked_key(company: Company, dice: random.Random, number: int) -> Attack:
    """A key in a public repository: is it alive, may it send mail, and a user for the time after."""
    at_, trail = when(dice), company.trail
    thief = company.key(f"etl-{8 + number:02d}", 30).at(lair(dice), PACU)
    calls(company, thief, at_, "sts:GetCallerIdentity", "ses:GetSendQuota", "ses:ListIdentities", "iam:ListUsers")
    if number:
        trail.denied(thief, at_ + 300, "iam", "CreateUser", {"userName": "support"})
        calls(company, thief, at_ + 330, "ses:GetAccount", "sns:GetSMSAttributes", "servicequotas:ListServiceQuotas")
        return Attack("leaked_key", (thief.key,), at_)
    made = backdoor(company, thief, at_ + 300, "java-ghost")
    trail.call(
        thief,
        at_ + 400,
        "iam",
        "CreateLoginProfile",
        {"userName": "java-ghost"},
        response={"loginProfile": {"userName": "java-ghost"}},
    )
    return Attack("leaked_key", (thief.key, *made), at_)


def container_theft(company: Company, dice: random.Random, number: int) -> Attack:
    """The scanner's container gives away its role; a state file gives away a key of another account."""
    at_, trail = when(dice), company.trail
    task = workloads.deliver(
        trail, at_ - 1200, "ecs-tasks", company.role(place.SECURITY, "auditor-task"), company.spare().ljust(32, "0"),
        address=company.nat(place.SECURITY), agent=place.BOTO,
    )  # fmt: skip
    trail.call(task, at_ - 1100, "s3", "ListBuckets")
    away = task.at(lair(dice), (PARROT, place.BOTO)[number])
    calls(
        company,
        away,
        at_,
        "sts:GetCallerIdentity",
        "lambda:ListFunctions20150331",
        "lambda:GetFunction20150331v2",
        "s3:GetObject",
    )
    state = company.key(f"etl-{10 + number:02d}", 30).at(away.address, away.agent)
    calls(company, state, at_ + 400, "sts:GetCallerIdentity", "iam:ListUsers", "ec2:DescribeInstances")
    return Attack("container_theft", (task.key, state.key), at_)


def service_account_token(company: Company, dice: random.Random, number: int) -> Attack:
    """A pod's projected token is exchanged from outside the cluster."""
    at_, index = when(dice), (3, 4)[number]
    account, name = company.accounts[70 + index], ("argo", "velero")[number]
    held = sign_in.web_identity(
        company.trail, at_, company.role(account, f"irsa-{name}"), f"oidc.eks.eu-west-1.amazonaws.com/id/{index:032X}",
        "sts.amazonaws.com", f"system:serviceaccount:kube-system:{name}", f"botocore-session-{at_}", address=lair(dice),
        agent=(PARROT, place.GO)[number],
    )  # fmt: skip
    calls(
        company,
        held,
        at_,
        "sts:GetCallerIdentity",
        "s3:ListBuckets",
        "secretsmanager:GetSecretValue",
        "ecr:GetAuthorizationToken",
    )
    return Attack("service_account_token", (held.key,), at_)


def trust_backdoor(company: Company, dice: random.Random, number: int) -> Attack:
    """A role is told to trust a stranger's account; the stranger comes the next day."""
    at_, trail = when(dice, 29), company.trail
    thief = stolen_sign_in(company, dice, at_, (71, 77)[number], "Administrator")
    role = company.role(thief.account, ("org-audit-reader", "release")[number])
    policy = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{THIEF}:root"}},"Action":"sts:AssumeRole"}}]}}'
    trail.call(thief, at_, "iam", "UpdateAssumeRolePolicy", {"roleName": role.name, "policyDocument": policy})
    principal = company.ids.unique("AIDA", THIEF, f"thief {number}")
    them = Credential(
        {"type": "IAMUser", "principalId": principal, "arn": f"arn:aws:iam::{THIEF}:user/x"}, THIEF, lair(dice), PARROT
    )
    inside = trail.assume(them, at_ + DAY // 2, role, "audit", copies="role")
    calls(company, inside, at_ + DAY // 2 + 5, "sts:GetCallerIdentity", "s3:ListBuckets", "ec2:DescribeInstances")
    return Attack("trust_backdoor", (thief.key, inside.key, principal), at_)


def password_reset(company: Company, dice: random.Random, number: int) -> Attack:
    """A user nobody remembers gets a password; the console is entered without a token from somewhere else."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (83, 89)[number], "Administrator")
    user = trail.user_key(thief.account, "former-contractor")
    trail.call(thief, at_, "iam", ("UpdateLoginProfile", "CreateLoginProfile")[number], {"userName": "former-contractor"},
               response={"loginProfile": {"userName": "former-contractor"}})  # fmt: skip
    console = sign_in.console_session(trail, at_ + 600, user, address=lair(dice), mfa=False)
    calls(company, console, at_ + 640, "s3:ListBuckets", "ec2:DescribeInstances", "iam:ListUsers", "ce:GetCostAndUsage")
    return Attack("password_reset", (thief.key, console.key, user.principal_id), at_)


def snapshots_shared(company: Company, dice: random.Random, number: int) -> Attack:
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (95, 97)[number], "PowerUser")
    if number:
        trail.call(
            thief, at_ + 30, "rds", "CreateDBSnapshot", {"dBSnapshotIdentifier": "ledger-copy", "dBInstanceIdentifier": "ledger"}
        )
        trail.call(thief, at_ + 900, "rds", "ModifyDBSnapshotAttribute",
                   {"dBSnapshotIdentifier": "ledger-copy", "attributeName": "restore", "valuesToAdd": [THIEF]})  # fmt: skip
        return Attack("snapshots_shared", (thief.key,), at_)
    for turn in range(3):
        snapshot = f"snap-0{company.spare()[:16]}"
        trail.call(thief, at_ + turn * 60, "ec2", "ModifySnapshotAttribute", {"snapshotId": snapshot, "attributeType":
            "CREATE_VOLUME_PERMISSION", "createVolumePermission": {"add": {"items": [{"userId": THIEF}]}}})  # fmt: skip
    return Attack("snapshots_shared", (thief.key,), at_)


def portal_walk(company: Company, dice: random.Random, number: int) -> Attack:
    """A help desk was talked into a new second factor; the portal is walked through account by account for secrets."""
    at_, person, away = when(dice), company.people[(101, 104)[number]], lair(dice)
    keys = []
    for turn in range(9):
        account = company.accounts[(person.number * 17 + turn * (1, 7)[number]) % 400]
        inside = enter(company, at_ + turn * 55, person, account, person.permission, away)
        calls(company, inside, at_ + turn * 55, "secretsmanager:ListSecrets", "secretsmanager:GetSecretValue", "s3:ListBuckets")
        keys.append(inside.key)
    return Attack("portal_walk", (*keys, person.email, person.user_id), at_)


def root_tasks(company: Company, dice: random.Random, number: int) -> Attack:
    """Central root access in the wrong hands: one member account after the other."""
    at_, trail, person = when(dice), company.trail, company.people[(15, 110)[number]]
    inside = enter(company, at_ - 900, person, place.MANAGEMENT, "RootTasks", place.OFFICE, person.agent).at(lair(dice), PACU)
    keys = [inside.key]
    for turn in range(3):
        root = trail.assume_root(
            inside,
            at_ + turn * 300,
            company.accounts[210 + turn],
            task=("S3UnlockBucketPolicy", "IAMCreateRootUserPassword")[number],
        )
        name = ("s3:DeleteBucketPolicy", "iam:CreateLoginProfile")[number]
        calls(company, root, at_ + turn * 300 + 10, name)
        keys.append(root.key)
    return Attack("root_tasks", tuple(keys), at_)


def provider_planted(company: Company, dice: random.Random, number: int) -> Attack:
    """An identity provider of the thief's is added, and a role taken by it the day after."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (113, 116)[number], "Administrator")
    role, arn = company.role(thief.account, "terraform"), f"arn:aws:iam::{thief.account}:"
    if number:
        trail.call(thief, at_, "iam", "CreateOpenIDConnectProvider", {"url": "https://login.example.invalid", "clientIDList": ["sts"]},
                   response={"openIDConnectProviderArn": arn + "oidc-provider/login.example.invalid"})  # fmt: skip
        inside = sign_in.web_identity(
            trail, at_ + 50_000, role, "login.example.invalid", "sts", "anyone", "tf", address=lair(dice), agent=PARROT
        )
    else:
        trail.call(
            thief,
            at_,
            "iam",
            "CreateSAMLProvider",
            {"name": "corp-backup"},
            response={"sAMLProviderArn": arn + "saml-provider/corp-backup"},
        )
        inside = sign_in.saml(trail, at_ + 50_000, role, "corp-backup", "admin", "admin", address=lair(dice))
    trail.call(thief, at_ + 40, "iam", "UpdateAssumeRolePolicy", {"roleName": "terraform", "policyDocument": "{}"})
    calls(company, inside, at_ + 50_010, "sts:GetCallerIdentity", "iam:ListRoles", "s3:ListBuckets")
    return Attack("provider_planted", (thief.key, inside.key), at_)


def anchor_planted(company: Company, dice: random.Random, number: int) -> Attack:
    """A trust anchor with the thief's own certificate authority; certificates need no key of the company's."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (119, 125)[number], "Administrator")
    role = company.role(thief.account, ("terraform", "release")[number])
    trail.call(
        thief, at_, "rolesanywhere", "CreateTrustAnchor", {"name": "edge-ca"}, response={"trustAnchor": {"name": "edge-ca"}}
    )
    trail.call(thief, at_ + 30, "rolesanywhere", "CreateProfile", {"name": "edge", "roleArns": [role.arn]},
               response={"profile": {"name": "edge", "roleArns": [role.arn]}})  # fmt: skip
    inside = workloads.deliver(trail, at_ + 40_000, "rolesanywhere", role, f"{number + 77:032x}", address=lair(dice), agent=PARROT,
                               seconds=3600, knows_role=True)  # fmt: skip
    calls(company, inside, at_ + 40_010, "sts:GetCallerIdentity", "s3:ListBuckets", "secretsmanager:ListSecrets")
    return Attack("anchor_planted", (thief.key, inside.key), at_)


def ransom(company: Company, dice: random.Random, number: int) -> Attack:
    """Objects are copied over themselves with a key only the thief has, or the keys are sent to their end; then a note."""
    at_, trail = when(dice), company.trail
    thief = company.key(f"etl-{12 + number:02d}", 30).at(lair(dice), PARROT)
    calls(company, thief, at_, "s3:ListBuckets", "s3:GetBucketVersioning", "s3:GetObject", "s3:GetObject")
    for turn in range(4):
        if number:
            trail.call(
                thief,
                at_ + 300 + turn * 20,
                "kms",
                "ScheduleKeyDeletion",
                {"keyId": f"0f0e0d0c-0000-4000-8000-00000000000{turn}", "pendingWindowInDays": 7},
            )
        else:
            trail.call(thief, at_ + 300 + turn * 20, "s3", "PutObject", {"bucketName": "ledger", "key": f"2026/{turn}.parquet",
                       "x-amz-server-side-encryption-customer-algorithm": "AES256"})  # fmt: skip
    trail.call(
        thief,
        at_ + 600,
        "s3",
        "PutBucketLifecycle",
        {"bucketName": "ledger", "LifecycleConfiguration": {"Rule": {"Expiration": {"Days": 7}}}},
    )
    return Attack("ransom", (thief.key,), at_)


def spending(company: Company, dice: random.Random, number: int) -> Attack:
    """Somebody else's bill: graphics machines in every region, or models."""
    at_, trail = when(dice), company.trail
    thief = company.key(f"etl-{14 + number:02d}", 30).at(lair(dice), PACU)
    calls(company, thief, at_, "sts:GetCallerIdentity", "servicequotas:ListServiceQuotas")
    if number:
        calls(company, thief, at_ + 90, "bedrock:GetModelInvocationLoggingConfiguration", "bedrock:ListFoundationModels",
              "bedrock:InvokeModel", "bedrock:InvokeModel", "bedrock:InvokeModel")  # fmt: skip
        return Attack("spending", (thief.key,), at_)
    for turn, region in enumerate(("us-east-1", "ap-southeast-2", "sa-east-1", "eu-north-1")):
        trail.call(thief, at_ + 90 + turn * 45, "ec2", "RunInstances", {"instanceType": "p4d.24xlarge", "instancesSet": {"items": [{"minCount": 4, "maxCount": 8}]}},
                   region=region, response={"instancesSet": {"items": [{"instanceId": f"i-0{company.spare()[:16]}"}]}})  # fmt: skip
    return Attack("spending", (thief.key,), at_)


def function_door(company: Company, dice: random.Random, number: int) -> Attack:
    """A function with a public address, or one woken by every new user, keeps the door open."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (127, 128)[number], "PowerUser")
    name = ("health-probe", "tag-enforcer")[number]
    arn = f"arn:aws:lambda:eu-west-1:{thief.account}:function:{name}"
    trail.call(thief, at_, "lambda", "CreateFunction20150331", {"functionName": name, "role": f"arn:aws:iam::{thief.account}:role/terraform"},
               response={"functionName": name, "functionArn": arn, "role": f"arn:aws:iam::{thief.account}:role/terraform"})  # fmt: skip
    if number:
        trail.call(
            thief,
            at_ + 60,
            "events",
            "PutRule",
            {"name": "on-new-user", "eventPattern": '{"detail":{"eventName":["CreateUser"]}}'},
        )
        trail.call(
            thief, at_ + 80, "lambda", "AddPermission20150331v2", {"functionName": name, "principal": "events.amazonaws.com"}
        )
    else:
        trail.call(thief, at_ + 60, "lambda", "CreateFunctionUrlConfig", {"functionName": name, "authType": "NONE"})
        trail.call(
            thief,
            at_ + 80,
            "lambda",
            "AddPermission20150331v2",
            {"functionName": name, "principal": "*", "functionUrlAuthType": "NONE"},
        )
    inside = workloads.function(trail, at_ + 400, company.role(thief.account, "terraform"), name, address="198.51.100.99")
    trail.call(inside, at_ + 410, "iam", "AttachRolePolicy", {"roleName": "fn-public", "policyArn": ADMINISTRATOR})
    return Attack("function_door", (thief.key, inside.key), at_)


def role_guessing(company: Company, dice: random.Random, number: int) -> Attack:
    """Which role lets this key in? One after the other is tried, from where the key lives or from outside."""
    at_, trail = when(dice), company.trail
    thief = company.key(f"etl-{16 + number:02d}", 30)
    thief = thief.at(lair(dice), PARROT) if number else thief
    names = (
        "admin",
        "Administrator",
        "OrganizationAccountAccessRole",
        "release",
        "terraform",
        "support",
        "deploy",
        "ops",
        "audit",
        "ci",
        "devops",
        "root-access",
    )
    for turn, name in enumerate(names):
        trail.denied_assume(thief, at_ + turn * (9, 400)[number], company.role(company.accounts[(turn * 3) % 40], name))
    inside = trail.assume(thief, at_ + 5400, company.role(company.accounts[9], "read-everything"), thief.identity["userName"])
    calls(company, inside, at_ + 5410, "s3:ListBuckets", "rds:DescribeDBSnapshots")
    return Attack("role_guessing", (thief.key, inside.key), at_)


INTRUSIONS = (
    metadata_theft, leaked_key, container_theft, service_account_token, trust_backdoor, password_reset, snapshots_shared, portal_walk,
    root_tasks, provider_planted, anchor_planted, ransom, spending, function_door, role_guessing,
)  # fmt: skip
