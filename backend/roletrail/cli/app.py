"""The tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail import __version__
from roletrail.cli import (
    audit,
    cover,
    export,
    findings,
    investigations,
    marks,
    places,
    read,
    responders,
    rules,
    serve,
    shares,
    stock,
    tokens,
)
from roletrail.cli.contain import contain
from roletrail.cli.copy import copy
from roletrail.cli.ingests import ingests
from roletrail.cli.load import ingest
from roletrail.cli.permissions import iam_policy
from roletrail.cli.retention import retention
from roletrail.cli.triage import triage


def build() -> typer.Typer:
    app = typer.Typer(
        help="Who is really behind this AWS session? Role chains rebuilt from CloudTrail, with proof.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    for command in (
        ingest,
        triage,
        read.chains,
        read.show,
        read.roles,
        read.events,
        read.trace,
        read.event,
        cover.coverage,
        cover.impact,
        places.off_instance,
        export.report,
        contain,
        serve.serve,
        serve.demo,
        marks.strands,
        retention,
        copy,
        read.health,
    ):
        app.command()(command)
    app.add_typer(findings.findings, name="findings")
    app.add_typer(findings.allow, name="allow")
    app.add_typer(export.group, name="export")
    app.add_typer(rules.rules, name="rules")
    tokens.add_to(serve.token)
    app.add_typer(serve.token, name="token")
    app.add_typer(ingests, name="ingests")
    app.add_typer(audit.group, name="audit")
    app.command(name="iam-policy")(iam_policy)
    app.add_typer(stock.inventory, name="inventory")
    app.add_typer(stock.guardduty, name="guardduty")
    app.add_typer(investigations.group, name="investigations")
    app.add_typer(marks.group, name="marks")
    app.add_typer(shares.group, name="shares")
    app.add_typer(responders.group, name="responders")
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"roletrail {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version
