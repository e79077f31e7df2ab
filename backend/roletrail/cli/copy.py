"""The copy command: a graph from one store into another."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, write_json
from roletrail.cli.options import AsJson


def copy(
    source: Annotated[str, typer.Option("--from", help="Store to copy from, such as sqlite:///PATH.", metavar="URL")],
    target: Annotated[
        str, typer.Option("--to", help="Empty store to copy into, such as neo4j://HOST:7687/neo4j.", metavar="URL")
    ],
    as_json: AsJson = False,
) -> None:
    """Copy a graph into another store. The archive stays where it is: both name the same files."""
    from roletrail.bootstrap import open_graph  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.loading.copying import copy_graph  # noqa: PLC0415

    with closing(open_graph(source, create=False)) as old, closing(open_graph(target, create=True)) as new:
        copied = copy_graph(old, new, local_actor())
    if as_json:
        write_json(copied._asdict())
        return
    out().print(
        f"{copied.events:,} events of {copied.objects:,} objects: {copied.identities:,} identities, {copied.sessions:,} role sessions"
    )
    out().print("What rules found is not copied: `roletrail rules evaluate --all` finds it again.", style="dim")
