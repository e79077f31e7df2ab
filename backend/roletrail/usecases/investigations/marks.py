"""Marks: setting and lifting them, the strands of a credential, and whose hands used what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.detect.marks import SIDES, Facts, Mark, Side, Use, side_of_use
from roletrail.detect.strands import Strand, strands
from roletrail.errors import InvalidRequest, NotFound
from roletrail.investigations.marks import KeptMark, MarkBook
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sessions import canonical_id
from roletrail.usecases.investigations.flow import END_OF_TIME, facts_of, sides_of
from roletrail.usecases.parameters import read_time
from roletrail.usecases.ports import Ports

MAX_LISTED = 500
MAX_WHY = 1_000
MAX_PLACES = 200


@dataclass(frozen=True, slots=True)
class MarkView:
    id: str
    side: str  # attacker | ours | unclear
    session_id: str  # the session or key it speaks of, "" every one
    label: str
    addresses: list[str]
    agents: list[str]
    since: str
    until: str
    why: str
    investigation: str
    set_at: str
    set_by: str
    lifted_at: str
    lifted_by: str


@dataclass(frozen=True, slots=True)
class StrandView:
    """`side` is that of its calls, "" when nobody spoke of them. `issued` are the sessions its calls obtained."""

    id: str
    network: str
    agent: str
    addresses: list[str]
    first_seen: str
    last_seen: str
    count: int
    errors: int
    side: str
    issued: list[str]


@dataclass(frozen=True, slots=True)
class StrandsView:
    session_id: str
    label: str
    side: str
    strands: list[StrandView]


@dataclass(frozen=True, slots=True)
class SideNode:
    id: str
    kind: str
    label: str
    account: str
    access_key_ids: list[str]
    expires_at: str


@dataclass(frozen=True, slots=True)
class SidesView:
    """`attacker` is the lower bound, `attacker` and `unclear` together the upper. Only the newest of each are listed; the
    counts are of all. `more`: there are identities that were not looked at."""

    attacker: list[SideNode]
    unclear: list[SideNode]
    ours: list[SideNode]
    counts: dict[str, int]
    more: bool


def list_marks(ports: Ports, actor: Actor, *, lifted: bool = False) -> list[MarkView]:
    """In the order they were set."""
    require(actor, "marks.read")
    return [_view(kept) for kept in MarkBook(ports.app).every(lifted=lifted)]


def set_mark(
    ports: Ports,
    actor: Actor,
    side: str,
    *,
    session_id: str = "",
    strand: str = "",
    addresses: Sequence[str] = (),
    agents: Sequence[str] = (),
    since: str = "",
    until: str = "",
    why: str = "",
    investigation: str = "",
) -> MarkView:
    """Mark a session or key, some of its use, or an address or client everywhere. `strand` is one of the session's own."""
    require(actor, "marks.write")
    if side not in SIDES:
        raise InvalidRequest("A mark says one of " + ", ".join(SIDES) + ".")
    if len(why) > MAX_WHY or len(addresses) > MAX_PLACES or len(agents) > MAX_PLACES:
        raise InvalidRequest(f"A mark has at most {MAX_PLACES} addresses and agents and {MAX_WHY:,} characters of why.")
    label, identity = "", ""
    if session_id:
        identity = canonical_id(ports.graph, actor, session_id)
        label = ports.graph.rows([identity])[identity].node.label
    mark = Mark(
        cast("Side", side),
        identity,
        frozenset(addresses) - {""},
        frozenset(agents) - {""},
        _time(since, "since"),
        _time(until, "until"),
    )
    if strand:
        mark = _of_strand(ports.graph, mark, strand)
    if not identity and mark.whole:
        raise InvalidRequest("A mark speaks of something.", hint="Name a session, or addresses, agents or a time.")
    if mark.to and mark.to <= mark.from_:
        raise InvalidRequest("The time of a mark ends after it begins.")
    with ports.app.write():
        id_ = MarkBook(ports.app).set(actor.name, mark, label, _storable(why), investigation[:40])
        AuditLog(ports.app).wrote(actor, "marks.write", identity, f"{side}: mark {id_}")
    return next(_view(kept) for kept in MarkBook(ports.app).every(lifted=False) if kept.mark.id == id_)


def _of_strand(graph: GraphStore, mark: Mark, strand: str) -> Mark:
    found = next((one for one in strands(_activities(graph, mark.identity)) if one.id == strand), None)
    if not mark.identity or found is None:
        raise NotFound("There is no such strand of this session's use.", hint="`roletrail strands` lists them.")
    agents = frozenset({found.agent} - {""})
    return mark._replace(addresses=frozenset(found.addresses) - {""}, agents=agents, from_=found.first, to=found.last + 1)


def _time(text: str, name: str) -> int:
    try:
        return read_time(text) if text else 0
    except ValueError as problem:
        raise InvalidRequest(f"{name} {problem}.") from None


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def lift_mark(ports: Ports, actor: Actor, id_: str) -> None:
    """It counts no more, and stays in the list of those that were lifted."""
    require(actor, "marks.write", id_)
    with ports.app.write():
        if not MarkBook(ports.app).lift(actor.name, id_):
            raise NotFound(
                "There is no mark with this id, or it was lifted already.", hint="`roletrail marks list` has them all."
            )
        AuditLog(ports.app).wrote(actor, "marks.write", id_, "lifted")


def show_strands(ports: Ports, actor: Actor, id_: str) -> StrandsView:
    require(actor, "marks.read", id_)
    id_ = canonical_id(ports.graph, actor, id_)
    marked = sides_of(ports, [id_])
    facts = marked.facts if id_ in marked.facts.uses else facts_of(ports.graph, [id_])
    marks = MarkBook(ports.app).live()
    issued = _issued(ports.graph, id_)
    found = [_strand(one, marks, facts, id_, issued) for one in strands(_activities(ports.graph, id_))]
    side = next((name for name in SIDES if id_ in getattr(marked.sides, name)), "")
    return StrandsView(id_, ports.graph.rows([id_])[id_].node.label, side, found)


def _activities(graph: GraphStore, id_: str) -> list:
    return graph.activities_of([id_], 0, END_OF_TIME) if id_ else []


def _issued(graph: GraphStore, id_: str) -> list[tuple[str, Use]]:
    """Sessions this one obtained, with the place they were asked for from."""
    below, _ = graph.descendants(id_, MAX_LISTED)
    steps = facts_of(graph, below).steps
    mine = [step for all_ in steps.values() for step in all_ if step.parent == id_ and step.primary]
    return [
        (step.child, Use(step.address, step.agent, step.at, step.at))
        for step in sorted(mine, key=lambda step: (step.at, step.child))
    ]


def _strand(one: Strand, marks: Sequence[Mark], facts: Facts, id_: str, issued: Sequence[tuple[str, Use]]) -> StrandView:
    uses = [Use(address, one.agent, one.first, one.last) for address in one.addresses]
    found = {side_of_use(marks, facts, id_, use) or "" for use in uses}
    return StrandView(
        id=one.id,
        network=one.network,
        agent=one.agent,
        addresses=list(one.addresses),
        first_seen=iso(one.first),
        last_seen=iso(one.last),
        count=one.count,
        errors=one.errors,
        side=found.pop() if len(found) == 1 else "unclear",
        issued=[
            child
            for child, use in issued
            if use.address in one.addresses and use.agent == one.agent and one.first <= use.first <= one.last
        ],
    )


def show_sides(ports: Ports, actor: Actor, session_id: str = "") -> SidesView:
    """Whose hands used what: of everything marks reach, or of a session's own lineage."""
    require(actor, "marks.read", session_id)
    asked = [canonical_id(ports.graph, actor, session_id)] if session_id else []
    marked = sides_of(ports, asked)
    chosen = _lineage(ports.graph, asked[0]) if asked else None
    sets = {name: [id_ for id_ in getattr(marked.sides, name) if chosen is None or id_ in chosen] for name in SIDES}
    rows = ports.graph.rows({id_ for ids in sets.values() for id_ in ids})
    nodes = {name: _nodes([rows[id_] for id_ in ids if id_ in rows]) for name, ids in sets.items()}
    counts = {name: len(ids) for name, ids in sets.items()}
    return SidesView(nodes["attacker"], nodes["unclear"], nodes["ours"], counts, marked.more)


def count_sides(ports: Ports, actor: Actor, ids: Sequence[str]) -> dict[str, int]:
    """Credentials of each side in the lineages of these sessions, each once."""
    require(actor, "marks.read")
    chosen = {one for id_ in ids for one in _lineage(ports.graph, id_)}
    found = sides_of(ports, ids).sides
    return {name: len(getattr(found, name) & chosen) for name in SIDES}


def _lineage(graph: GraphStore, id_: str) -> set[str]:
    path = graph.paths([id_]).get(id_, [])
    return {step.id for step in path} | set(graph.descendants(id_, MAX_LISTED * 10)[0])


def _nodes(rows: list[NodeRow]) -> list[SideNode]:
    rows.sort(key=lambda row: (row.node.issued_at or row.first_seen, row.node.id))
    return [
        SideNode(
            row.node.id, row.node.kind, row.node.label, row.node.account, list(row.node.access_key_ids), iso(row.node.expires)
        )
        for row in rows[-MAX_LISTED:]
    ]


def _view(kept: KeptMark) -> MarkView:
    mark = kept.mark
    return MarkView(
        id=mark.id,
        side=mark.side,
        session_id=mark.identity,
        label=kept.label,
        addresses=sorted(mark.addresses),
        agents=sorted(mark.agents),
        since=iso(mark.from_),
        until=iso(mark.to),
        why=kept.why,
        investigation=kept.investigation,
        set_at=iso(mark.set_at),
        set_by=kept.set_by,
        lifted_at=iso(kept.lifted_at),
        lifted_by=kept.lifted_by,
    )
