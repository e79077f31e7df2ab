"""Every kind of trouble, some seeds of each: `python -m tests.aws.under_faults SEEDS MOTO_URL BUCKET FOLDER`.

A process for each kind, so that the waiting of one is the working of another; all are forked from this one, which has
imported everything. FOLDER/KIND.said has the trace of what did not hold; it is empty when everything did.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from roletrail.auth.actor import local_actor
from roletrail.aws import clients, patience
from roletrail.ingest import follow
from roletrail.usecases.loading.following import follow_queue
from roletrail.usecases.loading.intake import Intake
from tests.aws.trails import Place
from tests.support import fault_proxy, layout, logs
from tests.support.aws import Cloud
from tests.support.fault_proxy import Faults

RECORDS = logs.log(27, 60)
EVENTS = len({record["eventID"] for record in RECORDS})
OBJECTS = layout.delivered(RECORDS, seconds=43_200)
POISON = {
    "AWSLogs/half.json.gz": next(iter(OBJECTS.values()))[:-11],
    "AWSLogs/words.json": b"no log at all",
    "AWSLogs/list.json": b'{"Records": 7}',
}
QUARANTINED = {"truncated_gzip": 1, "not_cloudtrail": 1, "records_not_a_list": 1}
KINDS = (*fault_proxy.KINDS, "duplicates", "disorder", "poison")
LOST_ON_THE_WAY = ("no_heartbeat", "half_body", "slow_body", "lost_answer")
"""Kinds in which messages are received by nobody, or come back while somebody works on them."""


def impatient() -> None:
    for name, value in {"WAIT_SECONDS": 0, "NEXT_WAIT_SECONDS": 0, "GATHER_SECONDS": 0.05, "FIRST_RETRY_SECONDS": 0}.items():
        setattr(follow, name, value)
    follow.HELD_SECONDS = 0.2
    patience.FIRST_PAUSE = 0.01
    os.environ["ROLETRAIL_AWS_TIMEOUT"] = "1"


def undisturbed(folder: Path) -> list[tuple[str, object]]:
    layout.write(folder / "logs", OBJECTS)
    here = Place(folder / "store")
    here.ingest(str(folder / "logs"))
    return here.exported()


def event(bucket: str, key: str, body: bytes) -> str:
    etag = hashlib.md5(body).hexdigest() if len(body) % 3 else ""  # without one, S3 is asked for it
    thing = {"key": quote_plus(key), "size": len(body), "eTag": etag}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": thing}}
    return json.dumps({"Records": [record]})


def queue(cloud: Cloud, bucket: str, objects: Mapping[str, bytes], dice: random.Random, *, shuffled: bool, copies: int) -> str:
    """A queue in which the objects are announced."""
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName=f"faulty-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    bodies = [event(bucket, key, body) for key, body in objects.items() for _ in range(dice.randint(1, copies))]
    if shuffled:
        dice.shuffle(bodies)
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return url


def run(kind: str, seed: int, cloud: Cloud, bucket: str, place: Place) -> tuple[str, int]:
    """Follow a queue to its end through a proxy; the queue's URL and how often the proxy struck."""
    faults = Faults(kind, seed)
    dice = random.Random(seed)
    objects = OBJECTS | (POISON if kind == "poison" else {})
    copies = 4 if kind in ("duplicates", "disorder") else 1
    url = queue(cloud, bucket, objects, dice, shuffled=kind == "disorder", copies=copies)
    with fault_proxy.proxy(cloud.url, faults) as between:
        os.environ.update(cloud.environment(between))
        clients.renew()
        intake = place.intake(1 if seed == 0 else None)  # once with a worker process, then as small rounds are taken: without
        intake = slow(intake) if kind == "no_heartbeat" else intake
        visibility = 1 if kind in LOST_ON_THE_WAY else 60
        follow_queue(intake, local_actor(), url.replace(cloud.url, between), threading.Event(), drain=True, visibility=visibility)
    return url, faults.hits


def slow(intake: Intake) -> Intake:
    """A first round that lasts longer than its messages stay invisible."""
    opened = intake.open_store

    def late() -> Any:
        store = opened()
        commit = store.commit

        def committing(*arguments: Any) -> Any:
            time.sleep(1.3)
            store.commit = commit  # type: ignore[method-assign]
            return commit(*arguments)

        store.commit = committing  # type: ignore[method-assign]
        return store

    return intake._replace(open_store=late)


def check(kind: str, seeds: int, cloud: Cloud, bucket: str, folder: Path) -> None:
    expected = undisturbed(folder)
    hits = 0
    for seed in range(seeds):
        place = Place(folder / str(seed))
        url, struck = run(kind, seed, cloud, bucket, place)
        hits += struck
        found = place.exported()
        assert found == expected, f"{kind}, seed {seed}, {struck} strikes: {_difference(expected, found)}"
        assert place.quarantine() == (QUARANTINED if kind == "poison" else {}), f"{kind}, seed {seed}: {place.quarantine()}"
        store = place.open()
        assert store.totals().events == EVENTS, f"{kind}, seed {seed}"
        store.close()
        left = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (left["ApproximateNumberOfMessages"], left["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")
    assert hits or kind not in fault_proxy.KINDS, "the proxy did nothing"


def _difference(expected: list[tuple[str, object]], found: list[tuple[str, object]]) -> str:
    """The rows that tell two graphs apart: the folder they lie in is gone when somebody reads this."""
    lost, gained = ([row for row in one if row not in other][:5] for one, other in ((expected, found), (found, expected)))
    return f"another graph, without {lost}, with {gained}"


def main() -> None:
    seeds, url, bucket, folder = sys.argv[1:]
    impatient()
    children = [_forked(kind, int(seeds), Cloud(url), bucket, Path(folder)) for kind in KINDS]
    for child in children:
        os.waitpid(child, 0)


def _forked(kind: str, seeds: int, cloud: Cloud, bucket: str, folder: Path) -> int:
    """The id of the process that is at it."""
    child = os.fork()
    if child:
        return child
    said = "It ended without a word."
    try:
        check(kind, seeds, cloud, bucket, folder / kind)
        said = ""
    except BaseException:  # noqa: BLE001 - whatever it was, it belongs into the report
        said = traceback.format_exc()
    finally:
        (folder / f"{kind}.said").write_text(said)
        os._exit(0)


if __name__ == "__main__":
    main()
