"""The sample company's inventory: what describe calls say of its two networks, and address ranges in which its egress is AWS's."""

from __future__ import annotations

import json
from typing import Any

from tests.scenarios import estate

MADE = "2026-09-01T08:00:00+00:00"
NETWORKS = (
    # account, instance, private address, role, egress, NAT gateway, endpoint
    (
        estate.SHOP, estate.STOREFRONT_INSTANCE, estate.STOREFRONT_ADDRESS, "storefront-web", estate.SHOP_EGRESS,
        "nat-0b1a2c3d4e5f60719", estate.SHOP_ENDPOINT["vpcEndpointId"],
    ),
    (
        estate.WAREHOUSE, estate.METRICS_INSTANCE, estate.METRICS_ADDRESS, "metrics-collector", estate.WAREHOUSE_EGRESS,
        "nat-0a9b8c7d6e5f40312", estate.WAREHOUSE_ENDPOINT["vpcEndpointId"],
    ),
)  # fmt: skip
RANGES = {
    "createDate": "2026-10-04-06-00-00",
    "prefixes": [{"ip_prefix": "203.0.113.64/26", "region": "eu-central-1", "service": "EC2"}],
}


def documents() -> dict[str, Any]:
    """File name -> document."""
    return {
        "instances.json": {"Reservations": [_reservation(*network) for network in NETWORKS]},
        "nat-gateways.json": {"NatGateways": [_nat(*network) for network in NETWORKS]},
        "route-tables.json": {"RouteTables": [_table(*network) for network in NETWORKS]},
        "vpc-endpoints.json": {"VpcEndpoints": [_endpoint(*network) for network in NETWORKS]},
        "vpcs.json": {"Vpcs": [_vpc(*network) for network in NETWORKS]},
        "accounts.json": {
            "Accounts": [
                {"Id": account, "Status": "ACTIVE"}
                for account in (estate.ORGANISATION, estate.TOOLING, estate.SHOP, estate.WAREHOUSE, estate.SANDBOX)
            ]
        },
        "ip-ranges.json": RANGES,
    }


def files() -> dict[str, bytes]:
    return {name: (json.dumps(document, indent=1) + "\n").encode() for name, document in documents().items()}


def _vpc_of(private: str) -> str:
    return f"vpc-0{private.split('.')[1]}00000000000000"


def _reservation(account: str, instance: str, private: str, role: str, *_: str) -> dict[str, Any]:
    host = {
        "InstanceId": instance, "VpcId": _vpc_of(private), "SubnetId": f"subnet-0{private.split('.')[1]}00000000000000",
        "LaunchTime": MADE, "State": {"Name": "running"}, "Placement": {"AvailabilityZone": "eu-central-1a"},
        "PrivateIpAddress": private, "MetadataOptions": {"HttpTokens": "optional"},
        "IamInstanceProfile": {"Arn": f"arn:aws:iam::{account}:instance-profile/{role}"},
    }  # fmt: skip
    return {"OwnerId": account, "Instances": [host]}


def _nat(account: str, _instance: str, private: str, _role: str, egress: str, nat: str, _endpoint: str) -> dict[str, Any]:
    del account
    public = [{"PublicIp": egress, "PrivateIp": f"10.{private.split('.')[1]}.0.9"}]
    return {"NatGatewayId": nat, "VpcId": _vpc_of(private), "State": "available", "ConnectivityType": "public",
            "CreateTime": MADE, "NatGatewayAddresses": public}  # fmt: skip


def _table(account: str, _instance: str, private: str, _role: str, _egress: str, nat: str, _endpoint: str) -> dict[str, Any]:
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat, "State": "active"}]
    return {"RouteTableId": f"rtb-0{private.split('.')[1]}00000000000000", "VpcId": _vpc_of(private), "OwnerId": account,
            "Routes": routes, "Associations": [{"Main": True}]}  # fmt: skip


def _endpoint(account: str, _instance: str, private: str, _role: str, _egress: str, _nat: str, endpoint: str) -> dict[str, Any]:
    return {"VpcEndpointId": endpoint, "VpcId": _vpc_of(private), "OwnerId": account, "VpcEndpointType": "Interface",
            "ServiceName": "com.amazonaws.eu-central-1.s3", "CreationTimestamp": MADE}  # fmt: skip


def _vpc(account: str, _instance: str, private: str, *_: str) -> dict[str, Any]:
    return {"VpcId": _vpc_of(private), "OwnerId": account, "CidrBlock": f"10.{private.split('.')[1]}.0.0/16"}
