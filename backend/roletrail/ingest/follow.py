"""Follows a queue of notifications: gathers what came, takes it in as one run, and deletes messages when all they name is in.

A message is deleted after the commit of its objects and never before (ADR 0019), so a follower may be killed at any point: what it
had not deleted comes again, and the ledger knows what is in. Runs until it is told to stop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from roletrail.errors import RoletrailError
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.source import Listed, s3
from roletrail.ingest.source.sqs import Message, Queue
from roletrail.stores.port import LedgerEntry

log = logging.getLogger(__name__)

WAIT_SECONDS = 5
"""Of one long poll; also how long a stop may go unnoticed."""
GATHER_SECONDS = 3.0
"""After the first message, how long more are waited for: a round costs a commit and a link, however small."""
NEXT_WAIT_SECONDS = 1
HELD_SECONDS = 0.5
"""How long a queue to be drained is left alone while others hold its last messages."""
MOST_MESSAGES = 500
MOST_BYTES = 128 << 20
LONGEST_PAUSE = 60
FIRST_RETRY_SECONDS = 15
LONGEST_RETRY_SECONDS = 900
LAST_TRY = 5
"""Receives after which a message that names nothing readable is deleted where the queue has no dead letters."""

_SETTLED = frozenset({"gone", "too_large"})
"""Reasons not to have an object that no further try will change."""

Take = Callable[[list[Listed]], IngestSummary]
Ledger = Callable[[Collection[str]], Mapping[str, LedgerEntry]]


class Round(NamedTuple):
    """What one round did. `lag` is the age in seconds of the oldest notification when its objects were in."""

    messages: int
    objects: int
    deleted: int
    kept: int
    taken: int
    doubles: int
    quarantined: int
    lag: float
    seconds: float
    trouble: str = ""


class Follower:
    def __init__(
        self, queue: Queue, take: Take, ledger: Ledger, stop: threading.Event, on_round: Callable[[Round], None] | None = None
    ) -> None:
        self._queue = queue
        self._take = take
        self._ledger = ledger
        self._stop = stop
        self._on_round = on_round
        self._dead_letters = True

    def run(self, *, until_empty: bool = False) -> int:
        """Rounds until stopped, or until the queue is empty; returns how many. Raises when the queue cannot be used
        at the start; later trouble is waited out."""
        self._dead_letters = self._queue.has_dead_letters()
        rounds = troubles = 0
        while not self._stop.is_set():
            try:
                messages = self._gathered() if until_empty else self._gather()
                if messages:
                    self._round(messages)
                    rounds += 1
                elif until_empty:
                    if not self._queue.waiting():
                        break
                    self._stop.wait(HELD_SECONDS)
                else:
                    self._say(Round(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0))
                troubles = 0
            except RoletrailError as error:
                log.warning("following failed, trying again: %s %s", error.detail, error.hint)
                self._say(Round(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0, error.detail))
                self._stop.wait(min(2**troubles, LONGEST_PAUSE))
                troubles += 1
        return rounds

    def _say(self, round_: Round) -> None:
        if self._on_round is not None:
            self._on_round(round_)

    def _gather(self) -> list[Message]:
        messages = self._queue.receive(WAIT_SECONDS)
        end = time.monotonic() + GATHER_SECONDS
        while messages and len(messages) < MOST_MESSAGES and time.monotonic() < end and not self._stop.is_set():
            if sum(map(_size, messages)) > MOST_BYTES:
                break
            messages += self._queue.receive(NEXT_WAIT_SECONDS)
        return messages

    def _gathered(self) -> list[Message]:
        """What is there: nobody waits for more to come."""
        messages: list[Message] = []
        while len(messages) < MOST_MESSAGES and sum(map(_size, messages)) <= MOST_BYTES and not self._stop.is_set():
            more = self._queue.receive(NEXT_WAIT_SECONDS)
            if not more:
                break
            messages += more
        return messages

    def _round(self, messages: list[Message]) -> None:
        started = time.monotonic()
        with self._queue.held(messages):
            try:
                objects = _objects(messages)
                summary = self._take(objects) if objects else None
            except RoletrailError:
                self._queue.hide(messages, FIRST_RETRY_SECONDS)
                raise
            done, again = self._settled(messages, summary)
        self._queue.delete(done)
        for one in again:
            self._queue.hide([one], min(FIRST_RETRY_SECONDS * 2 ** (one.receives - 1), LONGEST_RETRY_SECONDS))
        self._account(messages, objects, summary, len(done), time.monotonic() - started)

    def _settled(self, messages: list[Message], summary: IngestSummary | None) -> tuple[list[Message], list[Message]]:
        """Messages with which nothing is left to do, and those that must come again."""
        locators = {one.locator for message in messages for one in message.announced.objects or ()}
        entries = self._ledger(sorted(locators))
        reasons = {account.locator: account.reasons for account in summary.accounts} if summary else {}
        inside = {
            locator
            for locator, entry in entries.items()
            if (entry.version and len(entry.parts_done) == entry.parts) or _SETTLED & reasons.get(locator, {}).keys()
        }
        done: list[Message] = []
        again: list[Message] = []
        for message in messages:
            (done if self._is_done(message, inside) else again).append(message)
        return done, again

    def _is_done(self, message: Message, inside: set[str]) -> bool:
        objects = message.announced.objects
        if objects is not None:
            return all(one.locator in inside for one in objects)
        log.warning("a message names nothing that can be read: %s", message.body[:200])
        return not self._dead_letters and message.receives >= LAST_TRY

    def _account(
        self, messages: list[Message], objects: list[Listed], summary: IngestSummary | None, deleted: int, seconds: float
    ) -> None:
        begun = [message.announced.at for message in messages if message.announced.at]
        round_ = Round(
            messages=len(messages),
            objects=len(objects),
            deleted=deleted,
            kept=len(messages) - deleted,
            taken=summary.taken if summary else 0,
            doubles=summary.doubles if summary else 0,
            quarantined=sum(summary.quarantined.values()) if summary else 0,
            lag=max(0.0, time.time() - min(begun)) if begun else 0.0,
            seconds=seconds,
        )
        log.info("round", extra={"fields": round_._asdict()})
        self._say(round_)


def _size(message: Message) -> int:
    return sum(max(one.size, 0) for one in message.announced.objects or ())


def _objects(messages: list[Message]) -> list[Listed]:
    """What the messages name, each once, in the version named last; size and version are asked for where they are missing."""
    named = {one.locator: one for message in messages for one in message.announced.objects or ()}
    return [one if one.version and one.size >= 0 else s3.looked_up(one) for one in named.values()]
