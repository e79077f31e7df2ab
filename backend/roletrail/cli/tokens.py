"""Commands around API tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.cli.console import err, out, plain, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading
from roletrail.usecases import access


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


def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List API tokens, the newest first."""
    with reading(store) as ports:
        found = access.list_tokens(ports, writer())
    if as_json:
        write_json(found)
        return
    for one in found:
        state = "expired" if one.expired else f"until {one.expires_at}"
        out().print(
            plain(f"{one.id}  {one.role:<8} {' '.join(one.scopes)}  {one.name}, {state}, last used {one.used_at or 'never'}")
        )


def revoke(token: Annotated[str, typer.Argument(help="Id of the token.")], store: Store = None) -> None:
    """Revoke an API token."""
    with reading(store) as ports:
        access.revoke_token(ports, writer(), token)


def add_to(group: typer.Typer) -> None:
    group.command()(create)
    group.command("list")(list_)
    group.command()(revoke)
