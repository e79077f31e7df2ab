"""Every route, every role, every state of a token: each answers what the one policy table says (ADR 0007).

What a route asks the policy for is seen while an administrator uses it, so that a new route needs no list. One that answers
without asking fails, unless it stands in ASKS_NOTHING with its reason.
"""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from roletrail.auth import policy
from roletrail.auth.actor import ROLES, SCOPES, Actor, Role
from tests.support.served import Served

OPEN = ("/launch", "/assets/", "/s/", "/shared/", "/login", "/signed-out")
"""Ways in, styles, and shares, whose link is their credential."""
ASKS_NOTHING = {
    ("GET", "/api/v1/docs"): "the documentation of the API, the same for everybody",
    ("GET", "/api/v1/docs.css"): "its style",
    ("GET", "/api/v1/openapi.json"): "the document behind it",
    ("GET", "/settings"): "leads to the first of its parts",
    ("GET", "/trace"): "an empty form",
    ("GET", "/trace/{id_}"): "without a paste of this server it goes back to the form",
    ("POST", "/trace"): "an empty form leads back to it",
    ("POST", "/logout"): "whoever is signed in may sign out",
}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Actions that use-cases and routes required, in order."""
    seen: list[str] = []
    real = policy.allowed

    def watched(actor: Actor, action: str, resource: str = "") -> policy.Decision:
        seen.append(action)
        return real(actor, action, resource)

    monkeypatch.setattr(policy, "allowed", watched)
    return seen


def test_every_route_answers_as_the_policy_says(served: Served, alarm: dict[str, Any], asked: list[str]) -> None:
    bodies = _bodies(served)
    with ExitStack() as open_:
        clients: dict[Role, httpx.Client] = {
            role: open_.enter_context(served.client(served.token(*SCOPES, role=role))) for role in ROLES
        }
        wrong, walked = _walk(served, alarm, asked, bodies, clients)
    assert wrong == []
    assert walked > 80


def _walk(
    served: Served, alarm: dict[str, Any], asked: list[str], bodies: dict[tuple[str, str], Any], clients: dict[Role, httpx.Client]
) -> tuple[list[str], int]:
    wrong: list[str] = []
    walked = 0
    for method, path in served.routes():
        if path.startswith(OPEN) or method in ("HEAD", "OPTIONS"):
            continue
        walked += 1
        place, body = _filled(path, alarm), bodies.get((method, path))
        asked.clear()
        usual = _ask(clients["admin"], method, place, body)
        actions = set(asked)
        if not actions:
            wrong += [] if (method, path) in ASKS_NOTHING else [f"{method} {path} asked for nothing and answered {usual}"]
            continue
        if usual in (401, 403) or usual >= 500:
            wrong.append(f"{method} {path} answered an administrator {usual}")
        for role in ROLES[:-1]:
            expected = 403 if any(_above(role, action) for action in actions) else usual
            found = _ask(clients[role], method, place, body)
            wrong += [] if _alike(found, expected) else [f"{method} {path} as {role}: {found} instead of {expected}"]
        needed = {policy.NEEDS[action][1] for action in actions}
        rest = [scope for scope in SCOPES if scope not in needed] or ["ingest"]
        with served.client(served.token(*rest, role="admin")) as client:
            found = _ask(client, method, place, body)
        wrong += [] if found == 403 else [f"{method} {path} with {rest} alone: {found} instead of 403"]
    return wrong, walked


def test_no_route_answers_a_bad_credential(served: Served, alarm: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    revoked = served.token(*SCOPES, role="admin")
    served.access.revoke_token(served.access.token_info(revoked).id)
    expired = served.token(*SCOPES, role="admin")
    later = time.time() + 3_600
    monkeypatch.setattr(served.access.app, "clock", lambda: later)
    states: dict[str, dict[str, str]] = {
        "none": {},
        "wrong": {"Authorization": "Bearer rtt_" + "0" * 49},
        "no token": {"Authorization": "Basic eA=="},
        "empty": {"Authorization": "Bearer"},
        "expired": {"Authorization": f"Bearer {expired}"},
        "revoked": {"Authorization": f"Bearer {revoked}"},
        "a guessed cookie": {"Cookie": f"roletrail_{served.port}=guessed"},
    }
    wrong: list[str] = []
    with served.client() as client:
        for method, path in served.routes():
            if path.startswith(OPEN):
                continue
            for state, headers in states.items():
                answer = client.request(method, _filled(path, alarm), headers={**OURS, **headers})
                if answer.status_code != 401 or alarm["session_id"] in answer.text:
                    wrong.append(f"{method} {path}, {state}: {answer.status_code}")
                if path.startswith("/api/") and (
                    answer.headers["www-authenticate"] != "Bearer"
                    or (method != "HEAD" and answer.json()["code"] != "unauthenticated")
                ):
                    wrong.append(f"{method} {path}, {state}: {answer.text[:100]}")
    assert wrong == []


def test_a_forged_form_changes_nothing_on_any_route(served: Served, alarm: dict[str, Any]) -> None:
    before = served.access.app.read().execute("SELECT count(*) FROM audit").fetchone()
    with served.browser() as browser:
        unsafe = [(method, path) for method, path in served.routes() if method not in ("GET", "HEAD", "OPTIONS")]
        assert len(unsafe) > 30
        for method, path in unsafe:
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
                answer = browser.request(method, _filled(path, alarm), headers=headers)
                assert answer.status_code == 403, (method, path, headers)
    assert served.access.app.read().execute("SELECT count(*) FROM audit").fetchone() == before


def _ask(client: httpx.Client, method: str, place: str, body: Any) -> int:
    more: dict[str, Any] = {"json": body} if body is not None else {}
    with client.stream(method, place, headers=OURS, **more) as answer:  # one route goes on for as long as it is listened to
        return answer.status_code


def _alike(found: int, expected: int) -> bool:
    """Made anew or made before, moved or shown: what counts is whether it was refused."""
    return (found in (401, 403)) == (expected in (401, 403)) and found < 500


def _above(role: Role, action: str) -> bool:
    return ROLES.index(policy.NEEDS[action][0]) > ROLES.index(role)


def _filled(path: str, alarm: dict[str, Any]) -> str:
    """The path with ids: a session's and an event's where they belong, elsewhere ids of nothing."""
    event = alarm["path"][-1]["edge"]["evidence_refs"][0]
    id_ = alarm["session_id"] if "/sessions/{" in path and "settings" not in path else "0" * 24
    names = {"event_id": event, "reference": event}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda match: names.get(match[1], id_), path)


def _bodies(served: Served) -> dict[tuple[str, str], Any]:
    """The least body each described route takes."""
    with served.reader() as client:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
    return {
        (method.upper(), path): _least(operation["requestBody"]["content"]["application/json"]["schema"])
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }


def _least(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _least(schema["anyOf"][0])
    match schema.get("type"):
        case "object":
            return {name: _least(schema["properties"][name]) for name in schema.get("required", [])}
        case "array":
            return [_least(schema["items"])] * schema.get("minItems", 0)
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return "x" * max(1, schema.get("minLength", 1))
