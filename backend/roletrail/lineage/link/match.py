"""Which grants made a session: rules J1 to J6 of semantics section 3.2, first rule that fires, with its confidence."""

from __future__ import annotations

from typing import NamedTuple

from roletrail.lineage.link.grant import LOGIN, Grant
from roletrail.lineage.link.known import Known
from roletrail.lineage.model import Caller, Seen

EXACT = 1.0
CONFLICTING_KEY = 0.50
PRINCIPAL = 0.95
SEVERAL = 0.60
ROLE_AND_NAME = 0.92
SHIFTED = 0.80
CHANGED_SOURCE_IDENTITY = 0.40
_PLACEHOLDER_KEY = 0.50
_SAME_SOURCE_IDENTITY = 0.03
"""Added to a join without its key; the surest of them stays below an exact one."""


class Match(NamedTuple):
    grant: Grant
    rule: str
    confidence: float
    child_key: str
    use: tuple[int, str]  # (time, event id) of the use that shows it; (0, "") when the issuance proves itself
    conflict: str


def unused(g: Grant) -> Match:
    """Nobody was seen using it: the record of the issuance proves its own edge."""
    if g.told.family == LOGIN:
        return Match(g, "J6", PRINCIPAL, "", (0, ""), "")
    return Match(g, "J1", _PLACEHOLDER_KEY if g.conflict else EXACT, g.issued_key, (0, ""), g.conflict)


def by_key(one: Seen, g: Grant) -> Match:
    """The match of a session that used the key of this grant and agrees with it."""
    m = _by_key(one, g)
    return _with_source_identity(m, one.caller) if one.caller.source_identity else m


def matches(one: Seen, known: Known) -> list[Match]:
    """Every grant that made this session. Several are several credentials, or several possible parents."""
    keyed = known.by_key(one)
    agreed = [g for g, fits in keyed if fits]
    found = [_by_key(one, g) for g in agreed]
    exact = _by_principal(one.caller, known, bool(agreed))
    if exact != agreed:
        found += _without_key(one, [g for g in exact if g not in agreed], ambiguous=not agreed)
    if not agreed:
        # A key issued to somebody else: reuse, tampering or careless anonymisation. Shown beside what else fits.
        found += [_conflicting(one, g) for g, fits in keyed if not fits and not g.foreign]
    return [_with_source_identity(m, one.caller) for m in found] if one.caller.source_identity else found


def _by_principal(c: Caller, known: Known, matched: bool) -> list[Grant]:
    if not c.created:
        return []
    exact = known.exact(c)
    return exact if exact or matched else known.near(c)


def _by_key(one: Seen, g: Grant) -> Match:
    use = next(u for u in one.credentials if u.access_key_id == g.issued_key)
    return Match(g, "J1", EXACT, g.issued_key, (use.first_at, use.first_event), g.conflict)


def _conflicting(one: Seen, g: Grant) -> Match:
    use = next(u for u in one.credentials if u.access_key_id == g.issued_key)
    said = "/".join(filter(None, (g.told.role_name or g.told.child_principal, g.told.session_name)))
    return Match(g, "J1x", CONFLICTING_KEY, g.issued_key, (use.first_at, use.first_event), f"the key was issued to {said}")


def _without_key(one: Seen, grants: list[Grant], *, ambiguous: bool) -> list[Match]:
    c = one.caller
    several = ambiguous and len({_parent(g) for g in grants}) > 1
    found: list[Match] = []
    for g in grants:
        rule, confidence = ("J2m", SEVERAL) if several and g.told.family != LOGIN else _rule(c, g)
        if g.conflict:
            confidence = min(confidence, _PLACEHOLDER_KEY)
        found.append(Match(g, rule, confidence, g.issued_key, (c.first_at, c.first_event), g.conflict))
    return found


def _rule(c: Caller, g: Grant) -> tuple[str, float]:
    if g.told.family == LOGIN:
        return "J6", PRINCIPAL
    if c.created != g.told.at:
        return "J4", SHIFTED
    if g.told.family == "session_token":
        return "J5", PRINCIPAL
    return ("J2", PRINCIPAL) if g.told.child_principal else ("J3", ROLE_AND_NAME)


def _parent(g: Grant) -> tuple[str, str, str]:
    """Who asked, as far as the record alone tells: what makes candidates one parent or several."""
    i = g.told
    return (i.parent or i.parent_principal, i.parent_label, i.provider)


def _with_source_identity(m: Match, c: Caller) -> Match:
    """AWS never changes sourceIdentity along a chain: equal supports the join, different contradicts it."""
    set_, used = m.grant.told.source_identity, c.source_identity
    if not set_:
        return m
    if set_ == used:
        return m if m.confidence >= EXACT or m.conflict else m._replace(confidence=round(m.confidence + _SAME_SOURCE_IDENTITY, 2))
    conflict = f"sourceIdentity was set to {set_!r} and is {used!r}"
    lowered = PRINCIPAL if m.rule == "J1" else CHANGED_SOURCE_IDENTITY
    return m._replace(confidence=min(m.confidence, lowered), conflict=m.conflict or conflict)
