"""Commands that load what is known from outside the logs: inventory, address ranges, GuardDuty's findings."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from roletrail.auth.actor import local_actor
from roletrail.cli.console import err, out, plain, write_json
from roletrail.cli.options import Accounts, AsJson, Regions, Store, settings_of
from roletrail.errors import InvalidRequest
from roletrail.inventory.feeds import IP_RANGES_URL
from roletrail.inventory.known import Known
from roletrail.inventory.pull import Asked
from roletrail.usecases.parameters import read_time
from roletrail.usecases.places.inventories import ImportedView, fetch_address_ranges, import_files, pull_guardduty, pull_inventory

inventory = typer.Typer(help="What is known of your network from outside the logs.", no_args_is_help=True)
guardduty = typer.Typer(help="GuardDuty's findings, pinned on the sessions they concern.", no_args_is_help=True)


def open_known(store: str | None) -> Known:
    from roletrail.bootstrap import open_inventory  # noqa: PLC0415 - see options.reading

    return open_inventory(settings_of(store))


@inventory.command("import")
def import_(
    files: Annotated[
        list[str], typer.Argument(help="Files or folders: output of describe calls, AWS Config items, ip-ranges.json, accounts.")
    ],
    store: Store = None,
    at: Annotated[
        str, typer.Option(help="When AWS said it (ISO 8601). Default: the file's own time.", metavar="TIME", show_default=False)
    ] = "",
    account: Annotated[str, typer.Option(help="Account, where the files do not say.", show_default=False)] = "",
    region: Annotated[str, typer.Option(help="Region, where the files do not say.", show_default=False)] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="The files list everything of their accounts: what they lack was not there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load instances, addresses, gateways, routes, endpoints, the organisation's accounts and AWS's address ranges."""
    known = open_known(store)
    try:
        show(
            import_files(known, local_actor(), files, at=_time(at), account=account, region=region, whole=whole), as_json=as_json
        )
    finally:
        known.close()


@inventory.command("pull")
def pull_(
    store: Store = None,
    accounts: Accounts = "",
    regions: Regions = "",
    role: Annotated[
        str, typer.Option(help="Name of a role to assume in every other account of the organisation.", show_default=False)
    ] = "",
    aggregator: Annotated[
        str, typer.Option(help="Ask this AWS Config aggregator instead of describing.", metavar="NAME", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Ask AWS, read-only, in every region. A pull that stopped goes on where it was."""
    asked = Asked(_list(accounts), _list(regions), role, aggregator)
    known = open_known(store)
    try:
        view = pull_inventory(known, local_actor(), asked, time.time(), lambda text: err().print(plain(text, "dim")))
    finally:
        known.close()
    if as_json:
        write_json(view)
        return
    out().print(plain(f"{view.resources:,} resources in {view.listings:,} listings of {view.accounts:,} accounts"))
    for text in view.refused[:20]:
        err().print(plain(f"not read: {text}", "yellow"))


@inventory.command("ranges")
def ranges_(
    store: Store = None,
    url: Annotated[str, typer.Option(help="Where AWS's file is.", show_default=False)] = IP_RANGES_URL,
) -> None:
    """Fetch AWS's address ranges as they are now, and keep them."""
    known = open_known(store)
    try:
        date = fetch_address_ranges(known, local_actor(), time.time(), url)
    finally:
        known.close()
    out().print(plain(f"address ranges of {date}"))


@guardduty.command("pull")
def pull_guardduty_(regions: Regions = "", store: Store = None) -> None:
    """Ask GuardDuty for its findings on exfiltrated credentials and attack sequences."""
    if not regions:
        raise InvalidRequest("Name the regions of your detectors.", hint="--regions us-east-1,eu-central-1")
    known = open_known(store)
    try:
        found = pull_guardduty(known, local_actor(), _list(regions))
    finally:
        known.close()
    out().print(plain(f"{found:,} GuardDuty findings"))


def _list(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


@guardduty.command("import")
def import_guardduty(
    files: Annotated[
        list[str], typer.Argument(help="Files or folders with GuardDuty findings (GetFindings, EventBridge, export).")
    ],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Load GuardDuty's findings on exfiltrated credentials and attack sequences."""
    known = open_known(store)
    try:
        show(import_files(known, local_actor(), files), as_json=as_json)
    finally:
        known.close()


def _time(text: str) -> int:
    try:
        return read_time(text) if text else 0
    except ValueError as problem:
        raise InvalidRequest(f"The option --at {problem}.") from None


def show(view: ImportedView, *, as_json: bool) -> None:
    if as_json:
        write_json(view)
        return
    out().print(
        plain(
            f"{view.resources:,} resources, {view.accounts:,} accounts, {view.guardduty_findings:,} GuardDuty findings"
            f"{', address ranges' if view.ip_ranges else ''} from {view.files:,} files"
        )
    )
    for path in view.ignored[:20]:
        err().print(plain(f"nothing of an inventory in {path}", "yellow"))
