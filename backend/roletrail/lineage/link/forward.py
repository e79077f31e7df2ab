"""Forward access sessions of long-term keys (rule J7): a service acts for a user, with a key nothing ever issued.

A session's own forward access carries its creationDate and so is that session. A long-term key has none: its forward
access begins in the second of the call (F7). Where a user has one long-term key in these logs, it is that key's doing.
"""

from __future__ import annotations

from collections.abc import Iterable

from roletrail.lineage.link.case import Case
from roletrail.lineage.model import Caller, Node

CALL_WITHIN = 5
"""A console session's calls through services bear the second of its sign-in: they come later."""


def applies(case: Case) -> bool:
    """Only services made its calls, for a user or root, and nothing issued it."""
    return case.seen is not None and not case.matches and looks_forwarded(case.seen.caller)


def looks_forwarded(c: Caller) -> bool:
    by_services = c.type in {"IAMUser", "Root"} and c.kind == "session" and c.internal == c.count
    return by_services and c.created > 0 and c.first_at - c.created <= CALL_WITHIN


def key_behind(case: Case, nodes: Iterable[Node]) -> str:
    """Id of the user's one long-term key; "" when there is none, or several."""
    if case.seen is None:
        return ""
    c = case.seen.caller
    keys = [n.id for n in nodes if n.kind == "key" and n.partition == c.partition and n.account == c.account]
    return keys[0] if len(keys) == 1 else ""
