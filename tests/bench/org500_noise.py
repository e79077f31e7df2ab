"""Ordinary days of 500 accounts: deployments, StackSets, scanners, people, clusters, hosts, vended accounts, break glass."""

from __future__ import annotations

import random

from tests.bench import org500_estate as place
from tests.bench.org500_estate import DAYS, Estate, day
from tests.support import sign_in, workloads
from tests.support.identities import Credential, Role

SCANNED, DEPLOYED, VISITED, STACKED, CLUSTERED, HOSTED = 60, 40, 60, 20, 20, 12
NEW_FROM = 470
"""Accounts from here on are vended one by one in the last weeks."""
_READS = (
    ("ec2", "DescribeInstances"),
    ("s3", "ListBuckets"),
    ("logs", "DescribeLogGroups"),
    ("cloudformation", "DescribeStacks"),
)


def noise(estate: Estate) -> None:
    for number in range(DAYS):
        dice = random.Random(f"{estate.dice.random()} {number}")
        known = NEW_FROM + max(0, number - 5)
        for _ in range(DEPLOYED):
            deploy(estate, dice, number, dice.randrange(known))
        if known > NEW_FROM:
            vend(estate, dice, number, min(known, 499))
        for index in range(SCANNED):
            scan(estate, dice, number, (number * SCANNED + index) % known)
        for _ in range(VISITED):
            visit(estate, dice, number, dice.choice(_staff(estate, number)), dice.randrange(known))
        for _ in range(STACKED):
            stack_set(estate, dice, number, dice.randrange(known))
        for index in range(CLUSTERED):
            pod(estate, dice, number, index)
        for index in range(HOSTED):
            host(estate, number, index)
        for name in estate.keys:
            backup(estate, dice, number, name)
        if number in (9, 20, 31):
            break_glass(estate, number, dice.randrange(known))


def _staff(estate: Estate, number: int) -> list[str]:
    """The last thirty are hired one after another."""
    return list(estate.people)[: 120 + min(30, max(0, number - 4))]


def deploy(estate: Estate, dice: random.Random, number: int, index: int) -> None:
    """A repository's main branch > the hub > CDK's role in the account: three in a row, forty times a day."""
    trail, account = estate.trail, estate.accounts[index]
    at_ = day(number, dice.randrange(25_000, 64_000))
    repository = estate.repositories[index % 40]
    build = web(estate, at_, repository, "main", place.runner(dice), f"run-{number:02d}{index:03d}")
    trail.call(build, at_ + 5, "sts", "GetCallerIdentity")
    release = trail.assume(build, at_ + 60, estate.role(place.HUB, "hub-release"), f"run-{number:02d}{index:03d}")
    cdk = trail.assume(release, at_ + 90, estate.cdk(account), "cdk-deploy")
    trail.call(cdk, at_ + 100, "cloudformation", "DescribeStacks", {"stackName": f"app-{index}"})
    trail.call(
        cdk, at_ + 110, "cloudformation", "UpdateStack", {"stackName": f"app-{index}", "roleARN": _exec(estate, account).arn}
    )


def web(estate: Estate, at_: int, repository: str, branch: str, address: str, session: str) -> Credential:
    role = estate.role(place.HUB, f"ci-{repository.rpartition('/')[2]}")
    return sign_in.web_identity(
        estate.trail, at_, role, place.GITHUB, "sts.amazonaws.com", f"repo:{repository}:ref:refs/heads/{branch}", session,
        address=address, agent=place.RUNNER,
    )  # fmt: skip


def _exec(estate: Estate, account: str) -> Role:
    return estate.role(account, f"cdk-{estate.qualifier}-cfn-exec-role-{account}-eu-central-1")


def vend(estate: Estate, dice: random.Random, number: int, index: int) -> None:
    """The planted pipeline: it makes roles, a function and an instance in an account nobody has seen before."""
    trail, account = estate.trail, estate.accounts[index]
    at_ = day(number, dice.randrange(30_000, 50_000))
    build = web(estate, at_, "acme/account-factory", "main", place.runner(dice), f"vend-{number}")
    factory = trail.assume(build, at_ + 30, estate.role(place.HUB, "account-factory"), f"vend-{number}")
    setup = trail.assume(factory, at_ + 60, estate.role(account, "OrganizationAccountAccessRole"), "account-factory")
    trust = (
        f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{place.HUB}:root"}},"Action":"sts:AssumeRole"}}]}}'
    )
    for offset, name in enumerate(("audit", "deploy", "network")):
        trail.call(setup, at_ + 70 + offset, "iam", "CreateRole", {"roleName": name, "assumeRolePolicyDocument": trust})
        policy = {"roleName": name, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
        trail.call(setup, at_ + 80 + offset, "iam", "AttachRolePolicy", policy)
    function = {"functionName": "log-forwarder", "role": estate.role(account, "audit").arn}
    trail.call(setup, at_ + 90, "lambda", "CreateFunction20150331", function)
    trail.call(setup, at_ + 100, "ec2", "RunInstances", {"iamInstanceProfile": {"name": "network"}},
               response={"instancesSet": {"items": [{"instanceId": f"i-0{number:07x}{index:09x}"}]}})  # fmt: skip


def scan(estate: Estate, dice: random.Random, number: int, index: int) -> None:
    """A vendor whose account is not loaded, with its external id, from its own network."""
    trail, role = estate.trail, estate.role(estate.accounts[index], "posture-scan")
    session = scanner(estate, role, day(number, dice.randrange(80_000)), "2001:db8:3001::7", place.SCANNER, "acme-7f21")
    for offset, (service, name) in enumerate(_READS):
        trail.call(session, _at(session) + 5 + offset, service, name)


def scanner(estate: Estate, role: Role, at_: int, address: str, agent: str, external_id: str) -> Credential:
    vendor = estate.role(place.VENDOR, "scanner")
    by = Credential(
        {"type": "AssumedRole", "principalId": f"{vendor.unique_id}:scan", "accountId": place.VENDOR},
        place.VENDOR,
        address,
        agent,
    )
    return estate.trail.assume(by, at_, role, "posture-scan", copies="role", external_id=external_id)


def _at(session: Credential) -> int:
    from calendar import timegm
    from time import strptime

    return timegm(strptime(session.identity["sessionContext"]["attributes"]["creationDate"], "%Y-%m-%dT%H:%M:%SZ"))


def visit(estate: Estate, dice: random.Random, number: int, email: str, index: int) -> Credential:
    role = estate.reserved(estate.accounts[index], dice.choice(("ReadOnly", "Developer", "Developer")))
    at_ = day(number, dice.randrange(28_000, 62_000))
    where = place.house(email) if dice.random() < 0.9 else f"2001:db8:6{dice.randrange(4096):03x}::3"
    session = sign_in.identity_center(estate.trail, at_, estate.directory, estate.people[email], email, role, address=where)
    if dice.random() < 0.05:  # on the move: the VPN comes and goes
        estate.trail.call(session.at(f"2001:db8:7{dice.randrange(4096):03x}::4"), at_ + 45, "s3", "ListBuckets")
    for offset in range(dice.randint(2, 4)):
        service, name = dice.choice(_READS)
        estate.trail.call(session, at_ + 40 + 60 * offset, service, name)
    return session


def stack_set(estate: Estate, dice: random.Random, number: int, index: int) -> None:
    role = estate.role(estate.accounts[index], "stacksets-exec-0123456789abcdef0123456789abcdef")
    at_ = day(number, dice.randrange(80_000))
    session = workloads.deliver(
        estate.trail, at_, "stacksets.cloudformation", role, f"stackset-{number}", address="cloudformation.amazonaws.com"
    )
    estate.trail.call(session, at_ + 10, "config", "DescribeConfigRules")


def pod(estate: Estate, dice: random.Random, number: int, index: int) -> None:
    account = estate.accounts[index]
    at_ = day(number, dice.randrange(80_000))
    session = sign_in.web_identity(
        estate.trail, at_, estate.role(account, f"irsa-{index}"), f"oidc.eks.eu-central-1.amazonaws.com/id/{account}", "sts.amazonaws.com",
        f"system:serviceaccount:shop:worker-{index}", f"worker-{index}", address=place.home(600 + index), agent=place.SCANNER,
    )  # fmt: skip
    estate.trail.call(session, at_ + 20, "s3", "GetObject", {"bucketName": "shop", "key": f"{number}"})


def instance_of(index: int) -> str:
    return f"i-0feedface{index:08x}"


def host(estate: Estate, number: int, index: int) -> tuple[Credential, Credential]:
    """An instance that speaks from its own public address, agent and program alike."""
    role = estate.role(estate.accounts[index], f"web-{index}")
    at_ = day(number, 1_000 + index)
    key, twin = workloads.instance(estate.trail, at_, role, instance_of(index), address=place.home(300 + index))
    agent = key.at(place.home(300 + index), workloads.SSM_AGENT)
    if (number * 7 + index) % 83 == 0:  # an administrator works on the host for a while
        estate.trail.call(key.at(place.home(300 + index), place.CLI), at_ + 9_000, "s3", "ListBuckets")
    for hour in (1, 5):
        estate.trail.call(agent, at_ + hour * 3600, "ssm", "UpdateInstanceInformation", {"instanceId": instance_of(index)})
        estate.trail.call(key, at_ + hour * 3600 + 60, "s3", "GetObject", {"bucketName": "assets", "key": f"{hour}"})
    return key, twin


def backup(estate: Estate, dice: random.Random, number: int, name: str) -> None:
    key = estate.key(name)
    if dice.random() < 0.01:  # the job moved for a night
        key = key.at(f"2001:db8:5{dice.randrange(4096):03x}::2")
    at_ = day(number, 7_200 + dice.randrange(600))
    estate.trail.call(key, at_, "s3", "ListObjects", {"bucketName": "backups"})
    copied = estate.trail.assume(key, at_ + 30, estate.role(key.account, "backup-writer"), name)
    estate.trail.call(copied, at_ + 60, "s3", "PutObject", {"bucketName": "backups", "key": f"{number}"})


def break_glass(estate: Estate, number: int, index: int) -> None:
    """Somebody on call with the break-glass key, in one account, for an hour."""
    trail, at_ = estate.trail, day(number, 82_000)
    key = trail.user_key(place.HUB, "break-glass").at(place.house("person001@example.com"), place.CLI)
    admin = trail.assume(key, at_, estate.role(estate.accounts[index], "break-glass-admin"), "incident-4711")
    trail.call(admin, at_ + 60, "ecs", "UpdateService", {"cluster": "shop", "service": "checkout"})
    trail.call(admin, at_ + 90, "rds", "RebootDBInstance", {"dBInstanceIdentifier": "shop"})
