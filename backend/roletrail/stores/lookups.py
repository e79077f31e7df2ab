"""What every store looks identities up by: texts, ARNs, entities, and where a node stands before anybody placed it. Pure."""

from __future__ import annotations

import json
from functools import lru_cache

from roletrail.lineage.model import Node, SignIn, Standing
from roletrail.stores.port import fold, search_texts

MIN_LENGTH = 3
"""Characters of a text that can be looked for."""

WORKLOADS = ("instance", "function", "task", "pod", "build", "machine")
INSTANCE_NAME = "i-"
INSTANCE_NAMES = (19, 10)
"""Lengths of instance ids: since 2016, and before."""


def is_workload(node: Node) -> bool:
    """Delivered to a workload, or named as only an instance's session should be."""
    return node.workload in WORKLOADS or (node.name.startswith(INSTANCE_NAME) and len(node.name) in INSTANCE_NAMES)


MAX_BAND = 3
"""Bands of the chain list: 1, 2, and 3 for three or more sessions, as tones have it."""


def default_standing(node: Node) -> Standing:
    """Standing of a node nobody has placed yet: a root of its own."""
    return Standing(node.id, "", int(node.counts), 0, 0, 0, 1, int(node.counts), 1.0, node.issued_at, "")


@lru_cache(4096)
def home_text(role_arn: str, account: str) -> str:
    return f"{fold(role_arn)}\n{fold(account)}"


def name_text(node: Node) -> str:
    """Search texts of a node that its home does not hold, a line each."""
    home = home_text(node.role_arn, node.account)
    return "\n".join(text for text in search_texts(node) if text not in home)


def assumed_role_arn(node: Node) -> str:
    """userIdentity.arn of a role session: without the role's path."""
    if not (node.role_name and node.name and node.account):
        return ""
    return f"arn:{node.partition}:sts::{node.account}:assumed-role/{node.role_name}/{node.name}"


def node_arn(node: Node) -> str:
    """ARN as records have it, when the node alone says it."""
    if arn := assumed_role_arn(node):
        return arn
    detail: dict[str, object] = json.loads(node.detail) if '"arn"' in node.detail else {}
    return str(detail.get("arn", ""))


def entities_of(node: Node) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if node.role_arn:
        found.append(("role", node.role_arn))
    if node.account:
        found.append(("account", node.account))
    if node.workload == "instance" and node.workload_id:
        found.append(("instance", node.workload_id))
    return found


def person_of(sign_in: SignIn) -> str:
    """Identity Center user a sign-in names; "" for one that belongs to an identity or to nobody."""
    if '"user_id"' not in sign_in.detail:
        return ""
    return str(json.loads(sign_in.detail).get("user_id", ""))
