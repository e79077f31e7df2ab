"""Who is asking: the one thing every use-case is handed besides its ports.

An actor is built by a skin (CLI, API, pages) from a credential it checked; the core never sees the credential.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "analyst", "admin"]
Scope = Literal["read", "ingest", "investigate", "export", "admin"]
Kind = Literal["local", "session", "token", "anonymous"]
"""local: whoever can read the store's files. anonymous: everybody, under --insecure-no-auth."""

ROLES: tuple[Role, ...] = ("viewer", "analyst", "admin")
SCOPES: tuple[Scope, ...] = ("read", "ingest", "investigate", "export", "admin")


@dataclass(frozen=True, slots=True)
class Actor:
    """`role` is what the person may do, `scopes` what this credential may be used for; both must allow an action."""

    name: str
    role: Role
    scopes: frozenset[str]
    kind: Kind


def local_actor(name: str = "local") -> Actor:
    """Whoever can read the store's files: the CLI, and sessions opened with a launch link."""
    return Actor(name=name, role="admin", scopes=frozenset(SCOPES), kind="local")
