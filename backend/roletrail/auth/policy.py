"""The one policy function. Use-cases ask it; routes and commands never decide for themselves (ADR 0007)."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.auth.actor import ROLES, Actor, Role, Scope
from roletrail.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: str


NEEDS: dict[str, tuple[Role, Scope]] = {
    "chains.read": ("viewer", "read"),
    "sessions.read": ("viewer", "read"),
    "events.read": ("viewer", "read"),
    "records.read": ("viewer", "read"),
    "entities.read": ("viewer", "read"),
    "trace.read": ("viewer", "read"),
    "health.read": ("viewer", "read"),
    "sources.read": ("viewer", "read"),
    "coverage.read": ("viewer", "read"),
    "impact.read": ("viewer", "read"),
    "investigations.read": ("viewer", "read"),
    "investigations.write": ("analyst", "investigate"),
    "investigations.export": ("viewer", "export"),
    "marks.read": ("viewer", "read"),
    "marks.write": ("analyst", "investigate"),
    "responders.read": ("viewer", "read"),
    "responders.write": ("analyst", "investigate"),
    "shares.read": ("analyst", "export"),
    "shares.write": ("analyst", "export"),
    "shares.stop": ("admin", "admin"),
    "audit.read": ("admin", "admin"),
    "retention.run": ("admin", "admin"),
    "findings.read": ("viewer", "read"),
    "findings.decide": ("analyst", "investigate"),
    "findings.send": ("analyst", "export"),
    "rules.read": ("viewer", "read"),
    "rules.evaluate": ("analyst", "ingest"),
    "off_instance.read": ("viewer", "read"),
    "inventory.write": ("analyst", "ingest"),
    "roles.read": ("viewer", "read"),
    "report.read": ("viewer", "read"),
    "events.export": ("viewer", "export"),
    "containment.read": ("viewer", "read"),
    "ingest.run": ("analyst", "ingest"),
    "access.manage": ("admin", "admin"),
}
"""Least role and the scope each action needs. An action that is not listed is denied to everybody."""


def allowed(actor: Actor, action: str, resource: str = "") -> Decision:
    """Whether `actor` may do `action` on `resource` (an opaque id, or "" for the collection)."""
    needs = NEEDS.get(action)
    asked = f"{action} on {resource[:60]}" if resource else action
    if needs is None:
        return Decision(False, f"no rule allows {asked}")
    role, scope = needs
    if ROLES.index(actor.role) < ROLES.index(role):
        return Decision(False, f"{asked} needs the role {role}; {actor.name} is {actor.role}")
    if scope not in actor.scopes:
        return Decision(False, f"{asked} needs a credential with the scope {scope}")
    return Decision(True, f"{actor.role} with scope {scope}")


def require(actor: Actor, action: str, resource: str = "") -> None:
    """Raise Forbidden unless the policy allows it."""
    decision = allowed(actor, action, resource)
    if not decision.allowed:
        raise Forbidden(decision.reason, hint="Use a token with that scope, or ask an administrator for the role.")
