"""Commands around marks: whose hands used a credential."""

from __future__ import annotations

from typing import Annotated

import typer

from roletrail.cli.console import out, plain, say_none, write_json
from roletrail.cli.investigations import writer
from roletrail.cli.options import AsJson, Store, reading
from roletrail.usecases.investigations import marks as cases

group = typer.Typer(help="Marks: attacker, ours or unclear.", no_args_is_help=True)

Session = Annotated[str, typer.Argument(help="Session id or key id of a trace.", metavar="SESSION")]


def strands(session: Session, store: Store = None, as_json: AsJson = False) -> None:
    """Split a credential's use by network, client and time."""
    with reading(store) as ports:
        view = cases.show_strands(ports, writer(), session)
    if as_json:
        write_json(view)
        return
    for one in view.strands:
        side = f"  {one.side.upper()}" if one.side else ""
        issued = f", issued {len(one.issued)}" if one.issued else ""
        out().print(
            plain(f"{one.id}  {one.network}  {one.agent}  {one.first_seen} to {one.last_seen}  {one.count:,} calls{issued}{side}")
        )


@group.command("list")
def list_(
    store: Store = None,
    lifted: Annotated[bool, typer.Option(help="Those too that were lifted.")] = False,
    as_json: AsJson = False,
) -> None:
    """List marks in the order they were set."""
    with reading(store) as ports:
        found = cases.list_marks(ports, writer(), lifted=lifted)
    if as_json:
        write_json(found)
        return
    if not found:
        say_none("marks", "`roletrail marks set` sets one.")
    for one in found:
        what = " ".join(filter(None, (one.label or one.session_id, *one.addresses, *one.agents, one.since, one.until)))
        gone = f" (lifted by {one.lifted_by})" if one.lifted_at else ""
        out().print(plain(f"{one.id}  {one.side:<8}  {what}: {one.why or 'no reason given'}, {one.set_by} {one.set_at}{gone}"))


@group.command("set")
def set_(
    side: Annotated[str, typer.Argument(help="attacker, ours or unclear.")],
    session: Annotated[str, typer.Option(help="Session or key it speaks of.", show_default=False)] = "",
    strand: Annotated[str, typer.Option(help="One of its strands.", show_default=False)] = "",
    address: Annotated[list[str] | None, typer.Option(help="Source address; may be repeated.", show_default=False)] = None,
    agent: Annotated[list[str] | None, typer.Option(help="Client family; may be repeated.", show_default=False)] = None,
    since: Annotated[str, typer.Option(metavar="TIME", show_default=False, help="From this time on.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", show_default=False, help="Before this time.")] = "",
    why: Annotated[str, typer.Option(help="The reason.", show_default=False)] = "",
    investigation: Annotated[str, typer.Option(help="Investigation it belongs to.", show_default=False)] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Mark a credential or some of its use; it flows down the lineage."""
    with reading(store) as ports:
        view = cases.set_mark(
            ports,
            writer(),
            side,
            session_id=session,
            strand=strand,
            addresses=address or (),
            agents=agent or (),
            since=since,
            until=until,
            why=why,
            investigation=investigation,
        )
    if as_json:
        write_json(view)
    else:
        out().print(plain(view.id))


@group.command()
def lift(mark: Annotated[str, typer.Argument(help="Id of the mark.")], store: Store = None) -> None:
    """Let a mark count no more."""
    with reading(store) as ports:
        cases.lift_mark(ports, writer(), mark)


@group.command()
def sides(
    session: Annotated[str, typer.Argument(help="Only what is above and below this session or key.", show_default=False)] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say whose hands used what."""
    with reading(store) as ports:
        view = cases.show_sides(ports, writer(), session)
    if as_json:
        write_json(view)
        return
    for name in ("attacker", "unclear", "ours"):
        out().print(plain(f"{name}: {view.counts[name]:,}", "bold"))
        for node in getattr(view, name):
            out().print(plain(f"  {node.id}  {node.kind:<8} {node.label} {' '.join(node.access_key_ids)}"))
