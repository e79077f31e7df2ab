"""`roletrail ingest s3://...` against a real server: what is listed, what is fetched, what a second run does, what goes wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.aws import clients
from roletrail.bootstrap import open_graph, open_ports
from roletrail.errors import InputUnavailable, InvalidRequest
from roletrail.ingest.source import s3_listing
from roletrail.ingest.source.delivery import EVERYTHING, Delivery, Window, delivery_of
from roletrail.lineage.model import event_ref
from roletrail.settings import load
from roletrail.usecases.chains.views import EventView
from roletrail.usecases.events import GONE, show_event
from tests.aws.trails import Place
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.aws import Cloud
from tests.support.cloudtrail import at

RECORDS = three_accounts().records
DELIVERED = layout.delivered(RECORDS, seconds=3600)
"""One object an account, region and hour."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "remote")


@pytest.fixture
def at_home(tmp_path: Path) -> list[tuple[str, object]]:
    """The graph of the same objects, read from a folder."""
    layout.write(tmp_path / "logs", DELIVERED)
    here = Place(tmp_path / "home")
    here.ingest(str(tmp_path / "logs"))
    return here.exported()


@pytest.mark.parametrize("workers", [None, 2])
def test_the_same_graph_as_from_a_folder(cloud: Cloud, place: Place, at_home: list[Any], workers: int | None) -> None:
    bucket = cloud.bucket(f"trail-{workers}", DELIVERED)
    summary = place.ingest(bucket, workers=workers)
    assert summary.taken == len({record["eventID"] for record in RECORDS})
    assert summary.files == len(DELIVERED)
    assert not summary.quarantined
    assert place.exported() == at_home
    again = place.ingest(bucket, workers=workers)
    assert (again.known, again.taken) == (len(DELIVERED), 0)


def test_an_object_that_was_written_again_is_read_again(cloud: Cloud, place: Place) -> None:
    key, body = next(iter(DELIVERED.items()))
    bucket = cloud.bucket("written-again", {key: body})
    place.ingest(bucket)
    before = place.exported()
    cloud.client("s3").put_object(Bucket="written-again", Key=key, Body=gzip.compress(gzip.decompress(body), mtime=1))
    again = place.ingest(bucket)
    assert (again.known, again.quarantined) == (0, {})
    assert place.exported() == before
    assert place.ingest(bucket).known == 1


def test_what_cannot_be_had_is_quarantined_and_tried_again(cloud: Cloud, place: Place) -> None:
    (good, body), (bad, other) = list(DELIVERED.items())[:2]
    bucket = cloud.bucket("frozen", {good: body})
    s3 = cloud.client("s3")
    s3.put_object(Bucket="frozen", Key=bad, Body=other, StorageClass="GLACIER")
    summary = place.ingest(bucket)
    assert summary.quarantined == {"in_cold_storage": 1}
    s3.put_object(Bucket="frozen", Key=bad, Body=other)
    thawed = place.ingest(bucket)
    assert (thawed.known, thawed.quarantined) == (1, {})
    assert thawed.taken > 0


def test_half_an_object_is_quarantined_once(cloud: Cloud, place: Place) -> None:
    key, body = next(iter(DELIVERED.items()))
    bucket = cloud.bucket("half", {key: body[:-20]})
    assert place.ingest(bucket).quarantined == {"truncated_gzip": 1}
    assert place.ingest(bucket).known == 1


def test_a_record_that_was_not_kept_is_read_again_from_the_bucket(
    cloud: Cloud, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = next(record for record in RECORDS if record["eventName"] == "ListBuckets")
    key, body = "AWSLogs/once more/100%.json", json.dumps({"Records": [RECORDS[0], plain]}).encode()
    place.ingest(cloud.bucket("again", {key: body}))
    ports = open_ports(load(store=place.url))
    try:
        reference = event_ref(at(plain["eventTime"][:10], plain["eventTime"][11:19]), plain["eventID"])

        def shown() -> EventView:
            return show_event(ports, local_actor(), reference)

        assert (shown().record or {})["requestID"] == plain["requestID"]
        assert shown().missing == ""
        cloud.client("s3").put_object(Bucket="again", Key=key, Body=b'{"Records": []}')
        assert shown().missing == GONE
        cloud.client("s3").delete_object(Bucket="again", Key=key)
        assert (shown().record, "not there any more" in shown().missing) == (None, True)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        clients.renew()
        assert "there are no AWS credentials here" in shown().missing
    finally:
        ports.close()


def test_digests_are_read_and_objects_checked_against_them(cloud: Cloud, place: Place) -> None:
    import hashlib

    objects = dict(list(DELIVERED.items())[:3])
    account, region = "111111111111", "us-east-1"
    names = list(objects)
    digest = {
        "awsAccountId": account,
        "digestStartTime": "2026-11-06T10:00:00Z",
        "digestEndTime": "2026-11-06T11:00:00Z",
        "digestS3Object": f"AWSLogs/{account}/CloudTrail-Digest/{region}/x.json.gz",
        "previousDigestS3Object": None,
        "logFiles": [
            {"s3Object": names[0], "hashValue": hashlib.sha256(gzip.decompress(objects[names[0]])).hexdigest()},
            {"s3Object": names[1], "hashValue": "0" * 64},
            {"s3Object": "AWSLogs/never/came.json.gz", "hashValue": "1" * 64},
        ],
    }
    key = (
        f"AWSLogs/{account}/CloudTrail-Digest/{region}/2026/11/06/"
        f"{account}_CloudTrail-Digest_{region}_trail_{region}_20261106T110000Z.json.gz"
    )
    bucket = cloud.bucket("digests", objects | {key: gzip.compress(json.dumps(digest).encode())})
    place.ingest(bucket)
    store = open_graph(place.url, create=False)
    (found,) = store.digests()
    store.close()
    assert (found.missing, found.altered) == (("AWSLogs/never/came.json.gz",), (names[1],))


# --- listing ----------------------------------------------------------------------------------------------------------

BODY = b"{}"


def _key(account: str, region: str, day: str, clock: str = "1005", service: str = "CloudTrail") -> str:
    name = f"{account}_{service}_{region}_{day.replace('/', '')}T{clock}Z_abc.json.gz"
    return f"AWSLogs/o-exampleorg1/{account}/{service}/{region}/{day}/{name}"


TREE = {
    "org/" + key: BODY
    for key in [
        _key("111111111111", "us-east-1", "2026/11/05"),
        _key("111111111111", "us-east-1", "2026/11/06"),
        _key("111111111111", "us-east-1", "2026/11/06", "1405"),
        _key("111111111111", "us-east-1", "2026/11/07"),
        _key("111111111111", "eu-central-1", "2026/11/06"),
        _key("222222222222", "us-east-1", "2026/11/06"),
        _key("222222222222", "us-east-1", "2026/11/06", service="CloudTrail-Insight"),
        "AWSLogs/o-exampleorg1/222222222222/Config/us-east-1/2026/11/06/history.json.gz",
        "AWSLogs/o-exampleorg1/222222222222/CloudTrail/us-east-1/",
    ]
}


@pytest.fixture(scope="module")
def tree(moto: Cloud) -> str:
    return moto.bucket("tree", TREE)


def found(url: str, window: Window = EVERYTHING) -> list[Delivery | None]:
    return [delivery_of(one.locator) for one in s3_listing.listed([url], window)]


def keys(url: str, window: Window = EVERYTHING) -> list[str]:
    return [one.locator.rpartition("/")[2] for one in s3_listing.listed([url], window)]


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("prefix", ["", "org", "org/", "org/AWSLogs/", "org/AWSLogs/o-exampleorg1"])
def test_listing_takes_cloudtrail_and_passes_other_services_by(tree: str, prefix: str) -> None:
    names = keys(tree + prefix)
    assert len(names) == 6
    assert not [name for name in names if "Insight" in name or "history" in name]


@pytest.mark.usefixtures("cloud")
def test_listing_by_account_region_and_day(tree: str) -> None:
    one_day = Window(at("2026-11-06"), at("2026-11-06", "12:00:00"))
    assert [(item.account, item.region) for item in found(tree, one_day) if item] == [
        ("111111111111", "eu-central-1"),
        ("111111111111", "us-east-1"),
        ("222222222222", "us-east-1"),
    ]
    assert len(found(tree, Window(accounts=frozenset({"222222222222"})))) == 1
    assert len(found(tree, Window(regions=frozenset({"us-east-1"})))) == 5
    assert len(found(f"{tree}org/AWSLogs/o-exampleorg1/111111111111/CloudTrail/us-east-1/2026/11/06/")) == 2
    (one,) = keys(f"{tree}org/{_key('222222222222', 'us-east-1', '2026/11/06')}")
    assert one.startswith("222222222222_CloudTrail_us-east-1")


def test_listing_looks_only_where_the_window_is(tree: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    page = s3_listing._Walk._page
    monkeypatch.setattr(s3_listing._Walk, "_page", lambda walk, wanted: (asked.append(wanted), page(walk, wanted))[1])
    keys(tree, Window(at("2026-11-07"), 0, frozenset({"111111111111"}), frozenset({"us-east-1"})))
    deep = [wanted for wanted in asked if "CloudTrail/" in wanted["Prefix"]]
    assert [wanted["Prefix"].split("/")[3] for wanted in deep] == ["111111111111", "111111111111"]
    assert deep[-1]["StartAfter"].endswith("us-east-1/2026/11/07")
    assert cloud.url


@pytest.mark.usefixtures("cloud")
def test_a_prefix_of_no_known_layout_is_listed_whole(moto: Cloud) -> None:
    bucket = moto.bucket("strange", {f"exports/{number}/a b+c%.json": BODY for number in range(60)})
    assert len(keys(f"{bucket}exports/")) == 60
    assert keys(f"{bucket}exports/7/a b") == ["a b+c%.json"]


LAKE = [
    f"aws/CLOUD_TRAIL_MGMT/2.0/region={region}/accountId={account}/eventDay={day}/part.gz.parquet"
    for region in ("us-east-1", "eu-central-1")
    for account in ("111111111111", "222222222222")
    for day in ("20261105", "20261106", "20261107")
]


@pytest.mark.usefixtures("cloud")
def test_security_lakes_folders_are_walked_where_the_window_is(moto: Cloud) -> None:
    bucket = moto.bucket("lake", dict.fromkeys([*LAKE, "aws/CLOUD_TRAIL_MGMT/2.0/metadata/v1.metadata.json"], BODY))
    assert len(found(bucket)) == 13
    evening = Window(at("2026-11-06", "18:00:00"), at("2026-11-06", "20:00:00"))
    assert [one.at for one in found(bucket, evening) if one] == [at("2026-11-06", "00:00:00")] * 4
    mine = Window(at("2026-11-06"), 0, frozenset({"222222222222"}), frozenset({"us-east-1"}))
    assert [(one.account, one.region) for one in found(bucket, mine) if one] == [("222222222222", "us-east-1")] * 2


@pytest.mark.usefixtures("cloud")
def test_errors_say_what_to_do(tree: str, place: Place) -> None:
    with pytest.raises(InputUnavailable, match="nothing below"):
        keys(tree + "nowhere/")
    with pytest.raises(InputUnavailable, match="NoSuchBucket"):
        place.ingest("s3://there-is-no-such-bucket/")
    with pytest.raises(InvalidRequest, match="names no bucket"):
        keys("s3:///AWSLogs/")


def test_names_are_read(tmp_path: Path) -> None:
    del tmp_path
    digest = "1/111111111111_CloudTrail-Digest_us-east-1_my_trail_us-east-1_20261106T110000Z.json.gz"
    assert delivery_of(digest) == Delivery("111111111111", "us-east-1", at("2026-11-06", "11:00:00"), digest=True)
    assert delivery_of("x/111111111111_CloudTrail_eu-west-1_20261306T1100Z_a.json.gz") == Delivery(
        "111111111111", "eu-west-1", 0, digest=False
    )
    assert delivery_of("export.json") is None
