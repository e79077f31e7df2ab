"""The command that lets old archive days go."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.cli.console import out, plain, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading, settings_of


def retention(
    days: Annotated[int, typer.Option("--older-than", help="Days of age from which archive days go.", min=1, show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Delete archive days by age; what pins need is copied first."""
    from roletrail.bootstrap import archive_folder  # noqa: PLC0415 - numpy, pyarrow and DuckDB, which --help needs not
    from roletrail.usecases.loading.retention import run_retention  # noqa: PLC0415

    with reading(store) as ports:
        view = run_retention(ports, writer(), archive_folder(settings_of(store)), days, dry_run=dry_run)
    if as_json:
        write_json(view)
        return
    verb = "would go" if dry_run else "gone"
    out().print(
        plain(
            f"{len(view.days)} days before {view.before} {verb}: {view.files:,} files, {view.rows:,} rows; {view.kept:,} records kept for pins"
        )
    )
    if view.spanning:
        out().print(plain(f"{view.spanning:,} files span several days and stay until the next ingest merges them"))
