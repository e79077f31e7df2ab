"""How a join is graded and why it was made, in words. The grade is the join's, never a person's."""

from __future__ import annotations

from roletrail.lineage.link import forward
from roletrail.lineage.model import Alias, Edge

PROVED, STRONG, PROBABLE = 1.0, 0.90, 0.70
"""Least confidences of the named grades; anything below is weak."""

_WHY = {
    "J1": "The access key that was issued is the key that was used.",
    "J1x": "The access key is the same, but account, role or session name disagree.",
    "J2": "Same principal id, and the session was created in the second of the issuance.",
    "J2m": "Same principal id and second, but several parents are possible.",
    "J3": "Same role, same session name, and the session was created in the second of the issuance.",
    "J4": "Same principal, and the session was created within two seconds of the issuance.",
    "J5": "Same user, and the session was created in the second of the GetSessionToken call.",
    "J6": "Same principal, and the session was created in the second of the sign-in.",
    "J8": "An Identity Center session, joined to its SAML record or portal call.",
    "J9": "A command line signed in through this console session.",
    "J10": "Only the role account's copy of the call is in these logs; it names the caller's unique id.",
    "J11": "Same role and session name, used while the issued session was valid; its records carry no creation time.",
}


SAME_SERVICE = (
    "The same credential: a service acted for its user with a key that no record issued, and this credential itself called"
    " that service around the second in which that session began."
)
ANY_SERVICE = (
    "The same credential: a service that the record does not name acted for its user with a key that no record issued, and this"
    " credential itself made calls around the second in which that session began."
)


def grade(confidence: float) -> str:
    """Name of a confidence: proved | strong | probable | weak."""
    if confidence >= PROVED:
        return "proved"
    if confidence >= STRONG:
        return "strong"
    return "probable" if confidence >= PROBABLE else "weak"


def why_same(alias: Alias) -> str:
    """One sentence for the rule that says an id is another one's (J7)."""
    return SAME_SERVICE if alias.confidence >= forward.SAME_SERVICE else ANY_SERVICE


def why(edge: Edge) -> str:
    """One sentence for the rule that made an edge."""
    if edge.pivot:
        return _PIVOTS.get(edge.pivot, f"Something this credential created ({edge.pivot.replace('_', ' ')}) was used later.")
    return _WHY.get(edge.rule, f"Joined by rule {edge.rule}.")


_PIVOTS = {
    "access_key": "This credential created the access key, and the key was used later.",
    "login_profile": "This credential set the console password, and it was used later.",
    "instance": "This credential started the instance, which was then given credentials of its role.",
    "function": "This credential created or changed the function, which was then given credentials of its role.",
}
