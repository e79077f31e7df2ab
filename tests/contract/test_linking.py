"""What linking reads and writes: pending marks, neighbours by anchor, nodes, aliases, and the cached columns below them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roletrail.lineage.link import anchors
from roletrail.lineage.model import Activity, Alias, Caller, Edge, Issuance, Linked, Providers, Seen, Standing
from roletrail.stores.merge import fold_activities
from roletrail.stores.port import ChainQuery, GraphStore, Pending
from tests.contract.conftest import Open
from tests.support.counts import repetitions
from tests.support.graphs import commit_all, fill, link
from tests.support.reference import Reference
from tests.support.worlds import Identity, World, node_of, principal
from tests.unit.lineage.link.made import made

DAY = 1_793_577_600

many = settings(
    max_examples=repetitions("store_graphs"),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def take_pending(store: GraphStore, limit: int) -> Pending:
    with store.linking() as writer:
        pending = writer.pending(limit)
        writer.advance(pending)
    return pending


@many
@given(seed=st.integers(0, 10_000), limit=st.sampled_from((1, 4, 1000)))
def test_pending_hands_out_everything_new_once(fresh: Open, seed: int, limit: int) -> None:
    store, world = fresh(), World(seed, 12)
    parts = world.parts(world.events, 4, seed)
    handed: list[Pending] = []
    for part in parts:
        store.commit([part], [])
        pending = take_pending(store, limit)
        assert len(pending.callers) + len(pending.issuances) + len(pending.sign_ins) + len(pending.actions) <= limit
        handed.append(pending)
    while not (pending := take_pending(store, limit)).empty:
        handed.append(pending)
    reference = Reference(parts, (), {})
    assert {id_ for p in handed for id_ in p.callers} == set(reference.callers)
    assert sorted(row for p in handed for row in p.issuances) == sorted(reference.issuances)
    assert sorted(row for p in handed for row in p.actions) == sorted(reference.actions)
    assert sorted(row for p in handed for row in p.sign_ins) == sorted(row for part in parts for row in part.sign_ins)
    assert store.totals().pending == 0


def test_a_caller_is_pending_again_when_a_fact_of_it_changes(store: GraphStore) -> None:
    world = World(30, 10)
    event = next(e for e in world.events if e.sort == "activity" and e.source != "s3.amazonaws.com" and e.agent != "console")
    take_pending(store, 10)

    def pending_after(number: int, at: int, **changes: str) -> tuple[str, ...]:
        other = event._replace(event_id=f"00000000-0000-4000-8000-{number:012}", at=at, **changes)
        store.commit([world.part([other], f"n{number}", attempt=number)], [])
        return take_pending(store, 10).callers

    assert pending_after(1, event.at) == (event.identity,)
    assert pending_after(2, event.at + 60) == ()  # one more call of a kind we knew
    assert pending_after(3, event.at + 61, source="s3.amazonaws.com") == (event.identity,)  # names the user behind it
    assert pending_after(4, event.at + 62, key="ASIAEXAMPLENEW") == (event.identity,)
    assert pending_after(5, event.at - 60) == (event.identity,)  # earlier than any


def test_a_caller_that_a_stranger_may_be_is_pending_with_every_call(store: GraphStore) -> None:
    world = World(30, 10)
    event = next(e for e in world.events if e.sort == "activity" and e.source != "s3.amazonaws.com" and e.agent != "console")
    someone = world.identities[event.identity]
    take_pending(store, 10)

    def commit(number: int, *issuances: Issuance) -> tuple[str, ...]:
        again = event._replace(event_id=f"00000000-0000-4000-8000-{number:012}", at=event.at + number)
        part = world.part([again], f"n{number}", attempt=number)
        store.commit([part._replace(issuances=[*part.issuances, *issuances])], [])
        return take_pending(store, 10).callers

    assert commit(1) == (event.identity,)
    assert commit(2) == ()
    told = Issuance._make(["" if kind is str else 0 for kind in get_type_hints(Issuance).values()])
    copy = told._replace(event_id="copy", at=event.at, family="assume", partition="aws", copy="foreign", parent_principal=principal(someone),
                         child="child", role_arn="arn:aws:iam::111111111111:role/A", role_name="A", session_name="x")  # fmt: skip
    assert commit(3, copy) == ()  # it is found by the copy itself
    assert commit(4) == (event.identity,)


@many
@given(seed=st.integers(0, 10_000))
def test_activities_in_a_window(fresh: Open, seed: int) -> None:
    store, world = fresh(), World(seed, 12)
    parts = world.parts(world.events, 3, seed)
    commit_all(store, parts)
    folds = [activity for part in parts for activity in part.activities]
    for from_, to in ((0, 1 << 40), *((fold.cell, fold.cell + 900) for fold in folds[:3])):
        wanted = sorted(fold_activities(fold for fold in folds if from_ <= fold.cell < to).values())
        with store.linking() as writer:
            assert writer.activities_of([*world.identities, "unheard-of"], from_, to) == wanted


@many
@given(seed=st.integers(0, 10_000))
def test_neighbours_are_found_by_their_anchors(fresh: Open, seed: int) -> None:
    store, world = fresh(), World(seed, 15)
    parts = world.parts(world.events, 3, seed)
    commit_all(store, parts)
    reference = Reference(parts, (), {})
    with store.linking() as writer:
        seen = {id_: Seen(caller, _uses_of(reference, id_)) for id_, caller in reference.callers.items()}
        assert writer.seen([*seen, "nobody"]) == seen
        for id_, one in seen.items():
            wanted = set(anchors.of_caller(one.caller)) | {a for use in one.credentials for a in anchors.of_credential(use)}
            for anchor in wanted:
                assert id_ in writer.callers_at([anchor])
        sign_ins = sorted((row for part in parts for row in part.sign_ins), key=lambda row: (row.at, row.event_id))
        issuances = sorted(reference.issuances, key=lambda row: (row.at, row.event_id))
        every = [a for i in issuances for a in anchors.of_issuance(i)]
        every += [a for s in sign_ins for a in anchors.of_sign_in(s)] + [
            a for x in reference.actions for a in anchors.of_action(x)
        ]
        found = writer.providers_at(every)
        assert found.issuances == tuple(issuances)
        assert found.sign_ins == tuple(row for row in sign_ins if anchors.of_sign_in(row))
        assert found.actions == tuple(row for row in reference.actions if anchors.of_action(row))
        assert writer.providers_at([1, 2, 3]) == Providers((), (), ())
        assert writer.callers_at([1, 2, 3]) == set()
        counts = writer.counts_at({*every, *(a for one in seen.values() for a in anchors.of_caller(one.caller)), 1, 2})
        for anchor, count in counts.items():
            there = writer.providers_at([anchor])
            assert count == len(writer.callers_at([anchor])) + sum(map(len, there))
        assert (counts[1], counts[2]) == (0, 0)


def _uses_of(reference: Reference, id_: str) -> tuple:
    return tuple(sorted(use for (identity, _), use in reference.uses.items() if identity == id_))


def test_a_writer_reads_what_it_wrote(store: GraphStore) -> None:
    world, standings = World(31, 20), World(31, 20).standings()
    linked = world.linked(world.identities)
    with store.linking() as writer:
        writer.put_linked(linked)
        writer.put_standings({one.node.id: standings[one.node.id] for one in linked})
        ids = [one.node.id for one in linked]
        assert writer.nodes(ids) == {one.node.id: one.node for one in linked}
        assert writer.edges_into(ids) == {one.node.id: one.edges for one in linked}
        assert writer.standings(ids) == {id_: standings[id_] for id_ in ids}
        children: dict[str, list[str]] = {}
        for one in linked:
            for edge in one.edges:
                children.setdefault(edge.parent, []).append(one.node.id)
        everyone = [*ids, *children]
        assert writer.children(everyone) == {id_: tuple(sorted(below)) for id_, below in children.items()}
    with store.linking() as writer:
        assert writer.standings(ids) == {id_: standings[id_] for id_ in ids}


# --- small families ------------------------------------------------------------------------------------------------------


def session(id_: str, account: str = "111111111111", *, counts: bool = True, aliases: tuple[str, ...] = ()) -> Identity:
    return Identity(
        id_,
        "session",
        account,
        "Deploy",
        f"name-{id_}",
        1_780_300_000,
        (f"ASIAEXAMPLE{id_}",),
        "",
        counts,
        "",
        1.0,
        True,
        aliases,
        "",
    )


def origin(id_: str) -> Identity:
    return Identity(id_, "origin", "999999999999", "", id_, 0, (), "", False, "", 1.0, False, (), "")


def below(one: Identity, *parents: Identity, origins: Iterable[Identity] = ()) -> Linked:
    edges = tuple(Edge("ASSUMED", p.id, one.id, "", "", one.created, "J1", 1.0, (), "", "", "") for p in parents)
    return Linked(node_of(one), edges, one.aliases, tuple(node_of(o) for o in origins))


def place(root: str, parent: str, sessions: int, segment: int = 1) -> Standing:
    return Standing(root, parent, sessions, 0, 0, 0, segment, sessions, 1.0, 1_780_300_000, "")


def put(store: GraphStore, linked: list[Linked], standings: dict[str, Standing]) -> None:
    with store.linking() as writer:
        writer.put_linked(linked)
        writer.put_standings(standings)


def listed(store: GraphStore, **filters: object) -> list[str]:
    rows, _ = store.chains(ChainQuery(min_sessions=1, **filters))  # type: ignore[arg-type]
    return sorted(row.id for row in rows)


def test_an_origin_lives_as_long_as_an_edge_comes_from_it(store: GraphStore) -> None:
    a, b, o = session("a"), session("b"), origin("o")
    put(
        store,
        [below(a, o, origins=[o]), below(b, o, origins=[o])],
        {"o": place("o", "", 0), "a": place("o", "o", 1), "b": place("o", "o", 1)},
    )
    assert store.rows(["o"])["o"].children == 2
    put(store, [below(a, b)], {"a": place("o", "b", 2)})
    assert store.rows(["o"])["o"].children == 1
    put(store, [below(b)], {"b": place("b", "", 1), "a": place("b", "b", 2)})
    assert store.rows(["o"]) == {}
    assert store.totals().identities == 2
    assert store.trace("account", "999999999999", 5) == []


def test_of_two_accounts_of_one_origin_the_greater_stays(store: GraphStore) -> None:
    o, a, b = origin("o"), session("a"), session("b")
    plain, named = node_of(o), node_of(o)._replace(label="zz")
    first = Linked(node_of(a), below(a, o).edges, (), (named,))
    put(store, [first], {})
    put(store, [Linked(node_of(b), below(b, o).edges, (), (plain,))], {})
    assert store.rows(["o"])["o"].node == named


def test_an_alias_takes_the_place_of_its_node(store: GraphStore) -> None:
    early, child = session("early"), session("child")
    put(store, [below(early), below(child, early)], {"early": place("early", "", 1), "child": place("early", "early", 2)})
    real = session("real", aliases=("early", "shifted"))
    put(store, [below(real), below(child, real)], {"real": place("real", "", 1), "child": place("real", "real", 2)})
    assert store.rows(["early"]) == {}
    assert [store.resolve_alias(id_) for id_ in ("early", "shifted", "real")] == ["real"] * 3
    assert store.aliases_of("real") == ["early", "shifted"]
    assert listed(store) == ["child"]
    assert (store.totals().identities, store.totals().sessions) == (2, 2)
    put(store, [below(session("real"))], {})
    assert store.aliases_of("real") == []
    assert store.resolve_alias("early") == ""


def test_an_identity_that_is_another_one_says_by_which_rule_and_how_surely(store: GraphStore) -> None:
    key, first, second = (node_of(session(id_)) for id_ in ("key", "first", "second"))
    sure = Alias("first", "key", "J7", 0.85, ("20261102.call", "20261102.use"))
    less = Alias("second", "key", "J7", 0.70, ("20261102.other",))
    put(store, [Linked(key, (), ("early",), ()), Linked(first, (), (), (), sure), Linked(second, (), (), (), less)], {})
    assert store.same_as("key", 9) == [less, sure]
    assert store.same_as("key", 1) == [less]
    assert store.same_as("first", 9) == []
    assert store.aliases_of("key") == ["early", "first", "second"]
    with store.linking() as writer:
        early = Alias("early", "key")
        assert writer.aliases(["early", "first", "key", "nobody"]) == {"early": early, "first": sure}
    dumped = {alias.id: alias for _, alias in store.export() if isinstance(alias, Alias)}
    assert dumped == {"early": early, "first": sure, "second": less}

    surer = less._replace(confidence=0.85, evidence=("20261102.call", "20261102.other"))
    put(store, [Linked(second, (), (), (), surer), Linked(first, (), (), ())], {})
    assert store.same_as("key", 9) == [surer]
    assert store.resolve_alias("first") == "first"


def test_what_services_did_for_a_user_is_linked_again_when_a_key_has_calls_of_the_day(store: GraphStore) -> None:
    world = World(1, 3)
    (part,) = world.parts(world.events[:1], 1, 0)
    key = made(Caller, id="k", kind="key", type="IAMUser", partition="aws", principal_id="AIDA", first_at=DAY, last_at=DAY)
    acted = key._replace(id="acted", kind="session", created=DAY + 9, internal=1, count=1)

    def commit(number: int, *callers: Caller, at: int = DAY) -> set[str]:
        calls = [made(Activity, identity=one.id, cell=at, first_at=at, last_at=at, count=1) for one in callers]
        info = part.object._replace(locator=f"n{number}")
        bare = part._replace(object=info, attempt=number, issuances=[], sign_ins=[], actions=[], attempts=[], cells=[])
        store.commit([bare._replace(callers=list(callers), credentials=[], activities=calls)], [])
        return set(take_pending(store, 10).callers)

    assert commit(1, key, acted) == {"k", "acted"}
    assert commit(2, key) == {"acted"}
    assert commit(3, key, at=DAY + 86_400) == set()
    assert commit(4, key._replace(id="m", principal_id="AIDB")) == {"m"}


def test_two_identities_may_claim_one_alias_and_the_lesser_answers(store: GraphStore) -> None:
    put(store, [below(session("b", aliases=("x",)))], {})
    put(store, [below(session("a", aliases=("x",)))], {})
    assert store.resolve_alias("x") == "a"


def test_a_chain_moves_to_its_new_last_session_and_back(store: GraphStore) -> None:
    a, b, key = session("a"), session("b"), session("k", counts=False)
    put(store, [below(a)], {"a": place("a", "", 1)})
    assert listed(store) == ["a"]
    put(store, [below(key, a)], {"k": place("a", "a", 1)})
    assert listed(store) == ["a"]  # a key continues a chain only when a session follows
    put(store, [below(b, key)], {"b": place("a", "k", 2)})
    assert listed(store) == ["b"]
    put(store, [below(b)], {"b": place("b", "", 1)})
    assert listed(store) == ["a", "b"]
    put(store, [below(b, a)], {"b": place("a", "a", 2, segment=2)})
    assert listed(store) == ["a", "b"]  # a new segment is another chain
    assert store.totals().chains_2 == 1


def test_what_a_path_hands_down_reaches_nodes_whose_standing_stays(store: GraphStore) -> None:
    """`k` and `b` keep their standing when `k` moves from `a` to `c`: still the lists must see it."""
    a, c = session("a", "111111111111"), session("c", "222222222222")
    key, mid, b = (
        session("k", "333333333333", counts=False),
        session("m", "333333333333", counts=False),
        session("b", "333333333333"),
    )
    top = session("r", "444444444444")
    put(
        store,
        [below(top), below(a, top), below(c, top), below(key, a), below(mid, key), below(b, mid)],
        {
            "r": place("r", "", 1),
            "a": place("r", "r", 2),
            "c": place("r", "r", 2),
            "k": place("r", "a", 2),
            "m": place("r", "k", 2),
            "b": place("r", "m", 3),
        },
    )
    assert listed(store) == ["b", "c"]
    assert listed(store, account="111111111111") == ["b"]
    put(store, [below(key, c)], {"k": place("r", "c", 2)})
    assert listed(store) == ["a", "b"]
    assert listed(store, account="111111111111") == ["a"]
    assert listed(store, account="222222222222") == ["b"]
    put(store, [below(mid._replace(counts=True), key)], {})
    assert listed(store) == ["a", "b"]


def test_a_middle_node_untouched_does_not_stop_what_is_handed_down(store: GraphStore) -> None:
    """The top and the bottom are written again in one go, the node between them is not."""
    top, mid, low = session("t", "111111111111"), session("m", "222222222222", counts=False), session("l", "333333333333")
    put(
        store,
        [below(top), below(mid, top), below(low, mid)],
        {"t": place("t", "", 1), "m": place("t", "t", 1), "l": place("t", "m", 2)},
    )
    moved = session("t", "444444444444")
    put(store, [below(moved), below(low, mid)], {"t": place("t", "", 1), "l": place("t", "m", 2)})
    assert listed(store, account="444444444444") == ["l"]
    assert listed(store, account="111111111111") == []


@pytest.mark.parametrize("length", [2_000])
def test_a_juggling_chain_has_no_depth_limit(store: GraphStore, length: int) -> None:
    people = [session(f"s{i:05}") for i in range(length)]
    linked = [below(people[0])] + [below(one, above) for above, one in pairwise(people)]
    standings = {one.id: place("s00000", people[i - 1].id if i else "", i + 1) for i, one in enumerate(people)}
    Random(1).shuffle(linked)
    put(store, linked, standings)
    assert listed(store) == [people[-1].id]
    put(store, [below(people[0]._replace(account="222222222222"))], {})
    assert listed(store, account="222222222222") == [people[-1].id]
    assert store.descendants("s00000", 5_000) == ([one.id for one in people[1:]], False)


def test_later_use_moves_a_linked_session_up_without_linking(fresh: Open) -> None:
    store, world = fresh(), World(33, 20)
    reference = fill(store, world)
    leaf = next(row.id for row in reference.chains(ChainQuery(min_sessions=1)) if row.id in reference.callers)
    take_pending(store, 10_000)
    old = next(e for e in world.events if e.identity == leaf)
    late = old._replace(
        event_id="ffffffff-0000-4000-8000-000000000001", at=world.events[-1].at + 90_000, sort="activity", child=""
    )
    store.commit([world.part([late], "late", attempt=99)], [])
    rows, _ = store.chains(ChainQuery(min_sessions=1))
    assert (rows[0].id, rows[0].last_seen) == (leaf, late.at)
    assert store.rows([leaf])[leaf].last_seen == late.at


def test_linking_twice_changes_nothing(store: GraphStore) -> None:
    world = World(34, 25)
    fill(store, world)
    link(store, world, list(world.identities), world.standings())
    before = list(store.export())
    link(store, world, list(world.identities), world.standings())
    assert list(store.export()) == before
