"""Commands about findings: the list, one of them, what people say of them, exceptions."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

from roletrail.auth.actor import local_actor
from roletrail.cli.console import chip, err, out, plain, say_hidden, say_none, write_json
from roletrail.cli.options import AsJson, Store, reading, settings_of
from roletrail.errors import InvalidRequest
from roletrail.usecases.findings import listing as cases
from roletrail.usecases.findings.views import FindingDetail, FindingView
from roletrail.usecases.ports import Ports

findings = typer.Typer(help="Findings, worst first.", invoke_without_command=True)
allow = typer.Typer(
    help="Exceptions: findings that are known and fine, each with an owner, a reason and an end.", no_args_is_help=True
)

SHOWN = 50
"""Findings a terminal shows when nobody says how many; JSON has every one."""
STYLES = {
    "critical": "bold white on #b0101f",
    "high": "bold #b0101f",
    "medium": "bold #b36b00",
    "low": "",
    "informational": "dim",
}
DIGITS = {"context": "·", "calm": "1", "watch": "2", "alarm": "3"}

Match = Annotated[
    list[str],
    typer.Option(
        "--match",
        help="FIELD=TEXT; rule, account and session are equal, title and reason hold the text. Repeat for more.",
        metavar="FIELD=TEXT",
    ),
]


def _option(name: str, metavar: str = "TEXT") -> typer.models.OptionInfo:
    return typer.Option(f"--{name}", help=cases.HELP[name], metavar=metavar, show_default=False)


@findings.callback()
def list_(
    context: typer.Context,
    store: Store = None,
    severity: Annotated[str, _option("severity")] = "",
    rule: Annotated[str, _option("rule")] = "",
    status: Annotated[str, _option("status")] = "",
    tone: Annotated[str, _option("tone")] = "",
    account: Annotated[str, _option("account")] = "",
    session: Annotated[str, _option("session", "ID")] = "",
    from_: Annotated[str, _option("from", "TIME")] = "",
    to: Annotated[str, _option("to", "TIME")] = "",
    suppressed: Annotated[bool, typer.Option("--suppressed", help=cases.HELP["suppressed"])] = False,
    own: Annotated[bool, typer.Option("--own", help=cases.HELP["own"])] = False,
    limit: Annotated[int, typer.Option(help="At most so many; 0 is all with --json, 50 without.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """List findings, worst first."""
    if context.invoked_subcommand is not None:
        return
    names = ("severity", "rule", "status", "tone", "account", "session", "from", "to", "suppressed", "own")
    given = (severity, rule, status, tone, account, session, from_, to, "1" if suppressed else "", "1" if own else "")
    asked = cases.finding_filter(dict(zip(names, given, strict=True)), strict=True)
    most = limit or (1 << 62 if as_json else SHOWN)
    with reading(store) as ports:
        found, hidden = _some(ports, asked, most)
        if as_json:
            write_json(found)
        else:
            _print(found, cases.count_findings(ports, local_actor()).severities)
        say_hidden(hidden)


def _some(ports: Ports, asked: cases.FindingFilter, most: int) -> tuple[list[FindingView], int]:
    """Findings, and how many were left out as our own."""
    found: list[FindingView] = []
    hidden, query = 0, asked.query._replace(limit=min(most, cases.MAX_LIMIT))
    while True:
        page = cases.list_findings(ports, local_actor(), asked._replace(query=query))
        found += page.items
        hidden += page.own_hidden
        if not page.next or len(found) >= most:
            return found[:most], hidden
        query = query._replace(after=page.next)


def _print(found: list[FindingView], counts: dict[str, int]) -> None:
    console = out()
    for view in found:
        line = Text.assemble((f"{view.severity:<13}", STYLES[view.severity]), " ", chip(view.tone, DIGITS[view.tone]), " ")
        console.print(line + plain(view.title) + Text(f"  {view.last_seen}  {view.id}", style="dim"))
        for reason in view.reasons:
            console.print(Text(f"{reason.weight:>+5} ", style="dim") + plain(reason.text))
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    err().print(said or "No findings. Ingest logs first; `roletrail rules evaluate` judges them again.", style="dim")


@findings.command()
def show(finding: Annotated[str, typer.Argument(help="Finding id.")], store: Store = None, as_json: AsJson = False) -> None:
    """Show one finding: why it fired, what would make it benign, what to do next."""
    with reading(store) as ports:
        view = cases.show_finding(ports, local_actor(), finding)
        if as_json:
            write_json(view)
        else:
            _print_detail(view)


def _print_detail(view: FindingDetail) -> None:
    console = out()
    _print([view.finding], {})
    console.print(plain(f"Rule {view.rule.id}: {view.rule.why}"))
    for title, lines in (("Benign when", view.rule.benign), ("Next steps", view.rule.runbook)):
        console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Text("  - ") + plain(line))
    decided = f"{view.finding.status}, by {view.decided_by} at {view.decided_at}" if view.decided_by else view.finding.status
    console.print(Text("Status ", style="bold") + plain(decided))
    console.print(Text("Session ", style="bold") + plain(f"roletrail show {view.finding.session_id}"))


@findings.command()
def status(
    finding: Annotated[str, typer.Argument(help="Finding id.")],
    status: Annotated[str, typer.Argument(help="open, benign or confirmed.")],
    note: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Set what a person says of a finding. Evaluating again never changes it."""
    with reading(store) as ports:
        view = cases.decide(ports, local_actor(), finding, status, note)
        if as_json:
            write_json(view)
        else:
            out().print(plain(f"{view.id} is {view.status}"))


@findings.command()
def export(
    form: Annotated[str, typer.Option("--form", help="ocsf, asff, eventbridge, slack, csv or jsonl.")] = "jsonl",
    severity: Annotated[str, _option("severity")] = "",
    rule: Annotated[str, _option("rule")] = "",
    status: Annotated[str, _option("status")] = "",
    account: Annotated[str, _option("account")] = "",
    store: Store = None,
) -> None:
    """Print findings in another form, a line each; CSV with a header."""
    from roletrail.loaders import outward_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.findings.delivering import export_findings  # noqa: PLC0415

    raw = {"severity": severity, "rule": rule, "status": status, "account": account}
    asked = cases.finding_filter(raw, strict=True)
    with reading(store) as ports:
        for text in export_findings(ports, local_actor(), asked, outward_of(settings_of(store)), form):
            sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


@findings.command()
def send(
    to: Annotated[
        str, typer.Option("--to", help="Destinations, as ROLETRAIL_ALERTS has them. [env: ROLETRAIL_ALERTS]", show_default=False)
    ] = "",
    severity: Annotated[
        str, typer.Option("--severity", help="Least severity. [env: ROLETRAIL_ALERT_SEVERITY]", show_default=False)
    ] = "",
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Give letters that nobody took another round.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Send findings that were not sent yet, and try again what is due. Every ingest does this when ROLETRAIL_ALERTS is set."""
    from roletrail.loaders import outward_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.findings import delivering  # noqa: PLC0415

    settings = settings_of(store, alerts=to or None, alert_severity=severity or None)
    outward = outward_of(settings)
    if not outward.destinations:
        raise InvalidRequest(
            "There is nowhere to send findings to.", hint="Set ROLETRAIL_ALERTS, or name a destination with --to."
        )
    with reading(store) as ports:
        if retry_dead:
            delivering.retry_dead(ports, local_actor())
        view = delivering.send_findings(ports, local_actor(), outward)
    if as_json:
        write_json(view)
    else:
        out().print(plain(f"{view.queued} queued, {view.sent} sent, {view.failed} failed, of which {view.dead} for good"))
    if view.failed:
        raise typer.Exit(1)


@allow.command("list")
def list_allowed(store: Store = None, as_json: AsJson = False) -> None:
    """List exceptions, with how many findings each covers."""
    with reading(store) as ports:
        views = cases.list_exceptions(ports, local_actor())
        if as_json:
            write_json(views)
            return
        if not views:
            say_none("exceptions", "`roletrail allow add` makes one.")
        for view in views:
            match = ", ".join(f"{name}={value}" for name, value in view.match.items())
            out().print(
                plain(f"{view.id}  until {view.expires_at}  covers {view.covers}  {match}  ({view.owner}: {view.reason})")
            )


@allow.command("add")
def add_allowed(
    match: Match,
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why it is fine.")],
    days: Annotated[int, typer.Option(help="Days until it ends.", min=1, max=366)] = 90,
    yes: Annotated[bool, typer.Option("--yes", help="Save it; without, only show what it would cover.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show what an exception would cover, and save it with --yes."""
    wanted = _matches(match)
    with reading(store) as ports:
        covered = cases.preview_exception(ports, local_actor(), wanted)
        saved = cases.allow(ports, local_actor(), wanted, owner, reason, days) if yes else None
    if as_json:
        write_json({"covers": covered, "saved": saved})
        return
    _print(covered[:SHOWN], {})
    err().print(f"It covers {len(covered)} findings." + ("" if saved else " Add --yes to save it."), style="dim")


def _matches(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidRequest(
                f"{text[:60]!r} is no FIELD=TEXT.", hint="For example --match rule=chain-two --match account=123456789012."
            )
        found[name.strip()] = value
    return found


@allow.command("remove")
def remove_allowed(exception: Annotated[str, typer.Argument(help="Id of the exception.")], store: Store = None) -> None:
    """End an exception: what it covered is listed again."""
    with reading(store) as ports:
        cases.end_exception(ports, local_actor(), exception)
