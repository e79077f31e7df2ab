"""Commands that say what the logs hold of a time, and of a session's doings: coverage and impact."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, plain, write_json
from roletrail.cli.options import AsJson, Store, reading
from roletrail.lineage.impact import SECTIONS
from roletrail.usecases.chains.views import CoverageView, ImpactView
from roletrail.usecases.coverage import show_coverage
from roletrail.usecases.impact import impact_of, times
from roletrail.usecases.parameters import COVERAGE_PARAMETERS, coverage_window

_HELP = {parameter.name: parameter.help for parameter in COVERAGE_PARAMETERS}


def _option(name: str, metavar: str) -> typer.models.OptionInfo:
    return typer.Option(f"--{name}", help=_HELP[name], metavar=metavar, show_default=False)


def coverage(
    store: Store = None,
    account: Annotated[str, _option("account", "TEXT")] = "",
    from_: Annotated[str, _option("from", "TIME")] = "",
    to: Annotated[str, _option("to", "TIME")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what is loaded hour by hour, what digests prove of it, and what these logs cannot show."""
    window = coverage_window({"account": account, "from": from_, "to": to})
    with reading(store) as ports:
        view = show_coverage(ports.graph, local_actor(), **window)
    if as_json:
        write_json(view)
    else:
        out().print(_picture(view))


def _picture(view: CoverageView) -> Group:
    head = plain(f"{view.since or '-'} to {view.until or '-'}", "dim")
    banners = [plain(banner, "bold yellow") for banner in view.banners]
    gaps = [
        plain(f"{gap.reason}: {gap.what}, account {gap.account}, {gap.since} to {gap.until or 'the end of these logs'}", "yellow")
        for gap in view.gaps
    ]
    files = [
        plain(f"{state}: {name}", "red")
        for hour in view.hours
        for state, names in (("file missing", hour.files_missing), ("altered", hour.files_altered))
        for name in names
    ]
    files += [plain(f"digest missing: {name}", "red") for name in view.digests_missing]
    quarantine = [plain(f"quarantined, {one.reason}: {one.count:,}", "yellow") for one in view.quarantine]
    absent = [
        plain(f"No trail of account {one.account} is loaded, though others name {one.identities:,} of its identities.", "yellow")
        for one in view.accounts_not_loaded
    ]
    return Group(head, *banners, _regions(view), *absent, *gaps, *files, *_unknown(view), *quarantine)


def _regions(view: CoverageView) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("account", "region", "first hour", "last hour", "hours", "reads", "writes", "data", "network", "digests"):
        table.add_column(name, justify="right" if name in ("hours", "reads", "writes", "data", "network") else "left")
    for one in view.regions:
        counts = (one.hours_with_events, one.management_read, one.management_write, one.data, one.network)
        digests = ", ".join(f"{count:,} {state}" for state, count in one.digests.items())
        texts = (one.account, one.region, one.first_hour[:13], one.last_hour[:13], *(f"{n:,}" for n in counts), digests)
        table.add_row(*(plain(text) for text in texts))
    return table


def _unknown(view: CoverageView) -> list[RenderableType]:
    unknown = view.unknown_parents
    if not unknown.total:
        return []
    sample = f", reasons of the newest {unknown.looked_at:,}" if unknown.sample else ""
    what = "session" if unknown.total == 1 else "sessions"
    lines = [plain(f"{unknown.total:,} {what} whose parent is not in these logs{sample}:", "bold")]
    return [*lines, *(plain(f"  {one.count:,} {one.code}: {one.sentence}") for one in unknown.reasons)]


def impact(
    session: Annotated[str, typer.Argument(help="Session id, as chains and trace print it.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say what a session and those below it read, shared out, destroyed and spent."""
    with reading(store) as ports:
        view = impact_of(ports, local_actor(), session)
    if as_json:
        write_json(view)
    else:
        out().print(_impact(view))


def _impact(view: ImpactView) -> Group:
    below = f" and {view.identities - 1:,}{' or more' if view.more_identities else ''} below it" if view.identities > 1 else ""
    refused = f"; {view.refused:,} call{'s' * (view.refused != 1)} refused" if view.refused else ""
    bounds = f" {view.marked}" if view.marked else ""
    head = plain(f"This session{below}{refused}.{bounds}", "dim")
    lines: list[RenderableType] = [head]
    for section in SECTIONS:
        items = getattr(view, section)
        lines.append(plain(f"{section}:{'' if items else ' nothing these logs show'}", "bold"))
        for item in items:
            to = f", to {', '.join(item.receivers)}" if item.receivers else ""
            what = f"{item.kind} {item.resource or '(not named)'}: {item.event_name} x {times(view, item)}{to}"
            lines.append(plain(f"  {what}, {item.first_seen} to {item.last_seen}, account {item.account}"))
    return Group(*lines, *(plain(sentence, "yellow") for sentence in view.cannot_exclude))
