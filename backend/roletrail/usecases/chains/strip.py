"""The shape strip: the stages of an incident in order, with what these logs show of each."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.usecases.chains.views import ActionView, PathNode

STAGES = ("persistence", "privilege", "trust", "workload", "lateral", "evasion", "impact")
"""Categories of notable actions, in the order the strip shows them."""

_ORIGINS = {
    "key": "long-term key",
    "unknown": "unknown",
    "origin": "service or provider",
    "session": "session",
}


def shape(path: Sequence[PathNode], actions: Sequence[ActionView], *, data_events: bool = True) -> list[str]:
    """`stage: what was seen`, or `stage: no evidence`; `not collected` where these logs could not show it.

    Reads of data are data events: without any of them around the chain, their absence says nothing of impact.
    """
    sessions = sum(node.ordinal > 0 for node in path)
    strip = [f"origin: {_origin(path[0])}", f"role sessions: {sessions or 'no evidence'}"]
    for stage in STAGES:
        names = _names([action for action in actions if action.category == stage])
        nothing = "no evidence" if data_events or stage != "impact" else "not collected"
        strip.append(f"{stage}: {_some(names) if names else nothing}")
    return strip


def _names(actions: Sequence[ActionView]) -> list[str]:
    """What was done, then what was only tried."""
    done = {action.event_name for action in actions if not action.error_code}
    tried = {action.event_name for action in actions} - done
    return [*sorted(done), *(f"{name} (refused)" for name in sorted(tried))]


def _origin(node: PathNode) -> str:
    return node.workload or _ORIGINS.get(node.kind, node.kind)


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
