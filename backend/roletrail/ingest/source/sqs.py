"""An SQS queue of notifications: received, kept invisible while they are worked on, deleted when what they name is in."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from roletrail.aws import clients
from roletrail.aws.patience import kind_of, patiently, sentence
from roletrail.errors import InputUnavailable, InvalidRequest, RoletrailError
from roletrail.ingest.source.notifications import Announced, announced

log = logging.getLogger(__name__)

VISIBILITY_SECONDS = 120
"""How long a received message is ours before it must be claimed again; the queue's own setting does not matter."""
CALL = 10
"""Messages in one call, SQS's limit."""

_REGION = re.compile(r"https?://(?:sqs|queue)\.([a-z0-9-]+)\.amazonaws\.|https?://([a-z0-9-]+)\.queue\.amazonaws\.")


class Message(NamedTuple):
    id: str
    receipt: str
    receives: int  # this time included
    body: str
    announced: Announced


class Queue:
    def __init__(self, url: str, visibility: int = VISIBILITY_SECONDS) -> None:
        if not re.fullmatch(r"https?://\S+/\S+", url):
            raise InvalidRequest(
                f"{url[:100]!r} is no queue.", hint="Write its URL: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME."
            )
        self.url = url
        self.visibility = visibility
        found = _REGION.match(url)
        self._region = (found[1] or found[2]) if found else ""

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Raises InputUnavailable, whatever is wrong."""
        try:
            return patiently(
                lambda: getattr(clients.client("sqs", self._region, attempts=1), operation)(QueueUrl=self.url, **arguments),
                "Asking the queue",
            )
        except RoletrailError:
            raise
        except Exception as error:
            hints = {"denied": "See `roletrail iam-policy` for what must be allowed.", "gone": "Check the URL of the queue."}
            raise InputUnavailable(
                f"The queue cannot be used: {sentence(error)}", hint=hints.get(kind_of(error), "See docs/deploy.md.")
            ) from error

    def has_dead_letters(self) -> bool:
        """Whether the queue itself puts aside what is received too often."""
        answer = self._call("get_queue_attributes", AttributeNames=["RedrivePolicy"])
        return "RedrivePolicy" in answer.get("Attributes", {})

    def waiting(self) -> int:
        """Messages in the queue, about: those somebody holds included, and those whose delivery got lost on the way."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._call("get_queue_attributes", AttributeNames=names)
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)

    def receive(self, wait: int) -> list[Message]:
        """Up to ten messages, at most `wait` seconds later."""
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=CALL,
            WaitTimeSeconds=wait,
            VisibilityTimeout=self.visibility,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_message(entry) for entry in answer.get("Messages", ())]

    def delete(self, messages: Sequence[Message]) -> None:
        """A message that cannot be deleted comes again, and its objects are known then."""
        for some in _tens(messages):
            entries = [{"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(some)]
            self._complain(self._call("delete_message_batch", Entries=entries), "deleted")

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        """Let nobody receive them for so long from now; 0 gives them back."""
        for some in _tens(messages):
            entries = [
                {"Id": str(number), "ReceiptHandle": one.receipt, "VisibilityTimeout": seconds} for number, one in enumerate(some)
            ]
            self._complain(self._call("change_message_visibility_batch", Entries=entries), "kept")

    @staticmethod
    def _complain(answer: dict[str, Any], what: str) -> None:
        if failed := answer.get("Failed"):
            codes = ", ".join(sorted({str(entry.get("Code")) for entry in failed}))
            log.warning("%d messages could not be %s: %s", len(failed), what, codes)

    @contextmanager
    def held(self, messages: Sequence[Message]) -> Iterator[None]:
        """Keep messages ours: claimed again at half of the time they are given."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self.visibility / 2):
                try:
                    self.hide(messages, self.visibility)
                except RoletrailError as error:  # they may come to somebody else then, and count once all the same
                    log.warning("messages could not be kept: %s", error.detail)

        heart = threading.Thread(target=beat, daemon=True)
        heart.start()
        try:
            yield
        finally:
            done.set()
            heart.join()


def _message(entry: dict[str, Any]) -> Message:
    receives = int(entry.get("Attributes", {}).get("ApproximateReceiveCount", 1))
    return Message(entry["MessageId"], entry["ReceiptHandle"], receives, entry["Body"], announced(entry["Body"]))


def _tens(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), CALL):
        yield messages[start : start + CALL]
