"""GetSessionToken and GetFederationToken: temporary credentials of a user or root, who stay who they are."""

from __future__ import annotations

from roletrail.lineage.link.case import Case, Found, from_identity
from roletrail.lineage.link.match import Match


def edges(case: Case, m: Match) -> list[Found]:
    kind = "GOT_FEDERATION_TOKEN" if m.grant.told.family == "federation" else "GOT_SESSION_TOKEN"
    return from_identity(case, m, kind, note=f"MFA {m.grant.told.mfa_serial}" if m.grant.told.mfa_serial else "")
