"""An investigation and what is in it. Times are epoch seconds."""

from __future__ import annotations

import secrets
from typing import Literal, NamedTuple

Status = Literal["open", "active", "contained", "closed"]
STATUSES: tuple[Status, ...] = ("open", "active", "contained", "closed")
PinKind = Literal["chain", "session", "event", "finding"]
PIN_KINDS: tuple[PinKind, ...] = ("chain", "session", "event", "finding")
NoteKind = Literal["note", "decision", "question", "step"]
NOTE_KINDS: tuple[NoteKind, ...] = ("note", "decision", "question", "step")
STATES: dict[str, tuple[str, ...]] = {"question": ("open", "answered"), "step": ("open", "done", "failed")}
"""States of the kinds of note that have one; the first is what they begin with."""

MAX_TITLE = 200
MAX_NAME = 100
MAX_BODY = 65_536
MAX_PINS = 500
MAX_NOTES = 2_000


class Investigation(NamedTuple):
    id: str
    title: str
    status: str
    assignee: str
    version: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class Pin(NamedTuple):
    """`label` and `at` are copies, so that a pin says what it was when its logs are gone. `seen` and `grown`: see watching."""

    id: str
    investigation: str
    kind: str
    target: str  # session id, yyyymmdd.eventID, finding id
    label: str
    at: int
    seen: str
    grown: str
    pinned_at: int
    pinned_by: str


class Note(NamedTuple):
    id: str
    investigation: str
    pin: str  # the pin it stands beside; "" the whole investigation
    kind: str
    body: str
    state: str
    owner: str
    version: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class Change(NamedTuple):
    investigation: str
    version: int
    at: int
    by: str
    what: str


def new_id() -> str:
    """96 random bits: opaque, and nobody guesses it."""
    return secrets.token_hex(12)
