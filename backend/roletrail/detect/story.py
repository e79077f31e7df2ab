"""What a rule is handed: one identity with the path above it and what it did. Gathered by a use-case, judged here."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from roletrail.detect.verdict import UseVerdict
from roletrail.lineage.link.attempt import Obtained
from roletrail.lineage.model import Action, Activity, Attempt, Edge, Issuance, Node, SignIn, Standing
from roletrail.lineage.tone import tone


class Step(NamedTuple):
    """An identity on a path, how it came to be, and the call that asked for it."""

    node: Node
    edge: Edge | None = None  # from the step above
    asked: Issuance | None = None


class Use(NamedTuple):
    """One event among several that a rule compares: who, when, from where, with what, for what."""

    id: str
    at: int
    address: str
    agent: str
    what: str
    ref: str
    extra: str = ""  # external id


WORKLOADS = frozenset({"function", "instance", "task", "pod", "build", "service"})
"""Kinds of roots that roles are delivered to: what people do with such a role is worth a look."""


class Story(NamedTuple):
    """`path` runs from the root to the identity itself; of a long one the middle may be left out (`standing` counts)."""

    node: Node
    standing: Standing
    path: tuple[Step, ...]
    leaf: bool = False  # the last session of its chain
    first_seen: int = 0
    last_seen: int = 0
    activities: tuple[Activity, ...] = ()
    actions: tuple[Action, ...] = ()  # oldest first
    attempts: tuple[Attempt, ...] = ()
    obtained: tuple[Obtained, ...] = ()
    sign_ins: tuple[SignIn, ...] = ()
    verdicts: tuple[UseVerdict, ...] = ()
    issued: tuple[Use, ...] = ()  # what it obtained: `what` is the role ARN
    role_uses: tuple[Use, ...] = ()  # ways into its role within a day, of workloads and strangers: `what` is the kind of root
    revoked: tuple[Use, ...] = ()  # revocations that should have ended it
    own: frozenset[str] = frozenset()  # accounts whose logs are loaded
    missing: str = ""  # reason code of an unknown parent
    stranger: bool = False  # its role was declared as responders', itself was not

    @property
    def at(self) -> int:
        """The time novelty is asked for: when the path's last credential was issued."""
        return self.node.issued_at or self.first_seen

    @property
    def tone(self) -> str:
        return tone(self.standing.sessions if self.node.counts else 0)

    @property
    def root(self) -> Node:
        return self.path[0].node

    @property
    def roles(self) -> tuple[Step, ...]:
        """The role sessions on the path."""
        return tuple([step for step in self.path if step.node.counts])

    @property
    def asked(self) -> Issuance | None:
        return self.path[-1].asked


@lru_cache(1 << 14)
def services_in(sources: str) -> tuple[str, ...]:
    """Services of an activity's `source=count` list, in its order."""
    return tuple(pair.partition("=")[0] for pair in sources.split())


def who(node: Node) -> str:
    """The one text a principal is known by over time: a role, a user, a subject; never a session."""
    if node.role_arn:
        return node.role_arn
    if node.kind == "key" or node.type in ("IAMUser", "FederatedUser", "Root"):
        return f"{node.account}:{node.type}:{node.name}"
    return f"{node.type}:{node.account}:{node.principal_id or node.name}"


def called(node: Node) -> str:
    """How a sentence names it: a key by its id, because its user is a person and no subject."""
    if node.kind == "key" and node.access_key_ids:
        return f"{node.access_key_ids[0]} of {node.name}"
    return node.role_name or node.label or node.principal_id
