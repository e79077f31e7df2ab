"""What AWS says of one resource at one time, whichever of its APIs said it: describe calls, AWS Config.

Only what verdicts look at is kept. Shapes: EC2 API reference (PascalCase members, as the CLI prints them) and AWS Config's
resource schemas (the same members in camelCase).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from roletrail.detect.estate import GROUP_TAG


class Snapshot(NamedTuple):
    """`body` {} says that the resource is gone."""

    kind: str  # instance | interface | address | nat | endpoint | route_table | subnet | vpc | task | build
    id: str
    account: str
    region: str
    at: int
    source: str
    body: dict[str, Any]


class Context(NamedTuple):
    """What a document does not say of itself."""

    at: int
    source: str
    account: str = ""
    region: str = ""


Item = dict[str, Any]


def of_describe(document: Item, context: Context) -> Iterator[Snapshot]:
    """Snapshots of one answer of a describe call, whatever it lists."""
    for reservation in items_in(document, "Reservations"):
        owner = text_at(reservation, "OwnerId")
        for item in items_in(reservation, "Instances"):
            yield _snapshot("instance", item, context, owner)
    for name, kind in LISTS.items():
        for item in items_in(document, name):
            yield _snapshot(kind, item, context, text_at(item, "OwnerId"))


LISTS = {
    "NetworkInterfaces": "interface",
    "Addresses": "address",
    "NatGateways": "nat",
    "VpcEndpoints": "endpoint",
    "RouteTables": "route_table",
    "Subnets": "subnet",
    "Vpcs": "vpc",
}


def of_config(item: Item, context: Context) -> Snapshot | None:
    """Snapshot of an AWS Config configuration item; None for types that say nothing of places."""
    kind = CONFIG_TYPES.get(text_at(item, "resourceType"))
    resource = text_at(item, "resourceId")
    at = epoch(item.get("configurationItemCaptureTime")) or context.at
    if kind is None or not resource:
        return None
    account = text_at(item, "awsAccountId") or text_at(item, "accountId") or context.account
    place = Context(at, f"AWS Config {context.source}", account, text_at(item, "awsRegion") or context.region)
    if text_at(item, "configurationItemStatus").startswith("ResourceDeleted"):
        return Snapshot(kind, resource, account, place.region, at, place.source, {})
    return _snapshot(kind, pascal(item.get("configuration")), place, account)


CONFIG_TYPES = {
    "AWS::EC2::Instance": "instance",
    "AWS::EC2::NetworkInterface": "interface",
    "AWS::EC2::EIP": "address",
    "AWS::EC2::NatGateway": "nat",
    "AWS::EC2::VPCEndpoint": "endpoint",
    "AWS::EC2::RouteTable": "route_table",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "vpc",
}


def pascal(value: Any) -> Any:
    """Member names as the EC2 API prints them: Config writes `privateIpAddress`."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: pascal(member) for name, member in value.items() if isinstance(name, str)}
    return [pascal(member) for member in value] if isinstance(value, list) else value


def _snapshot(kind: str, item: Any, context: Context, owner: str) -> Snapshot:
    read, name = READ[kind]
    item = item if isinstance(item, dict) else {}
    region = text_at(item, "Placement", "AvailabilityZone") or text_at(item, "AvailabilityZone")
    return Snapshot(
        kind, text_at(item, name), owner or context.account, region.rstrip("abcdef") if region else context.region, context.at,
        context.source, read(item),
    )  # fmt: skip


def _instance(item: Item) -> Item:
    interfaces = items_in(item, "NetworkInterfaces")
    attached = [at for one in interfaces if (at := epoch(_at(one, "Attachment", "AttachTime")))]
    addresses = [address for one in interfaces for address in _of_interface(one)]
    addresses += [_address(text_at(item, "PrivateIpAddress"), "private"), _address(text_at(item, "Ipv6Address"), "ipv6")]
    if not any(one["kind"] == "public" for one in addresses):
        addresses.append(_address(text_at(item, "PublicIpAddress"), "public"))
    launched = epoch(item.get("LaunchTime"))
    return {
        "vpc": text_at(item, "VpcId"),
        "subnet": text_at(item, "SubnetId"),
        "state": text_at(item, "State", "Name"),
        "profile": text_at(item, "IamInstanceProfile", "Arn"),
        "launched": launched,
        "made": min([*attached, launched] if launched else attached, default=0),
        "http_tokens": text_at(item, "MetadataOptions", "HttpTokens"),
        "group": next((text_at(one, "Value") for one in items_in(item, "Tags") if text_at(one, "Key") == GROUP_TAG), ""),
        "addresses": _once(addresses),
    }


def _interface(item: Item) -> Item:
    return {
        "vpc": text_at(item, "VpcId"),
        "subnet": text_at(item, "SubnetId"),
        "instance": text_at(item, "Attachment", "InstanceId"),
        "made": epoch(_at(item, "Attachment", "AttachTime")),
        "type": text_at(item, "InterfaceType"),
        "description": text_at(item, "Description"),
        "requester": text_at(item, "RequesterId"),
        "addresses": _once(_of_interface(item)),
    }


def _of_interface(one: Item) -> list[Item]:
    found = [_address(text_at(one, "PrivateIpAddress"), "private")]
    for private in [one, *items_in(one, "PrivateIpAddresses")]:
        owned = text_at(private, "Association", "IpOwnerId")
        found += [
            _address(text_at(private, "PrivateIpAddress"), "private"),
            {**_address(text_at(private, "Association", "PublicIp"), "public"), "lent": owned in ("amazon", "")},
            _address(text_at(private, "Association", "CarrierIp"), "carrier"),
        ]
    found += [_address(text_at(six, "Ipv6Address"), "ipv6") for six in items_in(one, "Ipv6Addresses")]
    for name, member in (("Ipv6Prefixes", "Ipv6Prefix"), ("Ipv4Prefixes", "Ipv4Prefix")):
        found += [_address(text_at(prefix, member), "prefix") for prefix in items_in(one, name)]
    return found


def _elastic(item: Item) -> Item:
    return {
        "allocation": text_at(item, "AllocationId"),
        "instance": text_at(item, "InstanceId"),
        "interface": text_at(item, "NetworkInterfaceId"),
        "public": text_at(item, "PublicIp"),
        "carrier": text_at(item, "CarrierIp"),
    }


def _nat(item: Item) -> Item:
    addresses = items_in(item, "NatGatewayAddresses")
    return {
        "vpc": text_at(item, "VpcId"),
        "subnet": text_at(item, "SubnetId"),
        "state": text_at(item, "State"),
        "connectivity": text_at(item, "ConnectivityType"),
        "public": [public for one in addresses if (public := text_at(one, "PublicIp"))],
        "private": [private for one in addresses if (private := text_at(one, "PrivateIp"))],
        "made": epoch(item.get("CreateTime")),
    }


def _endpoint(item: Item) -> Item:
    return {
        "vpc": text_at(item, "VpcId"),
        "type": text_at(item, "VpcEndpointType"),
        "service": text_at(item, "ServiceName"),
        "made": epoch(item.get("CreationTimestamp")),
    }


TARGETS = (
    "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "EgressOnlyInternetGatewayId",
    "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "GatewayId", "InstanceId",
)  # fmt: skip


def _route_table(item: Item) -> Item:
    associations = items_in(item, "Associations")
    return {
        "vpc": text_at(item, "VpcId"),
        "main": any(one.get("Main") is True for one in associations),
        "subnets": [subnet for one in associations if (subnet := text_at(one, "SubnetId"))],
        "routes": [
            {
                "destination": text_at(one, "DestinationCidrBlock") or text_at(one, "DestinationIpv6CidrBlock") or text_at(one, "DestinationPrefixListId"),
                "target": next((target for name in TARGETS if (target := text_at(one, name))), ""),
            }
            for one in items_in(item, "Routes")
            if text_at(one, "State") != "blackhole"
        ],
    }  # fmt: skip


def _subnet(item: Item) -> Item:
    six = [text_at(one, "Ipv6CidrBlock") for one in items_in(item, "Ipv6CidrBlockAssociationSet")]
    return {"vpc": text_at(item, "VpcId"), "blocks": [block for block in (text_at(item, "CidrBlock"), *six) if block]}


def _vpc(item: Item) -> Item:
    four = [text_at(one, "CidrBlock") for one in items_in(item, "CidrBlockAssociationSet")]
    six = [text_at(one, "Ipv6CidrBlock") for one in items_in(item, "Ipv6CidrBlockAssociationSet")]
    return {"blocks": list(dict.fromkeys(block for block in (text_at(item, "CidrBlock"), *four, *six) if block))}


READ: dict[str, tuple[Callable[[Item], Item], str]] = {
    "instance": (_instance, "InstanceId"),
    "interface": (_interface, "NetworkInterfaceId"),
    "address": (_elastic, "PublicIp"),
    "nat": (_nat, "NatGatewayId"),
    "endpoint": (_endpoint, "VpcEndpointId"),
    "route_table": (_route_table, "RouteTableId"),
    "subnet": (_subnet, "SubnetId"),
    "vpc": (_vpc, "VpcId"),
}


def epoch(value: Any) -> int:
    """Epoch seconds of a time as boto3, the CLI or Config writes it; 0 when it is none."""
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value / 1000) if value > 10**11 else int(value)
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) if moment else 0


def _address(text: str, kind: str) -> Item:
    return {"address": text, "kind": kind}


def _once(addresses: list[Item]) -> list[Item]:
    """Each address once, the one that says most of it first."""
    found: dict[str, Item] = {}
    for one in addresses:
        if one["address"] and one["address"] not in found:
            found[one["address"]] = one
    return list(found.values())


def items_in(holder: Any, name: str) -> list[Item]:
    value = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _at(holder: Any, *names: str) -> Any:
    for name in names:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def text_at(holder: Any, *names: str) -> str:
    value = _at(holder, *names)
    return value if isinstance(value, str) else ""
