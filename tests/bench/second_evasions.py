"""Fifteen ways of not being seen, tried on the second company: what stands in issue 6's list, two of each.

Each says which credentials are its own; where the thief only shares one (a key behind the same NAT), that one.
"""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.planted import Attack
from tests.bench.second_builds import token
from tests.bench.second_estate import DAY, FIRST, Company, house, lair
from tests.bench.second_noise import fleet
from tests.bench.second_people import enter, grant
from tests.support import sign_in, workloads
from tests.support.identities import Credential

PARROT = "aws-cli/2.12.0 Python/3.11.4 Linux/6.5.0-13parrot1-amd64 exe/x86_64.parrot.6"
PACU = "Boto3/1.28.3 Python/3.11.2 Linux/6.1.0-kali9-amd64 Botocore/1.31.3"
REQUESTS = "python-requests/2.31.0"
STRANGER = "777777777771"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def when(dice: random.Random, first_day: int = 29) -> int:
    return FIRST + dice.randrange(first_day, 34) * DAY + dice.randrange(1, 22) * 3600 + dice.randrange(3600)


def calls(company: Company, who: Credential, at_: int, *names: str) -> None:
    """`service:Name` after `service:Name`, half a minute apart."""
    for turn, name in enumerate(names):
        company.trail.call(who, at_ + 7 + turn * 31, *name.split(":"))


def hosted(company: Company, at_: int, index: int) -> tuple[Credential, Credential, str]:
    """Credentials a standing host was given an hour before, and the host's name."""
    account, instance = fleet(company, index)
    held, twin = workloads.instance(
        company.trail, at_ - 3600, company.role(account, "web-server"), instance, address=company.nat(account)
    )
    company.trail.call(held.at(held.address, place.JAVA), at_ - 3500, "secretsmanager", "GetSecretValue")
    return held, twin, instance


def backdoor(company: Company, who: Credential, at_: int, name: str) -> tuple[str, ...]:
    """A user with a key and every right; the key is one of the attack's marks."""
    user = company.trail.create_user(who, at_, name)
    made = company.trail.create_access_key(who, at_ + 11, name, user)
    company.trail.call(who, at_ + 23, "iam", "AttachUserPolicy", {"userName": name, "policyArn": ADMINISTRATOR})
    return (made.key,)


def stolen_sign_in(company: Company, dice: random.Random, at_: int, number: int, permission: str = "") -> Credential:
    """A person works from home; a while later the session's key is used by somebody else (an infostealer on the laptop)."""
    person = company.people[number]
    account = company.accounts[(number * 17) % 400]
    inside = enter(company, at_ - 1800, person, account, permission or person.permission, house(person), person.agent)
    company.trail.call(inside, at_ - 1700, "s3", "ListBuckets")
    return inside.at(lair(dice), PARROT if number % 2 else PACU)


def nat_neighbour(company: Company, dice: random.Random, number: int) -> Attack:
    at_ = when(dice)
    held, _, instance = hosted(company, at_, 1 + number)
    thief = held.at(held.address, PARROT if number else place.BOTO)
    calls(company, thief, at_, "sts:GetCallerIdentity", "iam:ListAttachedRolePolicies", "secretsmanager:ListSecrets",
          "secretsmanager:GetSecretValue", "iam:ListUsers")  # fmt: skip
    extra = backdoor(company, thief, at_ + 600, "svc-monitor") if number else ()
    return Attack("nat_neighbour", (held.key, instance, *extra), at_)


def forged_agent(company: Company, dice: random.Random, number: int) -> Attack:
    at_ = when(dice)
    held, _, instance = hosted(company, at_, 3 + number)
    away = held.at(lair(dice), workloads.SSM_AGENT)
    company.trail.call(away, at_, "ssm", "UpdateInstanceInformation", {"instanceId": instance, "agentVersion": "3.3.859.0"})
    calls(
        company,
        away.at(away.address, place.JAVA),
        at_ + 60,
        "s3:ListBuckets",
        "secretsmanager:GetSecretValue",
        "dynamodb:ListTables",
    )
    return Attack("forged_agent", (held.key, instance), at_)


def endpoint_twin(company: Company, dice: random.Random, number: int) -> Attack:
    """The victim's private address, in a network of the thief's own, through the thief's own endpoint."""
    at_ = when(dice)
    account, instance = fleet(company, 5 + number)
    held, _ = workloads.instance(company.trail, at_ - 3600, company.role(account, "web-server"), instance, address="10.0.3.17")
    own = {"vpcEndpointId": "vpce-00000000000000001", "vpcEndpointAccountId": account}
    company.trail.call(held, at_ - 3500, "secretsmanager", "GetSecretValue", **own)
    theirs = {"vpcEndpointId": "vpce-0bad0000000000001", "vpcEndpointAccountId": STRANGER}
    for turn, name in enumerate(("ListSecrets", "GetSecretValue", "GetSecretValue", "GetSecretValue")):
        company.trail.call(
            held.at("10.0.3.17", PACU if number else place.BOTO), at_ + turn * 20, "secretsmanager", name, **theirs
        )
    return Attack("endpoint_twin", (held.key, instance), at_)


def through_the_host(company: Company, dice: random.Random, number: int) -> Attack:
    """SOCKS through the host: its own address, somebody else's commands."""
    at_ = when(dice)
    held, _, instance = hosted(company, at_, 7 + number)
    typed = held.at(held.address, PARROT)
    calls(company, typed, at_, "sts:GetCallerIdentity", "iam:ListRoles", "s3:ListBuckets", "ec2:DescribeSnapshots")
    role = company.role(held.account, "release")
    if number:
        company.trail.denied_assume(typed, at_ + 300, role)
        calls(company, typed, at_ + 340, "secretsmanager:ListSecrets", "secretsmanager:GetSecretValue", "rds:DescribeDBSnapshots")
        return Attack("through_the_host", (held.key, instance), at_)
    inside = company.trail.assume(typed, at_ + 300, role, "web")
    return Attack("through_the_host", (held.key, instance, inside.key, *backdoor(company, inside, at_ + 360, "svc-web")), at_)


def pipeline_mimic(company: Company, dice: random.Random, number: int) -> Attack:
    """The pipeline's session name and client, from a machine like its runners, on the pipeline's last role."""
    at_ = when(dice)
    if number:
        thief = stolen_sign_in(company, dice, at_, 41).at(place.runner(dice), place.NODE)
    else:
        thief = company.key("etl-01", 30).at(place.runner(dice), place.NODE)
    account = company.accounts[90 + number]
    inside = company.trail.assume(thief, at_, company.cdk(account), "aws-cdk-gitlab")
    calls(company, inside, at_ + 10, "cloudformation:DescribeStacks", "ssm:GetParameter", "secretsmanager:GetSecretValue")
    company.trail.call(inside, at_ + 200, "lambda", "UpdateFunctionCode20150331v2", {"functionName": f"worker-{number}"})
    return Attack("pipeline_mimic", (thief.key, inside.key), at_)


def laundering(company: Company, dice: random.Random, number: int) -> Attack:
    """A key, a role, a function, a command, a host's role: one session at each stop."""
    at_ = when(dice)
    held, _, instance = hosted(company, at_, 9 + number)
    account, trail = held.account, company.trail
    thief = company.key(f"etl-{2 + number:02d}", 30).at(lair(dice), PACU)
    first = trail.assume(thief, at_, company.role(account, "release"), "deploy")
    name = "rotate-logs"
    trail.call(first, at_ + 60, "lambda", "UpdateFunctionCode20150331v2", {"functionName": name}, response={
        "functionName": name, "role": f"arn:aws:iam::{account}:role/rotate-logs",
        "functionArn": f"arn:aws:lambda:eu-west-1:{account}:function:{name}"})  # fmt: skip
    inside = workloads.function(trail, at_ + 120, company.role(account, "rotate-logs"), name, address="198.51.100.88")
    trail.call(inside, at_ + 130, "ssm", "SendCommand", {"instanceIds": [instance], "documentName": "AWS-RunShellScript"})
    made = backdoor(
        company, held.at(held.address, "aws-cli/1.18.147 Python/2.7.18 Linux/5.10 botocore/1.18.6"), at_ + 200, "svc-rotate"
    )
    return Attack("laundering", (thief.key, first.key, inside.key, held.key, instance, *made), at_)


def stack_with_rights(company: Company, dice: random.Random, number: int) -> Attack:
    """A stack is told to use an administrator's service role, and makes what its maker may not."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (43, 44)[number], "Developer")
    account, name = thief.account, ("app-telemetry", "network-probe")[number]
    trail.call(thief, at_, "cloudformation", "CreateStack", {"stackName": name, "capabilities": ["CAPABILITY_NAMED_IAM"],
               "roleARN": f"arn:aws:iam::{account}:role/cfn-administrator"},
               response={"stackId": f"arn:aws:cloudformation:eu-west-1:{account}:stack/{name}/1"})  # fmt: skip
    service = "cloudformation.amazonaws.com"
    inside = workloads.deliver(trail, at_ + 4, "cloudformation", company.role(account, "cfn-administrator"), "AWSCloudFormation",
                               address=service, agent=service, knows_role=True).with_identity(invokedBy=service)  # fmt: skip
    made = backdoor(company, inside, at_ + 20, f"{name}-user")
    return Attack("stack_with_rights", (thief.key, inside.key, *made), at_)


def federated_console(company: Company, dice: random.Random, number: int) -> Attack:
    at_, trail = when(dice), company.trail
    key = company.key(f"etl-{4 + number:02d}", 30).at(lair(dice), PARROT)
    federated = trail.get_federation_token(key, at_, ("console", "support")[number])
    sign_in.get_signin_token(trail, at_ + 5, federated, REQUESTS)
    sign_in.console_login(trail, at_ + 20, federated.identity, federated.account, address=key.address, mfa=False)
    calls(
        company,
        federated.at(key.address, sign_in.BROWSER),
        at_ + 40,
        "s3:ListBuckets",
        "ec2:DescribeInstances",
        "lambda:CreateFunction20150331",
    )
    return Attack("federated_console", (key.key, federated.key, f"federated-user/{('console', 'support')[number]}"), at_)


def device_phish(company: Company, dice: random.Random, number: int) -> Attack:
    """Somebody approves a code in the browser; the client that asked for it sits elsewhere."""
    at_, person, away = when(dice), company.people[(51, 52)[number]], lair(dice)
    client = (PARROT, person.agent)[number]
    grant(company, at_, person, house(person), away, client)
    inside = [
        enter(
            company,
            at_ + 60 + turn * 70,
            person,
            company.accounts[(person.number * 17 + turn) % 400],
            person.permission,
            away,
            client,
        )
        for turn in range(2)
    ]
    for one in inside:
        calls(company, one, at_ + 240, "s3:ListBuckets", "secretsmanager:ListSecrets", "ssm:DescribeParameters")
    return Attack("device_phish", (*(one.key for one in inside), person.email, person.user_id), at_)


def cross_device(company: Company, dice: random.Random, number: int) -> Attack:
    at_, person = when(dice), company.people[(53, 55)[number]]
    account, trail = company.accounts[person.number], company.trail
    console = enter(company, at_ - 300, person, account, person.permission, house(person))
    sign_in.console_login(trail, at_ - 300, console.identity, account, address=house(person))
    calls(company, console, at_ - 280, "s3:ListBuckets")
    asked = {"client_id": "arn:aws:signin:::devtools/cross-device", "grant_type": "authorization_code"}
    away = console.at(lair(dice), "aws-cli/2.32.1 md/awscrt#0.28.4 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7")
    trail.call(away.with_identity(accessKeyId=None), at_, "signin", "CreateOAuth2Token", asked, readOnly=True)
    shell = away.using(trail.ids.unique("ASIA", account))
    calls(company, shell, at_ + 30, "sts:GetCallerIdentity", "s3:ListBuckets", "secretsmanager:GetSecretValue")
    return Attack("cross_device", (console.key, shell.key, person.email, person.user_id), at_)


def new_branch(company: Company, dice: random.Random, number: int) -> Attack:
    """A branch nobody reviewed gets the release role, which only main and tags had before."""
    at_ = when(dice)
    ref = ("fix/flaky-retry", "renovate/node-20")[number]
    build = token(
        company,
        at_,
        company.projects[3 + number],
        ref,
        place.runner(dice),
        "gitlab-release",
        f"gitlab-{dice.randrange(10**6, 10**7)}",
    )
    inside = company.trail.assume(build, at_ + 20, company.cdk(company.accounts[60 + number]), "aws-cdk-gitlab")
    calls(company, inside, at_ + 30, "ssm:GetParametersByPath", "secretsmanager:ListSecrets", "secretsmanager:GetSecretValue")
    return Attack("new_branch", (build.key, inside.key), at_)


def hijacked_vendor(company: Company, dice: random.Random, number: int) -> Attack:
    """The scanner's company is burgled: its account and external id, another session of it, another machine."""
    at_, vendor = when(dice), place.POSTURE_VENDOR
    role = ("posture", "support-engineer")[number]
    them = Credential(
        {"type": "AssumedRole", "principalId": f"{company.ids.unique('AROA', vendor, role)}:collector-{number}",
         "arn": f"arn:aws:sts::{vendor}:assumed-role/collector/collector-{number}"},
        vendor, lair(dice), (place.GO, PARROT)[number],
    )  # fmt: skip
    account = company.accounts[300 + number]
    inside = company.trail.assume(them, at_, company.role(account, "posture-reader"), "posture",
                                  external_id=("ext-7c1e", "")[number], copies="role")  # fmt: skip
    calls(
        company,
        inside,
        at_ + 5,
        "s3:ListBuckets",
        "secretsmanager:ListSecrets",
        "ec2:DescribeInstanceAttribute",
        "lambda:GetFunction20150331v2",
    )
    return Attack("hijacked_vendor", (inside.key, them.identity["principalId"]), at_)


def slow_juggling(company: Company, dice: random.Random, number: int) -> Attack:
    """Two roles take each other every fifty minutes for thirty days, doing nothing; then something."""
    trail, at_ = company.trail, FIRST + 33 * DAY + 7200
    account, agent = company.accounts[310 + number], (place.BOTO, place.GO)[number]
    key = company.key(f"etl-{6 + number:02d}", 3).at(lair(dice), agent)
    name = f"nightly-batch-7f3{number}"
    pair = (company.role(account, "batch-a"), company.role(account, "batch-b"))
    held, start = trail.assume(key, FIRST + 3 * DAY, pair[0], name), FIRST + 3 * DAY
    turn = 0
    while start + 3000 < at_:
        turn, start = turn + 1, start + 3000
        held = trail.assume(held, start, pair[turn % 2], name)
    made = backdoor(company, held, start + 60, "svc-batch")
    return Attack("slow_juggling", (held.key, name, *made), start, FIRST + 3 * DAY)


def writes_only(company: Company, dice: random.Random, number: int) -> Attack:
    """First the trail is told to forget reads (and with them AssumeRole); what comes later seems to come from nowhere."""
    at_, trail = when(dice), company.trail
    thief = stolen_sign_in(company, dice, at_, (59, 65)[number], "Administrator")
    trail.call(thief, at_, "cloudtrail", "PutEventSelectors", {"trailName": "org", "eventSelectors": [
        {"readWriteType": "WriteOnly", "includeManagementEvents": True, "dataResources": [], "excludeManagementEventSources": []}]})  # fmt: skip
    before = len(trail.records)
    inside = trail.assume(thief, at_ + 400, company.role(thief.account, "terraform"), "tf")
    del trail.records[before:]
    made = backdoor(company, inside, at_ + 500, "svc-inventory")
    return Attack("writes_only", (thief.key, inside.key, *made), at_)


def waiting_key(company: Company, dice: random.Random, number: int) -> Attack:
    """A key is made on an ordinary day for a user that has been there long, and lies still for three weeks."""
    at_, trail = when(dice), company.trail
    person = company.people[(23, 35)[number]]
    account = company.accounts[(person.number * 17) % 400]
    day = FIRST + 8 * DAY + 13 * 3600
    inside = enter(company, day, person, account, "Administrator", house(person), person.agent)
    made = trail.create_access_key(inside, day + 90, "svc-report", trail.ids.unique("AIDA", account, "u svc-report"))
    away = made.at(lair(dice), (PACU, place.JAVA)[number])
    calls(company, away, at_, "sts:GetCallerIdentity", "s3:ListBuckets", "secretsmanager:GetSecretValue", "dynamodb:ListTables")
    return Attack("waiting_key", (made.key,), at_, day)


EVASIONS = (
    nat_neighbour, forged_agent, endpoint_twin, through_the_host, pipeline_mimic, laundering, stack_with_rights, federated_console,
    device_phish, cross_device, new_branch, hijacked_vendor, slow_juggling, writes_only, waiting_key,
)  # fmt: skip
