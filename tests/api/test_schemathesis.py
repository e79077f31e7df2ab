"""Requests that schemathesis makes up from the OpenAPI document, as each role: no failure of ours, no answer beside its schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from roletrail.auth.actor import ROLES, SCOPES
from tests.support.served import SAMPLE, Served, ingest, serving

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
LEFT_OUT = ("/api/v1/ingests", "/api/v1/shares/sharing")
"""Loading files has its own tests, and stopping all sharing would leave nothing of sharing to ask."""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A server of its own: what is made up here is written down too."""
    store = f"sqlite:///{tmp_path / 'own.sqlite'}"
    ingest(store, SAMPLE / "ssrf-instance" / "AWSLogs")
    with serving(store) as found:
        yield found


def test_made_up_requests_are_answered_as_described(own: Served, count: Callable[[str], int]) -> None:
    """Each request is sent once with each role, the least of them first: making one up takes as long as its three answers."""
    tokens = {role: own.token(*SCOPES, role=role) for role in ROLES}
    schema = schemathesis.openapi.from_url(f"{own.url}/api/v1/openapi.json", headers=bearer(tokens["viewer"]))
    found: list[Any] = list(schema.get_all_operations())
    asked = [one.ok() for one in found if not one.ok().path.startswith(LEFT_OUT)]
    assert len(asked) > 40
    seen: dict[str, Counter[int]] = {role: Counter() for role in ROLES}
    with requests.Session() as session:
        session.trust_env = False
        for operation in asked:

            @settings(
                max_examples=-(-count("api_requests") // len(asked)),
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
            )
            @given(case=operation.as_strategy())
            def ask(case: schemathesis.Case) -> None:
                for role, token in tokens.items():
                    answer = case.call(base_url=own.url, headers=bearer(token), session=session)
                    seen[role][answer.status_code // 100] += 1
                    case.validate_response(answer, checks=CHECKS)

            ask()
    for role, statuses in seen.items():
        assert statuses.total() >= count("api_requests"), role
        assert statuses[2], role
        assert statuses[5] == 0, role


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
