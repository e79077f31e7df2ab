"""Why a parent is missing: computed when somebody looks, from what else is loaded, and never stored (ADR 0008).

The codes and their order are those of the semantics, section 3.4. A reason says what these logs cannot show; it accuses nobody.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from roletrail.lineage.gaps import LOGGING_OFF, READS_NOT_LOGGED, SOURCE_EXCLUDED, Gap, covering, gaps
from roletrail.lineage.model import Action, Addendum, Issuance, Node, event_ref

SSO_ROLE = "/aws-reserved/sso.amazonaws.com/"
_ISSUERS = frozenset({"sts.amazonaws.com", "signin.amazonaws.com"})
HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where a partition logs the console's sign-ins unless a regional endpoint was used, IAM, and the global endpoint of STS."""
HOUR = 3_600


class Loaded(NamedTuple):
    """What is loaded of the session's account. `near` counts events by category within a day of the session's beginning."""

    first_at: int  # 0 when nothing is
    regions: tuple[str, ...]
    near: Mapping[str, int]
    changes: Sequence[Action]  # calls to CloudTrail's own API, oldest first
    issued_near: bool  # another role session of the account was issued about then
    outages: Sequence[Addendum] = ()  # SERVICE_OUTAGE addenda of the account


class Reason(NamedTuple):
    code: str
    sentence: str
    event_ref: str = ""  # of the event that explains it


def missing_parent(node: Node, loaded: Loaded) -> Reason:
    """Why nothing in these logs says who obtained this session."""
    return _of_the_whole(node, loaded) or _of_the_session(node, loaded)


def _of_the_whole(node: Node, loaded: Loaded) -> Reason | None:
    account = f"account {node.account}" if node.account else "its account"
    found = gaps(loaded.changes) if node.issued_at else []
    if loaded.near.get("management_write") and not loaded.near.get("management_read"):
        return Reason(READS_NOT_LOGGED, f"The trail of {account} holds no read-only events, and AssumeRole is one.")
    writes_only = covering(found, READS_NOT_LOGGED, node.issued_at)
    if writes_only is not None:
        return _by_change(READS_NOT_LOGGED, f"Reads, and so AssumeRole, were not logged in {account} when it began", writes_only)
    excluded = covering(found, SOURCE_EXCLUDED, node.issued_at)
    if excluded is not None:
        return _by_change(SOURCE_EXCLUDED, f"Calls to STS were not logged in {account} when it began", excluded)
    if node.service_linked or _only_a_service_uses(node):
        return Reason("SERVICE_INTERNAL", "A service uses this role by itself; nobody else can obtain its credentials.")
    if loaded.first_at and node.issued_at and node.issued_at < loaded.first_at:
        return Reason("BEFORE_LOGS", f"It began before the first event loaded of {account}, {_clock(loaded.first_at)}.")
    off = covering(found, LOGGING_OFF, node.issued_at)
    if off is not None:
        return _by_change(LOGGING_OFF, f"Logging was off in {account} when it began", off)
    return _outage(node, loaded, account) or _nothing_loaded(loaded, account)


def _only_a_service_uses(node: Node) -> bool:
    """No key, because services made all its calls; an export that took the key out leaves calls of its own."""
    return node.type == "AssumedRole" and not node.key_count and not node.workload and '"made_by_services":true' in node.detail


def _by_change(code: str, sentence: str, gap: Gap) -> Reason:
    began = gap.began
    return Reason(code, f"{sentence}: {began.event_name} at {_clock(began.at)}.", event_ref(began.at, began.event_id))


def _outage(node: Node, loaded: Loaded, account: str) -> Reason | None:
    """A service that issues credentials could not log within the hour of the session's beginning."""
    for outage in loaded.outages:
        if node.issued_at and outage.event_source in _ISSUERS and abs(outage.at - node.issued_at) <= HOUR:
            sentence = f"{outage.event_source} could not log in {account} about then, as an addendum of {_clock(outage.at)} says."
            return Reason(LOGGING_OFF, sentence, event_ref(outage.at, outage.event_id))
    return None


def _nothing_loaded(loaded: Loaded, account: str) -> Reason | None:
    return None if loaded.first_at else Reason("ACCOUNT_NOT_LOADED", f"No trail of {account} is loaded.")


def _of_the_session(node: Node, loaded: Loaded) -> Reason:
    sign_in = HOME_REGIONS.get(node.partition, "")
    if node.type in ("IAMUser", "Root") and sign_in and sign_in not in loaded.regions:
        return Reason(
            "SIGNIN_REGION",
            f"A sign-in is logged in the region of its endpoint, by default {sign_in}, which is not loaded of this account.",
        )
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


_UNTOLD = frozenset({"REGION_NOT_LOADED", "SIGNIN_REGION", "CONSOLE_NO_LOGIN", "SSO_NO_SAML", "UNEXPLAINED"})


def may_be_redacted(reason: Reason) -> bool:
    """Whether an issuance that does not name its session would explain more than this."""
    return reason.code in _UNTOLD


def redacted(node: Node, unnamed: Sequence[Issuance]) -> Reason | None:
    """An issuance of that moment, of that role or of no role that its record names, whose session was taken out of it."""
    for issuance in unnamed:
        same_role = issuance.role_arn in ("", node.role_arn)
        if same_role and node.account in (issuance.role_account, issuance.account):
            sentence = f"The {issuance.event_name} of {_clock(issuance.at)} may have issued it: what it issued was taken out of its record."
            return Reason("REDACTED", sentence, event_ref(issuance.at, issuance.event_id))
    return None


def _clock(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
