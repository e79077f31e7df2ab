"""Commands around share snapshots."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.auth.binding import url_of
from roletrail.cli.console import err, out, plain, say_none, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading, settings_of
from roletrail.investigations.redact import told
from roletrail.investigations.shares import DAY, HOUR
from roletrail.usecases.investigations import shares as cases

group = typer.Typer(help="Share snapshots: frozen, expiring, revocable.", no_args_is_help=True)


@group.command()
def create(
    subject: Annotated[str, typer.Argument(help="Id of the investigation or session.")],
    kind: Annotated[str, typer.Option(help="investigation or session.")] = "investigation",
    redaction: Annotated[str, typer.Option(help="none, ids or names.")] = "none",
    hours: Annotated[int, typer.Option(help="Hours until it expires, at most 90 days.", min=1)] = 7 * DAY // HOUR,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase that readers need.")] = False,
    view_limit: Annotated[int, typer.Option(help="How often it may be opened; 0 is no limit.", min=0)] = 0,
    may_download: Annotated[bool, typer.Option("--may-download", help="Readers may take the JSON with them.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Freeze an investigation or session and print its link, once."""
    settings = settings_of(store)
    words = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True) if passphrase else ""
    with reading(store) as ports:
        made = cases.create_share(
            ports,
            writer(),
            kind,
            subject,
            redaction=redaction,
            seconds=hours * HOUR,
            passphrase=words,
            view_limit=view_limit,
            may_download=may_download,
        )
        url = settings.public_url.rstrip("/") or ports.app.recall("url") or url_of(settings.host, settings.port, "")
    if as_json:
        write_json(made)
        return
    out().print(plain(url + made.path))
    err().print(
        plain(f"expires {made.share.expires_at}; holds {told(made.share.counts)}; redacted: {made.share.redacted}"), style="dim"
    )


@group.command("list")
def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List shares, the newest first."""
    with reading(store) as ports:
        view = cases.list_shares(ports, writer())
    if as_json:
        write_json(view.items)
        return
    if not view.items:
        say_none("shares", "`roletrail shares create` freezes an investigation or session behind a link.")
    for one in view.items:
        out().print(
            plain(f"{one.id}  {one.state:<8}  {one.title[:60]}  {one.views} views, by {one.created_by}, until {one.expires_at}")
        )


@group.command()
def revoke(
    share: Annotated[str, typer.Argument(help="Id of the share.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every share.")] = False,
    store: Store = None,
) -> None:
    """Revoke a share, or all."""
    with reading(store) as ports:
        if everything:
            out().print(f"{cases.revoke_every_share(ports, writer())} revoked")
        else:
            cases.revoke_share(ports, writer(), share)


@group.command()
def stop(store: Store = None) -> None:
    """Stop all sharing: no link opens, none is made."""
    with reading(store) as ports:
        cases.stop_sharing(ports, writer(), stop=True)


@group.command()
def resume(store: Store = None) -> None:
    """Let sharing go on."""
    with reading(store) as ports:
        cases.stop_sharing(ports, writer(), stop=False)
