"""SAML, OIDC and Identity Center: somebody an identity provider authenticated gets a role session; kind FEDERATED."""

from __future__ import annotations

from roletrail.lineage.link import anchors, origins
from roletrail.lineage.link.case import Case, Found, from_origin
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import Match
from roletrail.lineage.model import SignIn


def edges(case: Case, m: Match) -> list[Found]:
    """onBehalfOf names the Identity Center user on the session's own calls, never on the SAML event (F9)."""
    i = m.grant.told
    user = case.seen.caller.on_behalf_of if case.seen else ""
    if not (user and i.family == "saml" and i.role_name.startswith(anchors.SSO_ROLE)):
        return from_origin(case, m, "FEDERATED", origins.of_subject(i))
    asked = portal_call(case, m, user)
    note = "identity from onBehalfOf (J8 0.90)" + ("; portal call (J8 0.85)" if asked else "")
    evidence = (*m.grant.evidence, ref(asked.at, asked.event_id)) if asked else m.grant.evidence
    joined = m._replace(grant=m.grant._replace(evidence=evidence))
    return from_origin(case, joined, "FEDERATED", origins.of_directory_user(user, i.partition), note=note)


def portal_call(case: Case, m: Match, user: str) -> SignIn | None:
    """The portal's GetRoleCredentials of the same user, account and permission set, within 2 seconds."""
    i = m.grant.told
    wanted = {anchors.permission_set(i.role_name), i.role_name}
    calls = case.known.portal_calls.get((user, i.role_account), ())
    near = [s for s in calls if abs(s.at - i.at) <= SLACK and detail_of(s.detail).get("role_name") in wanted]
    return min(near, key=lambda s: (abs(s.at - i.at), s.at, s.event_id), default=None)


def portal_anchors(case: Case) -> tuple[int, ...]:
    user = case.seen.caller.on_behalf_of if case.seen else ""
    if not user:
        return ()
    return tuple(a for g in case.grants if g.told.family == "saml" for a in anchors.portals(user, g.told.role_account, g.told.at))
