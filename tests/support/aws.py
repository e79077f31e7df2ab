"""AWS for tests: a moto server as a process of its own, spoken to over HTTP, and what stands in its buckets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

REGION = "us-east-1"
NOBODY = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLETESTKEY00",
    "AWS_SECRET_ACCESS_KEY": "synthetic",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""Environment in which no developer's own account can be reached."""

_RUNNING = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


class Cloud:
    """One moto server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self, url: str = "") -> dict[str, str]:
        return NOBODY | {"AWS_ENDPOINT_URL": url or self.url}

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service,  # pyright: ignore[reportCallIssue, reportArgumentType]
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=NOBODY["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=NOBODY["AWS_SECRET_ACCESS_KEY"],
            config=Config(max_pool_connections=32),
        )

    def bucket(self, name: str, objects: Mapping[str, bytes] | None = None) -> str:
        """The bucket's URL, with objects in it."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        for key, body in (objects or {}).items():
            s3.put_object(Bucket=name, Key=key, Body=body)
        return f"s3://{name}/"


@contextmanager
def cloud() -> Iterator[Cloud]:
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | NOBODY
    ) as process:
        try:
            assert process.stderr is not None
            url = next(found[1] for line in process.stderr if (found := _RUNNING.search(line)))
            _drain(process)
            yield Cloud(url)
        finally:
            process.terminate()


def _drain(process: subprocess.Popen[str]) -> None:
    """It logs every request, and would wait for somebody to read that."""
    import threading

    threading.Thread(target=lambda: [None for _ in process.stderr or ()], daemon=True).start()


def enter(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """This process and its children talk to that cloud from now on."""
    from roletrail.aws import clients

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clients.renew()
