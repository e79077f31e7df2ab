"""Requests that schemathesis makes up from the OpenAPI document, as each role: no failure of ours, no answer beside its schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from roletrail.auth.actor import ROLES, SCOPES, Role
from tests.support.served import SAMPLE, Served, ingest, serving

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
LEFT_OUT = ("/api/v1/ingests", "/api/v1/shares/sharing")
"""Loading files has its own tests, and stopping all sharing would leave nothing of sharing to ask."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of its own: what is made up here is written down too."""
    folder: Path = tmp_path_factory.mktemp("made-up")
    store = f"sqlite:///{folder / 'own.sqlite'}"
    ingest(store, SAMPLE / "ssrf-instance" / "AWSLogs")
    with serving(store) as found:
        yield replace(found)


@pytest.mark.parametrize("role", ROLES)
def test_made_up_requests_are_answered_as_described(own: Served, count: Callable[[str], int], role: Role) -> None:
    headers = {"Authorization": f"Bearer {own.token(*SCOPES, role=role)}"}
    schema = schemathesis.openapi.from_url(f"{own.url}/api/v1/openapi.json", headers=headers)
    found: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in found]
    asked = [one for one in operations if not one.path.startswith(LEFT_OUT)]
    assert len(asked) > 40
    each = -(-count("api_requests") // (len(asked) * len(ROLES)))
    seen: Counter[str] = Counter()
    for operation in asked:

        @settings(
            max_examples=each,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(base_url=own.url, headers=headers)
            seen[str(answer.status_code)[0]] += 1
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert sum(seen.values()) >= count("api_requests") // len(ROLES)
    assert seen["2"]
    assert seen["5"] == 0
