"""Off-instance use at size: a fleet with thefts whose truth is known, judged with an inventory and without.

`python -m tests.bench.places [--activities 100000]` prints seconds, and for each row of the table how many uses it listed as off
and how many of those were thefts. The weights of first use are hand-set; this is where they are held against something.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph, open_ports
from roletrail.detect.verdict import UseVerdict
from roletrail.inventory.known import Known, Said
from roletrail.settings import load
from roletrail.usecases.loading.load import load_logs
from roletrail.usecases.places.inventories import import_files
from roletrail.usecases.places.off_instance import judge_uses
from tests.support import workloads
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role

ACCOUNT = "222222222222"
DAY = "2026-11-02"
FIRST = at(DAY, "00:00:00")
LIFE, CELL = 21_600, 900
A_NETWORK = 20  # instances behind one gateway
THEFTS = 0.05
KINDS = ("outside", "inside", "lateral", "proxy")
LAPTOP = "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.8 Darwin/23.6.0"
RANGES = {"198.51.100.0/24": "eu-central-1", "192.0.2.0/24": "us-east-1"}
SAID = {"outside": "203.0.113.{}", "inside": "192.0.2.{}", "lateral": "10.{}.9.9", "proxy": ""}


class Host(NamedTuple):
    number: int
    instance: str
    role: Role
    private: str
    network: int
    theft: str  # one of KINDS, or ""

    @property
    def egress(self) -> str:
        return f"198.51.100.{self.network % 250 + 1}"

    @property
    def endpoint(self) -> str:
        return f"vpce-0{self.network:016x}"

    @property
    def vpc(self) -> str:
        return f"vpc-{self.network}"


def fleet(activities: int, dice: random.Random) -> Iterator[Host]:
    each = 2 * (LIFE // CELL - 2) * 4
    ids = SeededIds("fleet")
    for number in range(max(20, activities // each)):
        theft = dice.choice(KINDS) if dice.random() < THEFTS else ""
        name = f"fleet-{number % 25}"
        role = Role(ACCOUNT, name, ids.unique("AROA", ACCOUNT, name))
        network = number // A_NETWORK
        yield Host(number, f"i-0{number:016x}", role, f"10.{network % 250}.{number % A_NETWORK}.5", network, theft)


def records(host: Host, ids: SeededIds, stolen: set[tuple[str, str]]) -> list[Any]:
    """A day of one host: four issuances, a call through its endpoint and one through its gateway every quarter of an hour."""
    trail = Trail(ids)
    own = {"vpcEndpointId": host.endpoint, "vpcEndpointAccountId": ACCOUNT}
    for turn in range(4):
        begun = FIRST + turn * LIFE
        key, twin = workloads.instance(trail, begun, host.role, host.instance, address=host.private)
        for cell in range(1, LIFE // CELL - 1):
            when = begun + cell * CELL
            trail.call(key.at(host.private), when + 10, "s3", "ListBuckets", **own)
            trail.call(key.at(host.egress), when + 40, "ec2", "DescribeInstances")
        if host.theft and turn == 2:
            address = SAID[host.theft].format(host.number % 250) or host.egress
            thief, through = twin.at(address, LAPTOP), own if host.theft == "lateral" else {}
            for minute in (7, 9, 12):
                trail.call(thief, begun + 3600 + 60 * minute, "s3", "GetObject", {"bucketName": "shop", "key": "x"}, **through)
            stolen.add((thief.identity["accessKeyId"], address))
    return trail.records


def write(folder: Path, activities: int, seed: int) -> tuple[list[Host], set[tuple[str, str]]]:
    dice, ids, stolen = random.Random(seed), SeededIds("places"), set[tuple[str, str]]()
    hosts = list(fleet(activities, dice))
    for start in range(0, len(hosts), 50):
        found = [record for host in hosts[start : start + 50] for record in records(host, ids, stolen)]
        (folder / f"{start:06d}.json").write_text(json.dumps({"Records": found}), "utf-8")
    return hosts, stolen


def describe(hosts: list[Host], folder: Path) -> None:
    """The inventory of the fleet, as describe calls give it."""
    networks = {host.network: host for host in hosts}
    found: dict[str, Any] = {
        "Reservations": [{"OwnerId": ACCOUNT, "Instances": [
            {"InstanceId": host.instance, "VpcId": host.vpc, "SubnetId": f"subnet-{host.network}", "PrivateIpAddress": host.private,
             "State": {"Name": "running"}, "Placement": {"AvailabilityZone": "eu-central-1a"}}
            for host in hosts]}],
        "NatGateways": [
            {"NatGatewayId": f"nat-{n}", "VpcId": host.vpc, "State": "available", "NatGatewayAddresses": [{"PublicIp": host.egress}]}
            for n, host in networks.items()],
        "RouteTables": [
            {"RouteTableId": f"rtb-{n}", "VpcId": host.vpc, "Associations": [{"Main": True}],
             "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": f"nat-{n}"}]}
            for n, host in networks.items()],
        "VpcEndpoints": [{"VpcEndpointId": host.endpoint, "VpcId": host.vpc, "OwnerId": ACCOUNT} for host in networks.values()],
    }  # fmt: skip
    folder.mkdir()
    for name, items in found.items():
        (folder / f"{name}.json").write_text(json.dumps({name: items}), "utf-8")


class Result(NamedTuple):
    seconds: float
    cpu: float
    activities: int
    rows: dict[str, tuple[int, int]]  # row -> uses listed as off, thefts among them
    missed: int  # thefts that no row listed
    accused: int  # uses listed that were none
    strange: int  # thefts not listed that look like unfamiliar hands


def measure(work: Path, stolen: set[tuple[str, str]], *, inventory: bool) -> Result:
    settings = load(store=f"sqlite:///{work / 'store.sqlite'}", inventory=str(work / ("known" if inventory else "nothing")))
    ports = open_ports(settings)
    ports.inventory.ranges()  # reading them is no judging
    begun, spent = time.perf_counter(), time.process_time()
    verdicts = list(judge_uses(ports.graph, ports.inventory))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - spent
    activities = len(ports.graph.activities_of([node.id for node in ports.graph.workload_nodes()], 0, 1 << 40))
    ports.close()
    return Result(seconds, cpu, activities, *_held(verdicts, stolen))


def _held(verdicts: list[UseVerdict], stolen: set[tuple[str, str]]) -> tuple[dict[str, tuple[int, int]], int, int, int]:
    listed, right = Counter[str](), Counter[str]()
    for one in verdicts:
        if one.off:
            listed[one.row] += 1
            right[one.row] += (one.access_key_id, one.source_ip_address) in stolen
    found = {(one.access_key_id, one.source_ip_address) for one in verdicts if one.off}
    rows = {row: (listed[row], right[row]) for row in sorted(listed)}
    missed = stolen - found
    strange = {(one.access_key_id, one.source_ip_address) for one in verdicts if one.hands == "unfamiliar"} & missed
    return rows, len(missed), sum(listed.values()) - sum(right.values()), len(strange)


def prepare(work: Path, activities: int, seed: int = 7) -> set[tuple[str, str]]:
    """Logs, store and inventory in a folder; returns the truth: keys and the addresses they were stolen to."""
    logs = work / "logs"
    logs.mkdir()
    hosts, stolen = write(logs, activities, seed)
    url = f"sqlite:///{work / 'store.sqlite'}"
    open_graph(url, create=True).close()
    load_logs(lambda: open_graph(url, create=False), work / "archive", local_actor(), [str(logs)])
    describe(hosts, work / "described")
    known = Known(work / "known", Said())
    import_files(known, local_actor(), [str(work / "described")], at=FIRST + 5 * LIFE)
    known.close()
    return stolen


def ranges_file(work: Path) -> Path:
    prefixes = [{"ip_prefix": prefix, "region": region, "service": "EC2"} for prefix, region in RANGES.items()]
    path = work / "ip-ranges.json"
    path.write_text(json.dumps({"createDate": "2026-11-01-00-00-00", "prefixes": prefixes}), "utf-8")
    return path


def main() -> int:
    import os

    parser = argparse.ArgumentParser()
    parser.add_argument("--activities", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["ROLETRAIL_IP_RANGES"] = str(ranges_file(work))
        stolen = prepare(work, asked.activities)
        for inventory in (True, False):
            found = measure(work, stolen, inventory=inventory)
            print(
                f"{'with' if inventory else 'without'} an inventory: {found.activities:,} activities in {found.seconds:.2f} s ({found.cpu:.2f} s of CPU)"
            )
            for row, (listed, right) in found.rows.items():
                print(f"  {row:5} {listed:5} listed, precision {right / listed:.2f}")
            print(
                f"  {found.missed} of {len(stolen)} thefts not listed, {found.strange} of them by unfamiliar hands; {found.accused} accused wrongly"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
