"""Responders: roles and sessions that people declared as their own before they cleaned up. Pure.

What a declared session does is shown as a response and never scores. A role of responders used by a session that nobody declared
is worse than any other: it scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Responder(NamedTuple):
    """`session_name` and `source_identity` "" are any; `to` 0 has no end."""

    role: str  # ARN
    session_name: str = ""
    source_identity: str = ""
    from_: int = 0
    to: int = 0


def is_response(responders: Sequence[Responder], role: str, session_name: str, source_identity: str, at: int) -> bool:
    """Whether a session of `role` issued at `at` was declared."""
    return any(
        role == one.role
        and one.session_name in ("", session_name)
        and one.source_identity in ("", source_identity)
        and at >= one.from_
        and (not one.to or at < one.to)
        for one in responders
    )


def is_unknown_use(responders: Sequence[Responder], role: str, session_name: str, source_identity: str, at: int) -> bool:
    """Whether a responders' role was used by a session nobody declared."""
    return any(role == one.role for one in responders) and not is_response(responders, role, session_name, source_identity, at)
