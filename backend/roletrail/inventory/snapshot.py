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

    kind: str  # instance | interface | address | nat | endpoint | route_table | subnet | vpc
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
    for reservation in _items(document, "Reservations"):
        owner = _text(reservation, "OwnerId")
        for item in _items(reservation, "Instances"):
            yield _snapshot("instance", item, context, owner)
    for name, kind in LISTS.items():
        for item in _items(document, name):
            yield _snapshot(kind, item, context, _text(item, "OwnerId"))


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
    kind = CONFIG_TYPES.get(_text(item, "resourceType"))
    resource = _text(item, "resourceId")
    at = epoch(item.get("configurationItemCaptureTime")) or context.at
    if kind is None or not resource:
        return None
    account = _text(item, "awsAccountId") or _text(item, "accountId") or context.account
    place = Context(at, f"AWS Config {context.source}", account, _text(item, "awsRegion") or context.region)
    if _text(item, "configurationItemStatus").startswith("ResourceDeleted"):
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
    region = _text(item, "Placement", "AvailabilityZone") or _text(item, "AvailabilityZone")
    return Snapshot(
        kind, _text(item, name), owner or context.account, region.rstrip("abcdef") if region else context.region, context.at,
        context.source, read(item),
    )  # fmt: skip


def _instance(item: Item) -> Item:
    interfaces = _items(item, "NetworkInterfaces")
    attached = [at for one in interfaces if (at := epoch(_at(one, "Attachment", "AttachTime")))]
    addresses = [address for one in interfaces for address in _of_interface(one)]
    addresses += [_address(_text(item, "PrivateIpAddress"), "private"), _address(_text(item, "Ipv6Address"), "ipv6")]
    if not any(one["kind"] == "public" for one in addresses):
        addresses.append(_address(_text(item, "PublicIpAddress"), "public"))
    launched = epoch(item.get("LaunchTime"))
    return {
        "vpc": _text(item, "VpcId"),
        "subnet": _text(item, "SubnetId"),
        "state": _text(item, "State", "Name"),
        "profile": _text(item, "IamInstanceProfile", "Arn"),
        "launched": launched,
        "made": min([*attached, launched] if launched else attached, default=0),
        "http_tokens": _text(item, "MetadataOptions", "HttpTokens"),
        "group": next((_text(one, "Value") for one in _items(item, "Tags") if _text(one, "Key") == GROUP_TAG), ""),
        "addresses": _once(addresses),
    }


def _interface(item: Item) -> Item:
    return {
        "vpc": _text(item, "VpcId"),
        "subnet": _text(item, "SubnetId"),
        "instance": _text(item, "Attachment", "InstanceId"),
        "made": epoch(_at(item, "Attachment", "AttachTime")),
        "type": _text(item, "InterfaceType"),
        "description": _text(item, "Description"),
        "requester": _text(item, "RequesterId"),
        "addresses": _once(_of_interface(item)),
    }


def _of_interface(one: Item) -> list[Item]:
    found = [_address(_text(one, "PrivateIpAddress"), "private")]
    for private in [one, *_items(one, "PrivateIpAddresses")]:
        owned = _text(private, "Association", "IpOwnerId")
        found += [
            _address(_text(private, "PrivateIpAddress"), "private"),
            {**_address(_text(private, "Association", "PublicIp"), "public"), "lent": owned in ("amazon", "")},
            _address(_text(private, "Association", "CarrierIp"), "carrier"),
        ]
    found += [_address(_text(six, "Ipv6Address"), "ipv6") for six in _items(one, "Ipv6Addresses")]
    for name, member in (("Ipv6Prefixes", "Ipv6Prefix"), ("Ipv4Prefixes", "Ipv4Prefix")):
        found += [_address(_text(prefix, member), "prefix") for prefix in _items(one, name)]
    return found


def _elastic(item: Item) -> Item:
    return {
        "allocation": _text(item, "AllocationId"),
        "instance": _text(item, "InstanceId"),
        "interface": _text(item, "NetworkInterfaceId"),
        "public": _text(item, "PublicIp"),
        "carrier": _text(item, "CarrierIp"),
    }


def _nat(item: Item) -> Item:
    addresses = _items(item, "NatGatewayAddresses")
    return {
        "vpc": _text(item, "VpcId"),
        "subnet": _text(item, "SubnetId"),
        "state": _text(item, "State"),
        "connectivity": _text(item, "ConnectivityType"),
        "public": [public for one in addresses if (public := _text(one, "PublicIp"))],
        "private": [private for one in addresses if (private := _text(one, "PrivateIp"))],
        "made": epoch(item.get("CreateTime")),
    }


def _endpoint(item: Item) -> Item:
    return {
        "vpc": _text(item, "VpcId"),
        "type": _text(item, "VpcEndpointType"),
        "service": _text(item, "ServiceName"),
        "made": epoch(item.get("CreationTimestamp")),
    }


TARGETS = (
    "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "EgressOnlyInternetGatewayId",
    "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "GatewayId", "InstanceId",
)  # fmt: skip


def _route_table(item: Item) -> Item:
    associations = _items(item, "Associations")
    return {
        "vpc": _text(item, "VpcId"),
        "main": any(one.get("Main") is True for one in associations),
        "subnets": [subnet for one in associations if (subnet := _text(one, "SubnetId"))],
        "routes": [
            {
                "destination": _text(one, "DestinationCidrBlock") or _text(one, "DestinationIpv6CidrBlock") or _text(one, "DestinationPrefixListId"),
                "target": next((target for name in TARGETS if (target := _text(one, name))), ""),
            }
            for one in _items(item, "Routes")
            if _text(one, "State") != "blackhole"
        ],
    }  # fmt: skip


def _subnet(item: Item) -> Item:
    six = [_text(one, "Ipv6CidrBlock") for one in _items(item, "Ipv6CidrBlockAssociationSet")]
    return {"vpc": _text(item, "VpcId"), "blocks": [block for block in (_text(item, "CidrBlock"), *six) if block]}


def _vpc(item: Item) -> Item:
    four = [_text(one, "CidrBlock") for one in _items(item, "CidrBlockAssociationSet")]
    six = [_text(one, "Ipv6CidrBlock") for one in _items(item, "Ipv6CidrBlockAssociationSet")]
    return {"blocks": list(dict.fromkeys(block for block in (_text(item, "CidrBlock"), *four, *six) if block))}


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


def _items(holder: Any, name: str) -> list[Item]:
    value = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _at(holder: Any, *names: str) -> Any:
    for name in names:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _text(holder: Any, *names: str) -> str:
    value = _at(holder, *names)
    return value if isinstance(value, str) else ""
