"""Switching roles in the console: an AssumeRole that the sign-in service made for a console session; kind SWITCHED.

The console asks with the ORIGINAL identity each time (SwitchFrom), so switching twice makes two paths and no chain.
"""

from __future__ import annotations

from roletrail.lineage.link.case import Case
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import Match

SIGN_IN_AGENTS = ("aws-signin", "signin.amazonaws.com")
"""Families of user agents: `AWS Signin, aws-internal/3 ...` is the sign-in service's own (semantics 2.11)."""


def kind(case: Case, m: Match) -> str:
    """SWITCHED when a SwitchRole of the same principal and second, or the asking agent, says so; else ASSUMED."""
    i = m.grant.told
    if i.agent.startswith(SIGN_IN_AGENTS):
        return "SWITCHED"
    for s in case.known.switches.get(m.grant.group, ()):
        if abs(s.at - i.at) <= SLACK and (not i.child_principal or s.principal_id == i.child_principal):
            return "SWITCHED"
    return "ASSUMED"
