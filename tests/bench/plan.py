"""Plans a synthetic estate: which credential issues which, who makes every call, and in which object it is delivered.

Columns of numbers, drawn from one seeded generator, so that a million events are planned in about a second and every
worker process sees the same plan. Words are put to it by `records`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Column = NDArray[np.int64]

ACCOUNTS = (
    "111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "666666666666", "777777777777",
    "888888888888", "999999999999", "123456789012", "210987654321", "123123123123",
)  # fmt: skip
REGIONS = ("eu-central-1", "us-east-1", "eu-west-1")
CELLS = len(ACCOUNTS) * len(REGIONS)
BEGIN = 1_793_664_000  # 2026-11-03T00:00:00Z
SPAN = 3 * 86400
ROLES = 40  # per account
USERS = 400
HOPS = 500  # of a juggling chain

# How a chain begins.
KEY, TOKEN, SAML, SSO, WEB, EC2, LAMBDA, CHAINED = range(8)
KINDS = ("key", "session_token", "saml", "sso", "web", "ec2", "lambda", "chained")
_ROOTS = ((KEY, 0.34), (TOKEN, 0.04), (SAML, 0.08), (SSO, 0.10), (WEB, 0.16), (EC2, 0.16), (LAMBDA, 0.12))
_GO_ON = (0.455, 0.477, 0.42, 0.40, 0.50)
"""Share of the sessions of each depth that obtain one more: chains of one to six."""
CROSS_ACCOUNT = 0.30

# What an event is.
USE, ISSUE, ROLE_COPY, TWIN, BY_KEY, BY_SERVICE, FORWARD = range(7)
_DIRECT = 0.12
_SERVICE = 0.06
_FORWARDED = 0.04
_UNUSED = 0.03
_PACES = (120, 600, 3000)
"""Seconds: a script is done in minutes, a pipeline in a quarter of an hour, a person or a service takes the session's hour."""


class Sessions(NamedTuple):
    """One row a session, parents before children. `parent` is a row, or -1 and then `origin` says which user or workload."""

    kind: Column
    parent: Column
    origin: Column
    account: Column
    region: Column
    role: Column
    at: Column
    depth: Column
    length: Column  # role sessions on the path, this one included
    root: Column  # row of the first session of the chain
    juggled: Column


class Events(NamedTuple):
    """One row an event, sorted by object and time. `actor` is a session's row, or a user's number for BY_KEY."""

    object: Column
    at: Column
    actor: Column
    kind: Column
    starts: Column  # first row of each object, and one past the last


class Plan(NamedTuple):
    seed: int
    sessions: Sessions
    events: Events
    windows: int


def make(events: int, files: int, issuance: float, seed: int) -> Plan:
    """A plan of `events` events in about `files` objects; `issuance` is the share of events that issue credentials."""
    rng = np.random.default_rng(seed)
    sessions = _sessions(rng, max(40, int(events * issuance / 1.25)), jugglers=2 if events >= 50_000 else 0)
    windows = max(1, round(files / CELLS))
    return Plan(seed, sessions, _events(rng, sessions, events, windows), windows)


def user_account(user: Column | int) -> Column | int:
    return user % len(ACCOUNTS)


# --- sessions ---------------------------------------------------------------------------------------------------------


def _sessions(rng: Generator, wanted: int, jugglers: int) -> Sessions:
    share = 1 + float(np.cumprod(_GO_ON).sum())
    levels = [_roots(rng, max(20, int((wanted - jugglers * HOPS) / share)))]
    for go_on in _GO_ON:
        levels.append(_children(rng, levels[-1], sum(len(level.kind) for level in levels[:-1]), go_on))
    for juggler in range(jugglers):
        levels.append(_juggling(sum(len(level.kind) for level in levels), juggler))
    return _distinct(Sessions(*(np.concatenate(column) for column in zip(*levels, strict=True))))


def _roots(rng: Generator, n: int) -> Sessions:
    kinds, weights = zip(*_ROOTS, strict=True)
    kind = rng.choice(np.array(kinds), n, p=np.array(weights))
    volume = 1 / np.arange(1, len(ACCOUNTS) + 1)
    account = rng.choice(len(ACCOUNTS), n, p=volume / volume.sum())
    origin = rng.integers(0, USERS, n)
    by_user = (kind == KEY) | (kind == TOKEN)
    origin = np.where(by_user, origin, np.arange(n))
    account = np.where(by_user, user_account(origin), account)
    one = np.ones(n, np.int64)
    token = kind == TOKEN
    return Sessions(
        kind=kind, parent=-one, origin=origin, account=account, region=rng.choice(3, n, p=(0.85, 0.1, 0.05)),
        role=rng.integers(0, ROLES, n), at=BEGIN + rng.integers(0, SPAN - 4 * 3600, n), depth=one, length=np.where(token, 0, 1),
        root=np.arange(n), juggled=0 * one,
    )  # fmt: skip


def _children(rng: Generator, above: Sessions, offset: int, go_on: float) -> Sessions:
    goes = np.flatnonzero((rng.random(len(above.kind)) < go_on) | (above.kind == TOKEN))
    n = len(goes)
    cross = rng.random(n) < CROSS_ACCOUNT
    account = np.where(cross, (above.account[goes] + rng.integers(1, len(ACCOUNTS), n)) % len(ACCOUNTS), above.account[goes])
    return Sessions(
        kind=np.full(n, CHAINED), parent=goes + offset, origin=np.full(n, -1), account=account, region=above.region[goes],
        role=rng.integers(0, ROLES, n), at=above.at[goes] + rng.integers(30, 2400, n), depth=above.depth[goes] + 1,
        length=above.length[goes] + 1, root=above.root[goes], juggled=np.zeros(n, np.int64),
    )  # fmt: skip


def _juggling(offset: int, juggler: int) -> Sessions:
    """Two roles of one account that assume each other every eight minutes, begun by a user's key."""
    n = np.arange(HOPS)
    account = np.full(HOPS, user_account(juggler))
    return Sessions(
        kind=np.where(n == 0, KEY, CHAINED), parent=np.where(n == 0, -1, offset + n - 1), origin=np.where(n == 0, juggler, -1),
        account=account, region=0 * n, role=n % 2, at=BEGIN + 600 + juggler + n * 480, depth=n + 1, length=n + 1,
        root=np.full(HOPS, offset), juggled=np.ones(HOPS, np.int64),
    )  # fmt: skip


def _distinct(sessions: Sessions) -> Sessions:
    """Session names hold the row, so that no two sessions are one; parents keep coming before their children."""
    assert bool(np.all(sessions.parent < np.arange(len(sessions.parent))))
    return sessions


# --- events -----------------------------------------------------------------------------------------------------------


def _events(rng: Generator, sessions: Sessions, wanted: int, windows: int) -> Events:
    issued = _issuance_events(sessions)
    left = max(0, wanted - len(issued[0]))
    direct, service = int(left * _DIRECT), int(left * _SERVICE)
    used = _use_events(rng, sessions, left - direct - service)
    keyed = _jobs(rng, direct)
    worked = _spread(rng, service, rng.integers(0, len(ACCOUNTS), service), BY_SERVICE)
    at, actor, kind = (np.concatenate(column) for column in zip(issued, used, keyed, worked, strict=True))
    return _into_objects(sessions, at, actor, kind, windows)


def _issuance_events(s: Sessions) -> tuple[Column, Column, Column]:
    row = np.arange(len(s.kind))
    parents_account = s.account[np.maximum(s.parent, 0)]
    crossed = row[(s.parent >= 0) & (parents_account != s.account)]
    twins = row[s.kind == EC2]
    actor = np.concatenate((row, crossed, twins))
    kind = np.concatenate((np.full(len(row), ISSUE), np.full(len(crossed), ROLE_COPY), np.full(len(twins), TWIN)))
    return s.at[actor], actor, kind


def _use_events(rng: Generator, s: Sessions, n: int) -> tuple[Column, Column, Column]:
    weight = rng.lognormal(0.0, 1.3, len(s.kind))
    weight[rng.random(len(weight)) < _UNUSED] = 0.0
    weight[s.kind == TOKEN] *= 0.1
    edges = np.round(np.cumsum(weight) / weight.sum() * n).astype(np.int64)
    actor = np.repeat(np.arange(len(weight)), np.diff(edges, prepend=0))
    pace = rng.choice(np.array(_PACES), len(s.kind), p=(0.4, 0.35, 0.25))
    after = np.minimum(rng.exponential(1.0, n) * pace[actor], 3500.0).astype(np.int64)
    at = np.minimum(s.at[actor] + 2 + after, BEGIN + SPAN - 1)
    kind = np.where((rng.random(n) < _FORWARDED) & (s.kind[actor] != TOKEN), FORWARD, USE)
    return at, actor, kind


def _spread(rng: Generator, n: int, actor: Column, kind: int) -> tuple[Column, Column, Column]:
    return BEGIN + rng.integers(0, SPAN, n), actor, np.full(n, kind)


def _jobs(rng: Generator, n: int) -> tuple[Column, Column, Column]:
    """What users' long-term keys do themselves: jobs of some twenty-five calls within minutes."""
    jobs = max(1, n // 25)
    job = rng.integers(0, jobs, n)
    user, begun = rng.integers(0, USERS, jobs), BEGIN + rng.integers(0, SPAN - 3600, jobs)
    at = begun[job] + np.minimum(rng.exponential(120.0, n), 3500.0).astype(np.int64)
    return at, user[job], np.full(n, BY_KEY)


def _into_objects(s: Sessions, at: Column, actor: Column, kind: Column, windows: int) -> Events:
    """Each event to the object of its account, region and stretch of time."""
    of_session = (kind == USE) | (kind == FORWARD) | (kind == ISSUE) | (kind == ROLE_COPY) | (kind == TWIN)
    row = np.where(of_session, actor, 0)
    account = np.where(of_session, s.account[row], np.where(kind == BY_KEY, user_account(actor), actor))
    asked = (kind == ISSUE) & (s.parent[row] >= 0)
    account = np.where(asked, s.account[np.maximum(s.parent[row], 0)], account)
    region = np.where(of_session, s.region[row], 0)
    object_ = ((account * len(REGIONS)) + region) * windows + (at - BEGIN) * windows // SPAN
    order = np.lexsort((at, object_))
    object_, at, actor, kind = object_[order], at[order], actor[order], kind[order]
    starts = np.concatenate((np.flatnonzero(np.diff(object_, prepend=-1)), [len(object_)]))
    return Events(object_, at, actor, kind, starts)
