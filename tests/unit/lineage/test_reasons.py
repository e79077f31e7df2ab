"""Why a parent is missing: each code, and the order in which they are tried (ADR 0008)."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.model import Action, Node
from roletrail.lineage.reasons import Loaded, logging_off, missing_parent
from tests.support.graph_rows import START, node

ALL = {"management_read": 5, "management_write": 5}


def session(**fields: Any) -> Node:
    return node("x")._replace(**fields)


def loaded(**fields: Any) -> Loaded:
    return Loaded(START - 1000, ("eu-central-1",), ALL, (), True)._replace(**fields)


def change(name: str, at: int) -> Action:
    return Action(
        "e" + name,
        at,
        "",
        "",
        "cloudtrail.amazonaws.com",
        name,
        "111111111111",
        "eu-central-1",
        "evasion",
        "trail",
        "t",
        "",
        "",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("who", "what", "code"),
    [
        (session(), loaded(), "UNEXPLAINED"),
        (session(), loaded(near={"management_write": 1}), "READS_NOT_LOGGED"),
        (session(service_linked=True), loaded(), "SERVICE_INTERNAL"),
        (session(key_count=0), loaded(), "SERVICE_INTERNAL"),
        (session(), loaded(first_at=START + 1), "BEFORE_LOGS"),
        (session(), loaded(changes=(change("StopLogging", START - 10),)), "LOGGING_OFF"),
        (session(), loaded(first_at=0, regions=(), near={}, issued_near=False), "ACCOUNT_NOT_LOADED"),
        (session(), loaded(issued_near=False), "REGION_NOT_LOADED"),
        (session(type="IAMUser"), loaded(), "CONSOLE_NO_LOGIN"),
        (
            session(role_arn="arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0"),
            loaded(),
            "SSO_NO_SAML",
        ),
    ],
)
def test_codes(who: Node, what: Loaded, code: str) -> None:
    reason = missing_parent(who, what)
    assert reason.code == code
    assert reason.sentence.endswith(".")


def test_what_holds_for_the_whole_account_comes_first() -> None:
    everything = loaded(
        near={"management_write": 1}, first_at=START + 1, changes=(change("StopLogging", START - 10),), issued_near=False
    )
    codes = []
    for step in ({}, {"near": ALL}, {"first_at": START - 1}, {"changes": ()}, {"issued_near": True}):
        everything = everything._replace(**step)
        codes.append(missing_parent(session(), everything).code)
    assert codes == ["READS_NOT_LOGGED", "BEFORE_LOGS", "LOGGING_OFF", "REGION_NOT_LOADED", "UNEXPLAINED"]


@pytest.mark.parametrize(
    ("names", "at", "off"),
    [
        (["StopLogging"], 5, True),
        (["StopLogging", "StartLogging"], 5, True),
        (["StopLogging", "StartLogging"], 25, False),
        (["DeleteTrail", "CreateTrail", "StopLogging"], 35, True),
        (["StartLogging"], 99, False),
        (["UpdateTrail", "PutEventSelectors"], 99, False),
    ],
)
def test_logging_is_off_between_the_calls_that_say_so(names: list[str], at: int, off: bool) -> None:
    changes = [change(name, 10 * n) for n, name in enumerate(names)]
    assert (logging_off(changes, at) is not None) is off


def test_the_first_of_several_stops_is_named() -> None:
    found = logging_off([change("StopLogging", 1), change("DeleteTrail", 2)], 5)
    assert found is not None
    assert found.event_name == "StopLogging"
