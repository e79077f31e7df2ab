"""What newer logs say of a step: open, done, effective, failed, or too early to say.

A change in IAM takes its time, and so do logs: nothing is said before the logs reach 90 minutes past the change (semantics 7.14).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple, cast

from roletrail.detect.containment.case import base_name, detail_of, text_of
from roletrail.detect.containment.documents import DENY_SESSION, REVOKE
from roletrail.detect.containment.step import Check
from roletrail.lineage.link.touch import last_part
from roletrail.lineage.model import Action, event_ref

Word = Literal["open", "done", "effective", "failed", "too early"]
SETTLED = 5_400
"""Logs have to reach this many seconds past a change before anything is said of it."""
SPREADING = 120
"""Calls this soon after a change may still go through: IAM is not of one mind at once."""
NEEDS_NO_PERMISSION = frozenset({"GetCallerIdentity"})
"""Calls that succeed whatever a policy denies (STS: GetCallerIdentity works under an explicit deny)."""
_DENIED = ("AccessDenied", "UnauthorizedOperation", "Unauthorized", "Forbidden", "InvalidClientTokenId")


class Call(NamedTuple):
    at: int
    event_id: str
    event_name: str
    error_code: str
    identity: str


class Issued(NamedTuple):
    """A session that the attacker's credentials obtained after the change."""

    id: str
    label: str
    at: int
    event_ref: str


class Seen(NamedTuple):
    """One check with what newer logs hold. `covered` is the newest event of the account."""

    check: Check
    done: Action | None = None
    calls: tuple[Call, ...] = ()
    issued: tuple[Issued, ...] = ()
    covered: int = 0


class Event(NamedTuple):
    ref: str
    at: int
    what: str


class Outcome(NamedTuple):
    word: Word
    text: str
    at: int
    events: tuple[Event, ...]


def done_by(check: Check, actions: Iterable[Action], since: int) -> Action | None:
    """The latest call that carries a check out. With several revocations the latest T counts."""
    fitting = [action for action in actions if action.at >= since and fits(check, action)]
    return max(fitting, key=lambda action: (moment_of(action), action.at, action.event_id), default=None)


def fits(check: Check, action: Action) -> bool:
    if action.error_code or base_name(action.event_name) not in check.names:
        return False
    if check.account and action.account != check.account:
        return False
    if last_part(action.target) != last_part(check.target):
        return False
    detail = detail_of(action)
    if base_name(action.event_name) == "UpdateAccessKey" and text_of(detail, "status") != "Inactive":
        return False
    if check.policies and text_of(detail, "policy_name") not in check.policies:
        return False
    return all(text_of(detail, name) == value for name, value in check.detail)


def moment_of(action: Action) -> int:
    """T of a revocation, where its policy says it; else when the call was made."""
    detail = detail_of(action)
    if text_of(detail, "policy_name") not in (REVOKE, DENY_SESSION):
        return action.at
    return _issue_time(text_of(detail, "policy")) or action.at


def _issue_time(policy: str) -> int:
    try:
        document: object = json.loads(policy) if policy else None
    except ValueError:
        return 0
    statements = _member(document, "Statement")
    for statement in cast("list[object]", statements) if isinstance(statements, list) else [statements]:
        text = _member(_member(_member(statement, "Condition"), "DateLessThan"), "aws:TokenIssueTime")
        if isinstance(text, str):
            return _seconds(text)
    return 0


def _member(holder: object, name: str) -> object:
    return cast("dict[str, object]", holder).get(name) if isinstance(holder, dict) else None


def _seconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def judge(seen: Sequence[Seen]) -> Outcome:
    """The word for a step: the worst of its checks."""
    done = [one for one in seen if one.done is not None]
    if len(done) < len(seen):
        text = f"{len(done)} of {len(seen)} parts are done." if done else "These logs do not show it done."
        return Outcome("open", text, 0, _done_events(done))
    at = max(moment_of(one.done) for one in done if one.done)
    events = _done_events(done)
    through = [call for one in done for call in one.calls if went_through(call) and call.at > _moment(one) + SPREADING]
    denied = [call for one in done for call in one.calls if is_denied(call) and call.at > _moment(one)]
    issued = [new for one in done for new in one.issued if new.at > _moment(one)]
    events += tuple(Event(event_ref(c.at, c.event_id), c.at, f"{c.event_name} went through") for c in through[:5])
    events += tuple(Event(new.event_ref, new.at, f"a new session of {new.label} was issued") for new in issued[:5])
    events += tuple(Event(event_ref(c.at, c.event_id), c.at, f"{c.event_name} was denied") for c in denied[:5])
    late = [one for one in done if one.covered < _moment(one) + SETTLED]
    if late:
        return Outcome("too early", _early(late, len(through), len(issued)), at, events)
    if through or issued:
        return Outcome("failed", _failed(len(through), len(issued)), at, events)
    if denied:
        return Outcome("effective", f"{_calls(len(denied))} denied since, none went through.", at, events)
    return Outcome("done", "Done, and no call of these credentials since: nothing tried it.", at, events)


def _moment(one: Seen) -> int:
    return moment_of(one.done) if one.done else 0


def _done_events(done: Iterable[Seen]) -> tuple[Event, ...]:
    return tuple(
        Event(event_ref(one.done.at, one.done.event_id), one.done.at, f"{one.done.event_name} on {last_part(one.done.target)}")
        for one in done
        if one.done
    )


def _early(late: Sequence[Seen], through: int, issued: int) -> str:
    reach = min(one.covered for one in late)
    text = "The logs of its account do not reach 90 minutes past it" + ("" if reach else ": none are loaded")
    seen = [text for text in (_failed(through, issued) if through or issued else "",) if text]
    return f"{text}." + (f" What they show so far: {seen[0]}" if seen else "")


def _failed(through: int, issued: int) -> str:
    parts = [f"{_calls(through)} went through after it"] if through else []
    parts += [f"{issued} newer session{'s' * (issued != 1)} issued to the same credentials"] if issued else []
    return " and ".join(parts) + "."


def _calls(number: int) -> str:
    return f"{number} call{'s' * (number != 1)}"


def went_through(call: Call) -> bool:
    return not call.error_code and call.event_name not in NEEDS_NO_PERMISSION


def is_denied(call: Call) -> bool:
    return any(word in call.error_code for word in _DENIED)
