"""ADR 0018. The same estate in both stores: every question of the port, every filter and sort, page by page, answers equal to the byte.

Asked in three states of the graph: half of the events linked, more of them committed than linked, everything linked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roletrail.lineage import ids
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import CHAIN_SORTS, ChainQuery, GraphStore, LedgerEntry
from tests.neo4j_server.plugin import Wipe
from tests.support.counts import repetitions
from tests.support.graphs import commit_all, link
from tests.support.worlds import ACCOUNTS, ADDRESSES, NAMES, START, World, arn_of, principal, role_arn

Answer = tuple[str, object]


@settings(
    max_examples=repetitions("both_stores"), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 1 << 16), size=st.integers(12, 40))
def test_both_stores_answer_alike_in_three_states(
    seed: int, size: int, tmp_path_factory: pytest.TempPathFactory, empty_neo4j: Wipe
) -> None:
    world = World(seed, size)
    both = [EmbeddedStore(tmp_path_factory.mktemp("both") / "embedded"), Neo4jStore(empty_neo4j())]
    parts = world.parts(world.events, 6, seed)
    standings, everyone = world.standings(), list(world.identities)

    def half(store: GraphStore) -> None:
        commit_all(store, parts[:3], seed)
        link(store, world, everyone[::2], standings)

    def unlinked(store: GraphStore) -> None:
        commit_all(store, parts[3:], seed)

    def whole(store: GraphStore) -> None:
        link(store, world, everyone, standings)
        link(store, world, everyone[:5], standings)

    for state in (half, unlinked, whole):
        for store in both:
            state(store)
        embedded, neo4j = (list(answers(store, world)) for store in both)
        assert len(embedded) > 300
        for mine, theirs in zip(embedded, neo4j, strict=True):
            assert mine == theirs, state.__name__
    for store in both:
        store.close()


def answers(store: GraphStore, world: World) -> Iterator[Answer]:
    yield "export", list(store.export())
    yield "totals", store.totals()
    yield from chain_pages(store)
    everyone = [*world.identities, "nobody", *(alias for one in world.identities.values() for alias in one.aliases)]
    for name in ("rows", "paths", "addresses_of"):
        yield name, getattr(store, name)(everyone)
    yield "activities_of", store.activities_of(everyone, START, START + 200_000)
    for limit in (3, 1000):
        for name in ("actions_of", "attempts_of", "resources_of"):
            yield name, getattr(store, name)(everyone, limit)
        yield "role_pairs", store.role_pairs(limit)
        yield "lost", store.lost(limit)
    for id_ in everyone:
        yield from of_identity(store, id_)
    yield from found(store, world)
    yield from around(store, world)
    yield from pages("objects", lambda after: untimed(store.objects(2, after)))
    yield from pages("quarantine", lambda after: store.quarantine(2, after))


def untimed(page: tuple[list[LedgerEntry], str]) -> tuple[list[LedgerEntry], str]:
    """When each store took an object is its own affair."""
    return [entry._replace(ingested_at=0) for entry in page[0]], page[1]


def chain_pages(store: GraphStore) -> Iterator[Answer]:
    filters: list[dict[str, Any]] = [
        {}, {"min_sessions": 2}, {"min_sessions": 4}, {"min_reach": 3}, {"tone": "alarm"}, {"tone": "watch", "min_sessions": 3},
        *({"account": account} for account in (*ACCOUNTS, "999999999999")), {"q": "prodadmin"}, {"q": "12345"}, {"q": "zzz"}, {"q": "ob"},
        {"from_": START + 150_000}, {"to": START + 90_000}, {"from_": START + 40_000, "to": START + 200_000, "account": ACCOUNTS[0]},
        {"q": "alice", "min_reach": 2, "account": ACCOUNTS[1]},
    ]  # fmt: skip
    for sort in CHAIN_SORTS:
        for some in filters:
            query = ChainQuery(**{"min_sessions": 1, "sort": sort, "limit": 3, **some})
            yield from pages(f"chains {query}", lambda after, query=query: store.chains(query._replace(after=after)))


def pages(name: str, ask: Callable[[str], tuple[list[Any], str]]) -> Iterator[Answer]:
    after = ""
    while True:
        page, after = ask(after)
        yield name, (page, after)
        if not after:
            return


def of_identity(store: GraphStore, id_: str) -> Iterator[Answer]:
    yield "resolve_alias", store.resolve_alias(id_)
    yield "aliases_of", store.aliases_of(id_)
    yield "descendants", (store.descendants(id_, 2), store.descendants(id_, 1000))
    yield "credentials", store.credentials(id_, 2)
    yield "one by one", (store.actions(id_), store.attempts(id_))
    yield from pages("activities", lambda after: store.activities(id_, 3, after))


def found(store: GraphStore, world: World) -> Iterator[Answer]:
    things: set[tuple[str, str]] = {("account", account) for account in ACCOUNTS} | {("address", one) for one in ADDRESSES}
    things |= {("name", name) for name in (*NAMES, "ops")} | {("access_key_id", "AKIANOBODY"), ("principal_id", "nobody")}
    for one in world.identities.values():
        things |= {("access_key_id", key) for key in one.keys} | {("arn", arn_of(one)), ("role_arn", role_arn(one))}
        things |= {
            ("principal_id", principal(one)),
            ("principal_id", principal(one).split(":")[0]),
            ("instance", one.workload_id),
        }
    things |= {("event", event.event_id) for event in world.events[::3]}
    for kind, value in sorted(things):
        yield f"trace {kind}", (store.trace(kind, value, 2), store.trace(kind, value, 100))
        if kind in ("account", "address", "instance"):
            yield "entity", store.entity(ids.entity_id(kind, value))
            yield from pages("entity_sessions", lambda after, k=kind, v=value: store.entity_sessions(k, v, 2, after))
        if kind == "role_arn" and value:
            yield from pages("siblings", lambda after, v=value: store.siblings_by_role(v, 2, after))


def around(store: GraphStore, world: World) -> Iterator[Answer]:
    for account in (*ACCOUNTS, "999999999999"):
        for at in (START, START + 100_000):
            yield "near", (store.coverage_near(account, at), store.issued_near(account, at), store.unnamed_issuances(at))
        yield "of account", (store.logging_changes(account), store.outages(account), store.digests(0, 0, account))
    for window in ((0, 0, ""), (START + 50_000, 0, ""), (0, START + 50_000, ACCOUNTS[0])):
        yield "coverage", list(store.coverage(*window))
    yield "reasons", (store.quarantine_reasons(), store.accounts_not_loaded(), store.digest_span(), store.accounts_loaded())
    events = [event.event_id for event in world.events]
    yield "issuances_for", store.issuances_for(events)
    yield "event_hours", [store.event_hours(event_id) for event_id in events[:4]]
    for address in ADDRESSES:
        yield "address_uses", store.address_uses(address, 5)
    yield "files", (store.archive_files(), store.excluded_attempts(), store.attempt_locators(range(100_000)))
    yield "judging", (store.identities_by_time(), store.unjudged(5).ids, store.workload_nodes(), store.workload_ids())
    yield (
        "named",
        (store.actions_named(["CreateUser", "x"]), store.sign_ins_named(["ConsoleLogin"]), store.actions_on(["backdoor"])),
    )
    roles = sorted({role_arn(one) for one in world.identities.values()})
    yield "of role", store.sessions_of_role(roles, START, START + 300_000, 2)
    yield "roots of role", store.roots_of_role(roles, START, START + 300_000)
    yield "between", store.children_between(list(world.identities), START, START + 300_000, 2)
    yield "sign-ins", store.sign_ins_of(list(world.identities), [])
