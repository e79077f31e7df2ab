"""What calls do to data, and whom a sharing call lets in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.ingest.actions import NOTABLE
from roletrail.lineage.impact import COUNTED, EVERYBODY, KEPT, SECTIONS, receivers, section_of
from roletrail.lineage.model import Action


def action(name: str, source: str = "s3", **detail: Any) -> Action:
    row = Action(
        "e", 1, "i", "k", f"{source}.amazonaws.com", name, "111111111111", "eu-central-1", "impact", "x", "t", "", "", "", ""
    )
    return row._replace(detail=json.dumps(detail) if detail else "")


def test_every_call_that_is_looked_for_is_kept_by_ingest() -> None:
    assert set(KEPT) <= set(NOTABLE)
    assert not set(KEPT) & set(COUNTED)
    assert {*KEPT.values(), *(counted.section for counted in COUNTED.values())} == set(SECTIONS)


@pytest.mark.parametrize(
    ("name", "source", "section"),
    [
        ("GetSecretValue", "secretsmanager", "read"),
        ("PutBucketPolicy", "s3", "shared"),
        ("AddPermission20150331v2", "lambda", "shared"),
        ("ScheduleKeyDeletion", "kms", "destroyed"),
        ("RunInstances", "ec2", "spent"),
        ("CreateUser", "iam", ""),
    ],
)
def test_sections(name: str, source: str, section: str) -> None:
    assert section_of(action(name, source)) == section
    china = action(name, source)._replace(event_source=f"{source}.amazonaws.com.cn")
    assert section_of(china) == section


def policy(principal: Any, effect: str = "Allow") -> str:
    return json.dumps({"Statement": [{"Effect": effect, "Principal": principal, "Action": "s3:*"}]})


@pytest.mark.parametrize(
    ("detail", "who"),
    [
        ({"accounts": ["222222222222", "111111111111"]}, ("222222222222",)),
        ({"groups": ["all"]}, (EVERYBODY,)),
        ({"policy": policy("*")}, (EVERYBODY,)),
        ({"policy": policy({"AWS": ["arn:aws:iam::333333333333:root", "222222222222"]})}, ("222222222222", "333333333333")),
        ({"policy": policy({"Service": "lambda.amazonaws.com"})}, ("lambda.amazonaws.com",)),
        ({"policy": policy("*", "Deny")}, ()),
        ({"policy": policy("222222222222")[:-3]}, ("222222222222",)),  # cut
        ({"policy": "[1, 2]"}, ()),
        ({"canned": "public-read"}, (EVERYBODY,)),
        ({"grantee": "arn:aws:iam::222222222222:role/x"}, ("222222222222",)),
        ({}, ()),
    ],
)
def test_receivers(detail: dict[str, Any], who: tuple[str, ...]) -> None:
    assert receivers(action("PutBucketPolicy", **detail)) == who


def test_a_detail_that_is_no_json_names_nobody() -> None:
    assert receivers(action("PutBucketPolicy")._replace(detail="{")) == ()
