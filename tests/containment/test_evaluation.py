"""The evaluation that judges printed policies, against what the IAM user guide says of each case.

Pages: docs.aws.amazon.com/IAM/latest/UserGuide/NAME.html, named by each case. Each case was read against the text of its page:
the guide's published sources of June 2023, and today's pages where a page was split or renamed since (`LOGIC`, `DENY_ALLOW`, `MULTI`,
`SETS`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.containment.iam import Context, Decision, Policy, decide, decide_with_guardrails

LOGIC = "reference_policies_evaluation-logic_policy-eval-denyallow"
DENY_ALLOW = "reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay"
OPERATORS = "reference_policies_elements_condition_operators"
MULTI = "reference_policies_condition-logic-multiple-context-keys-or-values"
SETS = "reference_policies_condition-single-vs-multi-valued-context-keys"
KEYS = "reference_policies_condition-keys"
CONDITION = "reference_policies_elements_condition"
VARIABLES = "reference_policies_variables"
DISABLE = "id_credentials_temp_control-access_disable-perms"
REVOKE = "id_roles_use_revoke-sessions"
ACTION, NOT_ACTION = "reference_policies_elements_action", "reference_policies_elements_notaction"
NOT_RESOURCE = "reference_policies_elements_notresource"


def policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, condition: dict[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    body = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return {**body, "Condition": condition} if condition else body


ALLOW = policy(statement("Allow"))
DENY = policy(statement("Deny"))


def denied_if(operator: str, **keys: Any) -> list[Policy]:
    named = {name.replace("__", ":").replace("___", "/"): value for name, value in keys.items()}
    return [ALLOW, policy(statement("Deny", {operator: named}))]


class Case(NamedTuple):
    page: str
    says: str
    policies: list[Policy]
    context: Context
    wanted: Decision
    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::b/k"


NOON, EARLIER, LATER = "2026-01-31T12:00:00Z", "2026-01-31T11:59:59Z", "2026-01-31T12:00:01Z"
ROLE = "arn:aws:iam::111111111111:role/path/web"
REVOKED = denied_if("DateLessThan", aws__TokenIssueTime=NOON)

CASES = [
    Case(DENY_ALLOW, "no applicable statement at all: an implicit deny", [], {}, "implicit deny"),
    Case(LOGIC, "requests must be explicitly allowed to be allowed", [ALLOW], {}, "allow"),
    Case(LOGIC, "an explicit deny overrides any allow", [ALLOW, DENY], {}, "explicit deny"),
    Case(LOGIC, "a deny is looked for in all policies before any allow is", [DENY, ALLOW], {}, "explicit deny"),
    Case(DENY_ALLOW, "an applicable deny trumps an allow of the same policy", [policy(statement("Allow"), statement("Deny"))], {}, "explicit deny"),
    Case(CONDITION, "conditions say when a policy is in effect", denied_if("Bool", aws__SecureTransport="false"),
         {"aws:SecureTransport": "true"}, "allow"),
    Case(ACTION, "actions match whatever their case", [ALLOW, policy(statement("Deny", Action="S3:getobject"))], {}, "explicit deny"),
    Case(ACTION, "a wildcard stands for the rest of an action", [ALLOW, policy(statement("Deny", Action=["s3:Get*"]))], {}, "explicit deny"),
    Case(ACTION, "a wildcard of another service does not match", [ALLOW, policy(statement("Deny", Action=["iam:*"]))], {}, "allow"),
    Case(NOT_ACTION, "everything but the named actions", [ALLOW, policy({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})], {}, "allow"),
    Case(NOT_ACTION, "an action that is not named is hit", [ALLOW, policy({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})], {},
         "explicit deny"),
    Case(NOT_RESOURCE, "everything but the named resources",
         [ALLOW, policy({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/*"})], {}, "allow"),
    Case(OPERATORS, "strings are compared exactly, case too", denied_if("StringEquals", aws__userid="AROAEXAMPLE:S"),
         {"aws:userid": "AROAEXAMPLE:s"}, "allow"),
    Case(OPERATORS, "IgnoreCase does not look at case", denied_if("StringEqualsIgnoreCase", aws__username="John"),
         {"aws:username": "john"}, "explicit deny"),
    Case(OPERATORS, "StringLike matches with * and ?", denied_if("StringLike", aws__userid="AROAEXAMPLE:*"),
         {"aws:userid": "AROAEXAMPLE:anything"}, "explicit deny"),
    Case(OPERATORS, "StringEquals takes * as it is written", denied_if("StringEquals", aws__userid="AROAEXAMPLE:*"),
         {"aws:userid": "AROAEXAMPLE:anything"}, "allow"),
    Case(OPERATORS, "a key that is not in the request matches nothing", denied_if("StringEquals", aws__SourceIdentity="alice"), {}, "allow"),
    Case(OPERATORS, "a negated operator holds where the key is absent", denied_if("StringNotEquals", aws__SourceIdentity="alice"), {},
         "explicit deny"),
    Case(OPERATORS, "IfExists holds where the key is absent", denied_if("StringEqualsIfExists", aws__SourceIdentity="alice"), {}, "explicit deny"),
    Case(OPERATORS, "IfExists compares where the key is there", denied_if("StringEqualsIfExists", aws__SourceIdentity="alice"),
         {"aws:SourceIdentity": "bob"}, "allow"),
    Case(OPERATORS, "Null true: the key must be absent", denied_if("Null", aws__TokenIssueTime="true"), {"aws:TokenIssueTime": NOON}, "allow"),
    Case(OPERATORS, "Null false: the key must be there", denied_if("Null", aws__TokenIssueTime="false"), {"aws:TokenIssueTime": NOON},
         "explicit deny"),
    Case(OPERATORS, "ArnEquals and ArnLike both take wildcards", denied_if("ArnEquals", aws__PrincipalArn="arn:aws:iam::*:role/path/*"),
         {"aws:PrincipalArn": ROLE}, "explicit deny"),
    Case(OPERATORS, "an ARN's parts are compared one by one", denied_if("ArnLike", aws__PrincipalArn="arn:*:role/path/web"),
         {"aws:PrincipalArn": ROLE}, "allow"),
    Case(OPERATORS, "addresses lie in ranges", denied_if("NotIpAddress", aws__SourceIp=["192.0.2.0/24", "203.0.113.0/24"]),
         {"aws:SourceIp": "203.0.113.9"}, "allow"),
    Case(OPERATORS, "numbers are compared as numbers", denied_if("NumericLessThan", aws__MultiFactorAuthAge="3600"),
         {"aws:MultiFactorAuthAge": "900"}, "explicit deny"),
    Case(MULTI, "of several values of a key any may match", denied_if("StringEquals", aws__userid=["A:x", "A:y"]), {"aws:userid": "A:y"},
         "explicit deny"),
    Case(MULTI, "several keys must all match", denied_if("StringEquals", aws__userid="A:x", aws__SourceIdentity="alice"),
         {"aws:userid": "A:x", "aws:SourceIdentity": "bob"}, "allow"),
    Case(MULTI, "several operators must all match",
         [ALLOW, policy(statement("Deny", {"StringEquals": {"aws:userid": "A:x"}, "DateLessThan": {"aws:TokenIssueTime": NOON}}))],
         {"aws:userid": "A:x", "aws:TokenIssueTime": LATER}, "allow"),
    Case(CONDITION, "names of keys are not case-sensitive", denied_if("StringEquals", aws__UserId="A:x"), {"aws:userid": "A:x"}, "explicit deny"),
    Case(SETS, "ForAnyValue wants one of the request's values", denied_if("ForAnyValue:StringEquals", aws__TagKeys=["env"]),
         {"aws:TagKeys": ["env", "team"]}, "explicit deny"),
    Case(SETS, "ForAllValues holds where there are none", denied_if("ForAllValues:StringEquals", aws__TagKeys=["env"]), {}, "explicit deny"),
    Case(VARIABLES, "a variable stands for the request's value", denied_if("StringNotEquals", aws__SourceVpc="${aws:Ec2InstanceSourceVpc}"),
         {"aws:SourceVpc": "vpc-1", "aws:Ec2InstanceSourceVpc": "vpc-1"}, "allow"),
    Case(VARIABLES, "an inverted operator matches a variable without a value",
         denied_if("StringNotEquals", aws__Ec2InstanceSourceVpc="${aws:SourceVpc}"), {"aws:Ec2InstanceSourceVpc": "vpc-1"}, "explicit deny"),
    Case(VARIABLES, "nothing equals a variable without a value",
         denied_if("StringEquals", aws__Ec2InstanceSourceVpc="${aws:SourceVpc}"), {"aws:Ec2InstanceSourceVpc": "vpc-1"}, "allow"),
    Case(MULTI, "of several values of a negated operator none may match", denied_if("StringNotEquals", aws__userid=["A:x", "A:y"]),
         {"aws:userid": "A:y"}, "allow"),
    Case(KEYS, "a source identity persists into the sessions asked for with it", denied_if("StringEquals", aws__SourceIdentity="alice"),
         {"aws:SourceIdentity": "alice", "aws:PrincipalArn": ROLE}, "explicit deny"),
    Case(DISABLE, "sessions issued before the time are denied", REVOKED, {"aws:TokenIssueTime": EARLIER}, "explicit deny"),
    Case(KEYS, "long-term keys have no aws:TokenIssueTime and are not hit", REVOKED, {"aws:PrincipalArn": ROLE}, "allow"),
    Case(REVOKE, "sessions issued after the time are not hit", REVOKED, {"aws:TokenIssueTime": LATER}, "allow"),
    Case(OPERATORS, "DateLessThan is strict: the very second is not before it", REVOKED, {"aws:TokenIssueTime": NOON}, "allow"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_case_of_the_user_guide(case: Case) -> None:
    assert decide(case.policies, case.action, case.resource, case.context) == case.wanted


@pytest.mark.parametrize(
    ("says", "identity", "guardrails", "wanted"),
    [
        ("a service control policy grants nothing", [], [ALLOW], "implicit deny"),
        (
            "without an applicable allow in it the final decision is deny",
            [ALLOW],
            [policy(statement("Allow", Action="iam:*"))],
            "implicit deny",
        ),
        ("what it denies is denied whatever IAM says", [ALLOW], [ALLOW, DENY], "explicit deny"),
        ("both allow: allowed", [ALLOW], [ALLOW], "allow"),
        ("IAM's own deny holds inside it", [ALLOW, DENY], [ALLOW], "explicit deny"),
    ],
)
def test_a_case_of_service_control_policies(
    says: str, identity: list[Policy], guardrails: list[Policy], wanted: Decision
) -> None:
    """`LOGIC`, "Organizations SCPs"."""
    assert says
    assert decide_with_guardrails(identity, guardrails, "s3:GetObject", "arn:aws:s3:::b/k", {}) == wanted


def test_there_are_thirty_cited_cases() -> None:
    assert len(CASES) >= 30
    assert len({case.says for case in CASES}) == len(CASES)
    assert all(case.page.startswith(("reference_", "id_")) for case in CASES)
