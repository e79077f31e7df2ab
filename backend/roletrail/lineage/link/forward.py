"""Forward access sessions of long-term keys (rule J7): a service acts for a user, with a key nothing ever issued.

A session's own forward access carries its creationDate and so is that session. A long-term key has none: its forward
access begins in the second of the call (F7). It is the doing of the one key of that user that was itself calling then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from roletrail.lineage.link.case import Case
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Activity, Alias, Caller, Node

CALL_WITHIN = 5
"""A console session's calls through services bear the second of its sign-in: they come later."""
SAME_SERVICE = 0.85
"""The key itself called the service that then acted for its user."""
ANY_SERVICE = 0.70
"""The record does not name the service; the key itself called some service."""
UNNAMED = "AWS Internal"
"""What invokedBy says of a service that is not named."""
SAME_CREDENTIAL = "asked for through a forward access session of this credential (J7)"


def applies(case: Case) -> bool:
    """Only services made its calls, for a user or root, and nothing issued it."""
    return case.seen is not None and not case.matches and looks_forwarded(case.seen.caller)


def looks_forwarded(c: Caller) -> bool:
    """A long-term key bears no MFA, so what does is another session of the user: one of the console."""
    by_services = c.type in {"IAMUser", "Root"} and c.kind == "session" and c.internal == c.count
    return by_services and c.mfa != "true" and c.created > 0 and c.first_at - c.created <= CALL_WITHIN


def keys_of(c: Caller, nodes: Iterable[Node]) -> list[str]:
    """Ids of the user's long-term keys in these logs."""
    return [n.id for n in nodes if n.kind == "key" and n.partition == c.partition and n.account == c.account]


def cells_around(c: Caller) -> tuple[int, int]:
    """Begins of the cells, from and to, in which a key's call may have been."""
    return c.created - SLACK - ACTIVITY_CELL_SECONDS + 1, c.created + SLACK + 1


def alias_of(c: Caller, keys: Collection[str], calls: Iterable[Activity]) -> Alias | None:
    """Whose key it was, by the calls of those keys around its beginning; None when of none, or of several alike.

    Calls are known by their folds: that a key called a service around a second is that the second lies between the
    first and the last call of a fold with that service (ADR 0003).
    """
    made = [a for a in calls if a.identity in keys and not a.invoked_by and a.first_at - SLACK <= c.created <= a.last_at + SLACK]
    services = {a.invoked_by for a in calls if a.identity == c.id}
    for confidence, found in (
        (SAME_SERVICE, [a for a in made if services & sources(a)]),
        (ANY_SERVICE, made if UNNAMED in services else []),
    ):
        if found:
            callers = {a.identity for a in found}
            return _joined(c, found, confidence, services) if len(callers) == 1 else None
    return None


def sources(a: Activity) -> set[str]:
    return {pair.rpartition("=")[0] for pair in a.sources.split()}


def _joined(c: Caller, calls: list[Activity], confidence: float, services: set[str]) -> Alias:
    """The key's own call is named where a fold's end is it: when it called nothing else, or when any call will do."""
    certain = calls if confidence == ANY_SERVICE else [a for a in calls if sources(a) <= services]
    ends = [end for a in certain for end in ((a.first_at, a.first_event), (a.last_at, a.last_event))]
    near = sorted((abs(at - c.created), at, event_id) for at, event_id in ends if abs(at - c.created) <= SLACK)
    called = [ref(at, event_id) for _, at, event_id in near[:1]]
    return Alias(c.id, calls[0].identity, "J7", confidence, (*called, ref(c.first_at, c.first_event)))
