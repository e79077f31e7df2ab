"""Commands around ways in: API tokens, and another launch link."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.appdb import AppDatabase
from roletrail.auth.access import Access
from roletrail.auth.binding import url_of
from roletrail.cli.console import err, out, plain, say_none, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading, settings_of
from roletrail.errors import InvalidRequest
from roletrail.usecases import access

group = typer.Typer(help="Launch links and tokens.", no_args_is_help=True)


@group.command()
def launch(store: Store = None) -> None:
    """Print another one-use launch link for the running server."""
    settings = settings_of(store)
    if not settings.app_db_path.is_file():
        raise InvalidRequest(
            f"No server has used the app database {settings.app_db_path} yet.", hint="Start one with `roletrail serve`."
        )
    ways_in = Access(AppDatabase(settings.app_db_path))
    try:
        url = settings.public_url.rstrip("/") or ways_in.app.recall("url") or url_of(settings.host, settings.port, "")
        out().print(f"{url}/launch?t={ways_in.new_launch()}")
    finally:
        ways_in.close()


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="read, ingest, investigate, export or admin; may be repeated.", show_default=False)
    ] = None,
    role: Annotated[str, typer.Option(help="viewer, analyst or admin.")] = "viewer",
    days: Annotated[int, typer.Option(help="Days until it expires, at most a year.", min=1, max=366)] = access.DEFAULT_DAYS,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token and print it, once."""
    with reading(store) as ports:
        made = access.create_token(ports, writer(), name, scope or ["read"], role, days)
    if as_json:
        write_json(made)
        return
    out().print(plain(made.token))
    err().print(f"token {made.id}, expires {made.expires_at}; it is not shown again", style="dim")


@group.command("list")
def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List API tokens, the newest first."""
    with reading(store) as ports:
        found = access.list_tokens(ports, writer())
    if as_json:
        write_json(found)
        return
    if not found:
        say_none("tokens", "`roletrail token create` makes one.")
    for one in found:
        state = "expired" if one.expired else f"until {one.expires_at}"
        out().print(
            plain(f"{one.id}  {one.role:<8} {' '.join(one.scopes)}  {one.name}, {state}, last used {one.used_at or 'never'}")
        )


@group.command()
def revoke(token: Annotated[str, typer.Argument(help="Id of the token.")], store: Store = None) -> None:
    """Revoke an API token."""
    with reading(store) as ports:
        access.revoke_token(ports, writer(), token)
