"""The rows of the off-instance table and its known false positives: one instance's uses, judged by many inventories."""

from __future__ import annotations

from typing import Any

from tests.scenarios.recipes import DAY, OFFICE, PROD, Files, named_role, new_trail, scenario
from tests.support import sign_in, workloads
from tests.support.cloudtrail import Trail, at

WEB = named_role(PROD, "web")
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
OWN = {"vpcEndpointId": "vpce-0own0000000000001", "vpcEndpointAccountId": PROD}
FAR = {"vpcEndpointId": "vpce-0far0000000000001", "vpcEndpointAccountId": "999988887777"}
SISTER = {"vpcEndpointId": "vpce-0org0000000000001", "vpcEndpointAccountId": "111111111111"}
STRANGE = {"vpcEndpointId": "vpce-0strange000000001"}
DARWIN = "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.8 Darwin/23.6.0"


def _uses(trail: Trail, key: Any, uses: list[tuple[str, dict[str, str]]]) -> None:
    """One call every ten minutes, each in a cell of its own address."""
    for number, (address, endpoint) in enumerate(uses):
        trail.call(key.at(address), at(DAY, "10:10:00") + 600 * number, "s3", "ListBuckets", **endpoint)


def _host_with_an_elastic_address(trail: Trail) -> tuple[Any, Any, Any]:
    """An administrator, and the twin keys of a host that has spoken from 198.51.100.40 every half hour."""
    admin = trail.user_key(PROD, "builder", key="AKIA9").at(OFFICE)
    key, twin = workloads.instance(trail, at(DAY, "09:00:00"), WEB, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))
    given = {"allocationId": "eipalloc-01", "instanceId": INSTANCE, "publicIp": "198.51.100.40"}
    trail.call(admin, at(DAY, "09:00:30"), "ec2", "AssociateAddress", given)
    for hour in range(4):
        trail.call(key.at("198.51.100.40"), at(DAY, "09:10:00") + 1800 * hour, "s3", "ListBuckets")
    return admin, key, twin


@scenario("t60-rows-of-the-table")
def rows_of_the_table() -> Files:
    trail = new_trail()
    key, _ = workloads.instance(trail, at(DAY, "10:00:00"), WEB, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))
    nothing: dict[str, str] = {}
    _uses(trail, key, [
        ("10.0.1.5", nothing), ("10.0.1.5", OWN), ("10.0.1.77", OWN), ("10.0.1.5", FAR), ("10.0.1.5", SISTER), ("10.0.1.5", STRANGE),
        ("198.51.100.9", nothing), ("198.51.100.70", nothing), ("203.0.113.9", nothing), ("203.0.113.200", nothing),
        ("2001:db8:0:1::77", nothing), ("169.254.7.7", nothing), ("172.16.9.9", nothing),
    ])  # fmt: skip
    parent = key.at("198.51.100.9")
    trail.call(parent, at(DAY, "13:00:00"), "ssm", "GetParameter", {"name": "/web/flags"})
    workloads.forward_access(trail, key, at(DAY, "13:00:01"), "ssm", "kms", "Decrypt", key="F1")
    sign_in.get_signin_token(trail, at(DAY, "14:00:00"), key.at("198.51.100.9", DARWIN))
    return {"events.json": trail.records}


@scenario("t61-rows-of-functions")
def rows_of_functions() -> Files:
    """Functions with a network of their own, with shared ways out, and with nothing known of them."""
    trail = new_trail()
    inside = workloads.function(
        trail, at(DAY, "10:00:00"), named_role(PROD, "orders-fn"), "orders", address="10.0.1.44", key="K1"
    )
    trail.call(inside, at(DAY, "10:01:00"), "dynamodb", "DescribeTable", {"tableName": "orders"}, **OWN)
    trail.call(inside.at("10.0.1.77"), at(DAY, "10:20:00"), "dynamodb", "DescribeTable", {"tableName": "orders"}, **OWN)
    for number, name in enumerate(("mail", "push")):
        role = named_role(PROD, f"{name}-fn")
        sender = workloads.function(trail, at(DAY, "11:00:00") + number, role, name, address="203.0.113.60", key=f"S{number}")
        trail.call(sender.at("203.0.113.60", workloads.BOTO_ON_LINUX), at(DAY, "11:05:00") + number, "ses", "SendEmail")
    other = workloads.function(
        trail, at(DAY, "12:00:00"), named_role(PROD, "images-fn"), "images", address="198.51.100.30", key="K3"
    )
    trail.call(other.at("198.51.100.30", workloads.BOTO_ON_LINUX), at(DAY, "12:01:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t62-harmless-places")
def harmless_places() -> Files:
    """What looks stolen and is not: prefixes of pods, carrier and own address ranges, proxies, an address given back."""
    trail = new_trail()
    admin = trail.user_key(PROD, "builder", key="AKIA9").at(OFFICE)
    key, _ = workloads.instance(trail, at(DAY, "10:00:00"), WEB, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))
    nothing: dict[str, str] = {}
    _uses(trail, key, [
        ("10.0.1.70", OWN), ("10.0.1.6", OWN), ("203.0.113.77", nothing), ("203.0.113.88", nothing), ("203.0.113.9", nothing),
        ("2001:db8::abcd", nothing),
    ])  # fmt: skip
    given = {"allocationId": "eipalloc-01", "instanceId": INSTANCE, "publicIp": "198.51.100.40"}
    trail.call(admin, at(DAY, "12:00:00"), "ec2", "AssociateAddress", given)
    trail.call(key.at("198.51.100.40"), at(DAY, "12:10:00"), "s3", "ListBuckets")
    trail.call(admin, at(DAY, "12:20:00"), "ec2", "DisassociateAddress", {"publicIp": "198.51.100.40"})
    trail.call(key.at("198.51.100.40"), at(DAY, "12:40:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t63-through-the-host")
def through_the_host() -> Files:
    """At the right place all the time: a proxy through the host, a command on it, a neighbour behind the same gateway."""
    trail = new_trail()
    admin, key, twin = _host_with_an_elastic_address(trail)
    proxied = key.at("198.51.100.40", "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 lang/python#3.11.9 Darwin/23.6.0")
    trail.call(proxied, at(DAY, "12:00:00"), "sts", "GetCallerIdentity")
    request = {"instanceIds": [INSTANCE], "documentName": "AWS-RunShellScript"}
    trail.call(admin, at(DAY, "13:00:00"), "ssm", "SendCommand", request)
    typed = key.at("198.51.100.40", "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.102 lang/python#3.11.9")
    trail.call(typed, at(DAY, "13:00:20"), "iam", "ListUsers")
    neighbour = twin.at("198.51.100.7", "aws-cli/1.32.0 Python/3.9.16 Windows/10 botocore/1.34.0")
    trail.call(neighbour, at(DAY, "14:00:00"), "iam", "ListRoles")
    return {"events.json": trail.records}


@scenario("t64-command-on-the-host")
def command_on_the_host() -> Files:
    """A command goes to the host, and a client that people type at makes the role's first call of IAM there: place and system are its own."""
    trail = new_trail()
    admin, key, _ = _host_with_an_elastic_address(trail)
    request = {"instanceIds": [INSTANCE], "documentName": "AWS-RunShellScript"}
    trail.call(admin, at(DAY, "13:00:00"), "ssm", "SendCommand", request)
    typed = key.at("198.51.100.40", "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.102 lang/python#3.11.9")
    trail.call(typed, at(DAY, "13:00:20"), "iam", "ListUsers")
    return {"events.json": trail.records}


LINUX_CLI = "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.102 lang/python#3.11.9"
NAT = "198.51.100.7"


@scenario("t65-neighbour-behind-the-gateway")
def neighbour_behind_the_gateway() -> Files:
    """Another host of the same network uses the instance's key: same gateway, same system."""
    trail = new_trail()
    key, _ = workloads.instance(trail, at(DAY, "09:00:00"), WEB, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))
    for hour in range(4):
        trail.call(key.at(NAT), at(DAY, "09:10:00") + 1800 * hour, "s3", "ListBuckets")
    neighbour = key.at(NAT, LINUX_CLI)
    for number, name in enumerate(("ListUsers", "ListRoles")):
        trail.call(neighbour, at(DAY, "13:00:00") + 2 * number, "iam", name)
    return {"events.json": trail.records}


@scenario("t66-proxy-through-the-host")
def proxy_through_the_host() -> Files:
    """A SOCKS proxy on the host: a laptop's client speaks from the instance's own address, and with its key."""
    trail = new_trail()
    _, key, _ = _host_with_an_elastic_address(trail)
    for number in range(2):
        trail.call(key.at("198.51.100.40", DARWIN), at(DAY, "13:00:00") + 2 * number, "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t67-command-and-the-same-client")
def command_and_the_same_client() -> Files:
    """Two commands go to the host. After the first its client does what it always does, after the second what it never did."""
    trail = new_trail()
    admin, key, _ = _host_with_an_elastic_address(trail)
    there = key.at("198.51.100.40")
    request = {"instanceIds": [INSTANCE], "documentName": "AWS-RunShellScript"}
    for when, service, name in (("11:30:00", "s3", "ListBuckets"), ("13:00:00", "iam", "ListUsers")):
        trail.call(admin, at(DAY, when), "ssm", "SendCommand", request)
        trail.call(there, at(DAY, when) + 20, service, name)
    return {"events.json": trail.records}


@scenario("t68-rows-of-tasks-and-builds")
def rows_of_tasks_and_builds() -> Files:
    """Tasks and builds with interfaces of their own: at them, at another's, before and after a build, and outside."""
    trail = new_trail()
    name = "0123456789abcdef0123456789abcdef"
    task = workloads.deliver(
        trail, at(DAY, "10:00:00"), "ecs-tasks", named_role(PROD, "orders-task"), name, key="K1", address="10.0.1.44"
    )
    trail.call(task, at(DAY, "10:01:00"), "dynamodb", "DescribeTable", {"tableName": "orders"}, **OWN)
    trail.call(task.at("10.0.1.77"), at(DAY, "10:20:00"), "dynamodb", "DescribeTable", {"tableName": "orders"}, **OWN)
    build = workloads.deliver(
        trail, at(DAY, "11:30:00"), "codebuild", named_role(PROD, "release-build"), "AWSCodeBuild-01234567-89ab-cdef-0123-456789abcdef",
        key="K2", address="10.0.1.50",
    )  # fmt: skip
    trail.call(build, at(DAY, "11:40:00"), "s3", "ListBuckets", **OWN)
    trail.call(build, at(DAY, "12:50:00"), "s3", "ListBuckets", **OWN)
    other = workloads.deliver(
        trail, at(DAY, "11:00:00"), "ecs-tasks", named_role(PROD, "mail-task"), name[::-1], key="K3", address="203.0.113.221",
        agent=DARWIN,
    )  # fmt: skip
    trail.call(other, at(DAY, "11:05:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}
