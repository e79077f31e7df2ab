"""Commands around responders."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.cli.console import out, plain, say_none, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading
from roletrail.usecases.investigations import responders as cases

group = typer.Typer(help="Responders: roles of your own that clean up.", no_args_is_help=True)


@group.command("list")
def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List declared responders, the newest first."""
    with reading(store) as ports:
        found = cases.list_responders(ports, writer())
    if as_json:
        write_json(found)
        return
    if not found:
        say_none("responders", "`roletrail responders declare` names a role of yours that cleans up.")
    for one in found:
        which = " ".join(filter(None, (one.session_name, one.source_identity))) or "any session"
        out().print(plain(f"{one.id}  {one.role} ({which}) {one.why}"))


@group.command()
def declare(
    role: Annotated[str, typer.Argument(help="ARN of the role.")],
    session_name: Annotated[str, typer.Option(help="Only this role session name.", show_default=False)] = "",
    source_identity: Annotated[str, typer.Option(help="Only this sourceIdentity.", show_default=False)] = "",
    since: Annotated[str, typer.Option(metavar="TIME", show_default=False, help="From this time on.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", show_default=False, help="Before this time.")] = "",
    why: Annotated[str, typer.Option(help="The reason.", show_default=False)] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Declare a responder: its sessions show as a response; other uses of the role do not."""
    with reading(store) as ports:
        texts = {"session_name": session_name, "source_identity": source_identity, "since": since, "until": until, "why": why}
        made = cases.declare_responder(ports, writer(), role, **texts)
    if as_json:
        write_json(made)
    else:
        out().print(plain(made.id))


@group.command()
def withdraw(responder: Annotated[str, typer.Argument(help="Id of the responder.")], store: Store = None) -> None:
    """Withdraw a declaration."""
    with reading(store) as ports:
        cases.withdraw_responder(ports, writer(), responder)
