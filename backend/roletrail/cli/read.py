"""Commands that read: chains, show, events, trace, health. The same use-cases as the API, with `--json` everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from roletrail.auth.actor import local_actor
from roletrail.cli import picture
from roletrail.cli.console import err, out, say_hidden, say_none, write_json, write_json_lines
from roletrail.cli.options import AsJson, Store, reading
from roletrail.stores.port import ChainQuery, GraphStore
from roletrail.usecases import events as event_cases
from roletrail.usecases import health as health_cases
from roletrail.usecases import trace as trace_cases
from roletrail.usecases.chains import sessions
from roletrail.usecases.chains.grouped import ShapeView, list_shapes
from roletrail.usecases.chains.listing import list_chains
from roletrail.usecases.chains.own import OWN_HELP
from roletrail.usecases.chains.views import ChainView, Listed
from roletrail.usecases.parameters import CHAIN_PARAMETERS, MAX_LIMIT, chain_query

_HELP = {parameter.name: parameter.help for parameter in CHAIN_PARAMETERS}


def _option(name: str, metavar: str = "TEXT") -> typer.models.OptionInfo:
    return typer.Option(f"--{name.replace('_', '-')}", help=_HELP[name], metavar=metavar, show_default=False)


def chains(
    store: Store = None,
    min_sessions: Annotated[str, _option("min_sessions", "N")] = "",
    min_reach: Annotated[str, _option("min_reach", "N")] = "",
    tone: Annotated[str, _option("tone")] = "",
    account: Annotated[str, _option("account")] = "",
    q: Annotated[str, _option("q")] = "",
    from_: Annotated[str, _option("from", "TIME")] = "",
    to: Annotated[str, _option("to", "TIME")] = "",
    sort: Annotated[str, _option("sort")] = "",
    after: Annotated[str, _option("after", "CURSOR")] = "",
    limit: Annotated[str, _option("limit", "N")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every chain, as JSON Lines with --json.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Unfold every path.")] = False,
    shapes: Annotated[bool, typer.Option("--shapes", help="Chains of one shape as one row.")] = False,
    own: Annotated[bool, typer.Option("--own", help=OWN_HELP)] = False,
    as_json: AsJson = False,
) -> None:
    """List chains of role sessions, the last seen first."""
    names = ("min_sessions", "min_reach", "tone", "account", "q", "from", "to", "sort", "after", "limit")
    given = (min_sessions, min_reach, tone, account, q, from_, to, sort, after, limit)
    query = chain_query(dict(zip(names, given, strict=True)), strict=True)
    with reading(store) as ports:
        own_role = "" if own else ports.own_role
        if shapes:
            _print_shapes(list_shapes(ports.graph, local_actor(), query, own_role=own_role), as_json=as_json)
            return
        if everything:
            _print_all(_every(ports.graph, query, full=full, own_role=own_role), as_json=as_json)
            return
        page = list_chains(ports.graph, local_actor(), query, full=full, own_role=own_role)
        if as_json:
            write_json(page.items)
        else:
            _print_chains(page.items, query)
        if page.next:
            err().print(f"More chains follow: --all shows every one, --after {page.next} the next page.", style="dim")
        say_hidden(page.own_hidden)


def _every(graph: GraphStore, query: ChainQuery, *, full: bool, own_role: str) -> Iterator[ChainView]:
    """Every chain, page by page: memory stays that of one page."""
    query, hidden = query._replace(limit=MAX_LIMIT), 0
    while True:
        page = list_chains(graph, local_actor(), query, full=full, own_role=own_role)
        yield from page.items
        hidden += page.own_hidden
        if not page.next:
            say_hidden(hidden)
            return
        query = query._replace(after=page.next)


def _print_all(found: Iterator[ChainView], *, as_json: bool) -> None:
    if as_json:
        write_json_lines(found)
        return
    console = out()
    for view in found:
        console.print(picture.chain(view))


def _print_shapes(page: Listed[ShapeView], *, as_json: bool) -> None:
    if as_json:
        write_json(page.items)
    else:
        console = out()
        for view in page.items:
            console.print(picture.shape(view))
    if page.next:
        err().print(f"More chains follow: --after {page.next} groups the next of them.", style="dim")
    say_hidden(page.own_hidden)


def _print_chains(found: list[ChainView], query: ChainQuery) -> None:
    console = out()
    for view in found:
        console.print(picture.chain(view))
    if not found:
        err().print(
            f"No chain with at least {query.min_sessions} role sessions matches. --min-sessions 1 shows single assumptions, `roletrail health` what is loaded."
        )


def show(
    session: Annotated[str, typer.Argument(help="Session id, as chains and trace print it.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show one session: its path, the tree around it, what it did."""
    with reading(store) as ports:
        view = sessions.show_session(ports.graph, local_actor(), session)
        if as_json:
            write_json(view)
        else:
            out().print(picture.session(view))


def roles(
    store: Store = None,
    account: Annotated[str, typer.Option(help="Only pairs that touch this account.", metavar="N", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """List which roles were used to assume which, most sessions first."""
    from roletrail.usecases.role_map import show_role_map  # noqa: PLC0415 - networkx, which nothing else here needs

    with reading(store) as ports:
        view = show_role_map(ports.graph, local_actor(), account=account)
    if as_json:
        write_json(view)
        return
    if view.edges:
        out().print(picture.roles(view))
    else:
        say_none("role was used to assume another", "`roletrail health` says what is loaded.")
    if view.edges_left_out or view.more_pairs:
        err().print("There are more pairs than these.", style="dim")


def events(
    session: Annotated[str, typer.Argument(help="Session id.")],
    store: Store = None,
    limit: Annotated[int, typer.Option(help="Events on a page.", min=1, max=event_cases.MAX_LIMIT)] = event_cases.DEFAULT_LIMIT,
    after: Annotated[str, typer.Option(help="Cursor of the previous page.", metavar="CURSOR", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every event, as JSON Lines with --json.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the events of a session, oldest first."""
    actor = local_actor()
    with reading(store) as ports:
        if everything:
            limit = event_cases.MAX_LIMIT
        while True:
            page = event_cases.session_events(ports, actor, session, limit, after)
            if as_json and everything:
                write_json_lines(page.items)
            elif as_json:
                write_json(page.items)
            else:
                out().print(picture.events(page.items))
            if not (everything and page.next):
                break
            after = page.next
        if page.next:
            err().print(f"More events follow: --all shows every one, --after {page.next} the next page.", style="dim")


def trace(
    thing: Annotated[
        str,
        typer.Argument(
            help="Access key id, ARN, role-id:session, address, instance id, event id, record; - reads standard input."
        ),
    ],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Find the sessions behind anything pasted."""
    text = sys.stdin.read(trace_cases.MAX_TEXT + 1) if thing == "-" else thing
    with reading(store) as ports:
        view = trace_cases.trace(ports.graph, local_actor(), text)
        if as_json:
            write_json(view)
        else:
            out().print(picture.trace(view))


def event(reference: Annotated[str, typer.Argument(help="yyyymmdd.eventID, or the bare eventID.")], store: Store = None) -> None:
    """Print one event: the raw record beside what it proves (JSON)."""
    with reading(store) as ports:
        write_json(event_cases.show_event(ports, local_actor(), reference))


def health(store: Store = None, as_json: AsJson = False) -> None:
    """Say what the store holds."""
    with reading(store) as ports:
        view = health_cases.health(ports.graph, local_actor(), ports.store_name)
    if as_json:
        write_json(view)
        return
    console = out()
    console.print(f"[bold]{view.events:,}[/] events in {view.objects:,} objects, {view.sessions:,} role sessions")
    console.print(
        f"{view.chains_2:,} chains of two, [bold]{view.chains_3:,}[/] of three or more; {view.first_at or '-'} to {view.last_at or '-'}"
    )
    if view.quarantined or view.pending:
        console.print(f"{view.quarantined:,} quarantined, {view.pending:,} waiting to be linked", style="yellow")
