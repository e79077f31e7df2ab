"""Sixteen kinds of attack, the evasive ones among them, planted into the organisation's days."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.bench import org500_estate as place
from tests.bench.org500_estate import Estate, day
from tests.bench.org500_noise import host, instance_of, scanner, web
from tests.bench.planted import Attack
from tests.support import sign_in, workloads
from tests.support.identities import Credential


def _when(dice: random.Random) -> int:
    return day(dice.randrange(30, 35), dice.randrange(3_000, 80_000))


def key_to_persistence(estate: Estate, number: int, dice: random.Random) -> Attack:
    trail, at_ = estate.trail, _when(dice)
    thief = estate.key(f"backup-{number:02d}").at(place.lair(dice), place.KALI)
    reader = trail.assume(thief, at_, estate.role(thief.account, "artifact-reader"), "x1")
    deploy = trail.assume(reader, at_ + 200, estate.role(place.HUB, "hub-release"), "x2")
    admin = trail.assume(deploy, at_ + 500, estate.role(estate.accounts[number + 50], "data-admin"), "x3")
    name = f"svc-export-{number}"
    left = trail.create_access_key(admin, at_ + 700, name, trail.create_user(admin, at_ + 650, name))
    trail.call(left, at_ + 900, "secretsmanager", "GetSecretValue", {"secretId": "owner"})
    return Attack("key to persistence", (thief.key, reader.key, admin.key, left.key, name), at_)


def behind_the_same_nat(estate: Estate, number: int, dice: random.Random) -> Attack:
    """The stolen key of a host, used from behind the host's own address, with the thief's own client."""
    day_ = dice.randrange(30, 35)
    key, twin = host(estate, day_, 100 + number)
    thief = twin.at(key.address, place.KALI)
    for offset, call in enumerate((("sts", "GetCallerIdentity"), ("iam", "ListUsers"), ("secretsmanager", "ListSecrets"))):
        estate.trail.call(thief, day(day_, 12_000 + offset * 60), *call)
    return Attack("thief behind the same NAT", (key.key, twin.key, instance_of(100 + number)), day(day_, 0))


def forged_agent(estate: Estate, number: int, dice: random.Random) -> Attack:
    day_ = dice.randrange(30, 35)
    key, twin = host(estate, day_, 110 + number)
    thief = twin.at(place.lair(dice), workloads.SSM_AGENT)
    estate.trail.call(thief, day(day_, 5_000), "ssm", "UpdateInstanceInformation", {"instanceId": instance_of(110 + number)})
    estate.trail.call(thief.at(thief.address, place.KALI), day(day_, 5_100), "s3", "ListBuckets")
    return Attack("forged SSM agent", (key.key, twin.key, instance_of(110 + number)), day(day_, 0))


def own_endpoint(estate: Estate, number: int, dice: random.Random) -> Attack:
    """The victim's private address, chosen in the thief's own network, through an endpoint of the thief's account."""
    day_ = dice.randrange(30, 35)
    key, twin = host(estate, day_, 120 + number)
    thief = twin.at("10.0.1.5", place.KALI)
    endpoint = {"vpcEndpointId": "vpce-0feedfacefeedface", "vpcEndpointAccountId": place.VENDOR}
    estate.trail.call(thief, day(day_, 9_000), "s3", "ListBuckets", **endpoint)
    return Attack("same private address", (key.key, twin.key, instance_of(120 + number)), day(day_, 0))


def socks(estate: Estate, number: int, dice: random.Random) -> Attack:
    """Through the host itself: its address, its key, another client, other calls."""
    day_ = dice.randrange(30, 35)
    key, twin = host(estate, day_, 130 + number)
    thief = key.at(key.address, place.KALI)
    for offset, call in enumerate((("iam", "GetAccountAuthorizationDetails"), ("organizations", "ListAccounts"))):
        estate.trail.call(thief, day(day_, 15_000 + offset * 30), *call)
    return Attack("SOCKS through the host", (key.key, twin.key, instance_of(130 + number)), day(day_, 0))


def copied_ci(estate: Estate, number: int, dice: random.Random) -> Attack:
    """The pipeline's session name and client, its token, and one step more than it ever takes."""
    at_ = _when(dice)
    build = web(estate, at_, estate.repositories[number], "main", place.lair(dice), f"run-{dice.randrange(10_000):05d}")
    release = estate.trail.assume(build, at_ + 60, estate.role(place.HUB, "hub-release"), "run-00000")
    admin = estate.trail.assume(
        release, at_ + 120, estate.role(estate.accounts[number + 60], "OrganizationAccountAccessRole"), "cdk-deploy"
    )
    estate.trail.call(admin, at_ + 180, "iam", "CreateAccessKey", {"userName": "ops"},
                      response={"accessKey": {"userName": "ops", "accessKeyId": f"AKIAEXAMPLECOPIED{number:03d}", "status": "Active"}})  # fmt: skip
    return Attack("CI's name and client copied", (build.key, release.key, admin.key), at_)


def through_workloads(estate: Estate, number: int, dice: random.Random) -> Attack:
    """key > role > function > command > instance role."""
    trail, at_ = estate.trail, _when(dice)
    account = estate.accounts[4 + number]
    thief = estate.key(f"backup-{4 + number:02d}").at(place.lair(dice), place.KALI)
    deployer = trail.assume(thief, at_, estate.role(account, "fn-deployer"), "x")
    name = f"billing-{number}"
    trail.call(deployer, at_ + 60, "lambda", "UpdateFunctionCode20150331v2", {"functionName": name},
               response={"functionName": name, "functionArn": f"arn:aws:lambda:eu-central-1:{account}:function:{name}"})  # fmt: skip
    runs = workloads.function(trail, at_ + 120, estate.role(account, "billing-fn"), name, address="lambda.amazonaws.com")
    runs = runs.at("2001:db8:4001::9")
    host_id = f"i-0bad{number:013x}"
    key, _ = workloads.instance(trail, at_ + 30, estate.role(account, "bastion"), host_id, address="2001:db8:4002::9")
    trail.call(runs, at_ + 200, "ssm", "SendCommand", {"instanceIds": [host_id], "documentName": "AWS-RunShellScript"})
    trail.call(key, at_ + 400, "iam", "CreateUser", {"userName": f"svc-sync-{number}"})
    return Attack("key > function > SSM > role", (thief.key, deployer.key, runs.key, key.key, f"svc-sync-{number}"), at_)


def stack_with_admin(estate: Estate, number: int, dice: random.Random) -> Attack:
    """A developer's session hands a stack a service role that may do everything."""
    at_, email = _when(dice), f"person{10 + number:03d}@example.com"
    role = estate.reserved(estate.accounts[200 + number], "Developer")
    session = sign_in.identity_center(
        estate.trail, at_, estate.directory, estate.people[email], email, role, address=place.lair(dice), agent=place.CLI
    )
    admin = estate.role(role.account, "cfn-admin")
    estate.trail.call(session, at_ + 60, "cloudformation", "CreateStack", {"stackName": "metrics", "roleARN": admin.arn})
    made = workloads.deliver(
        estate.trail, at_ + 90, "cloudformation", admin, "AWSCloudFormation", address="cloudformation.amazonaws.com"
    )
    policy = {"userName": "metrics", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    estate.trail.call(made, at_ + 100, "iam", "AttachUserPolicy", policy)
    return Attack("stack with an admin role", (session.key, made.key), at_)


def federation_console(estate: Estate, number: int, dice: random.Random) -> Attack:
    trail, at_ = estate.trail, _when(dice)
    thief = estate.key(f"backup-{8 + number:02d}").at(place.lair(dice), place.CURL)
    token = trail.get_federation_token(thief, at_, f"ops-{number}")
    sign_in.get_signin_token(trail, at_ + 30, token, place.CURL)
    return Attack("federation token to console", (thief.key, token.key, f"ops-{number}"), at_)


def device_code(estate: Estate, number: int, dice: random.Random) -> Attack:
    """A person approves a code on their own machine; the token goes to the sender's."""
    at_, email = _when(dice), f"person{20 + number:03d}@example.com"
    user, store = estate.people[email], f"arn:aws:identitystore::{place.ORGANISATION}:identitystore/{estate.directory.store}"
    person = {
        "type": "IdentityCenterUser",
        "accountId": place.ORGANISATION,
        "onBehalfOf": {"userId": user, "identityStoreArn": store},
    }
    approve = {"account": place.ORGANISATION, "address": place.house(email), "agent": sign_in.BROWSER}
    estate.trail.record(at_, "signin.amazonaws.com", "UserAuthentication", person, **approve)
    lair = place.lair(dice)
    grant = {"grantType": "urn:ietf:params:oauth:grant-type:device_code", "clientId": "c-1"}
    estate.trail.record(
        at_ + 60,
        "sso-oauth.amazonaws.com",
        "CreateToken",
        person,
        account=place.ORGANISATION,
        address=lair,
        agent=place.CURL,
        request=grant,
    )
    role = estate.reserved(estate.accounts[210 + number], "Developer")
    session = sign_in.identity_center(estate.trail, at_ + 90, estate.directory, user, email, role, address=lair, agent=place.KALI)
    estate.trail.call(session, at_ + 120, "s3", "ListBuckets")
    return Attack("device-code phishing", (user, session.key), at_)


def cross_device(estate: Estate, number: int, dice: random.Random) -> Attack:
    """`aws login` on the thief's machine, approved in the victim's console."""
    at_ = _when(dice)
    user = estate.trail.user_key(estate.accounts[220 + number], f"console-{number}")
    console = sign_in.console_session(estate.trail, at_, user, address=place.house("person030@example.com"))
    estate.trail.call(
        console, at_ + 60, "signin", "AuthorizeOAuth2Access", {"clientId": "arn:aws:signin:::devtools/cross-device"}
    )
    thief = console.at(place.lair(dice), place.KALI)
    estate.trail.call(thief, at_ + 90, "signin", "CreateOAuth2Token", {"grantType": "authorization_code"})
    return Attack("cross-device login", (console.key, f"console-{number}"), at_)


def new_branch(estate: Estate, number: int, dice: random.Random) -> Attack:
    at_ = _when(dice)
    build = web(estate, at_, estate.repositories[20 + number], f"fix-{number}", place.runner(dice), "run-fix")
    estate.trail.call(build, at_ + 10, "sts", "GetCallerIdentity")
    return Attack("OIDC from a new branch", (build.key,), at_)


def hijacked_vendor(estate: Estate, number: int, dice: random.Random) -> Attack:
    at_ = _when(dice)
    role = estate.role(estate.accounts[300 + number], "posture-scan")
    session = scanner(estate, role, at_, place.lair(dice), place.CURL, "acme-7f21")
    estate.trail.call(session, at_ + 30, "secretsmanager", "ListSecrets")
    return Attack("hijacked vendor", (session.key,), at_)


def juggling(estate: Estate, number: int, dice: random.Random) -> Attack:
    """Two roles take each other every day for thirty days, to become usual; then it acts."""
    trail, account = estate.trail, estate.accounts[400 + number]
    one, two = estate.role(account, f"juggle-a-{number}"), estate.role(account, f"juggle-b-{number}")
    lair = place.lair(dice)
    keys: list[str] = []
    last: Credential | None = None
    for n in range(4, 34):
        current = estate.key(f"backup-{12 + number:02d}").at(lair, place.CLI)
        for step, role in enumerate((one, two, one, two)):
            current = trail.assume(current, day(n, 40_000 + step * 3_000), role, "sync")
            keys.append(current.key)
        last = current
    acts = day(33, 40_000 + 10_000)
    if last is not None:
        trail.call(last, acts, "iam", "CreateAccessKey", {"userName": "ops"},
                   response={"accessKey": {"userName": "ops", "accessKeyId": f"AKIAEXAMPLEJUGGLE{number:03d}", "status": "Active"}})  # fmt: skip
    return Attack("juggling that feeds", tuple(keys), day(30, 0), day(4, 0))


def writes_only_first(estate: Estate, number: int, dice: random.Random) -> Attack:
    trail, at_ = estate.trail, _when(dice)
    thief = estate.key(f"backup-{16 + number:02d}").at(place.lair(dice), place.KALI)
    selectors = {"trailName": "org-trail", "eventSelectors": [{"readWriteType": "WriteOnly", "includeManagementEvents": True}]}
    trail.call(thief, at_, "cloudtrail", "PutEventSelectors", selectors)
    trail.call(thief, at_ + 120, "ec2", "CreateSnapshot", {"volumeId": "vol-0123456789abcdef0"})
    return Attack("WriteOnly trail first", (thief.key,), at_)


def waiting_key(estate: Estate, number: int, dice: random.Random) -> Attack:
    """Made in the first days, before there is a baseline; used a month later from elsewhere."""
    trail, account = estate.trail, estate.accounts[230 + number]
    person = f"person{40 + number:03d}@example.com"
    role = estate.reserved(account, "Developer")
    maker = sign_in.identity_center(
        trail, day(2, 50_000), estate.directory, estate.people[person], person, role, address=place.house(person)
    )
    name = f"ci-cache-{number}"
    left = trail.create_access_key(maker, day(2, 50_100), name, trail.create_user(maker, day(2, 50_050), name))
    at_ = _when(dice)
    used = left.at(place.lair(dice), place.KALI)
    trail.call(used, at_, "sts", "GetCallerIdentity")
    trail.call(used, at_ + 60, "s3", "ListBuckets")
    return Attack("backdoor key that waits", (left.key, name), at_)


ATTACKS: dict[str, Callable[[Estate, int, random.Random], Attack]] = {
    attack.__name__: attack
    for attack in (
        key_to_persistence, behind_the_same_nat, forged_agent, own_endpoint, socks, copied_ci, through_workloads, stack_with_admin,
        federation_console, device_code, cross_device, new_branch, hijacked_vendor, juggling, writes_only_first, waiting_key,
    )
}  # fmt: skip
