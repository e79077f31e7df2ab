"""One moto server for this suite (others count our child processes), and this process's way to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import aws
from tests.support.aws import Cloud


@pytest.fixture(scope="package")
def moto() -> Iterator[Cloud]:
    with aws.cloud() as server:
        yield server


@pytest.fixture
def cloud(moto: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    aws.enter(monkeypatch, moto.environment())
    return moto
