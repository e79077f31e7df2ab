"""Commands around investigations. Whoever runs them signs with the account's own name."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from roletrail.auth.actor import Actor, local_actor
from roletrail.cli.console import err, out, plain, say_none, write_json
from roletrail.cli.options import AsJson, Store, reading
from roletrail.errors import InputUnavailable
from roletrail.usecases.investigations import case_file, cases, pins
from roletrail.usecases.investigations import handover as briefs
from roletrail.usecases.investigations.views import InvestigationView, Made

group = typer.Typer(help="Investigations: pins, notes, timeline.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Id of the investigation.", metavar="INVESTIGATION")]
Title = Annotated[str, typer.Option(help="Title.", show_default=False)]
Status = Annotated[str, typer.Option(help="open, active, contained or closed.", show_default=False)]
Assignee = Annotated[str, typer.Option(help="Who works on it.", show_default=False)]
Version = Annotated[int, typer.Option(help="The version you saw, as show prints it; 0 takes the newest.", show_default=False)]


def writer() -> Actor:
    """The local actor under the name of the account that runs the command."""
    try:
        return local_actor(getpass.getuser())
    except (KeyError, OSError):  # an account without a name
        return local_actor()


@group.command("list")
def list_(
    store: Store = None,
    status: Status = "",
    assignee: Assignee = "",
    after: Annotated[str, typer.Option(help="Cursor of the previous page.", metavar="CURSOR", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, max=cases.MAX_LIMIT, help="Investigations on a page.")] = cases.DEFAULT_LIMIT,
    as_json: AsJson = False,
) -> None:
    """List investigations, the last changed first."""
    with reading(store) as ports:
        page = cases.list_investigations(ports, writer(), status=status, assignee=assignee, after=after, limit=limit)
    if as_json:
        write_json(page.items)
    else:
        if not page.items:
            say_none("investigations", "`roletrail investigations create TITLE` opens one.")
        for row in page.items:
            grown = f", {row.grown} grew" if row.grown else ""
            who = f", {row.assignee}" if row.assignee else ""
            out().print(plain(f"{row.id}  {row.status:<9}  {row.title}{who} ({row.pins} pins, {row.notes} notes{grown})"))
    if page.next:
        err().print(f"More follow: --after {page.next} shows the next page.", style="dim")


@group.command()
def show(investigation: Id, store: Store = None, as_json: AsJson = False) -> None:
    """Show one investigation: pins, notes, timeline, history."""
    with reading(store) as ports:
        view = cases.show_investigation(ports, writer(), investigation)
    if as_json:
        write_json(view)
    else:
        _print(view)


@group.command()
def create(
    title: Annotated[str, typer.Argument(help="Title.")],
    store: Store = None,
    status: Status = "open",
    assignee: Assignee = "",
    as_json: AsJson = False,
) -> None:
    """Open an investigation."""
    with reading(store) as ports:
        _said(cases.create_investigation(ports, writer(), title, status, assignee), as_json=as_json)


@group.command()
def edit(
    investigation: Id,
    store: Store = None,
    title: Title = "",
    status: Status = "",
    assignee: Annotated[str | None, typer.Option(help='Who works on it; "" nobody.', show_default=False)] = None,
    version: Version = 0,
    as_json: AsJson = False,
) -> None:
    """Change title, status or assignee."""
    with reading(store) as ports:
        version = version or cases.show_investigation(ports, writer(), investigation).version
        fields = {"title": title or None, "status": status or None, "assignee": assignee}
        _said(cases.edit_investigation(ports, writer(), investigation, version, **fields), as_json=as_json)


@group.command()
def delete(investigation: Id, version: Version, store: Store = None) -> None:
    """Delete an investigation with its pins and notes."""
    with reading(store) as ports:
        cases.delete_investigation(ports, writer(), investigation, version)


@group.command()
def pin(
    investigation: Id,
    target: Annotated[str, typer.Argument(help="Session id, yyyymmdd.eventID or finding id.")],
    kind: Annotated[str, typer.Option(help="chain, session, event or finding.")] = "chain",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Pin a chain, session, event or finding."""
    with reading(store) as ports:
        _said(cases.pin(ports, writer(), investigation, kind, target), as_json=as_json)


@group.command()
def unpin(
    investigation: Id, pin_id: Annotated[str, typer.Argument(metavar="PIN", help="Id of the pin.")], store: Store = None
) -> None:
    """Take a pin away; notes beside it stay."""
    with reading(store) as ports:
        cases.unpin(ports, writer(), investigation, pin_id)


@group.command()
def note(
    investigation: Id,
    text: Annotated[str, typer.Argument(help="Markdown; - reads standard input.")],
    store: Store = None,
    pin_id: Annotated[str, typer.Option("--pin", help="Pin it stands beside.", show_default=False)] = "",
    kind: Annotated[str, typer.Option(help="note, decision, question or step.")] = "note",
    state: Annotated[str, typer.Option(help="Of a question or step.", show_default=False)] = "",
    owner: Annotated[str, typer.Option(help="Of a question or step.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Write a note, decision, question or step."""
    body = sys.stdin.read(1 << 20) if text == "-" else text
    with reading(store) as ports:
        made = cases.add_note(ports, writer(), investigation, body, pin_id=pin_id, kind=kind, state=state, owner=owner)
        _said(made, as_json=as_json)


@group.command()
def settle(
    investigation: Id,
    note_id: Annotated[str, typer.Argument(metavar="NOTE", help="Id of the question or step.")],
    state: Annotated[str, typer.Argument(help="answered; done or failed.")],
    version: Annotated[int, typer.Option(help="The note's version you saw.")] = 1,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a question or step."""
    with reading(store) as ports:
        _said(cases.edit_note(ports, writer(), investigation, note_id, version, state=state), as_json=as_json)


@group.command()
def handover(
    investigation: Id,
    since: Annotated[
        str, typer.Option(metavar="TIME", show_default=False, help="New means since then. [default: a day ago]")
    ] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Print the handover brief as Markdown."""
    with reading(store) as ports:
        view = briefs.handover(ports, writer(), investigation, since)
    if as_json:
        write_json(view)
    else:
        sys.stdout.write(briefs.as_markdown(view))


@group.command()
def export(investigation: Id, store: Store = None) -> None:
    """Print an investigation as one versioned file (JSON)."""
    with reading(store) as ports:
        write_json(case_file.export_investigation(ports, writer(), investigation))


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that export wrote.")], store: Store = None, as_json: AsJson = False
) -> None:
    """Bring a file in as a new investigation."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputUnavailable(f"{file} cannot be read: {error.strerror}.") from error
    with reading(store) as ports:
        _said(case_file.import_investigation(ports, writer(), content), as_json=as_json)


@group.command()
def watch(store: Store = None) -> None:
    """Look at every watched pin, as after an ingest; says how many grew."""
    with reading(store) as ports:
        out().print(f"{pins.watch(ports.graph, ports.app)} grew")


def _said(made: Made, *, as_json: bool) -> None:
    if as_json:
        write_json(made)
    else:
        out().print(plain(made.id))


def _print(view: InvestigationView) -> None:
    console = out()
    console.print(plain(f"{view.title}", "bold"))
    console.print(
        plain(
            f"{view.status}, {view.assignee or 'nobody assigned'}, version {view.version}, opened {view.created_at} by {view.created_by}"
        )
    )
    _part("Pins", [f"{pin.id}  {pin.kind:<8} {pin.label}{'  GREW: ' + pin.grown if pin.grown else ''}" for pin in view.pins])
    _part("Notes", [f"{note.id}  {note.kind} of {note.created_by}{_state(note)}: {note.body}" for note in view.notes])
    _part("Timeline", [f"{entry.at}  {entry.lane + ' ' if entry.lane else ''}{entry.text}" for entry in view.timeline])
    _part("History", [f"{change.at}  {change.by} {change.what}" for change in view.history])


def _state(note: Any) -> str:
    return f" ({', '.join(filter(None, (note.state, note.owner)))})" if note.state else ""


def _part(title: str, lines: list[str]) -> None:
    if lines:
        out().print(plain(title, "bold"))
    for line in lines:
        out().print(plain("  " + line))
