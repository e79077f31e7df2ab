"""Coverage and impact over a real store: banners, gaps, digests hour by hour, samples, receivers, limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.detect.marks import Mark, Sides
from roletrail.ingest.linking import link_pending
from roletrail.lineage.model import Digest, ListedFile, ObjectInfo, Part
from roletrail.stores.embedded import EmbeddedStore
from roletrail.usecases import coverage, impact
from roletrail.usecases.chains.views import CoverageView, ImpactView
from roletrail.usecases.investigations.flow import UNMARKED, flowed
from roletrail.web.strip import strip_of
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Credential, Role
from tests.support.reduced import part_of

HOME, OTHER = "111111111111", "222222222222"
DAY = "2026-11-02"
TEN = at(DAY, "10:00:00")
A = Role(HOME, "A", "AROAIEXAMPLEXXXXXXXA")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def trail() -> Trail:
    return Trail(SeededIds("coverage"))


def take(store: EmbeddedStore, *parts: Part) -> None:
    for number, part in enumerate(parts, store.totals().objects + 1):
        info = part.object._replace(locator=f"/logs/{number}-{part.object.sha256}.json.gz")
        assert store.commit([part._replace(object=info, attempt=(1 << 24) + number)], []).committed == 1
    link_pending(store)


def load(store: EmbeddedStore, records: Iterable[Record]) -> None:
    take(store, part_of(records))


def digest(hour: int, *files: ListedFile) -> Part:
    info = ObjectInfo("", 1, "1", f"digest-{hour}", "digest")
    one = Digest(f"digest-{hour}", HOME, "eu-central-1", TEN + 3600 * hour, TEN + 3600 * hour + 3600, "", files)
    return Part(info, 0, 0, 1, 0, 0, 1, [], [], [], [], [], [], [], [], [], digest=one)


def covered(store: EmbeddedStore, **window: Any) -> CoverageView:
    return coverage.show_coverage(store, local_actor(), **window)


def effect(store: EmbeddedStore, of: Credential) -> ImpactView:
    (hit,) = store.trace("access_key_id", of.key, 5)
    return impact.show_impact(store, local_actor(), hit.id)


# --- coverage ---


def test_an_empty_store_covers_nothing(store: EmbeddedStore) -> None:
    view = covered(store)
    assert (view.since, view.until, view.regions, view.hours, view.banners, view.gaps) == ("", "", [], [], [], [])
    assert view.unknown_parents.total == 0
    assert strip_of(view).rows == []


def test_events_are_counted_by_category(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    trail.call(key, TEN, "ec2", "DescribeInstances")
    trail.call(key, TEN + 1, "ec2", "RunInstances")
    trail.call(key, TEN + 2, "s3", "GetObject", {"bucketName": "b", "key": "k"})
    trail.call(key, TEN + 7200, "ec2", "DescribeInstances")
    load(store, trail.records)
    view = covered(store)
    assert [(h.hour, h.management_read, h.management_write, h.data, h.network, h.digest) for h in view.hours] == [
        ("2026-11-02T10:00:00Z", 1, 1, 1, 0, "no digest"),
        ("2026-11-02T12:00:00Z", 1, 0, 0, 0, "no digest"),
    ]
    (region,) = view.regions
    assert (region.hours_with_events, region.management_read, region.data) == (2, 2, 1)
    assert (view.since, view.until) == ("2026-11-02T10:00:00Z", "2026-11-02T13:00:00Z")
    (row,) = strip_of(view).rows
    assert [slot.level for slot in row.slots] == ["data", "none", "reads"]


def test_a_window_and_an_account_narrow_the_answer(store: EmbeddedStore, trail: Trail) -> None:
    for account in (HOME, OTHER):
        key = trail.user_key(account, "alice")
        for hour in range(3):
            trail.call(key, TEN + 3600 * hour, "ec2", "DescribeInstances")
    load(store, trail.records)
    view = covered(store, account=OTHER, from_=TEN + 3600, to=TEN + 7200)
    assert [(h.account, h.hour) for h in view.hours] == [(OTHER, "2026-11-02T11:00:00Z")]


def test_old_hours_are_left_out_and_counted(store: EmbeddedStore, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MOST_HOURS", 2)
    key = trail.user_key(HOME, "alice")
    for hour in range(5):
        trail.call(key, TEN + 3600 * hour, "ec2", "DescribeInstances")
    load(store, trail.records)
    view = covered(store)
    assert ([h.hour[11:13] for h in view.hours], view.hours_left_out) == (["13", "14"], 3)
    assert view.regions[0].hours_with_events == 5
    assert [(day.day, day.management_read) for day in view.days] == [("2026-11-02T00:00:00Z", 5)]
    strip = strip_of(view)  # by day then, and nothing seems to be missing
    assert (strip.unit, [slot.level for slot in strip.rows[0].slots]) == ("day", ["reads"])


def test_the_worst_digest_of_an_hour_holds(store: EmbeddedStore) -> None:
    missing = ListedFile("x/a.json.gz", "a" * 64)
    quiet = digest(0)
    other = digest(0, missing)._replace(object=ObjectInfo("", 1, "1", "other", "digest"))
    assert other.digest is not None
    take(store, quiet, other._replace(digest=other.digest._replace(name="of-another-trail")), digest(2))
    view = covered(store)
    assert [(h.hour[11:13], h.digest) for h in view.hours] == [("10", "file missing"), ("11", "no digest"), ("12", "quiet")]
    assert view.hours[0].files_missing == ["x/a.json.gz"]
    assert [slot.digest for slot in strip_of(view).rows[0].slots] == ["bad", "", "proved"]


def test_a_digest_that_the_next_one_names_is_missed(store: EmbeddedStore) -> None:
    parts = [digest(hour) for hour in (0, 2, 3)]
    named = [
        part._replace(digest=part.digest._replace(previous=f"digest-{hour}"))
        for part, hour in zip(parts, (-1, 1, 2), strict=True)
        if part.digest
    ]
    take(store, *named)
    assert covered(store).digests_missing == ["digest-1"]


def test_one_banner_for_all_accounts_without_reads(store: EmbeddedStore, trail: Trail) -> None:
    for account in (HOME, OTHER):
        trail.call(trail.user_key(account, "alice"), TEN, "ec2", "RunInstances")
    load(store, trail.records)
    (banner,) = covered(store).banners
    assert HOME in banner
    assert OTHER in banner
    trail.records.clear()
    trail.call(trail.user_key(HOME, "bob"), TEN, "ec2", "DescribeInstances")
    load(store, trail.records)
    (banner,) = covered(store).banners
    assert HOME not in banner


def test_gaps_say_who_made_them_and_what_came_all_the_same(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    trail.call(key, TEN, "cloudtrail", "StopLogging", {"name": "main"})
    trail.call(key, TEN + 3700, "s3", "ListBuckets")
    trail.call(
        key,
        TEN + 7300,
        "cloudtrail",
        "PutEventSelectors",
        {"trailName": "main", "eventSelectors": [{"readWriteType": "WriteOnly"}]},
    )
    trail.denied(key, TEN + 7400, "cloudtrail", "StopLogging", {"name": "main"})
    trail.call(key, TEN + 7500, "sts", "GetCallerIdentity", addendum={"reason": "SERVICE_OUTAGE"})
    load(store, trail.records)
    assert [(gap.reason, gap.what, gap.since[11:19], gap.until[11:19], gap.events) for gap in covered(store).gaps] == [
        ("LOGGING_OFF", "StopLogging main", "10:00:00", "12:01:40", 1),
        ("SERVICE_OUTAGE", "sts.amazonaws.com could not log", "12:00:00", "13:00:00", 0),
        ("READS_NOT_LOGGED", "PutEventSelectors main", "12:01:40", "", 0),
    ]
    assert [slot.gap for slot in strip_of(covered(store)).rows[0].slots] == [True, True, True]


def test_many_unknown_parents_are_a_sample(store: EmbeddedStore, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MOST_LOST", 2)
    key = trail.user_key(HOME, "alice")
    for number in range(3):
        session = trail.assume(key, TEN + 60 * number, A, f"s{number}")
        trail.call(session, TEN + 60 * number + 5, "s3", "ListBuckets")
    load(store, [record for record in trail.records if record["eventName"] == "ListBuckets"])
    unknown = covered(store).unknown_parents
    assert (unknown.total, unknown.looked_at, unknown.sample) == (3, 2, True)
    assert sum(reason.count for reason in unknown.reasons) == 2
    assert all(example in store.lost(9)[0] for reason in unknown.reasons for example in reason.examples)


def test_an_issuance_whose_session_was_taken_out_explains_a_session_of_its_second(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    for number, second in enumerate((0, 100)):
        session = trail.assume(key, TEN + second, A, f"s{number}")
        trail.call(session, TEN + second + 5, "s3", "ListBuckets")
    for record in trail.records[:1]:
        record.update(requestParameters=None, responseElements=None)
    load(store, trail.records)
    assert [(one.code, one.count) for one in covered(store).unknown_parents.reasons] == [("REDACTED", 1)]
    assert [i.at for i in store.unnamed_issuances(TEN + 2)] == [TEN]
    assert store.unnamed_issuances(TEN + 3) == []


# --- impact ---


def test_what_was_obtained_through_a_key_counts_and_is_told_apart(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    session = trail.assume(key, TEN, A, "work")
    for who, second in ((key, 1), (session, 2), (session, 3)):
        trail.call(who, TEN + second, "s3", "GetObject", {"bucketName": "b", "key": "k"})
    trail.call(session, TEN + 4, "secretsmanager", "GetSecretValue", {"secretId": "pay"})
    trail.denied(session, TEN + 5, "secretsmanager", "GetSecretValue", {"secretId": "other"})
    trail.call(session, TEN + 6, "ec2", "ModifySnapshotAttribute",
               {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "999999999999"}]}}})  # fmt: skip
    trail.call(session, TEN + 7, "s3", "DeleteBucket", {"bucketName": "b"})
    trail.call(session, TEN + 8, "ec2", "RunInstances", {}, response={"instancesSet": {"items": [{"instanceId": "i-1"}]}})
    load(store, trail.records)
    view = effect(store, key)
    assert (view.identities, view.refused) == (2, 1)
    assert [(item.resource, item.count, item.own) for item in view.read] == [("b", 3, 1), ("pay", 1, 0)]
    assert [(item.resource, item.receivers) for item in view.shared] == [("snap-1", ["999999999999"])]
    assert [item.resource for item in view.destroyed] == ["b"]
    assert [item.resource for item in view.spent] == ["i-1"]
    assert view.read[0].first_seen < view.read[0].last_seen
    below = effect(store, session)
    assert [(item.resource, item.count, item.own) for item in below.read] == [("b", 2, 2), ("pay", 1, 1)]


def test_what_coverage_cannot_exclude(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    trail.call(key, TEN, "ec2", "RunInstances")
    trail.call(key, TEN + 60, "cloudtrail", "StopLogging", {"name": "main"})
    trail.call(key, TEN + 120, "ec2", "RunInstances")
    load(store, trail.records)
    sentences = effect(store, key).cannot_exclude
    assert len(sentences) == 3
    assert sentences[0].startswith(f"Reads are not logged in account {HOME}")
    assert sentences[1].startswith(f"No data events of account {HOME}")
    assert "StopLogging" in sentences[2]


def test_credentials_never_seen_in_use_leave_everything_open(store: EmbeddedStore, trail: Trail) -> None:
    key = trail.user_key(HOME, "alice")
    session = trail.assume(key, TEN, A, "work")
    load(store, trail.records)
    view = effect(store, session)
    assert view.read == view.shared == view.destroyed == view.spent == []
    assert view.cannot_exclude == [
        "None of these credentials is seen in use in these logs: what they did can neither be shown nor excluded."
    ]


def test_marks_bound_the_impact(store: EmbeddedStore, trail: Trail) -> None:
    """A key two hands used is unclear: with it the numbers are the most, without it the least; what is ours does not count."""
    key = trail.user_key(HOME, "ci")
    theirs, ours = (trail.assume(key, TEN + n, A, name) for n, name in enumerate(("theirs", "ours")))
    for n, who in enumerate((key, theirs, theirs, ours)):
        trail.call(who, TEN + 10 + n, "s3", "DeleteBucket", {"bucketName": "b"})
    load(store, trail.records)
    top, bad, good = (store.trace("access_key_id", one.key, 5)[0].id for one in (key, theirs, ours))

    def bounded(attacker: tuple[str, ...] = (), unclear: tuple[str, ...] = (), mine: tuple[str, ...] = ()) -> ImpactView:
        sides = Sides(frozenset(attacker), frozenset(unclear), frozenset(mine))
        return impact.show_impact(store, local_actor(), top, UNMARKED._replace(sides=sides))

    def said(view: ImpactView) -> tuple[int, str]:
        (item,) = view.destroyed
        return item.count, impact.times(view, item)

    assert (said(bounded()), bounded().marked) == ((4, "4"), "")
    split = bounded((bad,), (top,), (good,))
    assert said(split) == (3, "2 to 3")
    assert "1 of 3" in split.marked
    assert "1 unclear" in split.marked
    assert "1 other is left out" in split.marked
    assert said(bounded((bad,)))[1] == "2"
    assert said(bounded(mine=(good,)))[0] == 3
    nothing = bounded(mine=(top, bad, good))
    assert (nothing.destroyed, nothing.cannot_exclude) == ([], [])
    assert "3 of 3" in nothing.marked


def test_a_key_of_two_hands_is_parted_by_strand(store: EmbeddedStore, trail: Trail) -> None:
    """T50 with deeds: calls kept one by one are told apart by their place; of those counted by bucket, bounds are."""
    key = trail.user_key(HOME, "pipeline")
    thief, runner = key.at("198.51.100.77", "aws-cli/2.17.18"), key.at("203.0.113.40", "Boto3/1.34.0")
    for n, (who, name) in enumerate([(thief, "loot")] * 3 + [(runner, "logs")] * 5):
        trail.call(who, TEN + 60 * n, "s3", "GetObject", {"bucketName": name, "key": str(n)}, data=True)
        trail.call(who, TEN + 60 * n + 1, "secretsmanager", "GetSecretValue", {"secretId": name})
    load(store, trail.records)
    (hit,) = store.trace("access_key_id", key.key, 5)
    his = Mark("attacker", hit.id, addresses=frozenset({thief.address}), set_at=1)
    ours = Mark("ours", hit.id, addresses=frozenset({runner.address}), set_at=2)

    def read(*marks: Mark) -> dict[tuple[str, str], str]:
        view = impact.show_impact(store, local_actor(), hit.id, flowed(store, marks, [hit.id]))
        return {(item.event_name, item.resource): impact.times(view, item) for item in view.read}

    secret, bucket = "GetSecretValue", "GetObject"
    assert read() == {(secret, "loot"): "3", (secret, "logs"): "5", (bucket, "loot"): "3", (bucket, "logs"): "5"}
    assert read(his) == {
        (secret, "loot"): "3", (secret, "logs"): "0 to 5", (bucket, "loot"): "0 to 3", (bucket, "logs"): "0 to 5",
    }  # fmt: skip
    assert read(his, ours) == {(secret, "loot"): "3", (bucket, "loot"): "0 to 3", (bucket, "logs"): "0 to 3"}
    everything = [his, ours._replace(side="attacker")]
    assert read(*everything) == read(), "whole or in strands, all of it is the attacker's"
    told = impact.show_impact(store, local_actor(), hit.id, flowed(store, [his, ours], [hit.id])).marked
    assert "only calls from places marked as ours are left out" in told
