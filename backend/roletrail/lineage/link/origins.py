"""Nodes that no credential of ours stands for: services' workloads, subjects of identity providers, passwords, strangers.

A node's content follows from what its id is made of, so that every record that names an origin draws the same one.
"""

from __future__ import annotations

from roletrail.lineage import ids, workload
from roletrail.lineage.link.detail import detail_text
from roletrail.lineage.model import Issuance, Node


def origin(
    kind: str, *parts: str, partition: str = "aws", account: str = "", name: str = "", label: str = "", principal_id: str = "",
    workload_kind: str = "", detail: str = "", id_: str = "",
) -> Node:  # fmt: skip
    return Node(
        id=id_ or ids.origin_id(kind, partition, *parts), kind="origin", type=kind, partition=partition, principal_id=principal_id,
        account=account, role_id="", role_arn="", role_name="", name=name, label=label or name, issued_at=0, expires=0,
        access_key_ids=(), key_count=0, source_identity="", mfa="", on_behalf_of="", counts=False, service_linked=False,
        workload=workload_kind, workload_id=name if workload_kind else "", detail=detail,
    )  # fmt: skip


def of_service(i: Issuance) -> Node:
    """The workload a service delivered to, else the service itself in that account."""
    principal = i.parent_label or i.invoked_by
    target = workload.delivered_by(principal, i.session_name)
    account = i.role_account or i.account
    if target.kind == "service":
        return origin("service", account, principal, partition=i.partition, account=account, name=principal, id_=i.parent)
    return origin(
        target.kind, account, target.id, partition=i.partition, account=account, name=target.id, workload_kind=target.kind,
        detail=detail_text({"service": principal}), id_=i.parent,
    )  # fmt: skip


def of_subject(i: Issuance) -> Node:
    """Whom an identity provider authenticated, in the provider's words."""
    kind = "saml" if i.family == "saml" else "web"
    subject = i.parent_principal or i.parent_label
    name = i.parent_label or subject
    return origin(
        kind, i.provider, subject, name, partition=i.partition, name=name, principal_id=subject,
        label=f"{'SAML' if kind == 'saml' else 'OIDC'} subject {name}",
        detail=detail_text({"provider": i.provider}), id_=i.parent,
    )  # fmt: skip


def of_directory_user(user_id: str, partition: str) -> Node:
    return origin("identity_center", user_id, partition=partition, name=user_id, label=f"Identity Center user {user_id}")


def of_password(i: Issuance) -> Node:
    who = i.session_name or "root"
    return origin(
        "console", i.child_principal, who, partition=i.partition, account=i.account, name=who, label=f"console sign-in as {who}",
        principal_id=i.child_principal,
    )  # fmt: skip


def of_stranger(i: Issuance) -> Node:
    """A caller of whom only the role owner's copy of the call tells: account and unique id."""
    return origin(
        "foreign", i.parent_account, i.parent_principal, partition=i.partition, account=i.parent_account,
        name=i.parent_principal, label=f"caller in {i.parent_account}" if i.parent_account else "foreign caller",
        principal_id=i.parent_principal,
    )  # fmt: skip
