"""What does not happen every day in the second company, and is no attack either.

Accounts vended, people hired, a machine room moved, a company bought, a vendor taken on, keys rotated, on-call nights,
sealed envelopes opened, an incident exercise announced beforehand.
"""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.second_builds import work
from tests.bench.second_estate import Company, Person, moment, working
from tests.bench.second_people import enter, make_role
from tests.support import sign_in, workloads
from tests.support.identities import Credential

_NIGHT = (
    ("logs", "StartQuery"), ("logs", "GetQueryResults"), ("ecs", "DescribeServices"), ("ecs", "UpdateService"),
    ("monitoring", "GetMetricData"), ("rds", "DescribeDBInstances"), ("ssm", "StartSession"), ("rds", "RebootDBInstance"),
)  # fmt: skip
ENVELOPES, EXERCISE, UNLOCK, ROTATED = (6, 18, 27, 32), 30, (12, 26), (10, 24)


def changes(company: Company, dice: random.Random, number: int) -> None:
    if working(number):
        vend(company, dice, number)
        old_sign_ins(company, dice, number)
    if dice.random() < 0.7:
        on_call(company, dice, number)
    if number >= place.JOINED:
        acquired(company, dice, number)
    if number >= place.ONBOARDED:
        billing_vendor(company, dice, number)
    if place.MOVED - 1 <= number <= place.MOVED + 3:
        migrate(company, dice, number)
    if number in ENVELOPES:
        envelope(company, dice, number)
    if number in UNLOCK:
        unlock(company, dice, number)
    if number in ROTATED:
        rotate(company, dice, number)
    if number == EXERCISE:
        exercise(company, dice, number)


def vend(company: Company, dice: random.Random, number: int) -> None:
    """Control Tower makes an account, its first roles and its assignments; then pipelines find it."""
    trail, at_ = company.trail, moment(number, dice)
    account = company.accounts[company.known(number) - 1]
    factory = workloads.deliver(
        trail, at_, "servicecatalog", company.role(place.MANAGEMENT, "AWSControlTowerAdmin"), f"vend-{company.spare()[:8]}",
        seconds=3600, knows_role=True,
    )  # fmt: skip
    service = "controltower.amazonaws.com"
    asker = factory.at(service, service).with_identity(invokedBy=service)
    trail.call(asker, at_ + 2, "organizations", "CreateAccount", {"accountName": f"team-{number:02d}-production"})
    inside = trail.assume(asker, at_ + 60, company.role(account, "AWSControlTowerExecution"), "vend").with_identity(
        invokedBy=service
    )
    for offset, name in enumerate(("org-audit-reader", "baseline-config", "release")):
        make_role(trail, inside, at_ + 70 + offset * 10, name, place.SECURITY, dice)
    trail.call(inside, at_ + 120, "config", "PutConfigurationRecorder")
    trail.call(asker, at_ + 140, "sso", "CreateAccountAssignment", {"targetId": account, "principalType": "GROUP"})


def on_call(company: Company, dice: random.Random, number: int) -> None:
    """Somebody is woken: production, from home, in the middle of the night, hurried."""
    person = company.people[(number // 7) * 9 % place.HIRED]
    at_ = moment(number, dice, 0, 5)
    for turn in range(dice.choice((1, 1, 2, 4))):
        woken(company, dice, at_ + turn * 240, person)
    if dice.random() < 0.3:
        restart = {"instanceIds": [f"i-0{number:04x}f1ee70000000"], "documentName": "AWS-RunShellScript"}
        last = enter(
            company, at_ + 1490, person, company.accounts[dice.randrange(60)], "OnCall", place.house(person), person.agent
        )
        company.trail.call(last, at_ + 1500, "ssm", "SendCommand", restart)


def woken(company: Company, dice: random.Random, at_: int, person: Person) -> None:
    account = company.accounts[dice.randrange(60)]
    inside = enter(company, at_, person, account, "OnCall", place.house(person), person.agent)
    work(company, inside, at_ + 4, dice, _NIGHT, 5)


def acquired(company: Company, dice: random.Random, number: int) -> None:
    """Their twelve accounts send their logs from one day on: passwords, static keys, an identity provider of their own."""
    trail = company.trail
    for index in range(4 if working(number) else 1):
        account = company.acquired[(number + index) % 12]
        at_ = moment(number, dice)
        user = trail.user_key(account, f"dev{index}", address="203.0.113.150")
        console = sign_in.console_session(trail, at_, user, address="203.0.113.150", mfa=index != 2)
        work(
            company,
            console,
            at_ + 10,
            dice,
            (("ec2", "DescribeInstances"), ("rds", "DescribeDBInstances"), ("s3", "ListBuckets")),
            3,
        )
        robot = trail.user_key(account, "jenkins", address="203.0.113.151", agent=place.JAVA)
        deploy = trail.assume(robot, at_ + 900, company.role(account, "jenkins-deploy"), "jenkins")
        work(company, deploy, at_ + 910, dice, (("elasticbeanstalk", "UpdateEnvironment"), ("s3", "PutObject")), 2)
    boss = sign_in.saml(trail, moment(number, dice), company.role(company.acquired[0], "okta-admin"), "okta", "cto@example.net",
                        "cto@example.net", address="203.0.113.150")  # fmt: skip
    trail.call(boss, moment(number, dice, 17, 18), "organizations", "DescribeOrganization")
    if number == place.JOINED + 3:
        at_ = moment(number, dice)
        inside = trail.assume(boss, at_, company.role(company.acquired[0], "admin"), "integration")
        make_role(trail, inside, at_ + 30, "OrganizationAccountAccessRole", place.MANAGEMENT, dice)
        trail.call(inside, at_ + 90, "cloudtrail", "DeleteTrail", {"name": "old-company-trail"})


def billing_vendor(company: Company, dice: random.Random, number: int) -> None:
    """Onboarded with a role and an external id by Terraform; from the next day on it calls every night."""
    account, at_ = place.MANAGEMENT, moment(number, dice)
    if number == place.ONBOARDED:
        person = company.people[3]
        inside = enter(company, at_, person, account, "Administrator", place.OFFICE, person.agent)
        apply = company.trail.assume(
            inside.at(place.OFFICE, place.TERRAFORM), at_ + 30, company.role(account, "terraform"), f"tf-{at_}"
        )
        condition = '{"StringEquals":{"sts:ExternalId":"bill-90b1"}}'
        make_role(company.trail, apply, at_ + 60, "billing-vendor", place.BILLING_VENDOR, dice, condition)
        return
    them = Credential(
        {"type": "AssumedRole", "principalId": f"{company.ids.unique('AROA', place.BILLING_VENDOR, 'billing')}:nightly",
         "arn": f"arn:aws:sts::{place.BILLING_VENDOR}:assumed-role/reader/nightly"},
        place.BILLING_VENDOR, "198.51.100.210", place.JAVA,
    )  # fmt: skip
    role = company.role(account, "billing-vendor")
    inside = company.trail.assume(them, at_, role, "nightly", external_id="bill-90b1", copies="role")
    work(company, inside, at_ + 2, dice, (("ce", "GetCostAndUsage"), ("organizations", "ListAccounts")), 3)


def migrate(company: Company, dice: random.Random, number: int) -> None:
    """Two engineers move the machine room: long nights, hosts with profiles, volumes shared between own accounts."""
    trail = company.trail
    for person in (company.people[9], company.people[11]):
        at_, account = moment(number, dice, 18, 23), company.accounts[200 + dice.randrange(6)]
        inside = enter(company, at_, person, account, "Administrator", place.VPN, person.agent)
        mover = trail.assume(inside, at_ + 20, company.role(account, "migration"), "cutover")
        instance = f"i-0{company.spare()[:16]}"
        profile = {"arn": f"arn:aws:iam::{account}:instance-profile/moved"}
        trail.call(mover, at_ + 60, "ec2", "RunInstances", {"iamInstanceProfile": profile}, response={"instancesSet": {"items": [
            {"instanceId": instance, "privateIpAddress": f"10.90.1.{dice.randrange(4, 250)}", "iamInstanceProfile": profile}]}})  # fmt: skip
        held, _ = workloads.instance(trail, at_ + 95, company.role(account, "moved"), instance, address=company.nat(account))
        work(
            company,
            held,
            at_ + 120,
            dice,
            (("s3", "GetObject"), ("secretsmanager", "GetSecretValue"), ("ssm", "GetParameter")),
            3,
        )
        trail.call(mover, at_ + 900, "ec2", "ModifySnapshotAttribute", {"snapshotId": f"snap-0{company.spare()[:16]}", "attributeType":
            "CREATE_VOLUME_PERMISSION", "createVolumePermission": {"add": {"items": [{"userId": company.accounts[206]}]}}})  # fmt: skip


def envelope(company: Company, dice: random.Random, number: int) -> None:
    """Break glass: a sealed user signs in with its token and takes the administrator's role of one account."""
    trail, at_ = company.trail, moment(number, dice, 1, 23)
    sealed = trail.user_key(place.MANAGEMENT, f"break-glass-{number % 2 + 1}")
    console = sign_in.console_session(trail, at_, sealed, address=place.OFFICE)
    account = company.accounts[dice.randrange(300)]
    inside = sign_in.switch_role(trail, at_ + 90, console, company.role(account, "OrganizationAccountAccessRole"), "break-glass")
    work(company, inside, at_ + 95, dice, (("iam", "ListRoles"), ("s3", "GetBucketPolicy"), ("kms", "GetKeyPolicy")), 4)
    trail.call(inside, at_ + 400, "s3", "PutBucketPolicy", {"bucketName": "locked-out"})


def unlock(company: Company, dice: random.Random, number: int) -> None:
    """Central root access: a bucket nobody can open any more."""
    trail, at_ = company.trail, moment(number, dice)
    person = company.people[15]
    inside = enter(company, at_, person, place.MANAGEMENT, "RootTasks", place.OFFICE, person.agent)
    root = trail.assume_root(inside, at_ + 40, company.accounts[dice.randrange(300)])
    trail.call(root, at_ + 60, "s3", "DeleteBucketPolicy", {"bucketName": "nobody-may"})


def rotate(company: Company, dice: random.Random, number: int) -> None:
    """Old jobs get new keys: made by an engineer, used that night where the old one was, the old one switched off."""
    trail, at_ = company.trail, moment(number, dice)
    person = company.people[21]
    for name in list(company.keys)[number % 3 :: 6]:
        old = company.keys[name]
        inside = enter(company, at_, person, old.account, "Administrator", place.OFFICE, person.agent)
        made = trail.create_access_key(inside, at_ + 20, name, old.principal_id, key=f"{name} {number}")
        trail.call(inside, at_ + 400, "iam", "UpdateAccessKey",
                   {"userName": name, "accessKeyId": old.key, "status": "Inactive"})  # fmt: skip
        company.keys[name] = made
        at_ += 900


def old_sign_ins(company: Company, dice: random.Random, number: int) -> None:
    """Three old hands keep users with tokens: a session with its token, then a role."""
    for index in range(3):
        at_ = moment(number, dice)
        key = company.trail.user_key(company.accounts[5], f"oldhand{index}", address=place.OFFICE, agent=place.LINUX)
        session = company.trail.get_session_token(key, at_, mfa=True)
        inside = company.trail.assume(session, at_ + 5, company.role(company.accounts[6 + index], "operators"), f"oldhand{index}")
        work(company, inside, at_ + 6, dice, _NIGHT[:4], 2)


def exercise(company: Company, dice: random.Random, number: int) -> None:
    """Announced: the security team plays a burglar in a sandbox and clears up after itself."""
    trail, at_ = company.trail, moment(number, dice, 9, 12)
    sandbox, person = company.accounts[1], company.people[27]
    inside = enter(company, at_, person, sandbox, "Administrator", place.OFFICE, person.agent)
    play = trail.assume(inside, at_ + 30, company.role(sandbox, "purple-team"), "exercise-2026-11")
    user = trail.create_user(play, at_ + 60, "exercise-user")
    made = trail.create_access_key(play, at_ + 65, "exercise-user", user)
    trail.call(made, at_ + 120, "sts", "GetCallerIdentity")
    trail.denied(made, at_ + 125, "secretsmanager", "ListSecrets")
    trail.call(play, at_ + 300, "cloudtrail", "StopLogging", {"name": f"arn:aws:cloudtrail:eu-west-1:{sandbox}:trail/sandbox"})
    trail.call(play, at_ + 420, "cloudtrail", "StartLogging", {"name": f"arn:aws:cloudtrail:eu-west-1:{sandbox}:trail/sandbox"})
    trail.call(play, at_ + 900, "iam", "DeleteAccessKey", {"userName": "exercise-user", "accessKeyId": made.key})
    trail.call(play, at_ + 905, "iam", "DeleteUser", {"userName": "exercise-user"})
