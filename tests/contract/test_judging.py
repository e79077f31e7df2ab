"""What a store keeps for rules: what is unjudged, findings, habits, and the look-ups stories are gathered with."""

from __future__ import annotations

import pytest

from roletrail.detect.finding import Finding, Reason
from roletrail.errors import InvalidRequest
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS
from roletrail.stores.judging import FindingQuery, Judged, cursor_of
from roletrail.stores.port import GraphStore, NodeRow
from tests.contract.conftest import Open
from tests.support.graphs import fill
from tests.support.worlds import World


@pytest.fixture
def ids(fresh: Open) -> tuple[GraphStore, list[str]]:
    store = fresh()
    fill(store, World(7, 12), 7)
    return store, store.identities_by_time()


def finding(
    id_: str, identity: str, score: int, *, rule: str = "chain-two", tone: str = "watch", last_seen: int = 2_000
) -> Finding:
    reasons = (Reason("a reason", score, ("20261102.e-1",)), Reason("another", 0))
    return Finding(
        id_, rule, 1, f"title {id_}", "medium" if score >= 40 else "low", score, tone, identity, identity, "111111111111", reasons,
        1_000, last_seen,
    )  # fmt: skip


def _quarters(row: NodeRow) -> int:
    began = row.standing.started or row.first_seen
    return min(row.uses, max((row.last_seen or row.node.issued_at) - began, 0) // ACTIVITY_CELL_SECONDS + 1)


def test_everything_is_unjudged_once(ids: tuple[GraphStore, list[str]]) -> None:
    store, all_ids = ids
    rows = store.rows(all_ids)
    assert set(all_ids) == set(rows)
    first = store.unjudged(3)
    assert list(first.ids) == all_ids[:3]
    assert list(store.unjudged(1_000).quarters) == [_quarters(rows[id_]) for id_ in all_ids]
    store.put_judged([Judged(id_, (), {}) for id_ in first.ids], first.token)
    rest = store.unjudged(1_000)
    assert list(rest.ids) == all_ids[3:]
    store.put_judged([Judged(id_, (), {}) for id_ in rest.ids], rest.token)
    assert store.unjudged(10).ids == ()
    store.unjudge(all_ids[1:2])
    assert list(store.unjudged(10).ids) == all_ids[1:2]
    store.forget_judgements()
    assert list(store.unjudged(1_000).ids) == all_ids


def test_sign_ins_of_identities(fresh: Open) -> None:
    store = fresh()
    world = World(11, 40)
    parts = world.parts(world.events, 3, 11)
    fill(store, world, 11)
    every = {s.event_id: s for part in parts for s in part.sign_ins if s.identity}
    callers = sorted({s.identity for s in every.values()})
    assert callers
    assert store.sign_ins_of(callers, []) == sorted(every.values(), key=lambda s: (s.at, s.event_id))
    assert store.sign_ins_of([], ["nobody"]) == []


def test_what_changes_while_it_is_judged_stays_unjudged(fresh: Open) -> None:
    store = fresh()
    world = World(3, 10)
    parts = world.parts(world.events, 2, 3)
    store.commit(parts[:1], [])
    early = store.unjudged(1_000)
    for part in parts[1:]:
        store.commit([part], [])
    fill(store, World(4, 10), 4)
    store.put_judged([Judged(id_, (), {}) for id_ in early.ids], early.token)
    assert set(store.unjudged(10_000).ids) >= set(store.identities_by_time()) - set(early.ids)


def test_findings_of_an_identity_are_replaced(ids: tuple[GraphStore, list[str]]) -> None:
    store, (a, b, *_) = ids[0], ids[1]
    token = store.unjudged(1_000).token
    loud, quiet, other = finding("f1", a, 60), finding("f2", a, 20), finding("f3", b, 60, last_seen=3_000)
    store.put_judged([Judged(a, (loud, quiet), {}), Judged(b, (other,), {})], token)
    assert store.findings(FindingQuery()) == ([other, loud, quiet], "")
    assert store.findings_by_id(["f2", "none"]) == {"f2": quiet}
    assert store.finding_counts() == [("chain-two", 0, 1, 1), ("chain-two", 0, 2, 2)]
    store.put_judged([Judged(a, (quiet,), {})], token)
    assert store.findings(FindingQuery())[0] == [other, quiet]
    store.forget_judgements()
    assert store.findings(FindingQuery()) == ([], "")


def test_what_is_kept_ends_with_the_next_commit(ids: tuple[GraphStore, list[str]]) -> None:
    store, (a, *_) = ids[0], ids[1]
    before = store.finding_counts()
    assert store.kept("uses", lambda: [len(store.finding_counts())]) == [len(before)]
    assert store.kept("others", lambda: [-1]) == [-1]
    store.put_judged([Judged(a, (finding("f1", a, 60),), {})], store.unjudged(1).token)
    assert store.finding_counts() == [*before, ("chain-two", 0, 2, 1)]
    assert store.kept("uses", lambda: [len(store.finding_counts())]) == [len(before) + 1]


def test_pages_and_filters_of_findings(ids: tuple[GraphStore, list[str]]) -> None:
    store, (a, b, *_) = ids[0], ids[1]
    many = [
        finding(f"f{n}", a if n % 2 else b, 10 * (n % 7), rule="chain-two" if n % 3 else "trust", last_seen=2_000 + n % 4)
        for n in range(20)
    ]
    store.put_judged(
        [Judged(a, tuple(f for f in many if f.subject == a), {}), Judged(b, tuple(f for f in many if f.subject == b), {})],
        store.unjudged(1).token,
    )
    ordered = sorted(many, key=lambda f: (-f.score, -f.last_seen, f.id))
    paged, after = store.findings(FindingQuery(limit=6))
    while after:
        assert after == cursor_of(paged[-1])
        page, after = store.findings(FindingQuery(limit=6, after=after))
        paged += page
    assert paged == ordered
    for query, passes in (
        (FindingQuery(min_score=30), lambda f: f.score >= 30),
        (FindingQuery(rule="trust"), lambda f: f.rule == "trust"),
        (FindingQuery(tone="alarm"), lambda f: f.tone == "alarm"),
        (FindingQuery(account="111111111111", identity=a), lambda f: f.subject == a),
        (FindingQuery(account="222222222222"), lambda _: False),
        (FindingQuery(identity="nobody"), lambda _: False),
        (FindingQuery(from_=2_002), lambda f: f.last_seen >= 2_002),
        (FindingQuery(to=1_000), lambda f: f.first_seen < 1_000),
    ):
        assert store.findings(query)[0] == [f for f in ordered if passes(f)], query
    with pytest.raises(InvalidRequest):
        store.findings(FindingQuery(after="no cursor"))


def test_days_of_habits(ids: tuple[GraphStore, list[str]]) -> None:
    store, (a, b, *_) = ids[0], ids[1]
    token = store.unjudged(1).token
    store.put_judged([Judged(a, (), {10: {5}, 12: {5}, 11: {-6}}), Judged(b, (), {12: {5}, 14: {5}})], token)
    days = store.habit_days([5, -6, 7], 10, 14)
    assert [days.of(key) for key in (5, -6, 7)] == [[10, 12, 14], [11], []]
    assert store.habit_days([5], 11, 12).of(5) == [12]
    store.put_judged([Judged(a, (), {})], token)
    days = store.habit_days([5, -6], 0, 99)
    assert days.of(5)
    assert not days.of(-6)
    store.put_judged([Judged(a, (), {20_000: {8}, 20_062: {8}, 20_063: {8}, 1_700_000_000: {9}})], token)
    assert store.habit_days([8], 20_000, 20_062).of(8) == [20_000, 20_062]
    assert store.habit_days([8], 20_000, 20_063).of(8) == [20_000, 20_062, 20_063]
    assert store.habit_days([8, 9], 0, 1 << 40).of(9) == [1_700_000_000]


def test_who_holds_a_habit_does_not_hang_on_the_order_of_judging(ids: tuple[GraphStore, list[str]]) -> None:
    store, (a, b, *_) = ids[0], ids[1]
    left: list[list[list[int]]] = []
    for order in ((a, b), (b, a)):
        store.forget_judgements()
        token = store.unjudged(1).token
        store.put_judged([Judged(id_, (), {10: {5}}) for id_ in order], token)
        assert store.habit_days([5], 0, 20).of(5) == [10]
        left.append([])
        for gone in (a, b):
            store.put_judged([Judged(gone, (), {})], token)
            left[-1].append(store.habit_days([5], 0, 20).of(5))
    assert left[0] == left[1]
    assert left[0][-1] == []


def test_sessions_of_a_role_and_children_in_a_window(ids: tuple[GraphStore, list[str]]) -> None:
    store, all_ids = ids
    rows = store.rows(all_ids)
    roles = sorted({row.node.role_arn for row in rows.values() if row.node.role_arn})
    times = {id_: place for place, id_ in enumerate(all_ids)}
    found = store.sessions_of_role(roles, 0, 1 << 40, 1_000)
    for role in roles:
        mine = sorted((id_ for id_, row in rows.items() if row.node.role_arn == role), key=lambda id_: times[id_])
        assert [(session.id, session.root) for session in found[role]] == [(id_, rows[id_].standing.root) for id_ in mine]
        assert found[role] == sorted(found[role])
    times_of = {role: (found[role][0].first_seen, found[role][-1].first_seen) for role in roles}
    for role, (first, last) in times_of.items():
        for from_, to in ((first, last), (first + 1, last), (first, last - 1)):
            mine = [session for session in found[role] if from_ <= session.first_seen <= to]
            assert store.roots_of_role([role, ""], from_, to) == ({role: {one.root for one in mine}} if mine else {})
    assert store.roots_of_role(roles, 0, 1 << 40) == {role: {one.root for one in found[role]} for role in roles}
    below = store.children_between(all_ids, 0, 1 << 40, 1_000)
    for id_ in all_ids:
        mine = [row for row in rows.values() if row.standing.parent == id_]
        assert below.get(id_, []) == [row.node.id for row in sorted(mine, key=lambda row: (row.standing.started, row.node.id))]
    assert store.accounts_loaded() == sorted({row.account for row in store.coverage()})
