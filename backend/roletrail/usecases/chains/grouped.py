"""Chains of one shape as one row: `AuditHub -> *:AuditRead, 497 accounts, 11,928 sessions`.

Two chains have one shape when the same kinds of credentials follow one another with the same role names; accounts, session
names and times may differ. Grouping reads chains page by page and is bounded: what was not looked at is said by `next`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage import ids
from roletrail.lineage.tone import tone
from roletrail.stores.port import ChainQuery, ChainRow, GraphStore, NodeRow
from roletrail.usecases.chains.listing import chain_views
from roletrail.usecases.chains.own import OwnReading
from roletrail.usecases.chains.paths import Gap, listed_paths
from roletrail.usecases.chains.present import chosen_edge, folded_node, iso, path_node
from roletrail.usecases.chains.views import ChainView, Listed, PathNode

MOST_GROUPED = 5_000
"""Chains looked at for one answer: about a second."""
MOST_SHAPES = 100
"""Shapes of one answer, or a few more: where every chain differs, a page of them is as long as any other list."""
STEP = 100
"""Chains read at a time."""
EXAMPLES = 3
EVERY = "*"

Step = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShapeView:
    """`path` names what is the same in all chains of the shape; an account of "*" stands for several."""

    id: str
    sentence: str
    chains: int
    role_sessions: int
    accounts: int
    sessions: int  # on the deepest of these paths
    tone: str
    confidence: float  # weakest join of any
    first_seen: str
    last_seen: str
    uses: int
    errors: int
    path: list[PathNode]
    examples: list[ChainView]


class _Group:
    def __init__(self) -> None:
        self.rows: list[ChainRow] = []
        self.paths: list[Sequence[NodeRow | Gap]] = []


def list_shapes(
    graph: GraphStore, actor: Actor, query: ChainQuery, *, most: int = MOST_GROUPED, own_role: str = ""
) -> Listed[ShapeView]:
    """Shapes of the next chains of a list, in the order in which the list meets them. `next` goes on with further chains."""
    require(actor, "chains.read")
    groups, after, hidden = _grouped(graph, query, most, own_role)
    shown = [row for group in groups.values() for row in group.rows[:EXAMPLES]]
    examples = {view.session_id: view for view in chain_views(graph, shown, full=False)}
    return Listed([_view(id_, group, examples) for id_, group in groups.items()], after or None, hidden)


def chains_of_shape(graph: GraphStore, actor: Actor, query: ChainQuery, shape: str, *, own_role: str = "") -> Listed[ChainView]:
    """The chains of one shape, a page of them. Other chains in between are passed over."""
    require(actor, "chains.read")
    found: list[ChainRow] = []
    looked, hidden, after = 0, 0, ""
    for rows, paths, own, next_ in _pages(graph, query, own_role):
        looked, hidden, after = looked + len(rows) + own, hidden + own, next_
        found += [row for row in rows if row.id in paths and _id_of(paths[row.id]) == shape]
        if len(found) >= query.limit or looked >= MOST_GROUPED:
            break
    return Listed(chain_views(graph, found, full=False), after or None, hidden)


_Page = tuple[list[ChainRow], dict[str, list[NodeRow | Gap]], int, str]


def _pages(graph: GraphStore, query: ChainQuery, own_role: str) -> Iterator[_Page]:
    """Chains, their paths, how many were left out as our own reading, and the cursor."""
    query, reading = query._replace(limit=STEP), OwnReading(graph, own_role)
    while True:
        every, after = graph.chains(query)
        own = reading.among([row.id for row in every])
        rows = [row for row in every if row.id not in own]
        paths, _ = listed_paths(graph, [row.id for row in rows], full=False)
        yield rows, paths, len(own), after
        if not after:
            return
        query = query._replace(after=after)


def _grouped(graph: GraphStore, query: ChainQuery, most: int, own_role: str) -> tuple[dict[str, _Group], str, int]:
    groups: dict[str, _Group] = {}
    looked, hidden, after = 0, 0, ""
    for rows, paths, own, next_ in _pages(graph, query, own_role):
        looked, hidden, after = looked + len(rows) + own, hidden + own, next_
        for row in rows:
            if row.id in paths:
                group = groups.setdefault(_id_of(paths[row.id]), _Group())
                group.rows.append(row)
                group.paths.append(paths[row.id])
        if looked >= most or len(groups) >= MOST_SHAPES:
            break
    return groups, after, hidden


def _id_of(path: Sequence[NodeRow | Gap]) -> str:
    return ids.origin_id("shape", *("\x1f".join(_step(entry)) for entry in path))


def _step(entry: NodeRow | Gap) -> Step:
    """What must be the same of one entry. A folded stretch stands for any number of sessions."""
    if isinstance(entry, Gap):
        return ("folded",)
    node = entry.node
    pivot = next((edge.pivot for edge in entry.edges if edge.parent == entry.standing.parent), "")
    if node.kind == "session":
        return (node.kind, node.type, node.role_name or node.name, str(entry.standing.segment), pivot)
    return (node.kind, node.type, node.workload or _named(node.name, node.label), pivot)


def _named(name: str, label: str) -> str:
    """A user's keys are one thing: they are rotated."""
    return name or label


def _view(id_: str, group: _Group, examples: dict[str, ChainView]) -> ShapeView:
    path = _common(group.paths)
    nodes = {entry.node.id: entry.node for path in group.paths for entry in path if isinstance(entry, NodeRow)}
    accounts = {node.account for node in nodes.values() if node.account}
    role_sessions = sum(node.counts for node in nodes.values())
    deepest = max(row.standing.sessions for row in group.rows)
    first = min((row.first_seen for row in group.rows if row.first_seen), default=0)
    return ShapeView(
        id=id_,
        sentence=_sentence(path, len(group.rows), len(accounts), role_sessions),
        chains=len(group.rows),
        role_sessions=role_sessions,
        accounts=len(accounts),
        sessions=deepest,
        tone=tone(deepest),
        confidence=min(row.standing.confidence for row in group.rows),
        first_seen=iso(first),
        last_seen=iso(max(row.last_seen for row in group.rows)),
        uses=sum(row.uses for row in group.rows),
        errors=sum(row.errors for row in group.rows),
        path=path,
        examples=[examples[row.id] for row in group.rows[:EXAMPLES] if row.id in examples],
    )


def _common(paths: Sequence[Sequence[NodeRow | Gap]]) -> list[PathNode]:
    """One path for all: what differs between them is starred or left out."""
    if len(paths) == 1:
        return [folded_node(entry) if isinstance(entry, Gap) else path_node(entry, {}) for entry in paths[0]]
    return [_one([path[place] for path in paths]) for place in range(len(paths[0]))]


def _one(entries: Sequence[NodeRow | Gap]) -> PathNode:
    first = entries[0]
    if isinstance(first, Gap):
        return PathNode(kind="folded", count=first.nodes, summary="more role sessions")
    rows = [entry for entry in entries if isinstance(entry, NodeRow)]
    node = path_node(min(rows, key=_certainty), {})
    accounts = {row.node.account for row in rows}
    labels = {row.node.label for row in rows}
    return replace(
        node,
        id=node.id if len({row.node.id for row in rows}) == 1 else "",
        label=node.label if len(labels) == 1 else first.node.role_name or first.node.name or first.node.workload or node.type,
        account=node.account if len(accounts) == 1 else EVERY,
        role=node.role if len(accounts) == 1 else "",
        role_session_name="",
        access_key_ids=[],
        key_count=0,
        issued_at="",
        expires_at="",
    )


def _certainty(row: NodeRow) -> tuple[float, str]:
    """The weakest join stands for all."""
    edge = chosen_edge(row)
    return (edge.confidence if edge else 1.0, row.node.id)


def _sentence(path: Sequence[PathNode], chains: int, accounts: int, role_sessions: int) -> str:
    steps: list[str] = []
    account = ""
    for node in path:
        text = node.summary if node.kind == "folded" else node.label
        if node.account == EVERY:
            text = f"{EVERY}:{text}"
        elif node.account and node.account != account:
            text += f" in {node.account}"
        account = node.account
        steps.append(text)
    counts = [(chains, "chain"), (accounts, "account"), (role_sessions, "role session")]
    return " → ".join(steps) + ": " + ", ".join(f"{number:,} {noun}{'s' * (number != 1)}" for number, noun in counts) + "."
