"""What newer logs say of each step: worked, half worked, worked and then issued anew, too early."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.usecases.containment.views import ContainmentStep, ContainmentView
from tests.containment.conftest import Estate
from tests.scenarios.recipes import DAY, HOME, PROD, named_role, new_trail
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, iso

A, B, RESPONDER, QUIET = (
    named_role(HOME, "A"),
    named_role(PROD, "B"),
    named_role(HOME, "responder"),
    named_role(PROD, "responder-prod"),
)
T = at(DAY, "11:00:00")


class Incident:
    """alice's key, role A, role B in another account; and responders with roles of their own."""

    def __init__(self) -> None:
        self.trail: Trail = new_trail()
        self.key = self.trail.user_key(HOME, "alice", key="AKIA1")
        self.a = self.trail.assume(self.key, at(DAY, "10:30:00"), A, "s", key="K1", seconds=7200)
        self.b = self.trail.assume(self.a, at(DAY, "10:40:00"), B, "s", key="K2", seconds=7200)
        self.trail.call(self.b, at(DAY, "10:41:00"), "s3", "ListBuckets")
        lead = self.trail.user_key(HOME, "incident-lead", key="AKIA2")
        self.responder = self.trail.assume(lead, at(DAY, "10:50:00"), RESPONDER, "case-1", key="K5")
        self.abroad = self.trail.assume(lead, at(DAY, "10:51:00"), QUIET, "case-1", key="K6")

    def deactivate(self, when: int = T) -> None:
        request = {"userName": "alice", "accessKeyId": self.key.key, "status": "Inactive"}
        self.trail.call(self.responder, when, "iam", "UpdateAccessKey", request)

    def revoke(self, role: Any, by: Credential, when: int = T) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": {"DateLessThan": {"aws:TokenIssueTime": iso(when)}}}],
        }  # fmt: skip
        request = {"roleName": role.name, "policyName": "AWSRevokeOlderSessions", "policyDocument": json.dumps(policy)}
        self.trail.call(by, when + 2, "iam", "PutRolePolicy", request)

    def deny_session(self, role: Any, session: Credential, when: int = T) -> None:
        """The narrower way that plans print beside AWSRevokeOlderSessions."""
        condition = {"StringEquals": {"aws:userid": [session.principal_id]}, "DateLessThan": {"aws:TokenIssueTime": iso(when)}}
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}],
        }
        request = {"roleName": role.name, "policyName": "RoletrailDenySession", "policyDocument": json.dumps(policy)}
        self.trail.call(self.responder, when + 2, "iam", "PutRolePolicy", request)

    def logs_until(self, when: int) -> None:
        """Others' ordinary calls: they show how far each account's logs reach."""
        for by in (self.responder, self.abroad):
            self.trail.call(by, when, "s3", "ListBuckets")


def view(estate: Estate, incident: Incident) -> ContainmentView:
    estate.add(incident.trail.records)
    return estate.plan(incident.b.key, now=at(DAY, "14:00:00"))


def step(view: ContainmentView, target: str) -> ContainmentStep:
    return next(step for step in view.steps if step.order in (1, 2) and step.target == target)


def words(view: ContainmentView) -> dict[str, str]:
    return {step.target: step.status.word for step in view.steps if step.order in (1, 2)}


@pytest.fixture
def incident() -> Incident:
    return Incident()


KEY = "AKIAIEXAMPLEXXXAKIA1"


def test_nothing_was_done(estate: Estate, incident: Incident) -> None:
    incident.logs_until(T + 7200)
    assert words(view(estate, incident)) == {KEY: "open", "A": "open", "B": "open"}


def test_it_worked(estate: Estate, incident: Incident) -> None:
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    incident.trail.denied(incident.b, T + 600, "s3", "GetBucketPolicy")
    incident.logs_until(T + 7200)
    found = view(estate, incident)
    assert words(found) == {KEY: "done", "A": "done", "B": "effective"}
    status = step(found, "B").status
    assert status.at == iso(T)  # what the policy says, not when the call was made
    assert [event.what for event in status.events] == ["PutRolePolicy on B", "GetBucketPolicy was denied"]
    assert found.live.sentence.startswith("No credential in these logs is still valid. Not covered:")
    assert not found.live.credentials


def test_it_half_worked(estate: Estate, incident: Incident) -> None:
    """The parent is revoked, its child goes on: exactly what revoking one role does (semantics 7.3)."""
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.trail.denied(incident.a, T + 600, "s3", "ListBuckets")
    incident.trail.call(incident.b, T + 900, "s3", "ListBuckets")
    incident.logs_until(T + 7200)
    assert words(view(estate, incident)) == {KEY: "done", "A": "effective", "B": "open"}


def test_it_was_done_and_a_call_went_through(estate: Estate, incident: Incident) -> None:
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    incident.trail.call(incident.b, T + 900, "s3", "ListBuckets")
    incident.logs_until(T + 7200)
    found = view(estate, incident)
    assert words(found) == {KEY: "done", "A": "done", "B": "failed"}
    assert "1 call went through after it" in step(found, "B").status.text


def test_asking_who_one_is_needs_no_permission(estate: Estate, incident: Incident) -> None:
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    incident.trail.call(incident.b, T + 900, "sts", "GetCallerIdentity")
    incident.logs_until(T + 7200)
    assert words(view(estate, incident))["B"] == "done"


def test_it_worked_and_then_was_issued_anew(estate: Estate, incident: Incident) -> None:
    """The roles are revoked and the key that asks for them is not disabled."""
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    incident.trail.denied(incident.b, T + 300, "s3", "ListBuckets")
    again = incident.trail.assume(incident.key, T + 600, A, "s", key="K7")
    incident.trail.call(again, T + 660, "s3", "ListBuckets")
    incident.logs_until(T + 7200)
    found = view(estate, incident)
    assert words(found) == {KEY: "open", "A": "failed", "B": "effective"}
    assert "1 newer session issued to the same credentials" in step(found, "A").status.text
    assert any("a new session of A was issued" in event.what for event in step(found, "A").status.events)
    assert [one.label for one in found.live.credentials if one.state == "valid"] == [f"alice {KEY}"]


def test_others_asking_again_is_no_failure(estate: Estate, incident: Incident) -> None:
    """AWSRevokeOlderSessions lets everybody come back: that is what it is for."""
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    bob = incident.trail.user_key(HOME, "bob", key="AKIA3")
    incident.trail.assume(bob, T + 600, A, "work", key="K8")
    incident.logs_until(T + 7200)
    assert words(view(estate, incident)) == {KEY: "done", "A": "done", "B": "done"}


@pytest.mark.parametrize(("reach", "word"), [(5399, "too early"), (5400, "effective")])
def test_nothing_is_said_before_the_logs_reach_ninety_minutes_past_it(
    estate: Estate, incident: Incident, reach: int, word: str
) -> None:
    incident.deactivate()
    incident.revoke(A, incident.responder)
    incident.revoke(B, incident.abroad)
    incident.trail.denied(incident.b, T + 300, "s3", "ListBuckets")
    incident.logs_until(T + reach)
    found = view(estate, incident)
    assert words(found)["B"] == word
    assert [event.what for event in step(found, "B").status.events] == ["PutRolePolicy on B", "ListBuckets was denied"]


def test_a_failure_seen_too_early_is_told_of_and_not_yet_called_one(estate: Estate, incident: Incident) -> None:
    incident.deactivate()
    incident.revoke(B, incident.abroad)
    incident.trail.call(incident.b, T + 600, "s3", "ListBuckets")
    incident.logs_until(T + 1200)
    status = step(view(estate, incident), "B").status
    assert status.word == "too early"
    assert "What they show so far: 1 call went through after it." in status.text


def test_a_revocation_from_before_the_chain_is_another_incident(estate: Estate, incident: Incident) -> None:
    incident.revoke(A, incident.responder, at(DAY, "08:00:00"))
    incident.logs_until(T + 7200)
    assert words(view(estate, incident))["A"] == "open"


def test_a_refused_revocation_is_none(estate: Estate, incident: Incident) -> None:
    request = {"roleName": "A", "policyName": "AWSRevokeOlderSessions", "policyDocument": "{}"}
    incident.trail.denied(incident.responder, T, "iam", "PutRolePolicy", request)
    incident.logs_until(T + 7200)
    assert words(view(estate, incident))["A"] == "open"


def test_the_narrower_way_is_known_too(estate: Estate, incident: Incident) -> None:
    incident.deactivate()
    incident.deny_session(A, incident.a)
    incident.trail.denied(incident.a, T + 600, "s3", "ListBuckets")
    incident.logs_until(T + 7200)
    found = view(estate, incident)
    assert words(found) == {KEY: "done", "A": "effective", "B": "open"}
    assert step(found, "A").status.at == iso(T)
