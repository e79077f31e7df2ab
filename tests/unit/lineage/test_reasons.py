"""Why a parent is missing: each code, and the order in which they are tried (ADR 0008)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage.gaps import LOGGING_OFF, READS_NOT_LOGGED, SOURCE_EXCLUDED, covering, gaps
from roletrail.lineage.model import Action, Addendum, Node
from roletrail.lineage.reasons import Loaded, missing_parent
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
        (session(key_count=0, detail='{"made_by_services":true}'), loaded(), "SERVICE_INTERNAL"),
        (session(key_count=0), loaded(issued_near=True), "UNEXPLAINED"),  # masked by whoever exported it
        (session(), loaded(first_at=START + 1), "BEFORE_LOGS"),
        (session(), loaded(changes=(change("StopLogging", START - 10),)), "LOGGING_OFF"),
        (session(), loaded(first_at=0, regions=(), near={}, issued_near=False), "ACCOUNT_NOT_LOADED"),
        (session(), loaded(issued_near=False), "REGION_NOT_LOADED"),
        (session(type="IAMUser"), loaded(), "SIGNIN_REGION"),
        (session(type="IAMUser", partition="aws-cn"), loaded(regions=("us-east-1",)), "SIGNIN_REGION"),
        (session(type="IAMUser"), loaded(regions=("eu-central-1", "us-east-1")), "CONSOLE_NO_LOGIN"),
        (session(type="FederatedUser"), loaded(), "CONSOLE_NO_LOGIN"),
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
    assert (covering(gaps(changes), LOGGING_OFF, at) is not None) is off


def test_the_first_of_several_stops_is_named() -> None:
    found = covering(gaps([change("StopLogging", 1), change("DeleteTrail", 2)]), LOGGING_OFF, 5)
    assert found is not None
    assert found.began.event_name == "StopLogging"


def test_a_gap_that_ended_names_both_calls() -> None:
    (gap,) = gaps([change("StopLogging", 10), change("StartLogging", 30)])
    assert (gap.since, gap.until) == (10, 30)
    assert gap.ended is not None
    assert gap.ended.event_name == "StartLogging"


def selectors(at: int, **detail: list[Any]) -> Action:
    texts = {name: [json.dumps(one) for one in many] for name, many in detail.items()}
    return change("PutEventSelectors", at)._replace(detail=json.dumps(texts))


def field(name: str, **rest: list[str]) -> dict[str, Any]:
    return {"field": name, **rest}


MANAGEMENT = field("eventCategory", equals=["Management"])


@pytest.mark.parametrize(
    ("detail", "left_out"),
    [
        ({"selectors": [{"readWriteType": "All", "includeManagementEvents": True}]}, set()),
        ({"selectors": [{"readWriteType": "WriteOnly", "includeManagementEvents": True}]}, {READS_NOT_LOGGED}),
        ({"selectors": [{"readWriteType": "WriteOnly"}, {"readWriteType": "All"}]}, set()),
        ({"selectors": [{"readWriteType": "All", "includeManagementEvents": False}]}, {LOGGING_OFF}),
        ({"selectors": [{"excludeManagementEventSources": ["kms.amazonaws.com"]}]}, set()),
        ({"advanced_selectors": [{"fieldSelectors": [MANAGEMENT]}]}, set()),
        ({"advanced_selectors": [{"fieldSelectors": [field("eventCategory", equals=["Data"])]}]}, {LOGGING_OFF}),
        ({"advanced_selectors": [{"fieldSelectors": [MANAGEMENT, field("readOnly", equals=["false"])]}]}, {READS_NOT_LOGGED}),
        (
            {"advanced_selectors": [{"fieldSelectors": [MANAGEMENT, field("eventSource", notEquals=["sts.amazonaws.com"])]}]},
            {SOURCE_EXCLUDED},
        ),
        ({"selectors": ["no object"], "advanced_selectors": [3]}, {LOGGING_OFF}),
        ({}, set()),
    ],
)
def test_selectors_leave_things_out(detail: dict[str, Any], left_out: set[str]) -> None:
    assert {gap.reason for gap in gaps([selectors(5, **detail)])} == left_out


def test_other_selectors_end_what_selectors_began() -> None:
    writes = selectors(10, selectors=[{"readWriteType": "WriteOnly"}])
    everything = selectors(20, selectors=[{"readWriteType": "All"}])
    assert [(gap.reason, gap.since, gap.until) for gap in gaps([writes, everything])] == [(READS_NOT_LOGGED, 10, 20)]


def test_an_outage_of_the_issuer_explains_the_hour_around_it() -> None:
    outage = Addendum("e", START + 600, "111111111111", "eu-central-1", "sts.amazonaws.com", "SERVICE_OUTAGE", "", "")
    assert missing_parent(session(), loaded(outages=(outage,))).event_ref.endswith(".e")
    assert missing_parent(session(), loaded(outages=(outage,))).code == "LOGGING_OFF"
    other = outage._replace(event_source="s3.amazonaws.com")
    assert missing_parent(session(), loaded(outages=(other,))).code == "UNEXPLAINED"
    assert missing_parent(session(), loaded(outages=(outage._replace(at=START + 9000),))).code == "UNEXPLAINED"
