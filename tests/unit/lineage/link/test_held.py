"""Rules that changed copies of the code showed nobody to hold: each was broken once without any other test noticing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage.link import anchors, federate
from roletrail.lineage.link.case import from_identity
from roletrail.lineage.link.match import matches
from roletrail.lineage.model import Caller, CredentialUse, Issuance, SignIn
from tests.unit.lineage.link.made import AT, ONE, asked, case, grant, known, made, match, seen

SSO = "AWSReservedSSO_Admins_0123456789abcdef"
MINE: dict[str, Any] = {"partition": "aws", "type": "AssumedRole", "principal_id": "AROA:work"}
ISSUED: dict[str, Any] = {
    "partition": "aws",
    "child_type": "AssumedRole",
    "child_principal": "AROA:work",
    "at": AT,
    "event_id": "issued",
}


def use(key: str, kind: str = "issued") -> CredentialUse:
    return made(CredentialUse, access_key_id=key, kind=kind, first_at=AT + 9, first_event="use of " + key)


def test_a_role_session_whose_role_is_not_said_goes_by_its_principal() -> None:
    assert anchors.caller_group(made(Caller, **MINE)) == ("AROA:work", "")


def test_a_role_told_by_its_name_alone_is_the_accounts_own() -> None:
    told = made(Issuance, copy="foreign", parent_principal="AROX:x", role_account=ONE, role_arn="A", at=AT)
    assert anchors.delivered_to("trust", f"{ONE}:A") in anchors.of_issuance(told)


@pytest.mark.parametrize(("created", "claimants"), [(AT, ["me"]), (0, [])])
def test_a_key_that_only_services_used_joins_by_its_moment_alone(created: int, claimants: list[str]) -> None:
    one = seen(use("K1", "forward"), **MINE, created=created)
    assert (
        known(one, issuances=[made(Issuance, child_key="K1", **ISSUED)]).claimants(grant(child_key="K1", **ISSUED)) == claimants
    )


def test_every_key_that_was_issued_to_somebody_else_is_told() -> None:
    others = [
        made(Issuance, **ISSUED | {"child_key": key, "child_principal": f"AROB:{key}", "request_id": key, "event_id": key})
        for key in ("K1", "K2")
    ]
    one = seen(use("K1"), use("K2"), **MINE)
    assert [(m.rule, m.child_key) for m in matches(one, known(one, issuances=others))] == [("J1x", "K1"), ("J1x", "K2")]


def test_nobody_asked_where_the_record_names_no_parent() -> None:
    m = match(parent="", child="c")
    assert from_identity(case(seen(), m), m, "ASSUMED") == []


# --- whom Identity Center's sessions are of -------------------------------------------------------------------------


def portal_call(user: str) -> SignIn:
    detail = json.dumps({"account_id": ONE, "role_name": SSO, "user_id": user})
    return asked("GetRoleCredentials", AT, event_id=user, detail=detail)


def parents(rule: str = "J2", *calls: SignIn, **facts: Any) -> list[tuple[str, str]]:
    """Kind of the origin, and the note, of a session that says it is on behalf of `u`."""
    asked_for = {"family": "saml", "role_account": ONE, "role_name": SSO, "provider": "p", "parent_label": "s"} | facts
    m = match(rule, 0.95, **asked_for)
    around = known(sign_ins=calls)
    return [(f.origin.type, f.edge.note) for f in federate.edges(case(seen(on_behalf_of="u"), m, around=around), m) if f.origin]


def test_only_a_permission_sets_own_session_is_of_the_directory_user() -> None:
    assert parents() == [("identity_center", "identity from onBehalfOf (J8 0.90)")]
    assert parents(role_name="Admins") == [("saml", "")]
    assert parents("J1x") == [("saml", "")]


def test_the_portal_call_is_that_of_the_user_the_session_names() -> None:
    note = "identity from onBehalfOf (J8 0.90); portal call (J8 0.85)"
    assert parents("J2", portal_call("u"), portal_call("v")) == [("identity_center", note)]
