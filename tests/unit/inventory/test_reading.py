"""Files of an inventory are told by what they hold; facts have their times."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.detect.estate import Estate
from roletrail.errors import InputUnavailable
from roletrail.inventory.known import Known, Said
from roletrail.usecases.places.inventories import import_files
from tests.support import aws_fake, inventories

INSTANCE = "i-0aaaaaaaaaaaaaaa1"
NOON = 1_793_620_800  # 2026-11-02T12:00:00Z


def item(at: str, addresses: list[str], status: str = "OK") -> dict[str, Any]:
    """A configuration item of the instance, as AWS Config delivers it."""
    interfaces = [{"privateIpAddresses": [{"privateIpAddress": address} for address in addresses]}]
    return {
        "resourceType": "AWS::EC2::Instance", "resourceId": INSTANCE, "awsAccountId": "222222222222", "awsRegion": "eu-central-1",
        "configurationItemCaptureTime": at, "configurationItemStatus": status,
        "configuration": {"instanceId": INSTANCE, "vpcId": "vpc-01", "networkInterfaces": interfaces},
    }  # fmt: skip


def known_of(tmp_path: Path, *documents: Any) -> Known:
    known = Known(tmp_path / "inventory.sqlite", Said())
    folder = tmp_path / "files"
    folder.mkdir()
    for number, document in enumerate(documents):
        (folder / f"{number}.json.gz").write_bytes(gzip.compress(json.dumps(document).encode()))
    import_files(known, local_actor(), [str(folder)], at=NOON)
    return known


@pytest.mark.parametrize("wrap", ["history", "select", "bare"])
def test_config_items_give_addresses_their_times(tmp_path: Path, wrap: str) -> None:
    items = [
        item("2026-11-02T08:00:00.000Z", ["10.0.1.5"]),
        item("2026-11-02T10:00:00.000Z", ["10.0.1.6"]),
        item("2026-11-02T11:00:00.000Z", [], "ResourceDeleted"),
    ]
    documents: dict[str, Any] = {
        "history": {"fileVersion": "1.0", "configurationItems": items},
        "select": {"Results": [json.dumps(one) for one in items]},
        "bare": items,
    }
    known = known_of(tmp_path, documents[wrap])
    estate = Estate(known.facts())
    held = {
        hour: {one for one in ("10.0.1.5", "10.0.1.6") if estate.own_address(INSTANCE, one, at, at)}
        for hour, at in ((7, NOON - 18_000), (9, NOON - 10_800), (10.5, NOON - 5_400), (11.5, NOON - 1_800))
    }
    assert held == {7: {"10.0.1.5"}, 9: {"10.0.1.5"}, 10.5: {"10.0.1.6"}, 11.5: set()}
    known.close()


def test_everything_at_once_and_again(tmp_path: Path) -> None:
    described = inventories.answers(
        {"instance": INSTANCE, "vpc": "vpc-01", "default_route": "nat-01", "nat_addresses": {"nat-01": "198.51.100.7"}}
    )
    accounts = {"Accounts": [{"Id": "222222222222", "Status": "ACTIVE"}, {"Id": "333333333333", "Status": "SUSPENDED"}]}
    event = {
        "detail-type": "GuardDuty Finding",
        "detail": _camel(aws_fake.finding("f1", "AttackSequence:IAM/CompromisedCredentials")),
    }
    ranges = {
        "createDate": "2026-11-01-00-00-00",
        "prefixes": [{"ip_prefix": "198.51.100.0/25", "region": "x", "service": "EC2"}],
    }
    known = known_of(tmp_path, *described.values(), accounts, event, ranges, {"hello": 1})
    before = (known.facts(), known.organisation(), known.findings())
    assert known.organisation().accounts == {"222222222222"}
    assert known.ranges().date == "2026-11-01"
    assert [one.access_key_ids for one in known.findings()] == [("ASIAIEXAMPLEXXXXXXK2",)]
    again = import_files(known, local_actor(), [str(tmp_path / "files")], at=NOON)
    assert (known.facts(), known.organisation(), known.findings()) == before
    assert len(again.ignored) == 1
    known.close()


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _camel(one) for name, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("body", [b"not json", b"\x1f\x8bbroken", b"[" * 100_000, b'{"prefixes": 1, "createDate": ""}'])
def test_what_cannot_be_read_is_named(tmp_path: Path, body: bytes) -> None:
    known = Known(tmp_path / "inventory.sqlite", Said())
    (tmp_path / "broken.json").write_bytes(body)
    with pytest.raises(InputUnavailable, match=r"broken\.json"):
        import_files(known, local_actor(), [str(tmp_path / "broken.json")])
    with pytest.raises(InputUnavailable, match="nothing at"):
        import_files(known, local_actor(), [str(tmp_path / "missing")])
    known.close()


def test_interfaces_are_a_tasks_while_it_lives(tmp_path: Path) -> None:
    """By the attachment that ECS writes on the interface, though it hangs on the machine; the subnet tells of the VPC."""
    arn = "arn:aws:ecs:eu-central-1:222222222222"
    attachment = {"id": "a1", "type": "eni", "details": [{"name": "subnetId", "value": "subnet-01"}]}
    lived = {"createdAt": "2026-11-02T10:00:00Z", "stoppedAt": "2026-11-02T11:00:00Z"}
    container = {"networkInterfaces": [{"attachmentId": "a1", "ipv6Address": "2001:DB8::7"}]}
    tasks = [
        {"taskArn": f"{arn}:task/shop/t1", "attachments": [attachment], "containers": [container], **lived},
        {"taskArn": f"{arn}:task/shop/t2", "attachments": []},
    ]
    interface = {
        "NetworkInterfaceId": "eni-01", "VpcId": "vpc-01", "SubnetId": "subnet-01", "Description": f"{arn}:attachment/a1", "OwnerId": "222222222222",
        "AvailabilityZone": "eu-central-1a", "Attachment": {"InstanceId": INSTANCE}, "PrivateIpAddress": "10.0.1.5",
    }  # fmt: skip
    known = known_of(tmp_path, {"tasks": tasks}, {"NetworkInterfaces": [interface]})
    estate = Estate(known.facts())
    held = {
        (owner, address, hour)
        for owner in ("task/t1", "task/t2", INSTANCE)
        for address in ("10.0.1.5", "2001:db8::7")
        for hour in (9, 10, 11)
        if estate.own_address(owner, address, NOON - 3_600 * (12 - hour), NOON - 3_600 * (12 - hour))
    }
    assert held == {("task/t1", "10.0.1.5", 10), ("task/t1", "2001:db8::7", 10)}
    fact = estate.instance("task/t1", NOON - 7_000)
    assert fact is not None
    assert (fact.vpc, fact.account, fact.region) == ("vpc-01", "222222222222", "eu-central-1")
    assert "task/t2" not in estate.instances
    known.close()


@pytest.mark.parametrize(
    "hostile",
    [
        {"Reservations": [1, {"Instances": "x"}]},
        {"Vpcs": [None, {"VpcId": 5}]},
        {"Accounts": {"Id": 1}},
        {"RouteTables": [{"Routes": [{"State": 1}]}]},
        {"tasks": [1, {"taskArn": "task/x"}, {"taskArn": "a:b:c:d:e:service/x", "attachments": 1}], "builds": {"arn": 1}},
    ],
)
def test_strange_shapes_are_no_facts(tmp_path: Path, hostile: Any) -> None:
    known = known_of(tmp_path, hostile)
    assert not known.facts()
    known.close()
