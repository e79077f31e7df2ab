"""Triage: from one pasted thing to its chain, fetching no more of the logs than can hold it.

Breadth first under a budget of stored bytes: the account the thing itself names, then what the chain reaches. The first
answer is given as soon as there is one; what was not fetched is said.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.ingest.source import Listed
from roletrail.ingest.source.selective import Selective, Want
from roletrail.lineage.arn import account_hint, parse_arn
from roletrail.stores.port import GraphStore
from roletrail.usecases import trace as tracing
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import TraceView
from roletrail.usecases.loading.intake import Intake
from roletrail.usecases.loading.reach import found, reached
from roletrail.usecases.recognise import Thing, recognise

CHUNK_BYTES = 32 << 20
"""Fetched before the next look at what was found: a first answer must not wait for a whole day of a busy account."""
MOST_STEPS = 500
ALL = Want("", 0, 1 << 62)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One look: where, why, and what it cost."""

    account: str
    since: str
    until: str
    why: str
    objects: int
    bytes: int
    events: int


@dataclass(frozen=True, slots=True)
class NotFetched:
    account: str
    since: str
    until: str
    why: str  # what it might have held
    objects: int  # 0 when it is not known
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class TriageView:
    thing: str
    answer: TraceView
    accounts: list[str]  # that events were fetched of
    seconds_to_first_answer: float | None
    seconds: float
    bytes: int
    budget: int
    fetched: list[Fetched]
    not_fetched: list[NotFetched]
    limits: str


@dataclass(slots=True)
class _Account:
    """What has been done so far."""

    bytes: int = 0
    first: float | None = None
    fetched: list[Fetched] = field(default_factory=list)
    missed: list[NotFetched] = field(default_factory=list)


def triage(
    intake: Intake,
    actor: Actor,
    text: str,
    source: Selective,
    *,
    since: int,
    until: int,
    budget: int,
    accounts: frozenset[str] = frozenset(),
    on_answer: Callable[[TraceView, float], None] | None = None,
) -> TriageView:
    """Raises InvalidRequest for a thing that says no account when none is given, InputUnavailable as the source does."""
    require(actor, "ingest.run")
    things = recognise(text)
    begin = sorted(accounts) or accounts_of(things)
    if not things:
        raise InvalidRequest("This is nothing Roletrail can look up.", hint="A key id, ARN, role-id:session or account.")
    with intake.store() as store:
        return _Triage(intake, actor, store, source, text, things, (since, until), budget, on_answer).go(begin)


def accounts_of(things: list[Thing]) -> list[str]:
    """Accounts the thing itself names. Raises InvalidRequest when it names none."""
    for thing in things:
        if thing.kind == "account":
            return [thing.value]
        if thing.kind in ("access_key_id", "principal_id") and (account := account_hint(thing.value)):
            return [account]
        if thing.kind == "principal_id" and thing.value[:12].isdigit() and thing.value[12:13] == ":":
            return [thing.value[:12]]
        if thing.kind in ("arn", "role_arn") and (parsed := parse_arn(thing.value)) and parsed.account:
            return [parsed.account]
    raise InvalidRequest("This thing does not say in which account it is.", hint="Name the accounts: --accounts 123456789012,...")


class _Triage:
    def __init__(
        self,
        intake: Intake,
        actor: Actor,
        store: GraphStore,
        source: Selective,
        text: str,
        things: list[Thing],
        span: tuple[int, int],
        budget: int,
        on_answer: Callable[[TraceView, float], None] | None,
    ) -> None:
        self._intake = intake
        self._actor = actor
        self._store = store
        self._source = source
        self._text = text
        self._things = things
        self._since, self._until = span
        self._budget = budget
        self._on_answer = on_answer
        self._begin = time.monotonic()
        self._done = _Account()
        self._met: set[tuple[str, int, int, str]] = set()
        self._seen: set[str] = set()
        self._whole: list[Want] = []
        self._waiting: list[tuple[int, bool, int, Want, str]] = []

    def go(self, accounts: list[str]) -> TriageView:
        key = next((thing.value for thing in self._things if thing.kind == "access_key_id"), "")
        for account in accounts:
            self._ask(0, True, Want(account, self._since, self._until, key), "what the thing did")
        steps = 0
        while self._waiting and steps < MOST_STEPS:
            _, _, _, want, why = heapq.heappop(self._waiting)
            self._fetch(want, why)
            steps += 1
        for _, _, _, want, why in sorted(self._waiting):
            self._miss(want, why, [], "More places are reached than triage looks at.")
        return self._view()

    def _ask(self, distance: int, usage: bool, want: Want, why: str) -> None:
        want = want if self._source.by_key else want._replace(key="")
        place = (want.account, want.since // 3600, want.until // 3600, want.key)
        if place not in self._met:
            self._met.add(place)
            heapq.heappush(self._waiting, (distance, usage, len(self._met), want, why))

    def _fetch(self, want: Want, why: str) -> None:
        if self._is_covered(want):
            return
        if self._done.bytes >= self._budget:
            self._miss(want, why, [], "The budget is spent.")
            return
        offer = self._source.offer(want)
        fresh = [one for one in offer.objects if one.locator not in self._seen]
        if not offer.objects:
            self._miss(want, why, [], offer.why_not or "There is nothing.")
        left: list[Listed] = []
        for chunk in self._chunks(fresh, left):
            self._take(want, why, chunk)
        if left:
            self._miss(want, why, left, "The budget is spent.")
        else:
            self._whole.append(ALL if offer.everything else want)
        if fresh:
            self._look()

    def _is_covered(self, want: Want) -> bool:
        """Whether all of it was fetched for another reason."""
        return any(
            one.account in (want.account, "")
            and one.since <= want.since
            and want.until <= one.until
            and one.key in (want.key, "")
            for one in self._whole
        )

    def _chunks(self, objects: list[Listed], left: list[Listed]) -> Iterator[list[Listed]]:
        """Objects in portions, as far as the budget goes; the rest is put into `left`."""
        chunk: list[Listed] = []
        size = 0
        for place, one in enumerate(objects):
            if self._done.bytes + size + max(one.size, 0) > self._budget:
                left += objects[place:]
                break
            chunk.append(one)
            size += max(one.size, 0)
            if size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _take(self, want: Want, why: str, objects: list[Listed]) -> None:
        summary = self._intake.take(self._store, self._actor, objects)
        self._seen.update(one.locator for one in objects)
        size = sum(max(one.size, 0) for one in objects)
        self._done.bytes += size
        since, until = iso(want.since), iso(want.until)
        self._done.fetched.append(Fetched(want.account, since, until, why, len(objects), size, summary.taken))
        if self._done.first is None and found(self._store, self._things):
            self._done.first = time.monotonic() - self._begin
            if self._on_answer is not None:
                self._on_answer(self._answer(), self._done.first)

    def _look(self) -> None:
        for one in reached(self._store, found(self._store, self._things), self._since, self._until):
            self._ask(one.distance, one.usage, one.want, one.why)

    def _miss(self, want: Want, why: str, objects: list[Listed], reason: str) -> None:
        size = sum(max(one.size, 0) for one in objects)
        since, until = iso(want.since), iso(want.until)
        self._done.missed.append(NotFetched(want.account, since, until, why, len(objects), size, reason))

    def _answer(self) -> TraceView:
        return tracing.trace(self._store, self._actor, self._text)

    def _view(self) -> TriageView:
        done = self._done
        return TriageView(
            thing=self._text.strip()[:200],
            answer=self._answer(),
            accounts=sorted({one.account for one in done.fetched if one.account}),
            seconds_to_first_answer=None if done.first is None else round(done.first, 3),
            seconds=round(time.monotonic() - self._begin, 3),
            bytes=done.bytes,
            budget=self._budget,
            fetched=done.fetched,
            not_fetched=done.missed,
            limits=self._source.limits,
        )
