"""Commands that carry something away: the report of a chain, and a session in every format the pages offer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from roletrail.auth.actor import local_actor
from roletrail.cli.console import err, write_text
from roletrail.cli.options import Store, reading
from roletrail.errors import InvalidRequest
from roletrail.usecases.reports.export import FORMATS, export_session
from roletrail.usecases.reports.graph_export import FORMATS as GRAPH_FORMATS
from roletrail.usecases.reports.graph_export import export_graph

group = typer.Typer(help="Carry away sessions and graphs.", no_args_is_help=True)

Session = Annotated[str, typer.Argument(help="Session id, as chains and trace print it.")]
Into = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write. [default: standard output]", show_default=False)
]


@group.command("session")
def session(
    id_: Annotated[str, typer.Argument(metavar="SESSION", help="Session id, as chains and trace print it.")],
    format_: Annotated[str, typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}.")] = "json",
    output: Into = None,
    store: Store = None,
) -> None:
    """Write one session as a report, a picture or its events."""
    _write(id_, format_, output, store)


@group.command("graph")
def graph(
    session: Annotated[
        str, typer.Argument(metavar="[SESSION]", help="Session whose lineage to write; without it, the role map.")
    ] = "",
    format_: Annotated[str, typer.Option("--format", "-f", help=f"One of {', '.join(GRAPH_FORMATS)}.")] = "graphml",
    output: Into = None,
    store: Store = None,
) -> None:
    """Write the role map, or one lineage, for other programs: GraphML, or networkx's node-link JSON."""
    with reading(store) as ports:
        _put(export_graph(ports.graph, local_actor(), format_, session), output)


def report(session: Session, store: Store = None, output: Into = None, as_html: Annotated[bool, typer.Option("--html", help="One HTML file that needs no server.")] = False, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:  # fmt: skip
    """Write the report of a chain: five graded sentences, then what they stand on. Markdown unless asked otherwise."""
    if as_html and as_json:
        raise InvalidRequest("A report is written once.", hint="Give --html or --json.")
    _write(session, "html" if as_html else "json" if as_json else "markdown", output, store)


def _write(id_: str, format_: str, output: Path | None, store: str | None) -> None:
    with reading(store) as ports:
        made = export_session(ports, local_actor(), id_, format_, int(time.time()))
        _put(made.content, output)


def _put(content: Iterable[str], output: Path | None) -> None:
    if output is None:
        for piece in content:
            write_text(piece)
        return
    try:
        with output.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(content)
    except OSError as error:
        raise InvalidRequest(f"{output} cannot be written: {error.strerror}.") from error
    err().print(f"Wrote {output}", style="dim")
