"""SAML, OIDC and Identity Center: somebody an identity provider authenticated gets a role session; kind FEDERATED."""

from __future__ import annotations

from roletrail.lineage.link import anchors, origins
from roletrail.lineage.link.case import Case, Found, from_origin
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import Match
from roletrail.lineage.model import SignIn

IDENTITY, PORTAL = 0.90, 0.85
"""Rule J8: how sure it is who stands behind a session, by its onBehalfOf, or by the portal's call alone."""


def edges(case: Case, m: Match) -> list[Found]:
    """onBehalfOf names the Identity Center user on the session's own calls, never on the SAML event (F9)."""
    i = m.grant.told
    if i.family != "saml" or not i.role_name.startswith(anchors.SSO_ROLE) or m.rule == "J1x":
        return from_origin(case, m, "FEDERATED", origins.of_subject(i))
    user = case.seen.caller.on_behalf_of if case.seen else ""
    asked = portal_call(case, m, user)
    if user:
        note = "identity from onBehalfOf (J8 0.90)" + ("; portal call (J8 0.85)" if asked else "")
        return _from_user(case, m, user, asked, min(m.confidence, IDENTITY), note)
    found = from_origin(case, m, "FEDERATED", origins.of_subject(i))
    if asked is None:
        return found
    return [
        *found,
        *_from_user(case, m._replace(rule="J8"), _user(asked), asked, min(m.confidence, PORTAL), "portal call (J8 0.85)"),
    ]


def _from_user(case: Case, m: Match, user: str, asked: SignIn | None, confidence: float, note: str) -> list[Found]:
    evidence = (*m.grant.evidence, ref(asked.at, asked.event_id)) if asked else m.grant.evidence
    joined = m._replace(grant=m.grant._replace(evidence=evidence), confidence=confidence)
    return from_origin(case, joined, "FEDERATED", origins.of_directory_user(user, m.grant.told.partition), note=note)


def portal_call(case: Case, m: Match, user: str) -> SignIn | None:
    """The portal's GetRoleCredentials for this account and permission set, within 2 seconds: this user's, or, where the
    session does not say whose it is, that of the only user who asked."""
    i = m.grant.told
    calls = case.known.portal_calls.get((i.role_account, anchors.permission_set(i.role_name)), ())
    near = [s for s in calls if abs(s.at - i.at) <= SLACK and _user(s) and (not user or _user(s) == user)]
    if len({_user(s) for s in near}) != 1:
        return None
    return min(near, key=lambda s: (abs(s.at - i.at), s.at, s.event_id))


def _user(s: SignIn) -> str:
    return str(detail_of(s.detail).get("user_id", ""))


def portal_anchors(case: Case) -> tuple[int, ...]:
    return tuple(
        a
        for g in case.grants
        if g.told.family == "saml" and g.told.role_name.startswith(anchors.SSO_ROLE)
        for a in anchors.portals(g.told.role_account, anchors.permission_set(g.told.role_name), g.told.at)
    )
