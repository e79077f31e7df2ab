"""Instance credentials and where they were used. The lineage is always one delivery; the verdicts are a later part's."""

from __future__ import annotations

from typing import Any

from tests.scenarios.recipes import DAY, ELSEWHERE, OFFICE, PROD, Files, named_role, new_trail, scenario
from tests.support import workloads
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential

WEB = named_role(PROD, "web")
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
EGRESS = "198.51.100.9"
THIEF = "203.0.113.20"


def _twins(trail: Trail, address: str = "10.0.1.5") -> tuple[Credential, Credential]:
    return workloads.instance(trail, at(DAY, "10:00:00"), WEB, INSTANCE, address=address, keys=("K1", "K2"))


@scenario("t13-twin-key-stolen")
def twin_key_stolen() -> Files:
    """CloudTrail itself proves the egress; the thief holds the twin key (F3)."""
    trail = new_trail()
    builder = trail.user_key(PROD, "builder", key="AKIA9").at(OFFICE)
    trail.call(builder, at(DAY, "08:00:00"), "ec2", "AllocateAddress", {"domain": "vpc"},
               response={"publicIp": EGRESS, "allocationId": "eipalloc-01"})  # fmt: skip
    trail.call(builder, at(DAY, "08:01:00"), "ec2", "CreateNatGateway",
               {"CreateNatGatewayRequest": {"SubnetId": "subnet-0public", "AllocationId": "eipalloc-01"}},
               response={"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-01", "vpcId": "vpc-01"}}})  # fmt: skip
    trail.call(builder, at(DAY, "08:02:00"), "ec2", "CreateRoute",
               {"routeTableId": "rtb-01", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-01"})  # fmt: skip
    trail.call(
        builder, at(DAY, "08:03:00"), "ec2", "AssociateRouteTable", {"routeTableId": "rtb-01", "subnetId": "subnet-0private"}
    )
    started = {
        "instancesSet": {"items": [{"instanceId": INSTANCE, "subnetId": "subnet-0private", "privateIpAddress": "10.0.1.5"}]}
    }
    trail.call(
        builder,
        at(DAY, "09:59:30"),
        "ec2",
        "RunInstances",
        {"instancesSet": {"items": [{"imageId": "ami-01"}]}, "iamInstanceProfile": {"name": "web"}},
        response=started,
    )
    agent_key, twin = _twins(trail)
    trail.call(agent_key.at(EGRESS, workloads.SSM_AGENT), at(DAY, "10:01:00"), "ssm", "UpdateInstanceInformation")
    operator = trail.user_key(PROD, "operator", key="AKIA1").at(THIEF)
    trail.call(operator, at(DAY, "10:30:00"), "ssm", "SendCommand",
               {"instanceIds": [INSTANCE], "documentName": "AWS-RunShellScript", "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS"})  # fmt: skip
    trail.call(twin.at(THIEF), at(DAY, "10:30:06"), "sts", "GetCallerIdentity")
    return {"events.json": trail.records}


@scenario("t14-nothing-known")
def nothing_known() -> Files:
    trail = new_trail()
    _, twin = _twins(trail)
    trail.call(twin.at(THIEF), at(DAY, "10:30:06"), "sts", "GetCallerIdentity")
    return {"events.json": trail.records}


@scenario("t15-behind-nat")
def behind_nat() -> Files:
    trail = new_trail()
    agent_key, _ = _twins(trail)
    trail.call(agent_key.at("198.51.100.7"), at(DAY, "10:10:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t16-private-endpoint")
def private_endpoint() -> Files:
    trail = new_trail()
    key, _ = _twins(trail)
    own = {"vpcEndpointId": "vpce-0own0000000000001", "vpcEndpointAccountId": PROD}
    strange = {"vpcEndpointId": "vpce-0far0000000000001", "vpcEndpointAccountId": "999988887777"}
    trail.call(key.at("10.0.1.5"), at(DAY, "10:10:00"), "s3", "ListBuckets", **own)
    trail.call(key.at("10.0.1.77"), at(DAY, "10:11:00"), "s3", "ListBuckets", **own)
    trail.call(key.at("10.0.1.5"), at(DAY, "10:12:00"), "s3", "ListBuckets", **strange)
    return {"events.json": trail.records}


@scenario("t17-service-endpoint")
def service_endpoint() -> Files:
    """Endpoint fields of calls a service made are the service's own, once even swapped (F10)."""
    trail = new_trail()
    key, _ = _twins(trail)
    endpoints: tuple[dict[str, Any], ...] = (
        {"vpcEndpointId": "AWS Internal"},
        {"vpcEndpointId": "vpce-0svc0000000000001", "vpcEndpointAccountId": "999988887777"},
        {"vpcEndpointId": "AWS Internal", "vpcEndpointAccountId": "vpce-0svc0000000000001"},
    )
    for number, fields in enumerate(endpoints):
        workloads.forward_access(
            trail, key, at(DAY, "10:10:00") + 60 * number, "ssm", "kms", "Decrypt", key=f"F{number}", **fields
        )
    return {"events.json": trail.records}


@scenario("t18-elastic-address-moved")
def elastic_address_moved() -> Files:
    trail = new_trail()
    admin = trail.user_key(PROD, "builder", key="AKIA9").at(OFFICE)
    key, _ = _twins(trail)
    associate = {"allocationId": "eipalloc-01", "instanceId": INSTANCE}
    trail.call(admin, at(DAY, "10:00:30"), "ec2", "AssociateAddress", {**associate, "publicIp": "198.51.100.40"})
    trail.call(key.at("198.51.100.40"), at(DAY, "11:59:00"), "s3", "ListBuckets")
    trail.call(admin, at(DAY, "12:00:00"), "ec2", "DisassociateAddress", {"publicIp": "198.51.100.40"})
    trail.call(admin, at(DAY, "12:00:05"), "ec2", "AssociateAddress", {**associate, "publicIp": "198.51.100.41"})
    trail.call(key.at("198.51.100.41"), at(DAY, "12:01:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t19-ipv6")
def ipv6() -> Files:
    """One address in two spellings, and a neighbour of the same VPC."""
    trail = new_trail()
    key, _ = _twins(trail)
    for number, address in enumerate(("2001:db8::abcd", "2001:0db8:0000:0000:0000:0000:0000:abcd", "2001:db8:0:1::77")):
        trail.call(key.at(address), at(DAY, "10:10:00") + 60 * number, "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t48-rogue-agent")
def rogue_agent() -> Files:
    """A thief speaks as the instance's agent: what stolen credentials say about themselves proves nothing."""
    trail = new_trail()
    agent_key, twin = _twins(trail)
    for minute in (5, 15, 25):
        trail.call(agent_key.at(EGRESS, workloads.SSM_AGENT), at(DAY, f"10:{minute:02d}:00"), "ssm", "UpdateInstanceInformation")
        trail.call(
            twin.at("203.0.113.9", workloads.SSM_AGENT), at(DAY, f"10:{minute + 2:02d}:00"), "ssm", "UpdateInstanceInformation"
        )
    trail.call(twin.at("203.0.113.9"), at(DAY, "10:28:00"), "s3", "ListBuckets")
    trail.call(twin.at(ELSEWHERE), at(DAY, "10:29:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}
