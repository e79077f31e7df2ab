"""What runs every day in the second company: scanners, clusters, functions, fleets, old keys; pipelines and people beside."""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.org500_estate import DAYS
from tests.bench.second_builds import APPLY, builds, work
from tests.bench.second_changes import changes
from tests.bench.second_estate import Company, Person, moment, working
from tests.bench.second_people import visit
from tests.support import sign_in, workloads
from tests.support.identities import Credential

_AUDIT = (
    ("iam", "ListUsers"), ("iam", "GetAccountPasswordPolicy"), ("ec2", "DescribeSecurityGroups"), ("s3", "ListBuckets"),
    ("rds", "DescribeDBInstances"), ("kms", "ListKeys"), ("config", "DescribeConfigRules"), ("iam", "ListRoles"),
    ("cloudtrail", "DescribeTrails"), ("lambda", "ListFunctions20150331"),
)  # fmt: skip
_APPLICATION = (
    ("secretsmanager", "GetSecretValue"), ("sqs", "ReceiveMessage"), ("dynamodb", "DescribeTable"), ("ssm", "GetParametersByPath"),
    ("kms", "Decrypt"), ("s3", "ListBuckets"), ("sns", "GetTopicAttributes"),
)  # fmt: skip


def noise(company: Company) -> None:
    for number in range(DAYS):
        dice = random.Random(f"{company.dice.random()} {number}")
        _machines(company, dice, number)
        changes(company, dice, number)
        for person in _present(company, dice, number):
            visit(company, dice, number, person)
        if working(number):
            builds(company, dice, number)


def _present(company: Company, dice: random.Random, number: int) -> list[Person]:
    staff = company.staff(number)
    return dice.sample(staff, 55 if working(number) else 6)


def _machines(company: Company, dice: random.Random, number: int) -> None:
    known = company.known(number)
    for hour in range(24):
        for turn in range(3):
            audit(company, dice, number, hour, (number * 72 + hour * 3 + turn) % known)
    for index in range(25):
        posture(company, dice, number, (number * 25 + index) % known)
    for index in range(18):
        pod(company, dice, number, index)
    for index in range(10):
        service_account(company, dice, number, index)
    for index in range(24):
        function(company, dice, number, index)
    for index in range(16):
        host(company, dice, number, index)
    for _ in range(8):
        stack_set(company, dice, number, dice.randrange(known))
    for name in company.keys:
        nightly(company, dice, number, name)
    for index in range(5):
        certificate(company, dice, number, index)
    renewing(company, dice, number)
    failing_job(company, number)


def stack_set(company: Company, dice: random.Random, number: int, index: int) -> None:
    trail, at_ = company.trail, moment(number, dice, 1, 22)
    admin = workloads.deliver(
        trail, at_, "cloudformation", company.role(place.MANAGEMENT, "AWSCloudFormationStackSetAdministrationRole"),
        f"StackSet-{company.spare()[:8]}", seconds=3600, knows_role=True,
    )  # fmt: skip
    service = "cloudformation.amazonaws.com"
    asker = admin.at(service, service).with_identity(invokedBy=service)
    inside = trail.assume(
        asker, at_ + 3, company.role(company.accounts[index], "AWSCloudFormationStackSetExecutionRole"), "StackSetInstance"
    ).with_identity(invokedBy=service)
    trail.call(inside, at_ + 9, "iam", "GetRole", {"roleName": "baseline-audit"})
    trail.call(inside, at_ + 12, "config", "PutConfigRule", {"configRule": {"configRuleName": "baseline"}})


def audit(company: Company, dice: random.Random, number: int, hour: int, index: int) -> None:
    """The own scanner, a container in the security account, comes round every hour."""
    trail, at_ = company.trail, moment(number, dice, hour, hour + 1)
    task = workloads.deliver(
        trail, at_, "ecs-tasks", company.role(place.SECURITY, "auditor-task"), company.spare().ljust(32, "0"),
        address=company.nat(place.SECURITY), agent=place.BOTO,
    )  # fmt: skip
    reader = trail.assume(task, at_ + 2, company.role(company.accounts[index], "org-audit-reader"), "auditor", seconds=900)
    work(company, reader, at_ + 3, dice, _AUDIT, 2)


def posture(company: Company, dice: random.Random, number: int, index: int) -> None:
    """A bought scanner: another company's account, an external id, one of its four addresses."""
    role = company.role(company.accounts[index], "posture-reader")
    vendor = place.POSTURE_VENDOR
    them = Credential(
        {"type": "AssumedRole", "principalId": f"{company.ids.unique('AROA', vendor, 'posture')}:collector-{index % 3}",
         "arn": f"arn:aws:sts::{vendor}:assumed-role/collector/collector-{index % 3}"},
        vendor, f"198.51.100.{200 + index % 4}", place.GO,
    )  # fmt: skip
    at_ = moment(number, dice, 0, 24)
    work(
        company, company.trail.assume(them, at_, role, "posture", external_id="ext-7c1e", copies="role"), at_ + 1, dice, _AUDIT, 3
    )


def pod(company: Company, dice: random.Random, number: int, index: int) -> None:
    """Pod Identity: another pod name after every rollout, private addresses through an endpoint of the account."""
    account, at_ = company.accounts[40 + index], moment(number, dice, 0, 24)
    uid = f"{company.spare()[:8]}-0000-4000-8000-{company.spare()[:12]}"
    tags = [{"key": "kubernetes-namespace", "value": "shop"}, {"key": "kubernetes-service-account", "value": f"svc-{index}"},
            {"key": "kubernetes-pod-name", "value": f"svc-{index}-{company.spare()[:9]}"}]  # fmt: skip
    held = workloads.deliver(
        company.trail, at_, "pods.eks", company.role(account, f"pod-svc-{index}"), f"eks-shop-svc-{index}-{uid}",
        address=f"10.{40 + index}.3.{dice.randrange(4, 250)}", agent=place.GO, knows_role=True, request={"tags": tags},
    )  # fmt: skip
    through = {"vpcEndpointId": f"vpce-0{index:016x}", "vpcEndpointAccountId": account}
    for turn in range(3):
        company.trail.call(held, at_ + 20 + turn * 600, *dice.choice(_APPLICATION), **through)


def service_account(company: Company, dice: random.Random, number: int, index: int) -> None:
    """IRSA: the cluster's own issuer; a controller goes on into the network account."""
    account, at_ = company.accounts[70 + index], moment(number, dice, 0, 24)
    issuer = f"oidc.eks.eu-west-1.amazonaws.com/id/{index:032X}"
    name = ("external-dns", "cluster-autoscaler", "cert-manager", "argo", "velero")[index % 5]
    held = sign_in.web_identity(
        company.trail, at_, company.role(account, f"irsa-{name}"), issuer, "sts.amazonaws.com",
        f"system:serviceaccount:kube-system:{name}", f"{at_}000000000", address=company.nat(account), agent=place.GO,
    )  # fmt: skip
    if name == "external-dns":
        held = company.trail.assume(held, at_ + 2, company.role(place.TOOLS, "dns-writer"), name)
        company.trail.call(held, at_ + 4, "route53", "ChangeResourceRecordSets", {"hostedZoneId": "Z0EXAMPLE"})
    work(company, held, at_ + 5, dice, _APPLICATION, 2)


def function(company: Company, dice: random.Random, number: int, index: int) -> None:
    account, at_ = company.accounts[90 + index], moment(number, dice, 0, 24)
    address = f"198.51.100.{dice.randrange(1, 120)}"
    held = workloads.function(company.trail, at_, company.role(account, f"fn-{index}"), f"worker-{index}", address=address)
    work(company, held, at_, dice, _APPLICATION, 2)
    if index % 6 == 0:
        lake = company.trail.assume(held, at_ + 50, company.role(place.DATA, "lake-writer"), f"worker-{index}")
        work(company, lake, at_ + 51, dice, (("glue", "GetTable"), ("glue", "BatchCreatePartition"), ("s3", "PutObject")), 2)


def fleet(company: Company, index: int) -> tuple[str, str]:
    """Account and instance of a host that has stood there since before the logs."""
    return company.accounts[120 + index // 2], f"i-0{index:04x}f1ee7000000{index % 10}"


def host(company: Company, dice: random.Random, number: int, index: int) -> None:
    account, instance = fleet(company, index)
    at_ = moment(number, dice, 2, 5)
    held, _ = workloads.instance(company.trail, at_, company.role(account, "web-server"), instance, address=company.nat(account))
    report = held.at(held.address, workloads.SSM_AGENT)
    company.trail.call(
        report, at_ + 60, "ssm", "UpdateInstanceInformation", {"instanceId": instance, "agentVersion": "3.3.859.0"}
    )
    work(company, held.at(held.address, place.JAVA), at_ + 300, dice, _APPLICATION, 3)


def nightly(company: Company, dice: random.Random, number: int, name: str) -> None:
    """An old job: a long-term key, half of them with a role behind it."""
    key, at_ = company.key(name, number), moment(number, dice, 0, 4)
    if int(name[-2:]) % 2:
        loader = company.trail.assume(key, at_, company.role(place.DATA, "etl-loader"), name)
        work(company, loader, at_ + 1, dice, (("s3", "ListBuckets"), ("glue", "StartJobRun"), ("s3", "PutObject")), 2)
    else:
        work(company, key, at_, dice, (("s3", "ListBuckets"), ("s3", "PutObject"), ("sqs", "SendMessage")), 2)


def certificate(company: Company, dice: random.Random, number: int, index: int) -> None:
    """Roles Anywhere: machines of the old room with certificates."""
    serial = f"{index + 1:032x}"
    at_ = moment(number, dice, 0, 24)
    held = workloads.deliver(
        company.trail, at_, "rolesanywhere", company.role(company.accounts[150], "plant-gateway"), serial,
        address=place.NEW_ROOM if number >= place.MOVED else place.OLD_ROOM, agent=place.GO, seconds=3600, knows_role=True,
    )  # fmt: skip
    work(company, held, at_ + 5, dice, (("iot", "DescribeEndpoint"), ("s3", "PutObject")), 1)


def renewing(company: Company, dice: random.Random, number: int) -> None:
    """Atlantis takes its own role again before the hour is over, all working day long."""
    trail, start = company.trail, moment(number, dice, 6, 7)
    issuer = f"oidc.eks.eu-west-1.amazonaws.com/id/{99:032X}"
    role = company.role(place.TOOLS, "atlantis")
    held = sign_in.web_identity(
        trail, start, role, issuer, "sts.amazonaws.com", "system:serviceaccount:atlantis:atlantis", "atlantis",
        address=company.nat(place.TOOLS), agent=place.TERRAFORM,
    )  # fmt: skip
    for turn in range(1, 9):
        held = trail.assume(held, start + turn * 3000, role, "atlantis")
        target = company.role(company.accounts[dice.randrange(company.known(number))], "atlantis-apply")
        work(company, trail.assume(held, start + turn * 3000 + 60, target, "atlantis"), start + turn * 3000 + 61, dice, APPLY, 1)


def failing_job(company: Company, number: int) -> None:
    """A report that was never given its rights asks again every two hours, and nobody looks."""
    account = company.accounts[33]
    for hour in range(0, 24, 2):
        at_ = place.FIRST + number * place.DAY + hour * 3600 + 7
        held = workloads.function(
            company.trail, at_, company.role(account, "cost-report"), "cost-report", address="198.51.100.61"
        )
        company.trail.denied_assume(held, at_ + 3, company.role(place.MANAGEMENT, "billing-reader"))
