"""Asking AWS for the inventory: read-only describe calls of every account and region, page by page, each listing kept when
it is whole. A pull that stopped goes on with what it has not listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from roletrail.aws import clients
from roletrail.aws.patience import kind_of, patiently, sentence
from roletrail.inventory.snapshot import Context, Snapshot, of_config, of_describe
from roletrail.inventory.store import InventoryFile, Listing

CALLS: tuple[tuple[str, str, str], ...] = (
    # kind, paginator of EC2 (or the call alone where there is none), member of the answer
    ("instance", "describe_instances", "Reservations"),
    ("interface", "describe_network_interfaces", "NetworkInterfaces"),
    ("address", "describe_addresses", "Addresses"),
    ("nat", "describe_nat_gateways", "NatGateways"),
    ("endpoint", "describe_vpc_endpoints", "VpcEndpoints"),
    ("route_table", "describe_route_tables", "RouteTables"),
    ("subnet", "describe_subnets", "Subnets"),
    ("vpc", "describe_vpcs", "Vpcs"),
)
SOURCE = "a pull from AWS"
RUN = "pull"
ATTEMPTS = 3
"""Of botocore's own, inside each of `patiently`'s."""

CONFIG_QUERY = (
    "SELECT resourceId, resourceType, accountId, awsRegion, configuration, configurationItemCaptureTime,"
    " configurationItemStatus WHERE resourceType IN ('AWS::EC2::Instance', 'AWS::EC2::NetworkInterface', 'AWS::EC2::EIP',"
    " 'AWS::EC2::NatGateway', 'AWS::EC2::VPCEndpoint', 'AWS::EC2::RouteTable', 'AWS::EC2::Subnet', 'AWS::EC2::VPC')"
)


class Asked(NamedTuple):
    accounts: tuple[str, ...] = ()  # only these
    regions: tuple[str, ...] = ()
    role: str = ""  # name of a role that every other account has for us
    aggregator: str = ""  # a Config aggregator instead of describe calls


class Pulled(NamedTuple):
    """What a pull came to. `refused` are places AWS did not let us read, each with its reason."""

    accounts: int
    listings: int
    resources: int
    continued: bool
    refused: tuple[str, ...]


Show = Callable[[str], None]


def pull(file: InventoryFile, asked: Asked, at: int, show: Show = lambda _: None) -> Pulled:
    """Raises InputUnavailable when credentials are no good or AWS stays silent."""
    run = _Run(file, asked, at, show)
    return run.by_config() if asked.aggregator else run.by_describing()


class _Run:
    def __init__(self, file: InventoryFile, asked: Asked, at: int, show: Show) -> None:
        self._file = file
        self._asked = asked
        self._show = show
        before = file.document(RUN)
        self._at = int(before) if before else at
        self._continued = before is not None
        self._refused: list[str] = []
        self._own = patiently(lambda: _sts().get_caller_identity(), "GetCallerIdentity")["Account"]
        file.put_document(RUN, self._at, str(self._at).encode())

    def by_describing(self) -> Pulled:
        done = {(one.kind, one.account, one.region) for one in self._file.listings() if one.at == self._at}
        accounts = self._accounts()
        listings = resources = 0
        for account in accounts:
            for region in self._regions(account):
                for kind, call, member in CALLS:
                    if (kind, account, region) in done:
                        continue
                    found = self._listing(account, region, call, member)
                    if found is None:
                        continue
                    resources += self._file.put(found, [Listing(kind, account, region, self._at, len(found))])
                    listings += 1
                self._show(f"{account} {region}: {resources} resources")
        return self._finished(len(accounts), listings, resources)

    def by_config(self) -> Pulled:
        """Everything an aggregator holds, in one query; it says when each item was captured."""
        context = Context(self._at, SOURCE)
        resources, accounts = 0, set[str]()
        for page in self._pages("config", "", "", "select_aggregate_resource_config", self._query()):
            snapshots = [found for text in page["Results"] if (found := of_config(_parsed(text), context))]
            accounts |= {one.account for one in snapshots}
            resources += self._file.put(snapshots)
            self._show(f"{resources} resources")
        return self._finished(len(accounts), 0, resources)

    def _query(self) -> dict[str, str]:
        return {"Expression": CONFIG_QUERY, "ConfigurationAggregatorName": self._asked.aggregator}

    def _finished(self, accounts: int, listings: int, resources: int) -> Pulled:
        self._file.drop_document(RUN)
        return Pulled(accounts, listings, resources, self._continued, tuple(self._refused))

    def _accounts(self) -> list[str]:
        """The organisation's, where we may ask and have a role in each; else our own."""
        found = [self._own]
        listed = self._organisation()
        if listed:
            self._file.put_accounts(listed, self._at)
        if self._asked.role:
            found += [account for account, _ in listed if account != self._own]
            found += [account for account in self._asked.accounts if account not in found]
        return [account for account in found if not self._asked.accounts or account in self._asked.accounts]

    def _organisation(self) -> list[tuple[str, str]]:
        try:
            pages = list(self._pages("organizations", "", "", "list_accounts", {}))
        except Exception as error:
            if not _refuses(error):
                raise
            self._refused.append(f"the organisation's accounts: {sentence(error)}")
            return []
        accounts = [one for page in pages for one in page["Accounts"]]
        return [(one["Id"], one.get("Name", "")) for one in accounts if one.get("Status", "ACTIVE") == "ACTIVE"]

    def _regions(self, account: str) -> Sequence[str]:
        if self._asked.regions:
            return self._asked.regions
        try:
            answer = patiently(lambda: self._client("ec2", account, "").describe_regions(), f"DescribeRegions in {account}")
        except Exception as error:
            if not _refuses(error):
                raise
            self._refused.append(f"{account}: {sentence(error)}")
            return []
        return sorted(one["RegionName"] for one in answer["Regions"] if one.get("OptInStatus") != "not-opted-in")

    def _listing(self, account: str, region: str, call: str, member: str) -> list[Snapshot] | None:
        context = Context(self._at, SOURCE, account, region)
        try:
            pages = list(self._pages("ec2", account, region, call, {}))
        except Exception as error:
            if not _refuses(error):
                raise
            self._refused.append(f"{account} {region} {call}: {sentence(error)}")
            return None
        found = [snapshot for page in pages for snapshot in of_describe({member: page.get(member, [])}, context)]
        return [snapshot._replace(account=account, region=region) for snapshot in found]

    def _pages(self, service: str, account: str, region: str, call: str, arguments: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Pages of a call, each asked for until AWS answers."""
        token: dict[str, str] = {}
        while True:
            asked = {**arguments, **token}
            what = f"{call} in {account or self._own} {region}".strip()
            page = patiently(lambda: getattr(self._client(service, account, region), call)(**asked), what)  # noqa: B023
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _client(self, service: str, account: str, region: str) -> Any:
        other = account not in ("", self._own)
        role = f"arn:aws:iam::{account}:role/{self._asked.role}" if other else ""
        return clients.client(service, region, attempts=ATTEMPTS, role=role)


def _sts() -> Any:
    return clients.client("sts", attempts=ATTEMPTS)


def _refuses(error: Exception) -> bool:
    """AWS answered, and will not let us read this."""
    return kind_of(error) in ("denied", "other") and hasattr(error, "response")


def _parsed(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}
