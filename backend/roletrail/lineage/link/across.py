"""AssumeRoleWithWebIdentity, also across partitions (semantics 2.15): kind FEDERATED.

No credential is good in two partitions. A workload of one asks its STS for a web identity token (GetWebIdentityToken) and
hands it to the STS of the other; both events have the token's id, and the second one names who had asked for it. Source:
IAM, "Auditing cross-partition identity federation".
"""

from __future__ import annotations

from roletrail.lineage import arn
from roletrail.lineage.link import anchors, federate
from roletrail.lineage.link.case import Case, Found, edge_of
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import CONFLICTING_KEY, Match
from roletrail.lineage.model import SignIn

NOTE = "web identity token of another partition"


def edges(case: Case, m: Match) -> list[Found]:
    """From whoever asked for the token, as sure as the join itself: the token's id is exact."""
    made = _token(case, m) if m.rule != "J1x" else None  # whoever the key was issued to is another session's matter
    if made is None:
        return federate.edges(case, m)
    sure = m if _is_named(made, m) else m._replace(
        confidence=min(m.confidence, CONFLICTING_KEY), conflict=m.conflict or "the token is said to be somebody else's"
    )  # fmt: skip
    joined = sure._replace(grant=m.grant._replace(evidence=(ref(made.at, made.event_id), *m.grant.evidence)))
    edge = edge_of(case, joined, "FEDERATED", made.identity, parent_key=made.access_key_id, note=NOTE)
    return [] if edge is None else [Found(edge)]


def token_anchors(case: Case) -> tuple[int, ...]:
    tokens = [anchors.token_of(g.told.detail) for g in case.grants if g.told.family == "web"]
    return tuple(anchors.web_token(token) for token in tokens if token)


def _token(case: Case, m: Match) -> SignIn | None:
    """The call that made the token, in another partition and before its use."""
    i = m.grant.told
    token = anchors.token_of(i.detail)
    calls = case.known.web_tokens.get(token, ()) if token else ()
    fitting = [s for s in calls if s.identity and s.partition != i.partition and s.at <= i.at + SLACK]
    return max(fitting, key=lambda s: (s.at, s.event_id), default=None)


def _is_named(made: SignIn, m: Match) -> bool:
    """False when the destination's record names another principal than the one whose call made the token."""
    source = detail_of(m.grant.told.detail).get("cross_partition", {}).get("sourcePrincipalArn")
    said, did = arn.parse_arn(source) if isinstance(source, str) else None, arn.parse_arn(made.arn)
    if said is None or did is None:
        return True
    return (said.partition, said.account, _principal(source)) == (did.partition, did.account, _principal(made.arn))


def _principal(text: str) -> str:
    """A role's sessions and the role itself are one principal here."""
    return arn.role_name(text) or text.rpartition("/")[2]
