"""What people are told to allow: linted policies, and set-ups in docs/deploy.md that parse and say the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from roletrail.aws.permissions import policy
from roletrail.errors import InvalidRequest

DEPLOY = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:roletrail"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-4000-8000-000000000000"
ROLE = "arn:aws:iam::123456789012:role/roletrail-reader"

EVERYTHING: dict[str, Any] = {
    "buckets": ["s3://org-trail/", "s3://other-trail/prefix/"],
    "queues": [QUEUE, "https://sqs.us-gov-west-1.amazonaws.com/111111111111/two"],
    "keys": [KEY],
    "roles": [ROLE],
    "history": True,
    "inventory": True,
    "guardduty": True,
}


def block(language: str, telling: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", DEPLOY, re.DOTALL) if telling in text]
    assert len(found) == 1
    return found[0]


def complaints(document: dict[str, Any]) -> list[str]:
    """What parliament has against a policy, in a process of its own: it warns of what it imports."""
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore')\n"
        "from parliament import analyze_policy_string\n"
        "print(json.dumps([finding.issue for finding in analyze_policy_string(sys.stdin.read()).findings]))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(document), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_linter_finds_nothing_and_would() -> None:
    assert complaints(policy(**EVERYTHING)) == []
    bad = policy(buckets=["s3://org-trail/"])
    bad["Statement"][0]["Action"] = ["s3:ListBukcet"]
    assert complaints(bad)


def test_everything_allowed_reads() -> None:
    actions = {action for statement in policy(**EVERYTHING)["Statement"] for action in statement["Action"]}
    verbs = {action.partition(":")[2] for action in actions}
    ours = {
        "ChangeMessageVisibility",
        "DeleteMessage",
        "ReceiveMessage",
        "AssumeRole",
        "SetSourceIdentity",
        "Decrypt",
        "LookupEvents",
    }
    assert {verb for verb in verbs if not verb.startswith(("Get", "List", "Describe"))} == ours


def test_resources_are_named_and_prefixes_kept() -> None:
    document = policy(buckets=["s3://org-trail/a/b/"], queues=[QUEUE])
    listing, reading, queue = document["Statement"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["a/b", "a/b/*"]}}
    assert reading["Resource"] == ["arn:aws:s3:::org-trail/a/b/*"]
    assert queue["Resource"] == [QUEUE]
    assert policy(queues=["https://sqs.cn-north-1.amazonaws.com.cn/111111111111/q"])["Statement"][0]["Resource"] == [
        "arn:aws-cn:sqs:cn-north-1:111111111111:q"
    ]
    sids = [statement["Sid"] for statement in policy(**EVERYTHING)["Statement"]]
    assert len(set(sids)) == len(sids)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"buckets": ["org-trail"]},
        {"buckets": ["s3://x/*"]},
        {"queues": ["q"]},
        {"keys": ["alias/x"]},
        {"roles": ["roletrail"]},
    ],
)
def test_what_is_no_resource(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        policy(**asked)


# --- docs/deploy.md ---------------------------------------------------------------------------------------------------


class _Tags(yaml.SafeLoader):
    """CloudFormation's short forms, as what they name."""


_Tags.add_multi_constructor("!", lambda loader, suffix, node: {suffix: loader.construct_scalar(node)})


def test_cloudformation_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "trail.yaml"
    path.write_text(block("yaml", "AWSTemplateFormatVersion"), "utf-8")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", "eu-central-1", "--", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_both_set_ups_allow_what_the_command_prints() -> None:
    printed = policy(buckets=["s3://org-trail/"], queues=[QUEUE])["Statement"]
    wanted = {statement["Sid"]: set(statement["Action"]) for statement in printed}
    template = yaml.load(block("yaml", "AWSTemplateFormatVersion"), _Tags)
    (inline,) = template["Resources"]["ReaderRole"]["Properties"]["Policies"]
    assert {
        statement["Sid"]: set(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
        for statement in inline["PolicyDocument"]["Statement"]
    } == wanted
    terraform = block("hcl", "aws_cloudtrail")
    assert {
        sid: set(re.findall(r'"(\w+:\w+)"', actions))
        for sid, actions in re.findall(r'Sid\s*=\s*"(\w+)"[^\]]*?Action\s*=\s*\[([^\]]*)\]', terraform)
        if sid in wanted
    } == wanted


def test_terraform_parses_and_names_what_it_makes() -> None:
    parsed = hcl2.loads(block("hcl", "aws_cloudtrail"))  # pyright: ignore[reportPrivateImportUsage]
    made = {name.strip('"') for resource in parsed["resource"] for name in resource}
    assert {"aws_s3_bucket", "aws_cloudtrail", "aws_sns_topic", "aws_sqs_queue", "aws_iam_role"} <= made
