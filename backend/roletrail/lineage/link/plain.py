"""Plain joins: a session whose name, second and key nobody else in the whole store bears, and the one call that issued it.

Most sessions are such. What `linked_of` would say of them follows from their own records, so they need no neighbourhood:
only the certainty that there is none, which the numbers of observations under their anchors give. Whatever is not plain
at first sight, or has one observation more than its own under an anchor, goes the long way; both ways say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from roletrail.lineage import workload
from roletrail.lineage.link import anchors, federate, node, pivot
from roletrail.lineage.link import grant as grants
from roletrail.lineage.link.case import Case, Found
from roletrail.lineage.link.grant import Grant
from roletrail.lineage.link.known import Known, agrees
from roletrail.lineage.link.match import by_key, unused
from roletrail.lineage.model import Issuance, Linked, Providers, Seen

_FAMILIES = frozenset({"assume", "service", "saml", "web"})
_ALONE = frozenset({"instance", "function"})
"""Workloads whose sessions have no say in how sure the pivot of another one is."""
_NOBODY = Known({}, Providers((), (), ()))


class Plain(NamedTuple):
    """A case that is plain if nothing but its own observations lies under its anchors."""

    case: Case
    own: int  # its issuance's records, and itself where it was seen
    shared: tuple[int, ...]  # anchors its own observations lie under: the key's, then those of the moment
    empty: tuple[int, ...]  # anchors of what else its rules would ask
    eras: tuple[int, ...]  # where others may refer to it by name: they are looked at again


def plain(one: Seen | None, copies: Sequence[Issuance]) -> Plain | None:
    """The case of a session seen with the one key that these records issued, or of one that nobody was seen using."""
    grant = _grant(copies)
    if grant is None or (one is not None and not _is_seen_plainly(one, grant)):
        return None
    i = grant.told
    match = unused(grant) if one is None else by_key(one, grant)
    case = Case(i.child, one, (match,), _NOBODY, i.at, (grant,))
    empty = () if i.family == "assume" and not _in_scope(one) else (*pivot.touches_of(case), *federate.portal_anchors(case))
    eras = anchors.eras(i.partition, i.child_principal, i.at)
    moments = anchors.around(grant.group, i.at)
    return Plain(case, len(copies) + (one is not None), (anchors.key(grant.issued_key), *moments), empty, eras)


def _grant(copies: Sequence[Issuance]) -> Grant | None:
    first = copies[0]
    if first.family not in _FAMILIES or first.child_type != "AssumedRole" or not (first.child_principal and first.child_key):
        return None
    if len(copies) > 1 and not _are_one_call(copies):
        return None
    grant = grants.of_call(list(copies))
    i = grant.told
    if grant.foreign or grant.conflict or '"was":' in i.detail or (i.family == "web" and anchors.token_of(i.detail)):
        return None
    if i.family == "service" and workload.delivered_by(i.parent_label or i.invoked_by, i.session_name).kind not in _ALONE:
        return None
    return grant


def _are_one_call(copies: Sequence[Issuance]) -> bool:
    first = copies[0]
    return bool(first.request_id) and all(
        (i.child, i.child_key, i.request_id, i.at, i.family)
        == (first.child, first.child_key, first.request_id, first.at, first.family)
        for i in copies
    )


def _is_seen_plainly(one: Seen, grant: Grant) -> bool:
    """The one key it called with itself; those that services called with for it were issued by no record."""
    c, uses, i = one.caller, one.credentials, grant.told
    own = uses if len(uses) == 1 else [u for u in uses if u.kind != "forward"]
    return (
        len(own) == 1
        and own[0].kind == "issued"
        and own[0].access_key_id == grant.issued_key
        and c.id == i.child
        and c.kind == "session"
        and c.created == i.at
        and agrees(c, grant)
        and anchors.caller_group(c) == grant.group
    )


def _in_scope(one: Seen | None) -> bool:
    return one is not None and bool(one.caller.in_scope_of)


def is_alone(one: Plain, counts: Mapping[int, int]) -> bool:
    """`counts` are numbers of observations by anchor."""
    key, *moments = one.shared
    return (
        counts.get(key, 0) == one.own
        and sum([counts.get(a, 0) for a in moments]) == one.own
        and not any(counts.get(a) for a in one.empty)
    )


def linked_of(one: Plain, found: Sequence[Found]) -> Linked:
    """`found` is what the rule of its family says."""
    edges = tuple([f.edge for f in found])
    origins = tuple([f.origin for f in found if f.origin is not None])
    return Linked(node.of_case(one.case, edges), edges, (), origins)
