"""The tree of commands. A command's module is imported when the command is wanted: all of them together take most of a second."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, NamedTuple

import typer

from roletrail import __version__


class Place(NamedTuple):
    """Where a command, or a group of commands, is written: a module of this package and a name in it."""

    module: str
    attribute: str


COMMANDS = {
    "ingest": Place("load", "ingest"),
    "triage": Place("triage", "triage"),
    "chains": Place("read", "chains"),
    "show": Place("read", "show"),
    "roles": Place("read", "roles"),
    "events": Place("read", "events"),
    "trace": Place("read", "trace"),
    "event": Place("read", "event"),
    "coverage": Place("cover", "coverage"),
    "impact": Place("cover", "impact"),
    "off-instance": Place("places", "off_instance"),
    "report": Place("export", "report"),
    "contain": Place("contain", "contain"),
    "serve": Place("serve", "serve"),
    "demo": Place("serve", "demo"),
    "strands": Place("marks", "strands"),
    "retention": Place("retention", "retention"),
    "copy": Place("copy", "copy"),
    "health": Place("read", "health"),
    "findings": Place("findings", "findings"),
    "allow": Place("findings", "allow"),
    "export": Place("export", "group"),
    "rules": Place("rules", "rules"),
    "token": Place("tokens", "group"),
    "ingests": Place("ingests", "ingests"),
    "audit": Place("audit", "group"),
    "iam-policy": Place("permissions", "iam_policy"),
    "inventory": Place("stock", "inventory"),
    "guardduty": Place("stock", "guardduty"),
    "investigations": Place("investigations", "group"),
    "marks": Place("marks", "group"),
    "shares": Place("shares", "group"),
    "responders": Place("responders", "group"),
}


def build(wanted: str = "") -> typer.Typer:
    """The command called `wanted`; every command when there is none of that name, for help and for suggestions."""
    app = typer.Typer(
        help="Who is really behind this AWS session? Role chains rebuilt from CloudTrail, with proof.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        place = COMMANDS[name]
        command = getattr(import_module(f"roletrail.cli.{place.module}"), place.attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name=name)(command)
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
