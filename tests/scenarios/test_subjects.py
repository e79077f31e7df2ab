"""No sentence about any scenario has a person for its subject: names stand inside phrases about credentials, or nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.records import records_of
from tests.scenarios.test_scenarios import Case, case_id, cases
from tests.support.loading import Api
from tests.support.stored import api_of, stored

PHRASES = (
    r"{} (AKIA|ASIA)\w+",  # alice AKIA...: a key by its owner's name
    r"(AKIA|ASIA)\w+ of {}",
    r"(federated )?session of {}",
    r"console sign-in as {}",
    r"(SAML|OIDC) subject {}",
    r"Identity Center user {}",
    r":mfa/{}",
    r"(set to|and is) '{}'",  # a source identity, quoted
    r"issued to [\w+=,.@-]+/{}",
)
COPIED = {"agent", "sources", "address", "addresses", "event_name", "user_agent", "principal", "target"}
"""Fields that repeat what a record says, word for word."""


WORDS = {"portal"}
"""Session names of scenarios that are also words of ours ("portal call")."""


def names_in(records: list[bytes]) -> set[str]:
    """User names, session names, source identities and subjects, except the names services give their workloads."""
    people: set[str] = set()
    workloads: set[str] = set()
    for raw in records:
        record = json.loads(raw)
        who, asked = record.get("userIdentity") or {}, record.get("requestParameters")
        asked = asked if isinstance(asked, dict) else {}
        (workloads if who.get("type") == "AWSService" else people).add(str(asked.get("roleSessionName", "")))
        people |= {str(who.get("userName", "")), str(asked.get("userName", "")), str(asked.get("sourceIdentity", ""))}
        people |= {
            str((who.get("onBehalfOf") or {}).get("userId", "")),
            str((who.get("sessionContext") or {}).get("sourceIdentity", "")),
        }
        if who.get("type") in ("AssumedRole", "FederatedUser"):
            people.add(str(who.get("principalId", "")).rpartition(":")[2])
    return {name for name in people - workloads - WORDS if len(name) > 2 and re.search("[A-Za-z]", name)}


def texts_in(value: Any, field: str = "") -> Iterator[str]:
    """Every text of an answer that says more than one word."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from texts_in(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from texts_in(member, field)
    elif isinstance(value, str) and " " in value and field not in COPIED:
        yield value


def subjects(text: str, names: set[str]) -> list[str]:
    """Names that stand in a text outside every phrase about a credential."""
    found: list[str] = []
    for name in names:
        if name not in text:
            continue
        left = text
        for phrase in PHRASES:
            left = re.sub(phrase.format(re.escape(name)), "", left)
        if re.search(rf"(?<![\w@./-]){re.escape(name)}(?![\w@/-])", left):
            found.append(name)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alice assumed ProdAdmin in 222222222222.", ["alice"]),
        ("alice → ProdAdmin: 1 role session.", ["alice"]),
        ("Nobody but alice knew.", ["alice"]),
        ("alice AKIAIEXAMPLEXXXAKIA1 in 111111111111 → A: 1 role session.", []),
        ("console sign-in as alice → session of alice: 0 role sessions.", []),
        ("sourceIdentity was set to 'alice' and is 'bob'", []),
    ],
)
def test_a_person_as_a_subject_is_found(text: str, found: list[str]) -> None:
    assert subjects(text, {"alice"}) == found


@pytest.mark.parametrize("case", [case for case in cases() if "company" not in case.folder.name], ids=case_id)
def test_no_person_is_a_subject(case: Case, tmp_path: Path) -> None:
    records = records_of(case)
    api = api_of(stored(tmp_path, [records]))
    try:
        texts = set(texts_in(list(_answers(api))))
    finally:
        api.close()
    names = names_in(records)
    assert {text: found for text in texts if (found := subjects(text, names))} == {}


def _answers(api: Api) -> Iterator[Any]:
    """Chains, the sessions on them and what is said about those, and what is said of the whole."""
    chains = api.every("chains", min_sessions=0, full=1)
    yield chains
    ids = {node["id"] for chain in chains for node in chain["path"] if node["kind"] not in ("unknown", "folded")}
    for id_ in sorted(ids)[:15]:
        yield api.get(f"sessions/{id_}")
        yield api.get(f"sessions/{id_}/impact")
        yield api.get("trace", thing=id_)
    yield api.get("coverage")
