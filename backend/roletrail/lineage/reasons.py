"""Why a parent is missing: computed when somebody looks, from what else is loaded, and never stored (ADR 0008).

The codes and their order are those of the semantics, section 3.4. A reason says what these logs cannot show; it accuses nobody.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from roletrail.lineage.model import Action, Node, event_ref

SSO_ROLE = "/aws-reserved/sso.amazonaws.com/"
_OFF = frozenset({"StopLogging", "DeleteTrail", "DeleteEventDataStore", "StopEventDataStoreIngestion"})
_ON = frozenset({"StartLogging", "CreateTrail"})


class Loaded(NamedTuple):
    """What is loaded of the session's account. `near` counts events by category within a day of the session's beginning."""

    first_at: int  # 0 when nothing is
    regions: tuple[str, ...]
    near: Mapping[str, int]
    changes: Sequence[Action]  # calls to CloudTrail's own API, oldest first
    issued_near: bool  # another role session of the account was issued about then


class Reason(NamedTuple):
    code: str
    sentence: str
    event_ref: str = ""  # of the event that explains it


def missing_parent(node: Node, loaded: Loaded) -> Reason:
    """Why nothing in these logs says who obtained this session."""
    return _of_the_whole(node, loaded) or _of_the_session(node, loaded)


def _of_the_whole(node: Node, loaded: Loaded) -> Reason | None:
    account = f"account {node.account}" if node.account else "its account"
    if loaded.near.get("management_write") and not loaded.near.get("management_read"):
        return Reason("READS_NOT_LOGGED", f"The trail of {account} holds no read-only events, and AssumeRole is one.")
    if node.service_linked or (node.type == "AssumedRole" and not node.key_count and not node.workload):
        return Reason("SERVICE_INTERNAL", "A service uses this role by itself; nobody else can obtain its credentials.")
    if loaded.first_at and node.issued_at and node.issued_at < loaded.first_at:
        return Reason("BEFORE_LOGS", f"It began before the first event loaded of {account}, {_clock(loaded.first_at)}.")
    off = logging_off(loaded.changes, node.issued_at) if node.issued_at else None
    if off is not None:
        return Reason(
            "LOGGING_OFF",
            f"Logging was off in {account} when it began: {off.event_name} at {_clock(off.at)}.",
            event_ref(off.at, off.event_id),
        )
    if not loaded.first_at:
        return Reason("ACCOUNT_NOT_LOADED", f"No trail of {account} is loaded.")
    return None


def _of_the_session(node: Node, loaded: Loaded) -> Reason:
    if node.type != "AssumedRole":
        return Reason(
            "CONSOLE_NO_LOGIN",
            "Neither a console sign-in nor a GetSessionToken of that moment is in these logs; a sign-in is logged in its own region.",
        )
    if SSO_ROLE in node.role_arn:
        return Reason("SSO_NO_SAML", "An Identity Center role, and no AssumeRoleWithSAML of that moment is in these logs.")
    if not loaded.issued_near:
        regions = ", ".join(loaded.regions)
        return Reason(
            "REGION_NOT_LOADED",
            f"Of account {node.account} only {regions} is loaded, with no AssumeRole about that time; regional endpoints log in their own region.",
        )
    return Reason("UNEXPLAINED", "Other role sessions of that time have their AssumeRole in these logs, and this one has none.")


def logging_off(changes: Sequence[Action], at: int) -> Action | None:
    """The call that had turned logging off at a time; None when it was on as far as the logs say."""
    off: Action | None = None
    for change in changes:
        if change.at > at:
            break
        if change.event_name in _OFF:
            off = off or change
        elif change.event_name in _ON:
            off = None
    return off


def _clock(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
