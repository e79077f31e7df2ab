"""Commands around the rows that uploads, runs and feeds write: seen and stopped from a shell."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, plain, say_none, write_json
from roletrail.cli.options import AsJson, Store, settings_of

ingests = typer.Typer(
    help="What is being taken in, or was: uploads over the API, runs of this command line, feeds.", no_args_is_help=True
)

Id = Annotated[str, typer.Argument(help="Id, as list prints it.")]


@ingests.command(name="list")
def list_(store: Store = None, as_json: AsJson = False) -> None:
    """Uploads, runs and feeds, newest first."""
    from roletrail.usecases.loading.ingests import list_ingests  # noqa: PLC0415 - see options.reading

    page = list_ingests(AppDatabase(settings_of(store).app_db_path), local_actor(), 500)
    if as_json:
        write_json(page.items)
        return
    if not page.items:
        say_none("loading so far", "`roletrail ingest PATH` loads logs.")
    for one in page.items:
        out().print(
            plain(
                f"{one.id}  {one.created_at}  {one.kind:8}  {one.progress or one.state:14}  {one.events:,} events  {one.name}  {one.detail}"
            )
        )


@ingests.command()
def show(id_: Id, store: Store = None) -> None:
    """One of them (JSON)."""
    from roletrail.usecases.loading.ingests import show_ingest  # noqa: PLC0415

    write_json(show_ingest(AppDatabase(settings_of(store).app_db_path), local_actor(), id_))


@ingests.command()
def cancel(id_: Id, store: Store = None) -> None:
    """Stop one between two commits; what is committed stays."""
    from roletrail.usecases.loading.ingests import cancel_ingest  # noqa: PLC0415

    write_json(cancel_ingest(AppDatabase(settings_of(store).app_db_path), local_actor(), id_))


@ingests.command()
def run(id_: Id, store: Store = None) -> None:
    """Take an upload in, in this process: what the server starts for each, and a way to go on after a crash."""
    from roletrail.bootstrap import uploads_folder  # noqa: PLC0415
    from roletrail.loaders import intake_of  # noqa: PLC0415
    from roletrail.usecases.loading.ingests import run_ingest  # noqa: PLC0415

    settings = settings_of(store)
    write_json(run_ingest(AppDatabase(settings.app_db_path), intake_of(settings), uploads_folder(settings), local_actor(), id_))
