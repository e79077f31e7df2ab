"""Thirty-five ordinary days of the sample company: what a chain has to be told apart from."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.scenarios import estate
from tests.support import sign_in, workloads
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Credential, Role

DAY = 86400

_BROWSING = {
    estate.SHOP: [("ec2", "DescribeInstances"), ("ecs", "ListServices"), ("logs", "DescribeLogGroups"), ("rds", "DescribeDBInstances"),
                  ("monitoring", "DescribeAlarms"), ("logs", "StartQuery"), ("elasticloadbalancing", "DescribeTargetHealth")],
    estate.WAREHOUSE: [("glue", "GetJobRuns"), ("athena", "ListWorkGroups"), ("s3", "ListBuckets"), ("redshift", "DescribeClusters"),
                       ("athena", "StartQueryExecution"), ("logs", "DescribeLogGroups")],
    estate.SANDBOX: [("lambda", "ListFunctions20150331"), ("s3", "ListBuckets"), ("dynamodb", "ListTables"), ("ec2", "DescribeVpcs")],
    estate.TOOLING: [("ecr", "DescribeRepositories"), ("codeartifact", "ListPackages"), ("s3", "ListBuckets")],
    estate.ORGANISATION: [("organizations", "ListAccounts"), ("ce", "GetCostAndUsage"), ("iam", "ListRoles"), ("cloudtrail", "DescribeTrails")],
}  # fmt: skip


class Day:
    """One day of the noise: its trail, its date as epoch seconds, and its own dice."""

    def __init__(self, trail: Trail, number: int) -> None:
        self.trail = trail
        self.number = number
        self.begin = at(estate.FIRST_DAY) + number * DAY
        self.weekday = number % 7  # 0 is Monday
        self.dice = random.Random(f"day {number}")

    def moment(self, clock: str, spread: int = 600) -> int:
        hours, minutes = clock.split(":")
        return self.begin + int(hours) * 3600 + int(minutes) * 60 + self.dice.randrange(spread)


def company_noise() -> list[Record]:
    trail = Trail(SeededIds("company-noise"))
    for number in range(estate.DAYS):
        day = Day(trail, number)
        for habit in _EVERY_DAY + (_WORKING_DAYS if day.weekday < 5 else ()):
            habit(day)
        for weekday, habit in _WEEKLY:
            if day.weekday == weekday:
                habit(day)
    return trail.records


# --- continuous delivery: three role sessions in a row, and nothing wrong with it ------------------------------------


def _pipeline(day: Day) -> None:
    for number, clock in enumerate(("09:35", "15:05")):
        _pipeline_run(day, day.moment(clock, 1500), f"gh-{18230 + day.number * 2 + number}")


def _pipeline_run(day: Day, begin: int, run: str) -> None:
    trail = day.trail
    build = sign_in.web_identity(
        trail, begin, estate.CI_BUILD, "token.actions.githubusercontent.com", "sts.amazonaws.com",
        "repo:harborline/shop:ref:refs/heads/main", run,
        address=day.dice.choice(estate.RUNNER_ADDRESSES), agent=estate.RUNNER_AGENT,
    )  # fmt: skip
    trail.call(build, begin + 4, "sts", "GetCallerIdentity")
    trail.call(build, begin + 31, "ecr", "GetAuthorizationToken")
    trail.call(build, begin + 180, "ecr", "PutImage", {"repositoryName": "shop/checkout", "imageTag": run})
    trail.call(build, begin + 195, "s3", "PutObject", {"bucketName": "hl-artifacts", "key": f"release/{run}.tar.zst"})
    release = trail.assume(build, begin + 240, estate.CI_RELEASE, run)
    trail.call(release, begin + 262, "s3", "GetObject", {"bucketName": "hl-artifacts", "key": f"release/{run}.tar.zst"})
    deploy = trail.assume(release, begin + 300, estate.DEPLOY_SHOP, run).at(release.address, estate.TERRAFORM_AGENT)
    trail.call(deploy, begin + 318, "cloudformation", "DescribeStacks", {"stackName": "shop"})
    trail.call(deploy, begin + 330, "cloudformation", "UpdateStack", {"stackName": "shop"})
    for offset, (service, name) in enumerate(
        (("ec2", "DescribeSecurityGroups"), ("elasticloadbalancing", "DescribeTargetGroups"), ("ecs", "DescribeServices"))
    ):
        workloads.forward_access(trail, deploy, begin + 334 + offset, "cloudformation", service, name)
    trail.call(deploy, begin + 350, "ecs", "UpdateService", {"cluster": "shop", "service": "checkout"})
    trail.call(deploy, begin + 470, "cloudformation", "DescribeStackEvents", {"stackName": "shop"})


# --- people ----------------------------------------------------------------------------------------------------------


def _people(day: Day) -> None:
    for clock in ("08:10", "10:20", "13:30", "16:00"):
        person = day.dice.choice(list(estate.PEOPLE))
        roles = day.dice.choice((estate.READ_ONLY, estate.DEVELOPER, estate.DEVELOPER, estate.PLATFORM))
        _visit(day, day.moment(clock, 3000), person, day.dice.choice(list(roles.values())))


def _visit(day: Day, begin: int, person: str, role: Role) -> Credential:
    """Identity Center to a permission set, then some looking around; the console uses several keys."""
    address = estate.HOME_OFFICES.get(person, estate.OFFICE)
    session = sign_in.identity_center(
        day.trail, begin, estate.DIRECTORY, estate.PEOPLE[person], f"{person}@example.com", role, address=address
    )
    choices = _BROWSING[role.account]
    for step in range(day.dice.randint(4, 7)):
        if step == 3:
            session = session.using(day.trail.ids.unique("ASIA", role.account))
        service, name = day.dice.choice(choices)
        day.trail.call(session, begin + 40 + step * day.dice.randint(20, 200), service, name)
    return session


def _analyst(day: Day) -> None:
    """A permission set that goes on to one more role: an everyday chain of two."""
    begin = day.moment("11:00", 2400)
    session = _visit(day, begin, "chiara.rossi", estate.DEVELOPER[estate.WAREHOUSE])
    analyst = day.trail.assume(
        session, begin + 1500, estate.DATA_ANALYST, "chiara.rossi@example.com", source_identity="chiara.rossi"
    )
    for step in range(4):
        day.trail.call(analyst, begin + 1530 + 60 * step, "athena", "StartQueryExecution", {"workGroup": "analysts"})


def _operator(day: Day) -> None:
    """A user with a long-term key shows MFA once and works through a role."""
    begin = day.moment("07:40")
    token = day.trail.get_session_token(estate.operator_key(), begin, mfa=True)
    role = day.trail.assume(token, begin + 12, estate.PLATFORM_OPERATOR, "dmitri.novak")
    for step, name in enumerate(("DescribeDBInstances", "DescribeDBSnapshots", "CreateDBSnapshot")):
        day.trail.call(role, begin + 40 + 30 * step, "rds", name)


def _auditor(day: Day) -> None:
    """An old IAM user signs in to the console and switches role in another account."""
    begin = day.moment("14:00")
    user = estate.console_user()
    session = sign_in.console_session(day.trail, begin, user, address=estate.OFFICE)
    for step, (service, name) in enumerate(
        (("iam", "GetAccountSummary"), ("organizations", "ListAccounts"), ("s3", "ListBuckets"))
    ):
        session = sign_in.console_key(day.trail, begin, user, address=estate.OFFICE, marked=step % 2 == 0)
        day.trail.call(session, begin + 20 + 15 * step, service, name)
    switched = sign_in.switch_role(day.trail, begin + 120, session, estate.ORG_AUDIT, "eva.lindqvist")
    for step, (service, name) in enumerate((("config", "DescribeComplianceByConfigRule"), ("iam", "GenerateCredentialReport"))):
        day.trail.call(switched, begin + 150 + 40 * step, service, name)


# --- workloads -------------------------------------------------------------------------------------------------------


def _storefront(day: Day) -> None:
    for quarter in range(4):
        begin = day.begin + quarter * 21600 + 251
        if begin == at("2026-11-08", "00:04:11"):
            continue  # told by the incident
        agent_key, _ = workloads.instance(
            day.trail, begin, estate.STOREFRONT_WEB, estate.STOREFRONT_INSTANCE, address=estate.STOREFRONT_ADDRESS
        )
        _agent(day, agent_key, begin + 90, estate.STOREFRONT_INSTANCE, estate.SHOP_EGRESS)
        day.trail.call(agent_key, begin + 700, "sqs", "ListQueues", **estate.SHOP_ENDPOINT)


def _metrics(day: Day) -> None:
    for quarter in range(4):
        begin = day.begin + quarter * 21600 + 7277
        if begin == at("2026-11-06", "20:01:17"):
            continue  # told by the incident
        agent_key, _ = workloads.instance(
            day.trail, begin, estate.METRICS_COLLECTOR, estate.METRICS_INSTANCE, address=estate.METRICS_ADDRESS
        )
        _agent(day, agent_key, begin + 60, estate.METRICS_INSTANCE, estate.WAREHOUSE_EGRESS)
        day.trail.call(
            agent_key, begin + 900, "monitoring", "PutMetricData", {"namespace": "Warehouse"}, **estate.WAREHOUSE_ENDPOINT
        )


def _agent(day: Day, key: Credential, when: int, instance_id: str, egress: str) -> None:
    request = {"instanceId": instance_id, "agentVersion": "3.3.859.0"}
    day.trail.call(key.at(egress, workloads.SSM_AGENT), when, "ssm", "UpdateInstanceInformation", request)


def _functions(day: Day) -> None:
    for clock in ("05:10", "17:20"):
        begin = day.moment(clock)
        fn = workloads.function(
            day.trail, begin, estate.ORDER_EVENTS, "order-events", address=day.dice.choice(("203.0.113.101", "203.0.113.102"))
        )
        for step, (service, name) in enumerate((("dynamodb", "DescribeTable"), ("sns", "ListTopics"), ("events", "ListRules"))):
            day.trail.call(fn, begin + 5 + 20 * step, service, name)
    begin = day.moment("02:00")
    etl = workloads.function(day.trail, begin, estate.ETL_START, "etl-start", address="203.0.113.103")
    loader = day.trail.assume(etl, begin + 3, estate.WAREHOUSE_LOADER, "nightly-load")
    for step, name in enumerate(("GetDatabases", "GetTables", "StartJobRun")):
        day.trail.call(loader, begin + 6 + 4 * step, "glue", name)


def _task(day: Day) -> None:
    begin = day.moment("03:15")
    task = workloads.deliver(
        day.trail, begin, "ecs-tasks", estate.CHECKOUT_TASK, f"{day.dice.getrandbits(128):032x}", address="10.30.2.44"
    )
    for step in range(3):
        day.trail.call(task, begin + 20 + 300 * step, "ssm", "GetParameters", {"names": ["/shop/flags"]}, **estate.SHOP_ENDPOINT)


def _service_linked(day: Day) -> None:
    workloads.service_linked(day.trail, day.moment("01:05"), "rds", estate.RDS_LINKED, "rds-housekeeping",
                             [("ec2", "DescribeSecurityGroups"), ("ec2", "DescribeNetworkInterfaces")], copies=2)  # fmt: skip
    workloads.service_linked(day.trail, day.moment("06:30"), "autoscaling", estate.SCALING_LINKED, "AutoScaling",
                             [("ec2", "DescribeInstances")])  # fmt: skip
    workloads.service_linked(day.trail, day.moment("12:45"), "config", estate.CONFIG_LINKED, "configLambdaExecution",
                             [("s3", "ListBuckets"), ("glue", "GetDatabases")])  # fmt: skip


def _backup(day: Day) -> None:
    key, begin = estate.backup_key(), day.begin + 5400
    if day.number == estate.DAYS - 2:
        return  # told by the incident
    day.trail.call(key, begin, "s3", "ListObjects", {"bucketName": "hl-artifacts"})
    for number in range(3):
        path = f"release/day-{day.number}/{number}.tar.zst"
        day.trail.call(key, begin + 8 + 12 * number, "s3", "GetObject", {"bucketName": "hl-artifacts", "key": path})


def _vendor(day: Day) -> None:
    """A posture vendor comes from its own account: only the role's side of each AssumeRole is ours to see."""
    begin = day.moment("04:20")
    scanner = Role(estate.VENDOR, "scanner", "AROAIEXAMPLEVENDORSCANS")
    session = Credential(
        {"type": "AssumedRole", "principalId": f"{scanner.unique_id}:collector"}, estate.VENDOR, estate.VENDOR_ADDRESS,
        "posture-collector/4.2 aws-sdk-go-v2/1.30.3",
    )  # fmt: skip
    for number, role in enumerate(estate.VENDOR_SCANS.values()):
        scan = day.trail.assume(session, begin + 40 * number, role, "posture-scan", copies="role", external_id="hl-7f21")
        for step, (service, name) in enumerate((("iam", "GetAccountSummary"), ("s3", "ListBuckets"), ("ec2", "DescribeVpcs"))):
            day.trail.call(scan, begin + 40 * number + 5 + 3 * step, service, name)


Habit = Callable[[Day], None]
_EVERY_DAY: tuple[Habit, ...] = (_storefront, _metrics, _functions, _task, _service_linked, _backup)
_WORKING_DAYS: tuple[Habit, ...] = (_pipeline, _people)
_WEEKLY: tuple[tuple[int, Habit], ...] = ((0, _operator), (1, _analyst), (2, _vendor), (3, _analyst), (4, _auditor))
