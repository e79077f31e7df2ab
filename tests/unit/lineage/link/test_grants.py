"""What stands for an issuance: copies of one call put together, and sign-ins by password."""

from __future__ import annotations

from typing import Any

from roletrail.lineage import ids
from roletrail.lineage.link.grant import LOGIN, Grant, login, merged
from roletrail.lineage.model import Issuance, SignIn

AT = 1_793_613_600
USER = SignIn(
    "e1", AT, "ConsoleLogin", "aws", "", "AIDAEXAMPLE", "IAMUser", "111111111111", "arn:aws:iam::111111111111:user/ops/team/alice",
    "eu-central-1", "", "true", "true", "198.51.100.7", "browser", '{"saml_provider":"corp"}',
)  # fmt: skip


def told(**fields: Any) -> Issuance:
    empty = Issuance._make(0 if name in ("at", "parent_created", "expires") else "" for name in Issuance._fields)
    return empty._replace(**fields)


def test_a_sign_in_by_password_is_a_grant() -> None:
    issued = told(
        event_id="e1", at=AT, family=LOGIN, event_name="ConsoleLogin", partition="aws", account="111111111111", region="eu-central-1",
        parent_kind="origin", parent_account="111111111111", child=ids.session_id("aws", "AIDAEXAMPLE", AT),
        child_principal="AIDAEXAMPLE", child_type="IAMUser", session_name="alice", address="198.51.100.7", agent="browser",
        provider="corp", detail='{"saml_provider":"corp"}',
    )  # fmt: skip
    assert login(USER) == Grant(issued, ("20261102.e1",), False, ("AIDAEXAMPLE", ""), "", "")


def test_root_has_no_name_and_a_role_session_its_own() -> None:
    root = USER._replace(type="Root", principal_id="111111111111", arn="arn:aws:iam::111111111111:root", detail="")
    assert (login(root).told.session_name, login(root).told.provider, login(root).group) == ("", "", ("111111111111", ""))
    role = USER._replace(type="AssumedRole", principal_id="AROA:work", arn="arn:aws:sts::111111111111:assumed-role/A/work")
    assert (login(role).told.session_name, login(role).told.role_name, login(role).group) == ("work", "A", ("A", "work"))


def test_copies_of_one_call_are_one_grant() -> None:
    caller = told(event_id="e2", at=AT, child="c", child_key="K", request_id="r", parent="p", parent_key="P")
    role = told(
        event_id="e1", at=AT, child="c", child_key="K", request_id="r", copy="foreign", parent_principal="AROA:x", external_id="x"
    )
    (one,) = merged([role, caller])
    assert one.told == caller._replace(copy="foreign", parent_principal="AROA:x", external_id="x")
    assert (one.evidence, one.foreign, one.issued_key) == (("20261102.e2", "20261102.e1"), False, "K")


def test_a_strangers_copy_finds_its_call_by_the_childs_key() -> None:
    caller = told(event_id="e2", at=AT, child="c", child_key="K", request_id="r1")
    other = told(event_id="e3", at=AT, child="c", child_key="L", request_id="r3")
    role = told(event_id="e1", at=AT, child="c", child_key="K", request_id="r2", copy="foreign")
    assert [g.evidence for g in merged([role, caller, other])] == [("20261102.e2", "20261102.e1"), ("20261102.e3",)]
    without_key = role._replace(child_key="")
    assert [(g.evidence, g.foreign) for g in merged([without_key, caller])] == [
        (("20261102.e1",), True),
        (("20261102.e2",), False),
    ]


def test_one_key_for_parent_and_child_is_no_key() -> None:
    (one,) = merged([told(event_id="e1", at=AT, child="c", child_key="K", parent_key="K")])
    assert (one.issued_key, one.conflict) == ("", "the record gives parent and child one access key id")
    (one,) = merged([told(event_id="e1", at=AT, child="c")])
    assert (one.issued_key, one.conflict) == ("", "")
