"""Loading an inventory: what files say of our network, the organisation, address ranges and GuardDuty's findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InputUnavailable
from roletrail.inventory.feeds import IP_RANGES_URL, fetch_ranges, guardduty_findings
from roletrail.inventory.known import Known
from roletrail.inventory.pull import Asked, pull
from roletrail.inventory.reading import Read, files_of, read_file
from roletrail.inventory.snapshot import Snapshot
from roletrail.inventory.store import IP_RANGES, Listing


@dataclass(frozen=True, slots=True)
class ImportedView:
    """What an import took in. `ignored` are files that hold nothing of an inventory."""

    files: int
    resources: int
    accounts: int
    guardduty_findings: int
    ip_ranges: bool
    ignored: list[str]


def import_files(
    inventory: Known, actor: Actor, paths: Sequence[str], *, at: int = 0, account: str = "", region: str = "", whole: bool = False
) -> ImportedView:
    """Take files in. Running it again changes nothing. Raises InputUnavailable for what is not there or no JSON."""
    require(actor, "inventory.write")
    read = [read_file(path, at, account, region) for path in files_of(paths)]
    if not read:
        raise InputUnavailable("There are no JSON files in it.", hint="Name the output of describe calls, or AWS Config's files.")
    for one in read:
        _keep(inventory, one, at)
    if whole:
        inventory.file.put((), _listings(one for read_ in read for one in read_.snapshots))
    return ImportedView(
        files=len(read),
        resources=sum(len(one.snapshots) for one in read),
        accounts=sum(len(one.accounts) for one in read),
        guardduty_findings=sum(len(one.findings) for one in read),
        ip_ranges=any(one.ranges for one in read),
        ignored=[one.path for one in read if not one.anything],
    )


@dataclass(frozen=True, slots=True)
class PulledView:
    """What a pull came to. `refused` are places that AWS did not let us read."""

    accounts: int
    listings: int
    resources: int
    continued: bool  # it went on with one that had stopped
    refused: list[str]


def pull_inventory(
    inventory: Known, actor: Actor, asked: Asked, now: float, show: Callable[[str], None] = lambda _: None
) -> PulledView:
    """Ask AWS. Raises InputUnavailable when credentials are no good; running it again goes on where it stopped."""
    require(actor, "inventory.write")
    found = pull(inventory.file, asked, int(now), show)
    return PulledView(found.accounts, found.listings, found.resources, found.continued, list(found.refused))


def fetch_address_ranges(inventory: Known, actor: Actor, now: float, url: str = IP_RANGES_URL) -> str:
    """Fetch AWS's file and keep it; returns its date."""
    require(actor, "inventory.write")
    body = fetch_ranges(url)
    inventory.file.put_document(IP_RANGES, int(now), body)
    return inventory.ranges().date


def pull_guardduty(inventory: Known, actor: Actor, regions: Sequence[str]) -> int:
    """Ask GuardDuty of these regions; returns how many findings came."""
    require(actor, "inventory.write")
    return inventory.file.put_findings(guardduty_findings(regions))


def _listings(snapshots: Iterable[Snapshot]) -> list[Listing]:
    """What files that list everything of their accounts come to: one listing a kind, account and region."""
    found = Counter((one.kind, one.account, one.region, one.at) for one in snapshots)
    return [Listing(*place, resources) for place, resources in found.items()]


def _keep(inventory: Known, read: Read, at: int) -> None:
    if read.snapshots:
        inventory.file.put(read.snapshots)
    if read.accounts:
        inventory.file.put_accounts(read.accounts, at)
    if read.findings:
        inventory.file.put_findings(read.findings)
    if read.ranges:
        inventory.file.put_document(IP_RANGES, at, read.ranges)
