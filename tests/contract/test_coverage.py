"""ADR 0013: digests against objects, addenda, lost parents, resources; in any order the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from roletrail.ingest.linking import link_pending
from roletrail.lineage.model import Digest, ListedFile, ObjectInfo, Part
from roletrail.stores.port import Digested, GraphStore
from tests.contract.conftest import Open
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Role
from tests.support.reduced import part_of

DAY = "2026-11-02"
HOUR = at(DAY, "10:00:00")
NAME = "AWSLogs/1/CloudTrail/eu-central-1/one.json.gz"


def put(store: GraphStore, parts: Iterable[Part]) -> None:
    for number, part in enumerate(parts, 1):
        info = part.object._replace(locator=part.object.locator or f"/logs/{number}.json")
        result = store.commit([part._replace(object=info, attempt=(1 << 24) + number)], [])
        assert result.committed == 1
    link_pending(store)


def logged(records: list[Record], name: str) -> Part:
    part = part_of(records)
    return part._replace(object=part.object._replace(locator=f"/logs/{name}"))


def log_file(name: str, sha256: str) -> Part:
    info = ObjectInfo(f"/copy/of/{name}", 1, "1", sha256, "cloudtrail")
    return Part(info, 0, 0, 1, 0, 0, 0, [], [], [], [], [], [], [], [], [])


def digest_part(*files: ListedFile, name: str = "digest.json.gz") -> Part:
    info = ObjectInfo(f"/copy/of/{name}", 1, "1", name, "digest")
    digest = Digest(name, "111111111111", "eu-central-1", HOUR, HOUR + 3600, "", files)
    return Part(info, 0, 0, 1, 0, 0, 1, [], [], [], [], [], [], [], [], [], digest=digest)


def test_a_listed_file_is_known_by_its_hash_else_missing_or_altered(store: GraphStore) -> None:
    listed = (ListedFile(NAME, "a" * 64), ListedFile("x/two.json.gz", "b" * 64), ListedFile("x/three.json.gz", "c" * 64))
    put(store, [digest_part(*listed), log_file("renamed.json", "a" * 64), log_file("two.json.gz", "9" * 64)])
    (found,) = store.digests()
    assert found == Digested(
        "digest.json.gz", "111111111111", "eu-central-1", HOUR, HOUR + 3600, "", 3, ("x/three.json.gz",), ("x/two.json.gz",)
    )
    assert store.digest_span() == (HOUR, HOUR + 3600)
    assert store.digests(HOUR + 1) == store.digests(0, HOUR) == []


def test_files_that_come_after_their_digest_are_found(store: GraphStore) -> None:
    put(store, [digest_part(ListedFile(NAME, "a" * 64))])
    assert store.digests()[0].missing == (NAME,)
    put(store, [log_file("one.json.gz", "a" * 64)])
    assert store.digests()[0].missing == ()


def test_a_digest_that_comes_again_counts_once(store: GraphStore) -> None:
    first = digest_part(ListedFile(NAME, "a" * 64))
    again = first._replace(object=first.object._replace(locator="/other/copy"))
    put(store, [first, again])
    (found,) = store.digests()
    assert found.files == 1


# --- addenda ---


def scene(patch: dict[str, Any]) -> tuple[list[Record], list[Record], list[Record]]:
    """A record that lacks something, the addendum that has it, and what was done with the role session."""
    trail = Trail(SeededIds("patched"))
    key = trail.user_key("111111111111", "alice")
    role = Role("111111111111", "A", "AROAIEXAMPLEXXXXXXXA")
    session = trail.assume(key, HOUR, role, "work")
    trail.call(session, HOUR + 60, "s3", "ListBuckets")
    whole, use = trail.records
    poor = {**whole, **patch}
    told = {"reason": "UPDATED_DATA", "updatedFields": ",".join(patch), "originalEventID": whole["eventID"]}
    addendum = {**whole, "eventID": "f0000000-0000-4000-8000-00000000000f", "addendum": told}
    return [poor], [addendum], [use]


@pytest.mark.parametrize("patch", [{"sharedEventID": ""}, {"responseElements": None}, {"requestParameters": None}])
def test_a_patch_and_what_it_patches_come_to_one_in_any_order(fresh: Open, patch: dict[str, Any]) -> None:
    lists: dict[str, list[Record]] = dict(zip(("poor", "addendum", "use"), scene(patch), strict=True))
    graphs: list[list[tuple[str, object]]] = []
    for order in itertools.permutations(lists):
        for linked_between in (False, True):
            store = fresh()
            for names in [[name] for name in order] if linked_between else [order]:
                put(store, [logged(lists[name], name) for name in names])
            graphs.append(list(store.export()))
            assert store.totals().pending == 0
    assert all(graph == graphs[0] for graph in graphs)
    edges = [what for kind, what in graphs[0] if kind == "edge"]
    assert [(edge.rule, edge.confidence) for edge in edges] == [("J1", 1.0)]  # type: ignore[attr-defined]
    assert sum(kind == "node" for kind, _ in graphs[0]) == 2


def test_a_patch_of_another_call_is_not_believed(store: GraphStore) -> None:
    trail = Trail(SeededIds("forged"))
    key = trail.user_key("111111111111", "alice")
    trail.call(key, HOUR, "iam", "CreateUser", {"userName": "x"})
    trail.call(key, HOUR + 5, "iam", "DeleteUser", {"userName": "y"})
    one, forged = trail.records
    forged["addendum"] = {"reason": "UPDATED_DATA", "originalEventID": one["eventID"]}
    put(store, [logged([one], "one"), logged([forged], "forged")])
    id_ = store.trace("access_key_id", key.key, 5)[0].id
    assert [(action.event_name, action.target) for action in store.actions(id_)] == [("CreateUser", "x")]


def test_activity_keeps_what_was_first_logged(fresh: Open) -> None:
    """ADR 0014: whichever comes first, a patch of an ordinary event is no use and changes no fold."""
    trail = Trail(SeededIds("ordinary"))
    key = trail.user_key("111111111111", "alice")
    trail.call(key.at("198.51.100.7"), HOUR, "s3", "ListBuckets")
    trail.call(key.at("203.0.113.9"), HOUR, "s3", "ListBuckets", errorCode="AccessDenied")
    one, patch = trail.records
    patch["addendum"] = {
        "reason": "UPDATED_DATA",
        "updatedFields": "sourceIPAddress,errorCode",
        "originalEventID": one["eventID"],
    }
    graphs: list[list[tuple[str, object]]] = []
    for order in itertools.permutations((one, patch)):
        store = fresh()
        for number, record in enumerate(order):
            put(store, [logged([record], str(number))])
        graphs.append(list(store.export()))
        (id_,) = [hit.id for hit in store.trace("access_key_id", key.key, 5)]
        (fold,) = store.activities(id_, 5)[0]
        assert (fold.address, fold.count, fold.errors, fold.last_event) == ("198.51.100.7", 1, 0, one["eventID"])
    assert graphs[0] == graphs[1]


def test_outages_are_an_accounts(store: GraphStore) -> None:
    trail = Trail(SeededIds("outage"))
    trail.call(trail.user_key("111111111111", "alice"), HOUR, "sts", "GetCallerIdentity", addendum={"reason": "SERVICE_OUTAGE"})
    put(store, [logged(trail.records, "one")])
    assert [(a.reason, a.at) for a in store.outages("111111111111")] == [("SERVICE_OUTAGE", HOUR)]
    assert store.outages("222222222222") == []


# --- lost parents, resources ---


def test_lost_are_sessions_without_a_parent(store: GraphStore) -> None:
    _, _, use = scene({})
    put(store, [logged(use, "use")])
    ids, total = store.lost(10)
    assert total == 1
    assert store.rows(ids)[ids[0]].node.kind == "session"
    assert store.lost(0) == ([], 1)
    poor, _, _ = scene({})
    put(store, [logged(poor, "poor")])
    assert store.lost(10) == ([], 0)


def test_resources_of_several_objects_add_up(fresh: Open) -> None:
    trail = Trail(SeededIds("resources"))
    key = trail.user_key("111111111111", "alice")
    for second in range(6):
        trail.call(key, HOUR + second, "s3", "GetObject", {"bucketName": "ab"[second % 2], "key": "k"})
    found = []
    for order in (trail.records, trail.records[::-1]):
        store = fresh()
        put(store, [logged([record], str(number)) for number, record in enumerate(order)])
        id_ = store.trace("access_key_id", key.key, 5)[0].id
        found.append(store.resources_of([id_], 10))
    assert found[0] == found[1]
    assert [(use.resource, use.count, use.first_at, use.last_at) for use in found[0]] == [
        ("a", 3, HOUR, HOUR + 4),
        ("b", 3, HOUR + 1, HOUR + 5),
    ]


def test_accounts_that_others_speak_of(store: GraphStore) -> None:
    trail = Trail(SeededIds("foreign"))
    trail.assume(trail.user_key("111111111111", "alice"), HOUR, Role("222222222222", "B", "AROAIEXAMPLEXXXXXXXB"), "work")
    put(store, [logged([record for record in trail.records if record["recipientAccountId"] == "111111111111"], "one")])
    assert store.accounts_not_loaded() == {"222222222222": 1}
