"""A trail that notifies a queue, and a store beside it: what tests of following share."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

from roletrail.bootstrap import open_graph
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.run import ingest
from roletrail.ingest.source.delivery import EVERYTHING, Window
from roletrail.usecases.loading.intake import Intake
from tests.support.aws import Cloud


class Place:
    """A store and its archive."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.url = f"sqlite:///{folder / 'store.sqlite'}"
        self.archive = folder / "store.sqlite.archive"

    def open(self):  # noqa: ANN201
        return open_graph(self.url, create=True)

    def ingest(self, *paths: str, window: Window = EVERYTHING, workers: int | None = None) -> IngestSummary:
        return ingest(paths, open_store=self.open, archive=self.archive, window=window, workers=workers)

    def intake(self, workers: int | None = None) -> Intake:
        return Intake(self.open, self.archive, workers)

    def exported(self) -> list[tuple[str, object]]:
        store = self.open()
        try:
            return list(store.export())
        finally:
            store.close()

    def quarantine(self) -> dict[str, int]:
        store = self.open()
        try:
            return store.quarantine_reasons()
        finally:
            store.close()


class Trail:
    """A bucket whose new objects are announced in a queue, as an organisation's trail is set up."""

    def __init__(self, cloud: Cloud, *, through_sns: bool = False, dead_letters: bool = True) -> None:
        self.cloud = cloud
        self.name = f"trail-{uuid.uuid4().hex[:12]}"
        self.sqs = cloud.client("sqs")
        self._s3 = cloud.client("s3")
        self._s3.create_bucket(Bucket=self.name)
        self.dead = self.sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        self.queue = self.sqs.create_queue(
            QueueName=self.name,
            Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": self._arn(self.dead), "maxReceiveCount": "3"})}
            if dead_letters
            else {},
        )["QueueUrl"]
        target = ("TopicConfigurations", "TopicArn", self._topic()) if through_sns else \
            ("QueueConfigurations", "QueueArn", self._arn(self.queue))  # fmt: skip
        self._s3.put_bucket_notification_configuration(
            Bucket=self.name,
            NotificationConfiguration={target[0]: [{target[1]: target[2], "Events": ["s3:ObjectCreated:*"]}]},
        )

    def _arn(self, queue: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def _topic(self) -> str:
        sns = self.cloud.client("sns")
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._arn(self.queue))
        return topic

    def deliver(self, objects: Mapping[str, bytes]) -> None:
        for key, body in objects.items():
            self._s3.put_object(Bucket=self.name, Key=key, Body=body)

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self.name, Key=key, Body=body)

    def remove(self, key: str) -> None:
        self._s3.delete_object(Bucket=self.name, Key=key)

    def say(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def waiting(self, queue: str = "") -> int:
        """Messages in the queue, those somebody holds included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))
