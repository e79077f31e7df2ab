"""Where to read on about a join: AWS's own pages, by the call that issued the credential. And the same question as queries."""

from __future__ import annotations

from typing import NamedTuple

from roletrail.usecases.chains.views import PathNode

_STS = "https://docs.aws.amazon.com/STS/latest/APIReference/API_"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_TRAIL = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"


class Reference(NamedTuple):
    title: str
    url: str


_BY_KIND = {
    "ASSUMED": Reference("AssumeRole", _STS + "AssumeRole.html"),
    "FEDERATED": Reference("Identity providers and federation", _IAM + "id_roles_providers.html"),
    "GOT_SESSION_TOKEN": Reference("GetSessionToken", _STS + "GetSessionToken.html"),
    "GOT_FEDERATION_TOKEN": Reference("GetFederationToken", _STS + "GetFederationToken.html"),
    "RAN_ROOT_TASK": Reference("AssumeRoot", _STS + "AssumeRoot.html"),
    "SWITCHED": Reference("Switching to a role in the console", _IAM + "id_roles_use_switch-role-console.html"),
    "DELIVERED": Reference("Roles of AWS services", _IAM + "id_roles_create_for-service.html"),
    "SIGNED_IN": Reference("Console sign-in events", _TRAIL + "cloudtrail-event-reference-aws-console-sign-in-events.html"),
    "CREATED": Reference("Access keys of users", _IAM + "id_credentials_access-keys.html"),
}
_ALWAYS = (
    Reference("CloudTrail userIdentity", _TRAIL + "cloudtrail-event-reference-user-identity.html"),
    Reference("Unique ids of IAM", _IAM + "reference_identifiers.html"),
)
_REVOKE = Reference("Revoking sessions of a role", _IAM + "id_roles_use_revoke-sessions.html")


def references(node: PathNode) -> list[Reference]:
    own = [_BY_KIND[node.edge.kind]] if node.edge and node.edge.kind in _BY_KIND else []
    return [*own, *_ALWAYS, *([_REVOKE] if node.kind == "session" else [])]


class Asked(NamedTuple):
    """One question, as each way in would ask it."""

    api: str
    cli: str
    cypher: str


def as_query(id_: str) -> Asked:
    """How to ask for a session's path oneself. The Cypher is for a store in Neo4j (graph_schema/)."""
    return Asked(
        api=f"GET /api/v1/sessions/{id_}",
        cli=f"roletrail show {id_} --json",
        cypher=f"MATCH path = (:Identity)-[*0..60]->(:Identity {{id: '{id_}'}}) RETURN path ORDER BY length(path) DESC LIMIT 1",
    )
