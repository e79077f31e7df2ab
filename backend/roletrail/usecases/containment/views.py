"""Frozen view objects of containment: the plan, what is still valid, and what newer logs say of each step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A JSON document that a step writes. RUN_TIME in it is replaced by the time at which the step is run."""

    name: str
    kind: str  # identity | scp | trust | network
    content: str


@dataclass(frozen=True, slots=True)
class OtherWay:
    when: str
    files: list[PlanFile]
    commands: list[str]
    script: str


@dataclass(frozen=True, slots=True)
class StepStops:
    """What a step ends: sessions and keys, of which `suspicious` are the attacker's."""

    sessions: int
    suspicious: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class OtherUser:
    """A session that uses the same role and is not the attacker's."""

    session_id: str
    label: str
    obtained_by: str  # "" unknown
    role: str
    last_seen: str
    uses: int


@dataclass(frozen=True, slots=True)
class StepBreaks:
    """What else a step breaks. Hours and days are counted back from the end of the logs."""

    text: str
    last_24_hours: int
    last_7_days: int
    more: bool  # there are more than were counted
    others: list[OtherUser]  # of the last 24 hours, at most 20


@dataclass(frozen=True, slots=True)
class StepUndo:
    text: str
    commands: list[str]
    script: str


@dataclass(frozen=True, slots=True)
class StepEvent:
    event_ref: str
    at: str
    what: str


@dataclass(frozen=True, slots=True)
class StepStatus:
    """`word` is open | done | effective | failed | too early; "" for a step that leaves no trace in CloudTrail."""

    word: str
    text: str
    at: str
    events: list[StepEvent]


@dataclass(frozen=True, slots=True)
class ContainmentStep:
    number: str  # 1.2: second step of phase 1
    id: str
    order: int  # the phase
    step: str
    title: str
    why: str
    account: str
    target: str
    roles: list[str]
    user: str
    key: str
    console: list[str]
    files: list[PlanFile]
    commands: list[str]
    script: str
    alternative: OtherWay | None
    stops: StepStops
    breaks: StepBreaks
    permissions: list[str]
    undo: StepUndo
    survives: str
    enough: bool
    red: list[str]
    notes: list[str]
    evidence_refs: list[str]
    status: StepStatus


@dataclass(frozen=True, slots=True)
class PhaseView:
    order: int
    name: str
    steps: list[ContainmentStep]


@dataclass(frozen=True, slots=True)
class LiveCredential:
    """A credential of the plan. `state` is valid | maybe | ended | unknown, as far as these logs go."""

    id: str
    label: str
    kind: str
    account: str
    access_key_ids: list[str]
    issued_at: str
    expires_at: str
    expires_known: bool  # False: the latest time it can be valid until
    last_seen: str
    state: str
    left_seconds: int  # 0 when ended, or without an end
    renewable: bool
    renewed_by: str
    text: str


@dataclass(frozen=True, slots=True)
class LiveView:
    sentence: str
    as_of: str
    logs_end: str
    credentials: list[LiveCredential]  # those that may still be valid or be renewed
    ended: int
    not_covered: list[str]


@dataclass(frozen=True, slots=True)
class ContainmentView:
    id: str
    title: str
    sentence: str
    printed_only: str
    as_of: str
    logs_end: str
    identities: int
    more_identities: bool
    attacker_ids: list[str]
    red: list[str]
    phases: list[PhaseView]
    steps: list[ContainmentStep]  # the same steps in one list, in order
    live: LiveView
    cannot_show: list[str]
