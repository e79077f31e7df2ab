"""Pulling an inventory over HTTP: accounts, regions and pages; throttled, refused and stopped halfway; GuardDuty by a fake."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.detect.estate import Estate
from roletrail.errors import InputUnavailable, InvalidRequest
from roletrail.inventory.feeds import guardduty_findings
from roletrail.inventory.known import Known, Said
from roletrail.inventory.pull import Asked, pull
from roletrail.inventory.store import InventoryFile
from roletrail.usecases.places.inventories import fetch_address_ranges, pull_inventory
from tests.support import aws, aws_fake
from tests.support.aws import Cloud

OTHER = "111111111111"
REGIONS = ("eu-central-1", "us-east-1")
NOW = int(time.time()) + 60
"""After what the tests build was made."""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[InventoryFile]:
    opened = InventoryFile(tmp_path / "inventory.sqlite")
    yield opened
    opened.close()


def build(cloud: Cloud, region: str, credentials: dict[str, str] | None = None) -> str:
    """A network with a NAT gateway and an instance behind it; returns the instance's id."""
    ec2 = cloud.client("ec2", region) if credentials is None else _as(cloud, region, credentials)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3", RouteTableIds=[table])
    started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)
    return started["Instances"][0]["InstanceId"]


def _as(cloud: Cloud, region: str, credentials: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        "ec2", region_name=region, endpoint_url=cloud.url, aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"],
    )  # fmt: skip


def test_every_account_and_region_is_listed_whole(cloud: Cloud, file: InventoryFile, tmp_path: Path) -> None:
    organizations = cloud.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    other = organizations.create_account(Email="other@example.com", AccountName="other")["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{other}:role/inventory"
    credentials = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="builder")["Credentials"]
    mine = {build(cloud, region) for region in REGIONS}
    theirs = build(cloud, "us-east-1", credentials)

    found = pull(file, Asked(regions=REGIONS, role="inventory"), NOW)

    assert (found.accounts, found.listings, found.refused, found.continued) == (2, 2 * 2 * 8, (), False)
    instances = {one.id: one for one in file.snapshots() if one.kind == "instance"}
    assert mine | {theirs} <= set(instances)
    assert instances[theirs].account == other
    assert {one.region for one in instances.values() if one.id in mine} == set(REGIONS)
    file.close()
    known = Known(tmp_path / "inventory.sqlite", Said())
    estate = Estate(known.facts(), known.organisation())
    assert estate.organisation.endpoints_complete
    assert estate.organisation.accounts == {other, "123456789012"}
    assert estate.own[theirs][0].kind == "private"
    known.close()


def test_a_throttled_pull_goes_on_and_a_stopped_one_is_continued(
    cloud: Cloud, file: InventoryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for region in REGIONS:
        build(cloud, region)

    def stop(text: str) -> None:
        if "eu-central-1" in text:
            raise KeyboardInterrupt

    with aws_fake.throttling(cloud.url, every=9) as proxy:
        aws.enter(monkeypatch, cloud.environment(proxy.url))
        with pytest.raises(KeyboardInterrupt):
            pull(file, Asked(regions=REGIONS), NOW, stop)
        listed = len(file.listings())
        assert listed == 8
        found = pull(file, Asked(regions=REGIONS), NOW + 500)
        again = pull(file, Asked(regions=REGIONS[:1]), NOW + 900)
    assert proxy.throttled
    assert (found.continued, found.listings) == (True, 8)
    assert (again.continued, again.listings) == (False, 8)
    assert {one.at for one in file.listings()} == {NOW, NOW + 900}


def test_what_a_later_listing_lacks_is_gone_since(cloud: Cloud, file: InventoryFile) -> None:
    now = int(time.time())  # the run may be long: the instance is launched now
    instance = build(cloud, "eu-west-1")
    ec2 = cloud.client("ec2", "eu-west-1")
    pull(file, Asked(regions=("eu-west-1",)), now)
    (address,) = {
        one["address"]
        for one in next(s for s in file.snapshots() if s.id == instance).body["addresses"]
        if one["kind"] == "private"
    }
    gateways = [one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"]]
    ec2.terminate_instances(InstanceIds=[instance])
    for gateway in gateways:
        ec2.delete_nat_gateway(NatGatewayId=gateway)
    pull(file, Asked(regions=("eu-west-1",)), now + 1000)
    from roletrail.inventory.facts import facts_of

    estate = Estate(facts_of(file.snapshots()))
    assert estate.own_address(instance, address, now + 900, now + 900)
    assert not estate.own_address(instance, address, now + 1100, now + 1100)
    assert not any(nat.until == 0 for nats in estate.nats.values() for nat in nats)


def test_a_config_aggregator_gives_the_same_kinds(file: InventoryFile, monkeypatch: pytest.MonkeyPatch) -> None:
    item = {
        "resourceId": "i-0aaaaaaaaaaaaaaa1", "resourceType": "AWS::EC2::Instance", "accountId": OTHER, "awsRegion": "eu-central-1",
        "configurationItemCaptureTime": "2026-11-01T00:00:00.000Z", "configurationItemStatus": "OK",
        "configuration": {"instanceId": "i-0aaaaaaaaaaaaaaa1", "vpcId": "vpc-01", "privateIpAddress": "10.0.1.5"},
    }  # fmt: skip
    pages = [{"Results": [json.dumps(item)], "NextToken": "2"}, {"Results": []}]
    answers = {"SelectAggregateResourceConfig": pages, "GetCallerIdentity": aws_fake.IDENTITY}
    with aws_fake.serving({"config": answers, "sts": answers}) as fake:
        aws.enter(monkeypatch, aws.NOBODY | {"AWS_ENDPOINT_URL": fake.url})
        found = pull(file, Asked(aggregator="everything"), NOW)
    assert (found.resources, found.accounts) == (1, 1)
    (snapshot,) = file.snapshots()
    assert (snapshot.account, snapshot.at, snapshot.body["vpc"]) == (OTHER, 1_793_491_200, "vpc-01")


def test_guardduty_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = aws_fake.finding("f1", "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS")
    sequence = aws_fake.finding("f2", "AttackSequence:IAM/CompromisedCredentials")
    answers = {
        "ListDetectors": [{"DetectorIds": ["d1"]}],
        "ListFindings": [{"FindingIds": ["f1"], "NextToken": "more"}, {"FindingIds": ["f2"]}],
        "GetFindings": [{"Findings": [finding, sequence]}],
    }
    with aws_fake.serving({"guardduty": answers}) as fake:
        aws.enter(monkeypatch, aws.NOBODY | {"AWS_ENDPOINT_URL": fake.url})
        found = list(guardduty_findings(["us-east-1"]))
    assert [one.id for one in found] == ["f1", "f2"]
    assert found[0].access_key_ids == ("ASIAIEXAMPLEXXXXXXK2",)
    assert found[0].instance_ids == ("i-0aaaaaaaaaaaaaaa1",)
    assert found[0].addresses == ("203.0.113.20",)
    assert (found[0].account, found[0].count, found[0].severity) == ("222222222222", 2, 8.0)


def test_ranges_are_fetched_and_kept(tmp_path: Path) -> None:
    document = {
        "createDate": "2026-11-20-01-02-03",
        "prefixes": [{"ip_prefix": "198.51.100.0/25", "region": "x", "service": "EC2"}],
    }
    known = Known(tmp_path / "inventory", Said())
    with aws_fake.files({"/ip-ranges.json": json.dumps(document).encode(), "/other": b"{}"}) as url:
        assert fetch_address_ranges(known, local_actor(), NOW, f"{url}/ip-ranges.json") == "2026-11-20"
        assert known.ranges().find("198.51.100.9")
        for place in ("/other", "/nothing"):
            with pytest.raises(InputUnavailable):
                fetch_address_ranges(known, local_actor(), NOW, url + place)
    with pytest.raises(InvalidRequest):
        fetch_address_ranges(known, local_actor(), NOW, "file:///etc/passwd")
    known.close()


@pytest.mark.usefixtures("cloud")
def test_progress_is_told(tmp_path: Path) -> None:
    known = Known(tmp_path / "inventory", Said())
    said: list[str] = []
    view = pull_inventory(known, local_actor(), Asked(regions=("us-east-1",)), NOW, said.append)
    assert view.listings == 8
    assert said
    known.close()
