"""Commands around the audit log."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.auth.audit import MAX_ROWS
from roletrail.cli.console import err, out, plain, say_none, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading
from roletrail.usecases import access

group = typer.Typer(help="The audit log: changes, and evidence that was read.", no_args_is_help=True)

BROKEN = 9
"""Exit code of a chain that does not hold."""


@group.command("list")
def list_(
    store: Store = None,
    limit: Annotated[int, typer.Option(help="Rows on a page.", min=1, max=MAX_ROWS)] = 100,
    after: Annotated[str, typer.Option(help="Cursor of the previous page.", metavar="CURSOR", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """List the newest rows."""
    with reading(store) as ports:
        page = access.list_audit(ports, writer(), after, limit)
    if as_json:
        write_json(page.items)
        return
    if not page.items:
        say_none("rows yet", "Changes and reads of evidence write them.")
    for row in page.items:
        out().print(plain(f"{row.n:>6}  {row.at}  {row.actor} ({row.via})  {row.action} {row.resource} {row.detail}"))
    if page.next:
        err().print(f"More follow: --after {page.next} shows the next page.", style="dim")


@group.command()
def verify(
    store: Store = None,
    head: Annotated[str, typer.Option(help="Head that was noted before: it has to be in the chain.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Walk the chain of hashes; ends with 9 when a row was changed, cut out or added behind our back."""
    with reading(store) as ports:
        found = access.verify_audit(ports, writer(), head)
    if as_json:
        write_json(found)
    elif found.broken:
        out().print(plain(f"BROKEN at row {found.broken}: {found.reason}. {found.rows} rows before it hold.", "bold red"))
    else:
        out().print(plain(f"{found.rows} rows hold. Head {found.head}: note it elsewhere, and pass it as --head next time."))
    if found.broken:
        raise typer.Exit(BROKEN)
