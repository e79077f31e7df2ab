"""Console sign-ins: a password becomes a session (rule J6), a sign-in link carries a session into the console; SIGNED_IN.

`aws login` (J9) and CloudShell add nothing here: their keys carry the console session's principal and creationDate, so
they are keys of that session by construction.
"""

from __future__ import annotations

from roletrail.lineage.link import anchors, origins
from roletrail.lineage.link.case import Case, Found, from_origin
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import PRINCIPAL, Match
from roletrail.lineage.model import Edge, SignIn

LINK_LIFE = 900
"""Seconds a GetSigninToken link may be opened (semantics 2.10)."""


def edges(case: Case, m: Match) -> list[Found]:
    return from_origin(case, m, "SIGNED_IN", origins.of_password(m.grant.told))


def from_link(case: Case) -> list[Found]:
    """A console session of a role or federated user with a creationDate of its own: it came through a sign-in link."""
    if case.seen is None or case.seen.caller.type not in {"AssumedRole", "FederatedUser"} or case.matches:
        return []
    c = case.seen.caller
    logins = [s for s in case.known.console_logins.get(c.principal_id, ()) if abs(s.at - c.created) <= SLACK]
    if not logins:
        return []
    token = _token_before(case, c.principal_id, logins[0].at)
    if token is None or token.identity == case.id:
        return []
    evidence = (ref(token.at, token.event_id), ref(logins[0].at, logins[0].event_id), ref(c.first_at, c.first_event))
    edge = Edge("SIGNED_IN", token.identity, case.id, token.access_key_id, "", logins[0].at, "J6", PRINCIPAL, evidence, "", "",
                "through a sign-in link")  # fmt: skip
    return [Found(edge)]


def _token_before(case: Case, principal_id: str, at: int) -> SignIn | None:
    """The latest GetSigninToken of this principal whose link could still be opened."""
    calls = case.known.sign_in_tokens.get(principal_id, ())
    usable = [s for s in calls if s.identity and at - LINK_LIFE - SLACK <= s.at <= at + SLACK]
    return max(usable, key=lambda s: (s.at, s.event_id), default=None)


def link_anchors(case: Case) -> tuple[int, ...]:
    c = case.seen.caller if case.seen and not case.matches else None
    if c is None or c.principal_id not in case.known.console_logins:
        return ()
    return anchors.sign_in_urls(c.partition, c.principal_id, c.created)
