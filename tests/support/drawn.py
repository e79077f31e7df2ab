"""What a generated log holds: rows of the semantics' table of issuances (section 2), and rules its joins were made by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from roletrail.lineage.link import across, assume
from tests.support.memory import Memory

ROWS = tuple(f"2.{n}" for n in range(1, 20))
RULES = (
    "J1", "J1x", "J2", "J2m", "J3", "J4", "J5", "J6", "J7", "J8", "J9", "J10", "J11", "J12", "ATTEMPT", "PIVOT", "SELF", "CONFLICT", "TOKEN", "PLACE",
)  # fmt: skip
"""Rules of section 3.2. TOKEN: a web identity token of another partition. PLACE: a stranger told by where it called from. SELF: a record that gives parent and child one key. CONFLICT: the two sides disagree."""

KINDS = (
    "ASSUMED", "FEDERATED", "GOT_SESSION_TOKEN", "GOT_FEDERATION_TOKEN", "RAN_ROOT_TASK", "SWITCHED", "DELIVERED", "SIGNED_IN", "CREATED",
)  # fmt: skip
PIVOTS = (
    "access_key", "login_profile", "instance", "command", "function", "task", "build", "trust", "trust_anchor", "provider", "permission_set",
)  # fmt: skip

_BY_NAME = {
    "AssumeRoleWithSAML": "2.3", "AssumeRoot": "2.5", "GetSessionToken": "2.6", "GetFederationToken": "2.7", "GetSigninToken": "2.10",
    "SwitchRole": "2.11", "CreateOAuth2Token": "2.12", "GetRoleCredentials": "2.13", "CreateAccessKey": "2.14",
    "GetWebIdentityToken": "2.15", "RequestManagedInstanceRoleToken": "2.18", "GetCredentialsForIdentity": "2.19",
}  # fmt: skip
_BY_SERVICE = {"pods.eks.amazonaws.com": "2.16", "rolesanywhere.amazonaws.com": "2.17"}


def rows_of(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for record in records:
        name, who = record["eventName"], record["userIdentity"]
        if name == "AssumeRole" and "errorCode" not in record:
            yield _BY_SERVICE.get(who.get("invokedBy"), "2.2") if who["type"] == "AWSService" else "2.1"
        elif name == "AssumeRoleWithWebIdentity":
            yield "2.19" if "cognito" in record["userAgent"] else "2.4"
        elif name == "ConsoleLogin":
            yield "2.8" if who["type"] in ("IAMUser", "Root") else "2.9"
        elif name in _BY_NAME:
            yield _BY_NAME[name]


def fired(memory: Memory) -> Iterator[str]:
    """Rules that make an edge by its name; J7, J9 and J12 by what they leave, which is no edge."""
    for id_, one in memory.linked.items():
        uses = memory.uses.get(id_, {}).values()
        for edge in one.edges:
            yield edge.rule
            yield edge.kind
            yield from [edge.pivot] * bool(edge.pivot)
            if edge.conflict:
                yield "SELF" if "one access key" in edge.conflict else "CONFLICT"
            if edge.note == across.NOTE:
                yield "TOKEN"
            if assume.SAME_PLACE in edge.note:
                yield "PLACE"
            if "J8" in edge.note:
                yield "J8"
        if {use.kind for use in uses} >= {"forward", "issued"}:
            yield "J7"
        if one.node.kind == "session" and not one.edges:
            yield "J12"
        tokens = [s.at for s in memory.provided.values() if getattr(s, "event_name", "") == "CreateOAuth2Token" and _by(s, id_)]
        if tokens and len([use for use in uses if use.kind == "issued"]) > 1 and max(use.last_at for use in uses) >= min(tokens):
            yield "J9"
    yield from ["J7"] * len(memory.turned)
    yield from ["ATTEMPT"] * len(memory.attempts)


def _by(sign_in: Any, identity: str) -> bool:
    return sign_in.identity == identity
