"""Identity Center: the user at the portal (phase 1), and sessions of permission-set roles, which IAM lets nobody edit (phase 2)."""

from __future__ import annotations

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import Case, Subject, is_portal_role, usable
from roletrail.detect.containment.cut_off import MANAGEMENT
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Alternative, Ask, Check, Document, Step, Stops, Var, aws


def steps(case: Case) -> list[Step]:
    return [*(_user(id_) for id_ in _users(case)), *_sessions(case)]


def _users(case: Case) -> list[str]:
    named = [one.node.on_behalf_of for one in case.attackers if is_portal_role(one.node)]
    named += [one.node.name for one in case.attackers if one.node.kind == "origin" and one.node.type == "identity_center"]
    return [id_ for id_ in dict.fromkeys(named) if id_]


def _user(id_: str) -> Step:
    return Step(
        phase=1,
        name="disable the portal user",
        target=id_,
        account="",
        user=id_,
        title=f"Disable Identity Center user {id_} and end its portal sessions",
        why="The portal hands out role sessions for as long as the user may sign in, and for as long as a portal session is open.",
        console=(
            "IAM Identity Center (management account)", "Users", id_, "Disable user access", "Active sessions", "Select all, End session",
        ),
        breaks="Everything that this user does through the portal, in every account.",
        permissions=("sso-directory:DisableUser", "sso:DeleteSession (console only: the API has no such call)"),
        undo_text="Enable the user again; the password should be a new one.",
        survives="Role sessions already handed out, for as long as the permission set says (up to 12 hours): the denies of phase 2 are for them.",
        enough=False,
        notes=("With an identity provider outside AWS, disable the person's account there as well, and first.",),
        checks=(Check("", ("DisableUser",), id_),),
    )  # fmt: skip


def _sessions(case: Case) -> list[Step]:
    by_place: dict[tuple[str, str], list[Subject]] = {}
    for one in case.subjects.values():
        if one.node.kind == "session" and is_portal_role(one.node):
            by_place.setdefault((one.node.account, one.node.on_behalf_of), []).append(one)
    return [_deny(case, account, user, found) for (account, user), found in by_place.items()]


def _deny(case: Case, account: str, user: str, found: list[Subject]) -> Step:
    ids = sorted({one.node.principal_id for one in found if usable(one.node.principal_id)})
    policy = documents.deny_portal_user(user) if user and usable(user) else documents.deny_user_ids(ids)
    printable = bool((user and usable(user)) or ids)
    mine = tuple(one.node.id for one in found)
    managing = account in case.management
    does = _permission_set(policy) if managing else _scp(account, policy)
    return Step(
        phase=2,
        name="deny the portal user's sessions",
        target=f"{account}:{user or ','.join(ids)}",
        account=account,
        roles=tuple(dict.fromkeys(one.node.role_name for one in found)),
        user=user,
        title=f"Deny the role sessions of Identity Center user {user or '(not named)'} in {account}",
        why="Roles of permission sets belong to Identity Center: IAM refuses to change them. A deny on the user's id ends this user's "
        "sessions in every permission set and spares all others'."
        if user
        else "Roles of permission sets belong to Identity Center: IAM refuses to change them. These logs do not say which user "
        "these sessions stand for, so the deny names the sessions.",
        console=("Organizations (management account)", "Policies", "Service control policies", "Create policy", f"AWS accounts, {account}, Attach")
        if not managing
        else ("IAM Identity Center", "Permission sets", "the set", "Inline policy", "Edit"),
        does=does if printable else (),
        alternative=None if managing or not printable else Alternative(
            "Works without service control policies, and in the management account: the permission set itself denies. It replaces the "
            "set's inline policy, so add the statement to what the first call prints.",
            _permission_set(policy),
        ),
        stops=Stops(mine, tuple(one.node.id for one in found if one.attacker)),
        breaks="Nothing of other users." if user else "Later sessions of the same names in these roles.",
        permissions=("organizations:CreatePolicy", "organizations:AttachPolicy") if not managing else ("sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"),
        undo=() if managing else _undo(account),
        undo_text="Detach it 12 hours later, when no session it denies can still be valid.",
        survives="Sessions of other roles that these obtained: each has a step of its own. "
        + ("" if managing else "A service control policy does not bind the management account."),
        notes=("Revoking the permission set's sessions in Identity Center logs everybody out who uses it.",),
        checks=(Check("", ("AttachPolicy",), account, denies=mine),),
    )  # fmt: skip


def _policy_id(account: str) -> Var:
    return Var(f"PORTAL_SCP_{account}")


def _scp(account: str, policy: documents.Policy) -> tuple[Does, ...]:
    file, id_ = f"portal-deny-{account}.json", _policy_id(account)
    return (
        Document(file, policy, "scp"),
        aws(
            MANAGEMENT, "organizations", "create-policy", "--name", f"roletrail-portal-{account}", "--type", "SERVICE_CONTROL_POLICY",
            "--description", "Containment: denies an Identity Center user", "--content", f"file://{file}",
            "--query", "Policy.PolicySummary.Id", "--output", "text", into=id_.name,
        ),
        aws(MANAGEMENT, "organizations", "attach-policy", "--policy-id", id_, "--target-id", account),
    )  # fmt: skip


def _undo(account: str) -> tuple[Does, ...]:
    id_ = _policy_id(account)
    return (
        aws(MANAGEMENT, "organizations", "detach-policy", "--policy-id", id_, "--target-id", account),
        aws(MANAGEMENT, "organizations", "delete-policy", "--policy-id", id_),
    )


def _permission_set(policy: documents.Policy) -> tuple[Does, ...]:
    which = ("--instance-arn", Var("SSO_INSTANCE"), "--permission-set-arn", Var("PERMISSION_SET"))
    return (
        Ask("SSO_INSTANCE", "ARN of the Identity Center instance (aws sso-admin list-instances)"),
        Ask("PERMISSION_SET", "ARN of the permission set"),
        aws(MANAGEMENT, "sso-admin", "get-inline-policy-for-permission-set", *which, file="permission-set-before.json"),
        Document("permission-set-deny.json", policy),
        aws(
            MANAGEMENT,
            "sso-admin",
            "put-inline-policy-to-permission-set",
            *which,
            "--inline-policy",
            "file://permission-set-deny.json",
        ),
        aws(MANAGEMENT, "sso-admin", "provision-permission-set", *which, "--target-type", "ALL_PROVISIONED_ACCOUNTS"),
    )
