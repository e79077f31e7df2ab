"""Chains and sessions drawn for a terminal: digit chips, orange and red, accounts, proof grade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from roletrail.cli.console import chip, plain, safe
from roletrail.usecases.chains.grouped import ShapeView
from roletrail.usecases.chains.proof import grade
from roletrail.usecases.chains.views import ActionView, AliasView, ChainView, EventRow, PathNode, SessionView, TraceView, TreeRow

if TYPE_CHECKING:  # networkx, which no other picture needs
    from roletrail.usecases.role_map import RoleMapView

_GRADES = {"proved": "green", "strong": "green", "probable": "yellow", "weak": "magenta"}
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def chain(view: ChainView) -> Group:
    """Three lines: what, the path, how to go on."""
    head = chip(view.tone, str(view.sessions)) + Text(f" {_counted(view.sessions, 'role session')}", style="bold")
    facts = [_counted(len(view.accounts), "account"), _counted(view.uses, "event")]
    if view.errors:
        facts.append(f"{view.errors:,} refused")
    if view.pivots:
        facts.append(_counted(view.pivots, "pivot"))
    if view.reach > view.sessions:
        facts.append(f"reach {view.reach}")
    head += Text(" · " + " · ".join(facts), style="dim")
    head += Text(" · ") + _proof(view.confidence)
    foot = Text(f"{_times(view.first_seen, view.last_seen)}   roletrail show ", style="dim") + plain(view.session_id, "dim")
    return Group(head, Padding(path(view.path), (0, 0, 0, 4)), Padding(foot, (0, 0, 1, 4)))


def shape(view: ShapeView) -> Group:
    """Chains of one shape: how many, their common path, when."""
    head = chip(view.tone, str(view.sessions)) + Text(f" {_counted(view.chains, 'chain')}", style="bold")
    facts = [_counted(view.accounts, "account"), _counted(view.role_sessions, "role session"), _counted(view.uses, "event")]
    head += Text(" · " + " · ".join(facts) + " · ", style="dim") + _proof(view.confidence)
    newest = view.examples[0].session_id if view.examples else ""
    foot = Text(f"{_times(view.first_seen, view.last_seen)}   newest: roletrail show ", style="dim") + plain(newest, "dim")
    return Group(head, Padding(path(view.path), (0, 0, 0, 4)), Padding(foot, (0, 0, 1, 4)))


def roles(view: RoleMapView) -> Table:
    table = _table("from", "account", "to", "account", "uses", "last", "")
    nodes = {node.id: node for node in view.nodes}
    for edge in view.edges:
        above, below = nodes[edge.source], nodes[edge.target]
        cells = map(safe, (above.label, above.account, below.label, below.account))
        table.add_row(*cells, f"{edge.sessions:,}", edge.last_seen, Text("cycle", style="yellow") if edge.in_cycle else "")
    return table


def _proof(confidence: float) -> Text:
    name = grade(confidence)
    return Text(f"{name} {confidence:.2f}", style=_GRADES[name])


def path(nodes: Sequence[PathNode]) -> Text:
    """Root to leaf on one line; the account is said where it changes."""
    line, account = Text(), ""
    for n, node in enumerate(nodes):
        if n:
            line += _arrow(node)
        line += _label(node)
        if node.account and node.account != account:
            line += plain(f" {node.account}", "cyan")
            account = node.account
    return line


def _arrow(node: PathNode) -> Text:
    mark = "⇢" if node.edge and node.edge.confidence < 1 else "→"
    if node.edge and node.edge.pivot:
        mark = "⇝"
    digit = str(node.ordinal) if node.ordinal else ""
    return Text(f" {mark} ") + (chip(node.tone, digit) + Text(" ") if digit else Text(""))


def _label(node: PathNode) -> Text:
    if node.kind == "folded":
        return plain(f"… {node.summary} …", "italic dim")
    if node.kind == "unknown":
        return Text(f"unknown origin ({node.reason_code.replace('_', ' ').lower()})", style="dim italic")
    return plain(node.label or node.principal or node.id, "bold" if node.ordinal else "")


def session(view: SessionView) -> Group:
    parts: list[object] = [plain(view.chain.sentence), Text(""), tree(view.tree)]
    if view.truncated:
        parts.append(Text(f"{view.truncated:,} more below these are not shown.", style="dim"))
    if view.actions:
        parts += [Text("\nNotable actions, newest first", style="bold"), actions(view.actions[:20])]
    if view.attempts:
        parts += [Text("\nRefused attempts", style="bold"), actions(view.attempts[:20])]
    parts += [same(alias) for alias in view.aliases]
    parts += [plain(f"! {sentence}", "yellow") for sentence in view.coverage]
    return Group(*parts)  # type: ignore[arg-type]


def same(alias: AliasView) -> Text:
    return plain(f"= {alias.access_key_id or alias.id}  {alias.rule} {alias.confidence:.0%} {alias.grade}  {alias.why}")


def tree(rows: Sequence[TreeRow]) -> Table:
    table = _table("credential", "account", "issued", "uses", "sources", "join")
    for row in rows:
        node = row.node
        name = (
            Text("  " * (row.level - 1)) + chip(node.tone, str(node.ordinal) if node.ordinal else "·") + Text(" ") + _label(node)
        )
        if node.role_session_name:
            name += plain(f" {node.role_session_name}", "dim")
        sources = ", ".join(row.sources) + (f" +{row.more_sources}" if row.more_sources else "")
        join = _proof(node.edge.confidence) if node.edge else plain(node.reason, "dim")
        table.add_row(name, safe(node.account), node.issued_at, f"{row.uses:,}", safe(sources), join)
    return table


def actions(found: Sequence[ActionView]) -> Table:
    table = _table("time", "action", "target", "account", "from", "")
    for action in found:
        style = "red" if action.error_code else ""
        table.add_row(
            action.at,
            plain(action.event_name, style),
            *map(safe, (action.target, action.account, action.address, action.error_code)),
        )
    return table


def events(rows: Sequence[EventRow]) -> Table:
    table = _table("time", "event", "source", "region", "from", "error", "id")
    for row in rows:
        service = row.event_source.removesuffix(".amazonaws.com")
        table.add_row(row.at, *map(safe, (row.event_name, service, row.region, row.address, row.error_code, row.event_ref)))
    return table


def trace(view: TraceView) -> Group:
    head = plain(f"Recognised as {view.recognised_as}." if view.recognised_as else "Not recognised.", "bold")
    parts: list[object] = [head]
    if view.hint:
        parts.append(plain(view.hint, "dim"))
    if view.candidates:
        table = _table("", "what", "kind", "found by", "last seen", "id")
        for found in view.candidates:
            table.add_row(
                chip(found.tone, str(found.sessions) if found.sessions else "·"),
                plain(found.label, "bold"),
                *map(safe, (found.entity_kind, found.reason.replace("_", " "), found.last_seen, found.id)),
            )
        parts.append(table)
    else:
        parts.append(
            Text(
                "Nothing in this store names it. `roletrail triage` looks for it in logs that are not loaded; `roletrail coverage` says what is loaded."
            )
        )
    return Group(*parts)  # type: ignore[arg-type]


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column == "uses" else "left")
    return table


def _times(first: str, last: str) -> str:
    if not first:
        return "never used"
    day = last[:10] if last[:10] == first[:10] else last
    return (
        f"{first.replace('T', ' ').rstrip('Z')} – {last[11:19] if day == last[:10] else last.replace('T', ' ').rstrip('Z')} UTC"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
