"""IAM users: their keys and passwords (phase 1), and what their session tokens and federated sessions still may (phase 2)."""

from __future__ import annotations

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import (
    Case,
    Subject,
    by_name,
    created_users,
    detail_of,
    facts_of,
    issuer_of,
    refs,
    text_of,
    usable,
    usable_name,
    user_of,
)
from roletrail.detect.containment.step import SET_TIME, Alternative, Check, Document, Step, Stops, aws
from roletrail.lineage.model import Action

User = tuple[str, str]  # account, name


def steps(case: Case) -> list[Step]:
    return [*_keys(case), *_made_users(case), *_passwords(case), *_sessions(case)]


# --- phase 1: keys ---


def _keys(case: Case) -> list[Step]:
    """Keys in the plan and keys the attacker made or switched on, used or not; those he made come first."""
    made = {a.target: a for a in by_name(case, "CreateAccessKey", "UpdateAccessKey") if a.target and _hands_out(a)}
    known = {
        key: one
        for one in case.attackers
        if one.node.kind == "key" and one.node.type != "Root"
        for key in one.node.access_key_ids
    }
    live = _sessions_by_user(case)
    found: list[Step] = []
    for key in dict.fromkeys([*made, *known]):
        action, subject = made.get(key), known.get(key)
        account = subject.node.account if subject else action.account if action else ""
        user = (subject.node.name if subject else "") or (text_of(detail_of(action), "user_name") if action else "")
        found.append(_key(key, account, user, action, subject, live.get((account, user), [])))
    return found


def _hands_out(action: Action) -> bool:
    return action.event_name == "CreateAccessKey" or text_of(detail_of(action), "status") == "Active"


def _key(key: str, account: str, user: str, made: Action | None, subject: Subject | None, sessions: list[Subject]) -> Step:
    ids = (subject.node.id,) if subject else ()
    words = ("iam", "update-access-key", "--user-name", user, "--access-key-id", key)
    printable = usable_name(user) and usable(key)
    origin = "The attacker made it" if made and made.event_name == "CreateAccessKey" else "The attacker switched it on"
    why = (
        f"{origin} ({made.event_name}), so it is what is reached for when the first credential stops working."
        if made
        else "The chain begins with this long-term key: it has no end of its own, and it can ask for every session again."
    )
    return Step(
        phase=1,
        name="deactivate key",
        target=key,
        account=account,
        user=user,
        key=key,
        title=f"Deactivate access key {key} of user {user or '(not named)'} in {account}",
        why=why,
        console=("IAM", "Users", user, "Security credentials", "Access keys", key, "Actions, Deactivate"),
        does=(aws(account, *words, "--status", "Inactive"),) if printable else (),
        stops=Stops(ids, ids),
        breaks="Whatever else signs its calls with this key: its own page lists the addresses and the agents."
        if not made
        else "Nothing of yours.",
        permissions=("iam:UpdateAccessKey",),
        undo=(aws(account, *words, "--status", "Active"),) if printable else (),
        undo_text="Do not delete it yet: an inactive key can be brought back, and tells who still tries it.",
        survives=(
            f"{len(sessions)} session{'s' * (len(sessions) != 1)} that this user's credentials obtained without a role "
            "(session tokens, federated users, console sign-ins) keep working: the deny on the user in phase 2 is for them. "
            if sessions
            else ""
        )
        + "Role sessions that it asked for keep working until they are revoked or expire.",
        enough=not sessions,
        evidence=refs([made]) if made else (),
        checks=(Check(account, ("UpdateAccessKey", "DeleteAccessKey"), key, denies=ids),),
    )


# --- phase 1: users and passwords the attacker made ---


def _made_users(case: Case) -> list[Step]:
    return [_made_user(case, account, name, action) for (account, name), action in created_users(case).items()]


def _made_user(case: Case, account: str, name: str, action: Action) -> Step:
    ids = tuple(one.node.id for one in case.attackers if user_of(one.node) == (account, name))
    file = f"deny-all-{account}-{name}.json"
    words = ("--user-name", name, "--policy-name", documents.QUARANTINE)
    return Step(
        phase=1,
        name="deny the created user",
        target=name,
        account=account,
        user=name,
        title=f"Deny user {name} in {account} everything",
        why="The attacker made this user. The deny holds for every key, password and session of it, those not in these logs too.",
        console=("IAM", "Users", name, "Permissions", "Add permissions, Create inline policy", f"Paste {file}"),
        does=(
            Document(file, documents.deny_all()),
            aws(account, "iam", "put-user-policy", *words, "--policy-document", f"file://{file}"),
        )
        if usable_name(name)
        else (),
        stops=Stops(ids, ids),
        breaks="Nothing of yours: the user did not exist before.",
        permissions=("iam:PutUserPolicy",),
        undo=(aws(account, "iam", "delete-user-policy", *words),) if usable_name(name) else (),
        undo_text="Phase 4 deletes the user.",
        survives="Role sessions that the user obtained.",
        evidence=refs([action]),
        checks=(Check(account, ("PutUserPolicy",), name, policies=(documents.QUARANTINE,), denies=ids),),
    )


def _passwords(case: Case) -> list[Step]:
    """Console passwords the attacker set, and the one a console session of the chain began with."""
    set_by = {(a.account, _named(a)): a for a in by_name(case, "CreateLoginProfile", "UpdateLoginProfile", "ChangePassword")}
    signed_in = {
        (one.node.account, one.node.name): None
        for one in case.attackers
        if one.node.kind == "origin" and one.node.type == "console" and one.node.name != "root"
    }
    users = dict.fromkeys([*set_by, *signed_in])
    return [_password(account, name, set_by.get((account, name))) for account, name in users if name]


def _named(action: Action) -> str:
    return text_of(detail_of(action), "user_name") or action.target


def _password(account: str, name: str, made: Action | None) -> Step:
    return Step(
        phase=1,
        name="disable console password",
        target=name,
        account=account,
        user=name,
        title=f"Disable the console password of user {name} in {account}",
        why=f"The attacker set it ({made.event_name})." if made else "A console session of this chain began with it.",
        console=("IAM", "Users", name, "Security credentials", "Manage console access", "Disable"),
        does=(aws(account, "iam", "delete-login-profile", "--user-name", name),) if usable_name(name) else (),
        breaks="Console sign-in of this user."
        if not made
        else "Console sign-in of this user, whose password the attacker knows.",
        permissions=("iam:DeleteLoginProfile",),
        undo_text="Give the user a new password when the plan is done: aws iam create-login-profile.",
        survives="Console sessions that are open stay open for up to 12 hours: the deny on the user in phase 2 is for them.",
        enough=False,
        evidence=refs([made]) if made else (),
        checks=(Check(account, ("DeleteLoginProfile",), name),),
    )


# --- phase 2: what was issued to the user itself ---


def _sessions_by_user(case: Case) -> dict[User, list[Subject]]:
    """Sessions whose permissions are the user's own: session tokens, console sign-ins, federated users."""
    found: dict[User, list[Subject]] = {}
    for one in case.attackers:
        user = _session_owner(case, one)
        if user[1]:
            found.setdefault(user, []).append(one)
    return found


def _session_owner(case: Case, one: Subject) -> User:
    if one.node.kind != "session":
        return "", ""
    if one.node.type == "FederatedUser":
        issuer = issuer_of(case.subjects, one.edges)
        return user_of(issuer) if issuer is not None else ("", "")
    return user_of(one.node)


def _sessions(case: Case) -> list[Step]:
    made = created_users(case)
    return [_deny_user(*user, found) for user, found in _sessions_by_user(case).items() if user not in made]


def _deny_user(account: str, name: str, sessions: list[Subject]) -> Step:
    ids = tuple(one.node.id for one in sessions)
    file = f"revoke-{account}-user-{name}.json"
    words = ("--user-name", name, "--policy-name", documents.REVOKE)
    federated = any(one.node.type == "FederatedUser" for one in sessions)
    return Step(
        phase=2,
        name="deny on the user",
        target=name,
        account=account,
        user=name,
        title=f"Deny the sessions of user {name} in {account} that were issued until now",
        why=(
            "A federated session has at most the permissions of the user who asked for it"
            if federated
            else "A session token has the permissions of its user"
        )
        + ", and an inactive key does not end it: only a deny on the user does.",
        console=(
            "IAM",
            "Users",
            name,
            "Permissions",
            "Add permissions, Create inline policy",
            f"Paste {file} with the time of now",
        ),
        does=(
            SET_TIME,
            Document(file, documents.revoke_older()),
            aws(account, "iam", "put-user-policy", *words, "--policy-document", f"file://{file}"),
        )
        if usable_name(name)
        else (),
        alternative=_sign_ins(account, name, sessions) if usable_name(name) else None,
        stops=Stops(ids, ids),
        breaks="Every session token, federated session and console session of this user issued until then. Its long-term keys are not hit.",
        permissions=("iam:PutUserPolicy",),
        undo=(aws(account, "iam", "delete-user-policy", *words),) if usable_name(name) else (),
        undo_text="Delete the policy 36 hours later: nothing that it denies is valid any more.",
        survives="The user's long-term keys (phase 1), and role sessions that these sessions obtained.",
        checks=(Check(account, ("PutUserPolicy",), name, policies=(documents.REVOKE, documents.DENY_SESSION), denies=ids),),
    )


def _sign_ins(account: str, name: str, sessions: list[Subject]) -> Alternative | None:
    """Where each of these sessions says which sign-in it came from, and they are no more than that."""
    arns = sorted({text_of(facts_of(one.node), "sign_in_session") for one in sessions})
    if not arns or not all(usable(arn) and ":session/" in arn for arn in arns):
        return None
    file = f"deny-sign-ins-{account}-{name}.json"
    words = ("--user-name", name, "--policy-name", documents.DENY_SESSION)
    return Alternative(
        "Denies these sign-ins alone, with what was signed in from them (aws login), and spares the user's other sessions.",
        (
            Document(file, documents.deny_sign_in_sessions(arns)),
            aws(account, "iam", "put-user-policy", *words, "--policy-document", f"file://{file}"),
        ),
    )
