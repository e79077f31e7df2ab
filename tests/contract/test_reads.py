"""Every question of the port, asked of a filled store and of plain Python: the answers are equal, order included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roletrail.errors import InvalidRequest
from roletrail.lineage import ids
from roletrail.lineage.model import Linked
from roletrail.stores.port import CHAIN_SORTS, ChainQuery, GraphStore, fold
from tests.contract.conftest import Open
from tests.support.counts import repetitions
from tests.support.graphs import fill
from tests.support.reference import Reference
from tests.support.worlds import ACCOUNTS, ADDRESSES, NAMES, ROLES, START, World, arn_of, principal, role_arn

T = TypeVar("T")
SEEDS = st.integers(0, 10_000)
SIZES = st.integers(1, 25)
many = settings(
    max_examples=repetitions("store_graphs"),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def pages(ask: Callable[[str], tuple[list[T], str]]) -> list[T]:
    """All pages, each asked for with the cursor of the one before."""
    found, after = ask("")
    while after:
        page, after = ask(after)
        assert page
        found = found + page
    return found


def filled(fresh: Open, seed: int, size: int) -> tuple[GraphStore, World, Reference]:
    store, world = fresh(), World(seed, size)
    return store, world, fill(store, world, seed)


queries = st.builds(
    ChainQuery,
    min_sessions=st.sampled_from((0, 1, 1, 1, 2, 3, 4, 6)),
    min_reach=st.sampled_from((0, 0, 0, 1, 2, 3, 5)),
    tone=st.sampled_from(("", "", "", "context", "calm", "watch", "alarm")),
    account=st.sampled_from(("", "", "", *ACCOUNTS, "999999999999")),
    q=st.sampled_from(
        ("", "", "", "prodadmin", "build-7", "strasse", "12345", 'q"u', "fil", "file*", "zzz", "role/team", "ops", "ob@")
    ),
    from_=st.sampled_from((0, 0, 0, START + 40_000, START + 150_000)),
    to=st.sampled_from((0, 0, 0, START + 90_000, START + 200_000)),
    sort=st.sampled_from(CHAIN_SORTS),
    limit=st.sampled_from((1, 2, 3, 7, 100)),
)


@many
@given(seed=SEEDS, size=st.integers(1, 40), asked=st.lists(queries, min_size=5, max_size=20))
def test_chain_lists_with_every_filter_and_sort(fresh: Open, seed: int, size: int, asked: list[ChainQuery]) -> None:
    store, _, reference = filled(fresh, seed, size)
    for query in [ChainQuery(min_sessions=1), *asked]:
        found = pages(lambda after, query=query: store.chains(query._replace(after=after)))
        assert found == reference.chains(query), query


@pytest.mark.parametrize("probe", [1, 3, 1_000])
@pytest.mark.parametrize("rare", [0, 1_000])
def test_both_ways_to_a_filtered_page_agree(fresh: Open, monkeypatch: pytest.MonkeyPatch, probe: int, rare: int) -> None:
    """The embedded store walks the sort's index, or fetches by the rarest filter: no page shows which."""
    monkeypatch.setattr("roletrail.stores.embedded.chains.PROBE", probe)
    monkeypatch.setattr("roletrail.stores.embedded.chains.RARE", rare)
    store, _, reference = filled(fresh, 3, 150)
    for sort in CHAIN_SORTS:
        for query in (
            ChainQuery(min_sessions=1, account=ACCOUNTS[0], sort=sort, limit=4),
            ChainQuery(min_sessions=1, q="prodadmin", sort=sort, limit=4),
            ChainQuery(min_sessions=4, sort=sort, limit=4),
            ChainQuery(min_sessions=1, min_reach=3, from_=START + 50_000, sort=sort, limit=4),
            ChainQuery(min_sessions=1, to=START + 90_000, q="alice", sort=sort, limit=4),
        ):
            expected = reference.chains(query)
            assert expected
            assert pages(lambda after, query=query: store.chains(query._replace(after=after))) == expected


@many
@given(seed=SEEDS, size=SIZES)
def test_nodes_and_what_is_around_them(fresh: Open, seed: int, size: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    known = list(reference.places)
    assert store.paths([*known, "nobody"]) == {id_: reference.steps(id_) for id_ in known}
    assert store.rows([*known, "nobody"]) == {id_: reference.row(id_) for id_ in known}
    for id_ in known:
        below = reference.descendants(id_)
        assert store.descendants(id_, 1000) == (below, False)
        assert store.descendants(id_, 2) == (below[:2], len(below) > 2)
        aliases = sorted(reference.places[id_].aliases)
        assert store.aliases_of(id_) == aliases
        assert [store.resolve_alias(alias) for alias in (id_, *aliases)] == [id_] * (1 + len(aliases))
    assert store.resolve_alias("nobody") == ""
    assert world.events == [] or store.totals().identities == len(known)


@many
@given(seed=SEEDS, size=SIZES, limit=st.sampled_from((1, 2, 50)))
def test_what_identities_did(fresh: Open, seed: int, size: int, limit: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    for id_ in world.identities:
        assert pages(lambda after, id_=id_: store.activities(id_, limit, after)) == reference.activities_of(id_)
        uses = sorted(use for (identity, _), use in reference.uses.items() if identity == id_)
        assert store.credentials(id_, limit) == uses[:limit]
        assert store.actions(id_) == [row for row in reference.actions if row.identity == id_]
        assert store.attempts(id_) == [row for row in reference.attempts if row.identity == id_]
    everyone = list(world.identities)
    assert store.actions_of(everyone, limit) == reference.actions[::-1][:limit]
    assert store.attempts_of(everyone, limit) == reference.attempts[::-1][:limit]
    assert store.addresses_of(everyone) == {id_: found for id_ in everyone if (found := reference.addresses_of(id_))}
    assert store.issuances_for([row.event_id for row in reference.issuances] + ["none"]) == {
        row.event_id: row for row in reference.issuances
    }
    for address in ADDRESSES:
        assert store.address_uses(address, 7) == reference.address_uses(address)[:7]
    for from_, to in ((0, 1 << 40), (START + 50_000, START + 150_000), (START, START)):
        within = [a for a in reference.activities if a.identity in world.identities and from_ <= a.cell < to]
        assert store.activities_of([*everyone, "nobody"], from_, to) == within


@many
@given(seed=SEEDS, size=st.integers(1, 40), limit=st.sampled_from((1, 3, 200)))
def test_roles_that_assume_roles(fresh: Open, seed: int, size: int, limit: int) -> None:
    store, _, reference = filled(fresh, seed, size)
    expected = reference.role_pairs()
    assert store.role_pairs(limit) == (expected[:limit], len(expected) > limit)


@many
@given(seed=SEEDS, size=SIZES, limit=st.sampled_from((1, 3, 200)))
def test_tracing_anything_pasted(fresh: Open, seed: int, size: int, limit: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    everyone = [one for one in world.identities.values() if one.id in reference.places]

    def check(kind: str, value: str, expected: set[str]) -> None:
        found = store.trace(kind, value, limit)
        assert [hit.id for hit in found] == reference.newest(expected)[:limit], (kind, value)
        assert {hit.reason for hit in found} <= {kind}

    for one in everyone:
        for key in keys_of(reference, one.id):
            check("access_key_id", key, {one.id})
        if one.kind != "origin":
            check("principal_id", principal(one), {o.id for o in everyone if principal(o) == principal(one)})
            check("arn", arn_of(one), {o.id for o in everyone if arn_of(o) == arn_of(one)})
        if one.role:
            check("role_arn", role_arn(one), {o.id for o in everyone if role_arn(o) == role_arn(one)})
        if one.workload_id:
            check("instance", one.workload_id, {o.id for o in everyone if o.workload_id == one.workload_id})
    for account in ACCOUNTS:
        check("account", account, {o.id for o in everyone if o.account == account})
    for address in ADDRESSES:
        check("address", address, reference.users_of(address))
    for event in world.events:
        if event.sort != "activity":
            check("event", event.event_id, reference.of_event(event.event_id))
    for text in (*NAMES, *ROLES, "role/team/"):
        wanted = fold(text)
        rows = {o.id for o in everyone if len(wanted) >= 3 and any(wanted in t for t in fold_texts(reference, o.id))}
        check("name", text, rows)
    check("access_key_id", "AKIANOBODY", set())


def keys_of(reference: Reference, id_: str) -> set[str]:
    """Keys an identity used or was issued."""
    used = {key for identity, key in reference.uses if identity == id_}
    return used | {issuance.child_key for issuance in reference.issuances if issuance.child == id_}


def fold_texts(reference: Reference, id_: str) -> tuple[str, ...]:
    from roletrail.stores.port import search_texts

    return search_texts(reference.places[id_].node)


@many
@given(seed=SEEDS, size=SIZES, limit=st.sampled_from((1, 3, 200)))
def test_entities_and_their_sessions(fresh: Open, seed: int, size: int, limit: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    placed = [one for one in world.identities.values() if one.id in reference.places]
    expected: dict[tuple[str, str], set[str]] = {("address", a): users for a in ADDRESSES if (users := reference.users_of(a))}
    for one in placed:
        expected.setdefault(("account", one.account), set()).add(one.id)
        if one.role:
            expected.setdefault(("role", role_arn(one)), set()).add(one.id)
        if one.workload_id:
            expected.setdefault(("instance", one.workload_id), set()).add(one.id)
        if one.kind == "key" and one.id in reference.callers:
            expected.setdefault(("user", arn_of(one)), set()).update(o.id for o in placed if arn_of(o) == arn_of(one))
    for (kind, value), members in expected.items():
        assert store.entity(ids.entity_id(kind, value)) == (kind, value)
        assert pages(lambda after, k=kind, v=value: store.entity_sessions(k, v, limit, after)) == reference.newest(members)
        if kind == "role":
            assert pages(lambda after, v=value: store.siblings_by_role(v, limit, after)) == reference.newest(members)
    assert store.entity(ids.entity_id("role", "arn:aws:iam::111111111111:role/none")) is None


@many
@given(seed=SEEDS, size=SIZES)
def test_totals_coverage_and_hours(fresh: Open, seed: int, size: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    totals = store.totals()
    assert totals.events == len(world.events)
    assert totals.sessions == sum(place.node.counts for place in reference.places.values())
    assert totals.chains_2 == len(reference.chains(ChainQuery()))
    assert totals.chains_3 == len(reference.chains(ChainQuery(min_sessions=3)))
    assert totals.objects == totals.quarantined == len(reference.parts)
    times = [event.at for event in world.events]
    assert (totals.first_at, totals.last_at) == ((min(times), max(times)) if times else (0, 0))
    assert list(store.coverage()) == reference.coverage()
    for event in world.events[:5]:
        assert store.event_hours(event.event_id) == [event.at // 3600 * 3600]
    assert store.event_hours("no such event") == []


@pytest.mark.parametrize(
    "cursor", ["x", "....", "W10", "[" * 150, "WyJzZXNzaW9ucyIsMSwiYSJd", "1.", "-1.a", "²", "9" * 40, "\x00"]
)
def test_a_foreign_cursor_is_refused(store: GraphStore, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        store.chains(ChainQuery(after=cursor))
    for ask in (store.objects, store.quarantine):
        with pytest.raises(InvalidRequest):
            ask(5, cursor)
    if cursor != "1.":
        with pytest.raises(InvalidRequest):
            store.activities("a", 5, cursor)
        with pytest.raises(InvalidRequest):
            store.entity_sessions("account", ACCOUNTS[0], 5, cursor)


def test_an_unknown_sort_tone_or_kind_is_refused(store: GraphStore) -> None:
    for query in (ChainQuery(sort="name; DROP TABLE standing"), ChainQuery(tone="purple")):
        with pytest.raises(InvalidRequest):
            store.chains(query)
    with pytest.raises(InvalidRequest):
        store.trace("shoe size", "44", 5)
    with pytest.raises(InvalidRequest):
        store.entity_sessions("galaxy", "m31", 5)


@many
@given(seed=SEEDS, size=SIZES)
def test_what_is_loaded_around_a_moment(fresh: Open, seed: int, size: int) -> None:
    store, world, reference = filled(fresh, seed, size)
    for account in (*ACCOUNTS, "999999999999"):
        for at in (START, START + 100_000, *(event.at for event in world.events[:2])):
            assert store.coverage_near(account, at) == reference.coverage_near(account, at)
            assert store.issued_near(account, at) == reference.issued_near(account, at)


def test_changes_of_logging_are_known_by_account(store: GraphStore) -> None:
    world = World(3, 6)
    one = next(event for event in world.events if event.sort != "issuance")
    part = world.part([one._replace(sort="action", error="")], "a")
    stop = part.actions[0]._replace(
        event_source="cloudtrail.amazonaws.com", event_name="StopLogging", category="evasion", target_kind="trail"
    )
    later = stop._replace(event_id="later", at=stop.at + 60, event_name="StartLogging")
    refused = stop._replace(event_id="refused", error_code="AccessDenied")
    elsewhere = stop._replace(event_id="elsewhere", account="999999999999")
    store.commit([part._replace(actions=[later, refused, elsewhere, stop, *part.actions])], [])
    assert store.logging_changes(stop.account) == [stop, later]
    assert store.logging_changes("999999999999") == [elsewhere]
    assert store.logging_changes("888888888888") == []


@many
@given(seed=SEEDS, size=SIZES)
def test_what_is_asked_of_workloads(fresh: Open, seed: int, size: int) -> None:
    store, _, reference = filled(fresh, seed, size)
    names = {action.event_name for action in reference.actions[:3]} | {"RunInstances"}
    assert store.actions_named(names) == [action for action in reference.actions if action.event_name in names]
    assert store.actions_named([]) == []
    assert store.sign_ins_named({"ConsoleLogin"}) == [one for one in reference.sign_ins if one.event_name == "ConsoleLogin"]
    wanted = [
        place.node for _, place in sorted(reference.places.items()) if place.node.workload or place.node.name.startswith("i-")
    ]
    assert store.workload_nodes() == [node for node in wanted if node.workload != "certificate"]
    assert store.workload_ids() == [node.id for node in store.workload_nodes()]


def test_nodes_of_workloads_are_told_by_what_they_are(store: GraphStore) -> None:
    """A text of another field that reads like a workload's does not make one."""
    world = World(5, 8)
    reference = fill(store, world, 5)
    place = next(iter(reference.places.values()))
    nodes = [
        place.node._replace(id="a" * 20, workload="instance", workload_id="i-0123456789abcdef0", name="anything"),
        place.node._replace(id="b" * 20, workload="", workload_id="", name="i-0123456789abcdef0"),
        place.node._replace(id="c" * 20, workload="", workload_id="", name="instance", label="instance"),
        place.node._replace(id="d" * 20, workload="task", workload_id="i-x", name="0123"),
        place.node._replace(id="e" * 20, workload="", workload_id="", name="task"),
    ]
    before = store.workload_nodes()
    with store.linking() as writer:
        writer.put_linked([Linked(node, (), (), ()) for node in nodes])
    added = [nodes[0], nodes[1], nodes[3]]
    assert store.workload_nodes() == sorted([*before, *added], key=lambda node: node.id)
    assert store.workload_ids() == [node.id for node in store.workload_nodes()]


def test_what_took_access_away_is_known_by_its_target(store: GraphStore) -> None:
    """Successful ones only, by whomever, under whatever ARN or path a call names the target, and other actions on it are not given."""
    world = World(3, 6)
    one = next(event for event in world.events if event.sort != "issuance")
    part = world.part([one._replace(sort="action", error="")], "a")
    revoked = part.actions[0]._replace(
        event_source="iam.amazonaws.com", event_name="PutRolePolicy", category="privilege", target_kind="role", target="web"
    )
    stopped = revoked._replace(
        event_id="stopped", at=revoked.at + 60, event_source="lambda.amazonaws.com", event_name="PutFunctionConcurrency20171031",
        target="arn:aws:lambda:eu-central-1:111111111111:function:web",
    )  # fmt: skip
    refused = revoked._replace(event_id="refused", error_code="AccessDenied")
    attached = revoked._replace(event_id="attached", event_name="AttachRolePolicy")
    elsewhere = revoked._replace(event_id="elsewhere", target="other")
    store.commit([part._replace(actions=[stopped, refused, attached, elsewhere, revoked])], [])
    assert store.actions_on({"web", ""}) == [revoked, stopped]
    assert store.actions_on({"service/other", "nothing"}) == [elsewhere]
    assert store.actions_on(set()) == []
