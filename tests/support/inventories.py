"""Describe answers of a small network, from the shorthand that scenarios write under `given: inventory`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCOUNT = "222222222222"
ZONE = "eu-central-1a"
MADE = "2026-10-01T00:00:00+00:00"
AT = "2026-11-03T00:00:00Z"
"""When the inventory was taken: after the incidents."""
SUBNET, TABLE = "subnet-01", "rtb-01"
ECS = f"arn:aws:ecs:eu-central-1:{ACCOUNT}"
HUB_BLOCK, OTHER_BLOCK = "10.99.0.0/16", "10.98.0.0/16"

Json = dict[str, Any]


def answers(given: Json) -> Json:
    """File name -> document. Keys of `given`: instance, account, vpc, private_addresses, public_addresses, carrier_addresses,
    ipv6, prefixes, vpc_blocks, vpc_ipv6, default_route, nat_addresses, egress_vpc, other_own_vpcs, hub_loaded, others, endpoints,
    free_addresses, functions, tasks, builds, peerings, routes (False: no route table at all), complete."""
    return {
        "instances.json": {"Reservations": [{"OwnerId": given.get("account", ACCOUNT), "Instances": [_instance(given)]}]},
        "interfaces.json": {"NetworkInterfaces": [*_interfaces(given)]},
        "addresses.json": {"Addresses": [_free(address) for address in given.get("free_addresses", [])]},
        "nats.json": {"NatGateways": _nats(given)},
        "endpoints.json": {"VpcEndpoints": [_endpoint(*pair) for pair in given.get("endpoints", {}).items()]},
        "tables.json": {"RouteTables": _tables(given)},
        "vpcs.json": {"Vpcs": _vpcs(given)},
        "tasks.json": {"tasks": [_task(*pair) for pair in given.get("tasks", {}).items()]},
        "builds.json": {"builds": [_build(name, given["vpc"]) for name in given.get("builds", {})]},
        "subnets.json": {
            "Subnets": [{"SubnetId": SUBNET, "VpcId": given["vpc"], "CidrBlock": "10.0.1.0/24", "OwnerId": ACCOUNT}]
        },
    }


def write(given: Json, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, document in answers(given).items():
        (folder / name).write_text(json.dumps(document), "utf-8")
    return folder


def _instance(given: Json) -> Json:
    private = given.get("private_addresses", ["10.0.1.5"])
    interface: Json = {
        "NetworkInterfaceId": "eni-01",
        "Attachment": {"AttachTime": MADE},
        "PrivateIpAddress": private[0],
        "PrivateIpAddresses": [{"PrivateIpAddress": address} for address in private],
        "Ipv6Addresses": [{"Ipv6Address": address} for address in given.get("ipv6", [])],
        "Ipv4Prefixes": [{"Ipv4Prefix": prefix} for prefix in given.get("prefixes", [])],
    }
    for kind, member in (("public_addresses", "PublicIp"), ("carrier_addresses", "CarrierIp")):
        for address in given.get(kind, []):
            interface["Association"] = {member: address, "IpOwnerId": ACCOUNT}
    return {
        "InstanceId": given["instance"],
        "VpcId": given["vpc"],
        "SubnetId": SUBNET,
        "LaunchTime": MADE,
        "State": {"Name": "running"},
        "Placement": {"AvailabilityZone": ZONE},
        "PrivateIpAddress": private[0],
        "MetadataOptions": {"HttpTokens": given.get("http_tokens", "optional")},
        "IamInstanceProfile": {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web"},
        "NetworkInterfaces": [interface],
    }


def _interfaces(given: Json) -> list[Json]:
    found = [
        {"NetworkInterfaceId": name, "VpcId": given["vpc"], "OwnerId": ACCOUNT, "PrivateIpAddress": address}
        for name, address in given.get("others", {}).items()
    ]
    for name, address in given.get("functions", {}).items():
        description = f"AWS Lambda VPC ENI-{name}-01234567-89ab-cdef-0123-456789abcdef"
        found.append({
            "NetworkInterfaceId": f"eni-{name}", "VpcId": given["vpc"], "SubnetId": SUBNET, "OwnerId": ACCOUNT,
            "InterfaceType": "lambda", "Description": description, "PrivateIpAddress": address,
        })  # fmt: skip
    for name, address in given.get("tasks", {}).items():
        found.append({
            "NetworkInterfaceId": f"eni-{name}", "VpcId": given["vpc"], "SubnetId": SUBNET, "OwnerId": ACCOUNT,
            "InterfaceType": "interface", "Description": f"{ECS}:attachment/at-{name}", "PrivateIpAddress": address,
        })  # fmt: skip
    for name, address in given.get("builds", {}).items():
        found.append({
            "NetworkInterfaceId": f"eni-{name}", "VpcId": given["vpc"], "SubnetId": SUBNET, "OwnerId": ACCOUNT,
            "PrivateIpAddress": address,
        })  # fmt: skip
    return found


def _task(name: str, address: str) -> Json:
    details = {"subnetId": SUBNET, "networkInterfaceId": f"eni-{name}", "privateIPv4Address": address}
    attachment = {
        "id": f"at-{name}", "type": "ElasticNetworkInterface", "status": "ATTACHED",
        "details": [{"name": key, "value": value} for key, value in details.items()],
    }  # fmt: skip
    return {"taskArn": f"{ECS}:task/shop/{name}", "createdAt": MADE, "attachments": [attachment]}


def _build(name: str, vpc: str) -> Json:
    """A build that ran for an hour of the day of the incidents."""
    return {
        "id": f"release:{name}", "arn": f"arn:aws:codebuild:eu-central-1:{ACCOUNT}:build/release:{name}",
        "startTime": "2026-11-02T11:30:00+00:00", "endTime": "2026-11-02T12:30:00+00:00",
        "vpcConfig": {"vpcId": vpc}, "networkInterface": {"subnetId": SUBNET, "networkInterfaceId": f"eni-{name}"},
    }  # fmt: skip


def _free(address: str) -> Json:
    return {"PublicIp": address, "AllocationId": f"eipalloc-{address}"}


def _nat(name: str, address: str, vpc: str) -> Json:
    public = [{"PublicIp": address, "PrivateIp": "10.0.9.9"}]
    return {"NatGatewayId": name, "VpcId": vpc, "SubnetId": f"subnet-of-{name}", "State": "available", "ConnectivityType": "public",
            "NatGatewayAddresses": public, "CreateTime": MADE}  # fmt: skip


def _nats(given: Json) -> list[Json]:
    found = [_nat(name, address, given["vpc"]) for name, address in given.get("nat_addresses", {}).items()]
    found += [_nat(name, address, "vpc-hub") for name, address in given.get("egress_vpc", {}).get("nat_addresses", {}).items()]
    for vpc, other in given.get("other_own_vpcs", {}).items():
        found += [_nat(name, address, vpc) for name, address in other.get("nat_addresses", {}).items()]
    return found


def _endpoint(name: str, vpc: str) -> Json:
    where, _, owner = vpc.partition("@")
    return {
        "VpcEndpointId": name,
        "VpcId": where,
        "OwnerId": owner or ACCOUNT,
        "VpcEndpointType": "Interface",
        "ServiceName": "s3",
    }


def _tables(given: Json) -> list[Json]:
    found: list[Json] = []
    if given.get("routes", True):
        found.append(_table(TABLE, given["vpc"], given.get("default_route", ""), SUBNET, given.get("peerings", {})))
    hub = given.get("egress_vpc", {}).get("nat_addresses", {})
    if hub:
        found.append(_table("rtb-hub", "vpc-hub", next(iter(hub)), "subnet-hub", {given["default_route"]: "10.0.0.0/16"}))
    for vpc, other in given.get("other_own_vpcs", {}).items():
        back = dict.fromkeys(other.get("hops", []), "10.0.0.0/16")
        found.append(_table(f"rtb-{vpc}", vpc, next(iter(other.get("nat_addresses", {})), ""), f"subnet-{vpc}", back))
    return found


ROUTE_MEMBERS = {"nat": "NatGatewayId", "tgw": "TransitGatewayId", "pcx": "VpcPeeringConnectionId", "eni": "NetworkInterfaceId"}


def _table(name: str, vpc: str, default: str, subnet: str, hops: dict[str, str]) -> Json:
    routes = [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]
    for target, block in (*hops.items(), *([(default, "0.0.0.0/0")] if default else [])):
        member = ROUTE_MEMBERS.get(target.partition("-")[0], "GatewayId")
        routes.append({"DestinationCidrBlock": block, member: target, "State": "active"})
    return {"RouteTableId": name, "VpcId": vpc, "OwnerId": ACCOUNT, "Routes": routes, "Associations": [{"SubnetId": subnet}]}


def _vpcs(given: Json) -> list[Json]:
    own = {"VpcId": given["vpc"], "CidrBlock": given.get("vpc_blocks", ["10.0.0.0/16"])[0], "OwnerId": ACCOUNT}
    own["Ipv6CidrBlockAssociationSet"] = [{"Ipv6CidrBlock": block} for block in given.get("vpc_ipv6", [])]
    found: list[Json] = [own]
    if given.get("egress_vpc"):
        found.append({"VpcId": "vpc-hub", "CidrBlock": HUB_BLOCK, "OwnerId": ACCOUNT})
    for vpc, other in given.get("other_own_vpcs", {}).items():
        found.append({"VpcId": vpc, "CidrBlock": other.get("block", OTHER_BLOCK), "OwnerId": ACCOUNT})
    return found
