"""One policy function decides; use-cases ask it before they touch a port (ADR 0007)."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from roletrail.auth.actor import Actor, Role, local_actor
from roletrail.auth.policy import NEEDS, allowed, require
from roletrail.errors import Forbidden
from roletrail.stores.port import ChainQuery
from roletrail.usecases import entities, events, health, sources, trace
from roletrail.usecases.chains import listing as chains
from roletrail.usecases.chains import sessions


def actor(role: Role = "admin", *scopes: str) -> Actor:
    return Actor("t", role, frozenset(scopes), "token")


@pytest.mark.parametrize("action", sorted(NEEDS))
def test_every_action_needs_its_scope_and_role(action: str) -> None:
    role, scope = NEEDS[action]
    assert allowed(actor(role, scope), action).allowed
    assert not allowed(actor(role), action).allowed
    assert allowed(local_actor(), action).allowed


def test_a_lower_role_is_refused_with_the_reason() -> None:
    decision = allowed(actor("viewer", "read", "ingest"), "ingest.run", "x")
    assert not decision.allowed
    assert "analyst" in decision.reason


def test_an_action_nobody_listed_is_denied_to_everybody() -> None:
    assert not allowed(local_actor(), "chains.delete").allowed
    with pytest.raises(Forbidden):
        require(local_actor(), "chains.delete")


class Untouchable:
    """A port that fails the test when anybody touches it."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"{name} was reached before the policy was asked")


CASES = [
    (chains.list_chains, (ChainQuery(),)),
    (sessions.canonical_id, ("a",)),
    (sessions.show_session, ("a",)),
    (events.session_events, ("a",)),
    (events.show_event, ("20260101.a",)),
    (entities.show_entity, ("a",)),
    (trace.trace, ("AKIAEXAMPLE000000001",)),
    (health.health, ("sqlite",)),
    (sources.list_objects, ()),
    (sources.list_quarantine, ()),
]


@pytest.mark.parametrize(("use_case", "rest"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_use_cases_ask_the_policy_before_any_port(use_case: Any, rest: tuple[Any, ...]) -> None:
    with pytest.raises(Forbidden):
        use_case(Untouchable(), actor("admin", "ingest"), *rest)


def test_no_use_case_with_an_actor_is_left_out() -> None:
    rooms = (chains, sessions, events, entities, trace, health, sources)
    found = {
        function
        for room in rooms
        for name, function in inspect.getmembers(room, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == room.__name__ and "actor" in inspect.signature(function).parameters
    }
    assert found == {use_case for use_case, _ in CASES}
