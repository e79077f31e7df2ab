"""What an identity looks like once it is linked: facts of its uses, filled with facts of what made it."""

from __future__ import annotations

from functools import lru_cache

from roletrail.lineage import arn, ids, workload
from roletrail.lineage.link.case import Case
from roletrail.lineage.link.detail import detail_of, detail_text
from roletrail.lineage.link.forward import looks_forwarded
from roletrail.lineage.link.grant import LOGIN, Grant
from roletrail.lineage.model import Action, Caller, CredentialUse, Edge, Issuance, Node

MAX_KEYS = 20


def of_case(case: Case, edges: tuple[Edge, ...]) -> Node:
    if case.seen is None:
        return _unused(case)
    c, uses = case.seen
    return _key(c, uses) if c.kind == "key" else _session(case, c, uses, edges)


def _key_node(id_: str, partition: str, principal: str, account: str, key: str, user: str, type_: str, user_arn: str) -> Node:
    who = "root" if type_ == "Root" else user
    return Node(
        id=id_, kind="key", type=type_ or "IAMUser", partition=partition, principal_id=principal, account=account, role_id="",
        role_arn="", role_name="", name=who, label=f"{who} {key}".strip(), issued_at=0, expires=0,
        access_key_ids=(key,) if key else (), key_count=1 if key else 0, source_identity="", mfa="", on_behalf_of="", counts=False,
        service_linked=False, workload="", workload_id="", detail=detail_text({"arn": user_arn}),
    )  # fmt: skip


def _key(c: Caller, uses: tuple[CredentialUse, ...]) -> Node:
    key = min((u.access_key_id for u in uses if u.access_key_id), default="")
    return _key_node(c.id, c.partition, c.principal_id, c.account, key, c.name, c.type, c.arn)


def of_created_key(a: Action, partition: str) -> Node:
    """A long-term key that was made and not seen in use."""
    user = str(detail_of(a.detail).get("user_name", ""))
    return _key_node(ids.key_id(partition, a.target), partition, "", a.account, a.target, user, "IAMUser", "")


def _unused(case: Case) -> Node:
    grants = case.grants
    i = grants[0].told
    keys = sorted({g.issued_key for g in grants if g.issued_key})
    role = i.child_type == "AssumedRole"
    linked = arn.is_service_linked(i.role_arn)
    target = _workload(None, grants)
    return Node(
        id=case.id, kind="session", type=i.child_type, partition=i.partition, principal_id=i.child_principal,
        account=i.role_account or _account(i), role_id=arn.split_principal(i.child_principal)[0] if role else "",
        role_arn=i.role_arn, role_name=i.role_name, name=i.session_name, label=i.role_name if role else _label(i.child_type, i.session_name),
        issued_at=i.at, expires=max(g.told.expires for g in grants), access_key_ids=tuple(keys[:MAX_KEYS]), key_count=len(keys),
        source_identity=max(g.told.source_identity for g in grants), mfa="", on_behalf_of="",
        counts=(role and not linked) or i.family == "root_task", service_linked=linked, workload=target.kind if target else "",
        workload_id=target.id if target else "", detail=_detail(None, grants),
    )  # fmt: skip


def _account(i: Issuance) -> str:
    if i.family == "root_task":
        return i.child_principal
    return i.parent_account or i.account


def _label(type_: str, name: str) -> str:
    """What stands in sentences: a session of somebody, never somebody."""
    if type_ == "Root":
        return "root"
    return f"{'federated session' if type_ == 'FederatedUser' else 'session'} of {name}"


def _session(case: Case, c: Caller, uses: tuple[CredentialUse, ...], edges: tuple[Edge, ...]) -> Node:
    grants = case.grants
    role_arn = c.role_arn or _greatest(grants, "role_arn")
    role = c.type == "AssumedRole"
    role_name = (arn.role_name(role_arn) or arn.role_name(c.arn)) if role else ""
    linked = role and arn.is_service_linked(role_arn)
    keys, key_count = _keys(uses, grants)
    target = _workload(c, grants)
    label = (role_name or c.name or c.principal_id) if role else _label(c.type, c.name or c.principal_id)
    issued_at = c.created or min((g.told.at for g in grants), default=0)
    expires = grants[0].told.expires if len(grants) == 1 else max((g.told.expires for g in grants), default=0)
    source_identity = c.source_identity or _greatest(grants, "source_identity")
    workload_kind, workload_id = target or ("", "")
    # By position, as every session passes here: two dozen keywords take twice as long.
    return Node(
        c.id, "session", c.type, c.partition, c.principal_id, c.account, c.role_id, role_arn, role_name, c.name, label, issued_at,
        expires, keys, key_count, source_identity, c.mfa, c.on_behalf_of, _counts(c, role_name, linked, edges), linked,
        workload_kind, workload_id, _detail(c, grants),
    )  # fmt: skip


def _greatest(grants: tuple[Grant, ...], name: str) -> str:
    return max((getattr(g.told, name) for g in grants), default="")


def _counts(c: Caller, role_name: str, linked: bool, edges: tuple[Edge, ...]) -> bool:
    """Role sessions and root tasks count. Not service-linked roles, not the instance's own identity (its id starts with
    the account), not a console session that a sign-in link carried a counted session into."""
    if c.type != "AssumedRole":
        return any(e.kind == "RAN_ROOT_TASK" for e in edges)
    if linked or ":aws:ec2-in" in c.principal_id or role_name.startswith("aws:"):
        return False
    issued = [e for e in edges if not e.pivot]
    return not issued or any(e.kind != "SIGNED_IN" or not e.parent_key for e in issued)


def _keys(uses: tuple[CredentialUse, ...], grants: tuple[Grant, ...]) -> tuple[tuple[str, ...], int]:
    """Issued keys first, then used ones; forward-access keys are the services', not the session's."""
    issued = {g.issued_key for g in grants if g.issued_key}
    if len(uses) == 1 and len(issued) <= 1:
        key = uses[0].access_key_id if uses[0].kind != "forward" else ""
        if not issued or key in issued:
            return ((key,), 1) if key else ((), 0)
    used = {u.access_key_id for u in uses if u.kind != "forward" and u.access_key_id} - issued
    keys = [*sorted(issued), *sorted(used)]
    return tuple(keys[:MAX_KEYS]), len(keys)


def _workload(c: Caller | None, grants: tuple[Grant, ...]) -> workload.Workload | None:
    for g in grants:
        if g.told.family == "service":
            found = workload.delivered_by(g.told.parent_label or g.told.invoked_by, g.told.session_name)
            return found if found.kind != "service" else None
    return workload.in_scope(c.in_scope_of) if c is not None and c.in_scope_of else None


def _detail(c: Caller | None, grants: tuple[Grant, ...]) -> str:
    facts: dict[str, object] = {}
    if c is not None:
        if c.type != "AssumedRole":
            facts["arn"] = c.arn
        if c.internal and c.internal == c.count:
            facts["made_by_services"] = True
        if not grants and looks_forwarded(c):
            facts["forward_access"] = True
        if c.provider or c.in_scope_of or c.sign_in_session or c.assumed_root:
            facts |= {"provider": c.provider, "in_scope_of": c.in_scope_of, "sign_in_session": c.sign_in_session}
            facts["assumed_root"] = c.assumed_root
    for g in grants:
        if g.told.detail and g.told.family != LOGIN:
            for name, value in _asked(g.told.detail):
                facts.setdefault(name, value)
        if g.told.external_id:
            facts.setdefault("external_id", g.told.external_id)
    return detail_text(facts) if facts else ""


_ASKED = ("tags", "incoming_transitive_tags", "policy", "policy_arns", "task_policy", "audience", "saml_issuer")


@lru_cache(1 << 12)
def _asked(detail: str) -> tuple[tuple[str, object], ...]:
    """What a page of the session prints of its issuance's detail. Most details say a duration and no more."""
    told = detail_of(detail)
    return tuple((name, told[name]) for name in _ASKED if name in told)
