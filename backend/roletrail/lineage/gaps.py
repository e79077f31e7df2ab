"""When logging was off, in part or altogether, as the calls to CloudTrail's own API tell it. Pure; reads no cells.

A gap is an account's: a call that turns any trail on again ends it, since nothing in a log says which trail feeds these files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from roletrail.lineage.model import Action

LOGGING_OFF = "LOGGING_OFF"
READS_NOT_LOGGED = "READS_NOT_LOGGED"
SOURCE_EXCLUDED = "SOURCE_EXCLUDED"

_OFF = frozenset({"StopLogging", "DeleteTrail", "DeleteEventDataStore", "StopEventDataStoreIngestion"})
_ON = frozenset({"StartLogging", "CreateTrail"})
_ISSUING = "sts.amazonaws.com"


class Gap(NamedTuple):
    """`until` is 0 while nothing has ended it."""

    reason: str
    account: str
    since: int
    until: int
    began: Action
    ended: Action | None


def gaps(changes: Iterable[Action]) -> list[Gap]:
    """Gaps of one account from its logging changes, oldest first; they end where a later change turns logging on again."""
    open_: dict[str, Action] = {}
    found: list[Gap] = []
    for change in changes:
        now_off, now_on = _effects(change)
        for reason in now_on & open_.keys():
            began = open_.pop(reason)
            found.append(Gap(reason, began.account, began.at, change.at, began, change))
        for reason in now_off:
            open_.setdefault(reason, change)
    found += [Gap(reason, began.account, began.at, 0, began, None) for reason, began in open_.items()]
    return sorted(found, key=lambda gap: (gap.since, gap.reason, gap.until))


def covering(found: Sequence[Gap], reason: str, at: int) -> Gap | None:
    """The gap of a reason that covers a time."""
    return next((gap for gap in found if gap.reason == reason and gap.since <= at and (not gap.until or at < gap.until)), None)


def _effects(change: Action) -> tuple[set[str], set[str]]:
    """Reasons that begin, and reasons that end, with a call."""
    if change.event_name in _OFF:
        return {LOGGING_OFF}, set()
    if change.event_name in _ON:
        return set(), {LOGGING_OFF}
    if change.event_name != "PutEventSelectors":
        return set(), set()
    left_out = _left_out(change)
    if left_out is None:
        return set(), set()
    return left_out, {LOGGING_OFF, READS_NOT_LOGGED, SOURCE_EXCLUDED} - left_out


def _left_out(change: Action) -> set[str] | None:
    """What the selectors of a PutEventSelectors leave out; None when the record does not show them."""
    try:
        detail: dict[str, Any] = json.loads(change.detail) if change.detail else {}
        basic = [json.loads(text) for text in detail.get("selectors", [])]
        advanced = [json.loads(text) for text in detail.get("advanced_selectors", [])]
    except (ValueError, TypeError):
        return None
    if basic:
        return _of_basic([one for one in basic if isinstance(one, dict)])
    return _of_advanced([one for one in advanced if isinstance(one, dict)]) if advanced else None


def _of_basic(selectors: list[dict[str, Any]]) -> set[str]:
    managing = [one for one in selectors if one.get("includeManagementEvents") is not False]
    if not managing:
        return {LOGGING_OFF}
    left_out: set[str] = set()
    if all(one.get("readWriteType") == "WriteOnly" for one in managing):
        left_out.add(READS_NOT_LOGGED)
    if all(_ISSUING in _texts(one.get("excludeManagementEventSources")) for one in managing):
        left_out.add(SOURCE_EXCLUDED)
    return left_out


def _of_advanced(selectors: list[dict[str, Any]]) -> set[str]:
    fields = [_fields(one) for one in selectors]
    managing = [one for one in fields if "Management" in _texts(one.get("eventCategory", {}).get("equals"))]
    if not managing:
        return {LOGGING_OFF}
    left_out: set[str] = set()
    if all(_texts(one.get("readOnly", {}).get("equals")) == ["false"] for one in managing):
        left_out.add(READS_NOT_LOGGED)
    if all(_excludes(one.get("eventSource", {})) for one in managing):
        left_out.add(SOURCE_EXCLUDED)
    return left_out


def _fields(selector: dict[str, Any]) -> dict[str, dict[str, Any]]:
    entries: list[Any] = _list(selector.get("fieldSelectors"))
    return {str(entry.get("field", "")): entry for entry in entries if hasattr(entry, "get")}


def _excludes(field: dict[str, Any]) -> bool:
    """Whether a selector's eventSource leaves out the service that issues credentials."""
    wanted = _texts(field.get("equals"))
    return _ISSUING in _texts(field.get("notEquals")) or bool(wanted and _ISSUING not in wanted)


def _texts(value: Any) -> list[str]:
    return [text for text in _list(value) if isinstance(text, str)]


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
