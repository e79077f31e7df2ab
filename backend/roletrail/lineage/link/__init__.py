"""Linking: which credential issued which, by an ordered registry of rules, one file per family of edges.

Pure: `cases` gets the neighbourhood of some identities, `linked_of` says what each is and where it comes from. The answer
depends on the set of observations alone, never on their order. `ingest.linking` fetches the neighbourhood.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from roletrail.lineage import ids
from roletrail.lineage.arn import partition_of_region
from roletrail.lineage.link import (
    across,
    assume,
    deliver,
    federate,
    forward,
    node,
    pivot,
    plain,
    root_task,
    session_token,
    sign_in,
    undated,
)
from roletrail.lineage.link.case import Case, Found
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.grant import LOGIN
from roletrail.lineage.link.known import Known
from roletrail.lineage.link.match import Match, matches, unused
from roletrail.lineage.link.plain import Plain
from roletrail.lineage.link.touch import touches
from roletrail.lineage.model import Action, Edge, Linked, Seen

RULES: dict[str, Callable[[Case, Match], list[Found]]] = {
    "assume": assume.edges,
    "service": deliver.edges,
    "saml": federate.edges,
    "web": across.edges,
    "session_token": session_token.edges,
    "federation": session_token.edges,
    "root_task": root_task.edges,
    LOGIN: sign_in.edges,
}
"""Which rule draws the edge of a grant, by its family."""

BESIDE: tuple[Callable[[Case], list[Found]], ...] = (sign_in.from_link, pivot.edges)
"""Rules that look at the identity as a whole, in this order."""


def cases(touched: Iterable[str], known: Known) -> list[Case]:
    """The case of each touched id: a caller's, or the `child` of an issuance.

    An issuance that a seen session claims has no node of its own, so nothing is said of its id. `known` holds what
    `anchors` says the ids need, and more.
    """
    return [case for id_ in dict.fromkeys(touched) if (case := case_of(id_, known)) is not None]


def case_of(id_: str, known: Known) -> Case | None:
    """The case of a caller, or of an issuance nobody claims; None when the id stands for neither."""
    one = known.seen.get(id_)
    if one is not None:
        found = matches(one, known) if one.caller.kind == "session" else []
        made_by = tuple([m.grant for m in found if m.rule != "J1x"])
        return Case(id_, one, tuple(found), known, one.caller.created or _first(one, found), made_by)
    grants = [g for g in known.grants_of_child.get(id_, ()) if not known.claimants(g)]
    if not grants:
        return None
    return Case(id_, None, tuple([unused(g) for g in grants]), known, grants[0].told.at, tuple(grants))


def _first(one: Seen, found: list[Match]) -> int:
    return min((m.grant.told.at for m in found), default=one.caller.first_at)


def linked_of(case: Case) -> Linked:
    found = [f for m in case.matches for f in RULES[m.grant.told.family](case, m)]
    for rule in BESIDE:
        found += rule(case)
    edges = ordered([f.edge for f in found])
    origins = {f.origin.id: f.origin for f in found if f.origin is not None}
    return Linked(node.of_case(case, edges), edges, _aliases(case), tuple(origins.values()))


def linked_plainly(one: Plain) -> Linked:
    """What `linked_of` says of a case that is alone."""
    return plain.linked_of(one, RULES[one.case.grants[0].told.family](one.case, one.case.matches[0]))


def more(case: Case) -> tuple[int, ...]:
    """Anchors of what else the rules ask about a case, once it is known what made it."""
    if len(case.matches) == 1 and case.matches[0].grant.told.family == "assume" and not case.matches[0].grant.foreign:
        return pivot.touches_of(case) if case.seen is not None and case.seen.caller.in_scope_of else ()
    return (*pivot.touches_of(case), *federate.portal_anchors(case), *across.token_anchors(case), *sign_in.link_anchors(case))


def asks_for(case: Case) -> set[str]:
    """Principals whose sessions may be the parent of this one, where its records do not tell."""
    if case.seen is not None and (undated.applies(case) or forward.applies(case)):
        return {case.seen.caller.principal_id}
    return {m.grant.told.parent_principal for m in case.matches if m.grant.foreign and m.grant.told.parent_principal}


def ordered(edges: list[Edge]) -> tuple[Edge, ...]:
    """Best first; of two that say the same, the surer."""
    if len(edges) == 1:
        return (edges[0],)
    best: dict[tuple[str, ...], Edge] = {}
    for edge in sorted(edges, key=_rank):
        best.setdefault(edge[:5], edge)
    return tuple(best.values())


def _rank(e: Edge) -> tuple[bool, float, str, str, str, str, int, tuple[str, ...]]:
    return bool(e.pivot), -e.confidence, e.parent, e.parent_key, e.child_key, e.kind, e.at, e.evidence


def _aliases(case: Case) -> tuple[str, ...]:
    """Ids of issuances that this session answers for: those it claims before any other does."""
    found: set[str] = set()
    for g in case.grants:
        child = g.told.child
        if child != case.id and child not in case.known.seen and case.known.claimants(g)[:1] == [case.id]:
            found.add(child)
        if '"was":' in g.told.detail and child == case.id:
            found.update(id_ for id_ in detail_of(g.told.detail).get("was", ()) if id_ not in case.known.seen)
    return tuple(sorted(child for child in found if _wholly_claimed(child, case.known)))


def _wholly_claimed(child: str, known: Known) -> bool:
    """False when the id also stands for a credential that nobody used: it keeps its node then."""
    grants = known.grants_of_child.get(child, ())
    return len(grants) == 1 or all(known.claimants(g) for g in grants)


def created_keys(wanted: Collection[str], seen: Mapping[str, Seen], actions: Iterable[Action]) -> list[Linked]:
    """Long-term keys that were made and not used: they are there to be used, and to be disabled."""
    makers: dict[str, Action] = {}
    for a in actions:
        if a.event_name == "CreateAccessKey" and a.identity:
            id_ = created_key_id(a)
            if id_ in wanted and id_ not in seen and (id_ not in makers or (a.at, a.event_id) < makers[id_][1::-1]):
                makers[id_] = a
    return [_created(id_, a) for id_, a in makers.items()]


def _created(id_: str, a: Action) -> Linked:
    edge = pivot.of_created_key(id_, a)
    return Linked(node.of_created_key(a, partition_of_region(a.region)), (edge,), (), ())


def created_key_id(a: Action) -> str:
    """Id of the key that an action made; "" when it made none."""
    made = any(t.kind == "access_key" for t in touches(a)) and a.event_name == "CreateAccessKey"
    return ids.key_id(partition_of_region(a.region), a.target) if made else ""
