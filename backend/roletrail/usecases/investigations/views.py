"""Views of investigations. Field names are the JSON names; times are ISO 8601; bodies of notes are Markdown as written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvestigationRow:
    id: str
    title: str
    status: str  # open | active | contained | closed
    assignee: str
    version: int
    pins: int
    notes: int
    grown: int  # watched pins that grew since somebody looked
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str


@dataclass(frozen=True, slots=True)
class PinView:
    """`grown` says what a watched chain or session has more of than when somebody last looked, "" nothing."""

    id: str
    kind: str  # chain | session | event | finding
    target: str
    label: str
    url: str
    at: str
    present: bool  # in the graph store right now
    tone: str
    sessions: int
    grown: str
    pinned_at: str
    pinned_by: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """`pin` is the pin it stands beside, "" the whole. `state` and `owner` are of questions and steps."""

    id: str
    pin: str
    kind: str  # note | decision | question | step
    body: str
    state: str
    owner: str
    version: int
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """`lane` is "response" for what declared responders did, "notes" for decisions, "" for the incident."""

    at: str
    kind: str  # issued | action | event | finding | decision
    text: str
    url: str
    pin: str
    lane: str
    event_ref: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    version: int
    at: str
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class InvestigationView:
    id: str
    title: str
    status: str
    assignee: str
    version: int
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str
    pins: list[PinView]
    notes: list[NoteView]
    timeline: list[TimelineEntry]
    timeline_left_out: int
    history: list[ChangeView]  # newest first


@dataclass(frozen=True, slots=True)
class Made:
    """What a change made, and the investigation's version after it."""

    id: str
    investigation: str
    version: int
