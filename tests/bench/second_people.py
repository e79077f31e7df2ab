"""People of the second company at work: Identity Center from home, office and train; Terraform from laptops; shells and consoles."""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.second_builds import work
from tests.bench.second_estate import Company, Person, moment
from tests.support import sign_in
from tests.support.cloudtrail import Trail
from tests.support.identities import Credential, identity_center_user

_LOOKS = (
    ("ec2", "DescribeInstances"), ("logs", "FilterLogEvents"), ("cloudformation", "DescribeStacks"), ("s3", "ListBuckets"),
    ("monitoring", "GetMetricData"), ("lambda", "ListFunctions20150331"), ("ecs", "DescribeServices"), ("rds", "DescribeDBInstances"),
    ("dynamodb", "ListTables"), ("iam", "ListRoles"), ("sqs", "ListQueues"), ("secretsmanager", "ListSecrets"),
)  # fmt: skip
_CHANGES = (
    ("lambda", "UpdateFunctionConfiguration20150331v2"), ("ecs", "UpdateService"), ("s3", "PutBucketTagging"),
    ("ec2", "AuthorizeSecurityGroupIngress"), ("logs", "PutRetentionPolicy"), ("secretsmanager", "GetSecretValue"),
    ("ec2", "RunInstances"), ("ec2", "CreateSnapshot"),
)  # fmt: skip


def spot(person: Person, dice: random.Random) -> str:
    """Everybody has a habit, and now and then is somewhere else."""
    chance = dice.random()
    if chance < 0.03:
        return place.abroad(dice)
    if person.number % 3 == 0:
        return place.OFFICE if chance < 0.85 else place.VPN
    return place.house(person) if chance < 0.7 else place.VPN


def agent(person: Person, number: int) -> str:
    """Half of the laptops are brought up to date in the third week."""
    return place.MAC_LATER if person.agent == place.MAC and number >= 16 and person.number % 2 else person.agent


def theirs(company: Company, person: Person, number: int, dice: random.Random) -> str:
    """An account of the person's team, or one in eight times another."""
    team = (person.number * 17) % company.known(number)
    return company.accounts[
        (team + dice.randrange(4)) % company.known(number) if dice.random() < 0.88 else dice.randrange(company.known(number))
    ]


def enter(
    company: Company, at_: int, person: Person, account: str, permission: str, address: str, client: str = sign_in.BROWSER
) -> Credential:
    role = company.reserved(account, permission)
    return sign_in.identity_center(
        company.trail, at_, company.directory, person.user_id, person.email, role, address=address, agent=client
    )


def grant(company: Company, at_: int, person: Person, browser_at: str, client_at: str, client: str) -> None:
    """The portal's sign-in in a browser, and the device code's token for a command line that asked for one."""
    store = f"arn:aws:identitystore::{place.MANAGEMENT}:identitystore/{company.directory.store}"
    them = identity_center_user(place.MANAGEMENT, person.user_id, store, company.ids.request())
    company.trail.record(
        at_, "signin.amazonaws.com", "UserAuthentication", them, account=place.MANAGEMENT, address=browser_at,
        agent=sign_in.BROWSER, eventType="AwsServiceEvent", serviceEventDetails={"UserAuthentication": "Success"}, readOnly=False,
    )  # fmt: skip
    company.trail.record(
        at_ + 20, "sso.amazonaws.com", "CreateToken", them, account=place.MANAGEMENT, address=client_at, agent=client,
        request={"clientId": "a4kEXAMPLE", "grantType": "urn:ietf:params:oauth:grant-type:device_code"}, readOnly=False,
    )  # fmt: skip


def visit(company: Company, dice: random.Random, number: int, person: Person) -> None:
    """One to three accounts of a day's work, by browser or by command line, some of them with changes."""
    address, at_ = spot(person, dice), moment(number, dice)
    client = agent(person, number) if person.number % 5 else sign_in.BROWSER
    if client != sign_in.BROWSER:
        terminal = "2001:db8:b0b::22" if person.number % 29 == 8 else address  # a workstation in a data centre
        grant(company, at_ - 60, person, address, terminal, client)
        address = terminal
    for turn in range(dice.choice((1, 1, 1, 2, 3))):
        inside = enter(
            company, at_ + turn * 1500, person, theirs(company, person, number, dice), person.permission, address, client
        )
        if client == sign_in.BROWSER:
            sign_in.console_login(company.trail, at_ + turn * 1500, inside.identity, inside.account, address=address)
        work(company, inside, at_ + turn * 1500 + 5, dice, _LOOKS, dice.randrange(2, 6))
        if person.permission != "ReadOnly" and dice.random() < 0.5:
            work(company, inside, at_ + turn * 1500 + 400, dice, _CHANGES, dice.randrange(1, 3))
        if person.number % 7 == 3:
            terraform(company, dice, inside, at_ + turn * 1500 + 700)
        if person.number % 31 == 4:
            sign_in.get_signin_token(company.trail, at_ + turn * 1500 + 30, inside, place.BROKER)
            sign_in.console_login(company.trail, at_ + turn * 1500 + 40, inside.identity, inside.account, address=address)
        if person.number % 37 == 5:
            through_broker(company, at_ + turn * 1500 + 50, inside, address)
        if person.number % 23 == 6 and client == sign_in.BROWSER:
            shell = sign_in.aws_login(company.trail, at_ + turn * 1500 + 90, inside)
            work(company, shell, at_ + turn * 1500 + 100, dice, _LOOKS, 2)


def through_broker(company: Company, at_: int, inside: Credential, address: str) -> None:
    """Some like the company's own tool, which switches them into a support role."""
    role = company.role(inside.account, "support")
    helper = company.trail.assume(inside, at_, role, inside.principal_id.rpartition(":")[2])
    company.trail.call(helper.at(address), at_ + 9, "support", "DescribeCases")


def terraform(company: Company, dice: random.Random, inside: Credential, at_: int) -> None:
    """Platform people apply from their laptops: roles, policies, functions, hosts, a bucket's policy."""
    trail, account = company.trail, inside.account
    apply = trail.assume(inside.at(inside.address, place.TERRAFORM), at_, company.role(account, "terraform"), f"tf-{at_}")
    trail.call(apply, at_ + 1, "sts", "GetCallerIdentity")
    kind = dice.randrange(6)
    if kind == 0:
        make_role(trail, apply, at_ + 30, f"svc-{dice.randrange(10_000)}", account, dice)
    elif kind == 1:
        trail.call(apply, at_ + 30, "s3", "PutBucketPolicy", {"bucketName": f"assets-{dice.randrange(1000)}", "bucketPolicy": {
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{place.DATA}:root"}, "Action": "s3:GetObject"}]}})  # fmt: skip
    elif kind == 2:
        name = f"job-{dice.randrange(10_000)}"
        trail.call(apply, at_ + 30, "lambda", "CreateFunction20150331", {
            "functionName": name, "role": f"arn:aws:iam::{account}:role/fn", "runtime": "python3.12"},
            response={"functionName": name, "functionArn": f"arn:aws:lambda:eu-west-1:{account}:function:{name}"})  # fmt: skip
    elif kind == 3:
        trail.call(apply, at_ + 30, "iam", "AttachRolePolicy", {
            "roleName": f"svc-{dice.randrange(400)}", "policyArn": f"arn:aws:iam::{account}:policy/service-access"})  # fmt: skip
    else:
        work(company, apply, at_ + 30, dice, (("ec2", "DescribeVpcs"), ("ec2", "CreateTags"), ("rds", "ModifyDBInstance")), 3)


def make_role(trail: Trail, by: Credential, at_: int, name: str, trusted: str, dice: random.Random, condition: str = "") -> None:
    """CreateRole and its policy; `condition` is the JSON of the trust's condition."""
    more = f',"Condition":{condition}' if condition else ""
    trust = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{trusted}:root"}},"Action":"sts:AssumeRole"{more}}}]}}'
    arn = f"arn:aws:iam::{by.account}:role/{name}"
    trail.call(by, at_, "iam", "CreateRole", {"roleName": name, "assumeRolePolicyDocument": trust, "path": "/"},
               response={"role": {"arn": arn, "roleName": name, "roleId": trail.ids.unique("AROA", by.account, f"role {name}")}})  # fmt: skip
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","sqs:SendMessage"],"Resource":"*"}]}'
    )
    trail.call(
        by,
        at_ + dice.randrange(2, 9),
        "iam",
        "PutRolePolicy",
        {"roleName": name, "policyName": "access", "policyDocument": policy},
    )
