"""Commands about rules: what there are, judging again, and what they would have said."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, plain, write_json
from roletrail.cli.options import AsJson, Store, reading
from roletrail.usecases.findings import listing as cases
from roletrail.usecases.findings.backtest import back_test
from roletrail.usecases.findings.evaluate import evaluate as judge
from roletrail.usecases.loading.windows import moment

rules = typer.Typer(help="Rules: what they look for, judging again, back-tests.", no_args_is_help=True)


@rules.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all rules."""
    views = cases.list_rules(local_actor())
    if as_json:
        write_json(views)
        return
    for view in views:
        out().print(Text(f"{view.id:<24}", style="bold") + plain(f"{view.title}  ({', '.join(view.attack)})"))


@rules.command()
def evaluate(
    everything: Annotated[bool, typer.Option("--all", help="Judge everything anew, not only what changed.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Judge what changed since the last time. Every ingest does this at its end."""
    with reading(store) as ports:
        done = judge(ports.graph, local_actor(), cases.given_to(ports), everything=everything)
    if as_json:
        write_json(done._asdict())
        return
    said = ", ".join(f"{count:,} {name}" for name, count in done.severities.items())
    out().print(plain(f"{done.identities:,} identities judged in {done.seconds:.1f} s: {said or 'no findings'}"))


@rules.command("test")
def try_out(
    since: Annotated[str, typer.Option("--since", help="Only findings first seen since: a time, or an age such as 14d.")] = "",
    rule: Annotated[str, typer.Option("--rule", help="Only this rule.")] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Back-test: findings per rule and day, and what makes the most noise. Judges afresh and changes nothing."""
    with reading(store) as ports:
        view = back_test(ports, local_actor(), moment("--since", since), rule)
    if as_json:
        write_json(view)
        return
    console = out()
    for row in view.days:
        said = ", ".join(f"{count} {name}" for name, count in row.severities.items() if count)
        console.print(plain(f"{row.day}  {row.rule:<24} {said}"))
    if view.noise:
        console.print(Text("Most noise", style="bold"))
    for source in view.noise:
        console.print(plain(f"{source.count:>6}  {source.rule:<24} {source.source}"))
