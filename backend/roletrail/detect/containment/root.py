"""The root user: its keys and sign-ins (phase 1), and root sessions, which no policy of the account can end (phase 2)."""

from __future__ import annotations

from roletrail.detect.containment.case import Case, Subject, usable_account
from roletrail.detect.containment.step import Check, Step, Stops


def steps(case: Case) -> list[Step]:
    return [*_keys(case), *_passwords(case), *_sessions(case)]


def _keys(case: Case) -> list[Step]:
    return [
        Step(
            phase=1,
            name="deactivate root key",
            target=key,
            account=one.node.account,
            user="root",
            key=key,
            title=f"Deactivate root's access key {key} in {one.node.account}",
            why="It may do everything, it has no end, and nobody but root can change it.",
            console=(
                "Sign in as the root user",
                "account menu",
                "Security credentials",
                "Access keys",
                key,
                "Actions, Deactivate",
            ),
            stops=Stops((one.node.id,), (one.node.id,)),
            breaks="Whatever signs its calls with root's key.",
            permissions=("The root user's own password and second factor",),
            undo_text="Do not: root needs no access key. Delete it in phase 4.",
            survives="Session tokens that root asked for: their permissions cannot be changed by anything in the account.",
            enough=False,
            notes=("Change root's password and look at its mail address and second factor on the same page.",),
            checks=(Check(one.node.account, ("UpdateAccessKey", "DeleteAccessKey"), key, denies=(one.node.id,)),),
        )
        for one in case.attackers
        if one.node.kind == "key" and one.node.type == "Root"
        for key in one.node.access_key_ids
    ]


def _passwords(case: Case) -> list[Step]:
    signed_in = [
        one for one in case.attackers if one.node.kind == "origin" and one.node.type == "console" and one.node.name == "root"
    ]
    return [
        Step(
            phase=1,
            name="take the root password back",
            target=account,
            account=account,
            user="root",
            title=f"Change the root user's password and second factor of {account}",
            why="A console session of this chain began with a sign-in as root.",
            console=("Sign in as the root user", "account menu", "Security credentials", "Update password; MFA, Manage"),
            permissions=("The root user's mail address",),
            breaks="Nothing but that sign-in.",
            undo_text="Nothing to undo.",
            survives="The console session that is open, for up to 12 hours: a service control policy denies it in a member account.",
            enough=False,
        )
        for account in dict.fromkeys(one.node.account for one in signed_in)
    ]


def _sessions(case: Case) -> list[Step]:
    by_account: dict[str, list[Subject]] = {}
    for one in case.attackers:
        if one.node.kind == "session" and one.node.type == "Root" and usable_account(one.node.account):
            by_account.setdefault(one.node.account, []).append(one)
    return [_session(account, found) for account, found in by_account.items()]


def _session(account: str, found: list[Subject]) -> Step:
    ids = tuple(one.node.id for one in found)
    tasks = all(any(edge.kind == "RAN_ROOT_TASK" for edge in one.edges) for one in found)
    return Step(
        phase=2,
        name="root sessions",
        target=account,
        account=account,
        user="root",
        title=f"Wait for {len(ids)} root session{'s' * (len(ids) != 1)} of {account} to end"
        if tasks
        else f"Deny root's session tokens in {account} from outside the account",
        why="A root task session lives 15 minutes at most and does only what its task policy allows; no policy of the account ends it."
        if tasks
        else "Permissions of root's session tokens cannot be changed in the account: only a service control policy over a member account does.",
        console=("Organizations (management account)", "AWS accounts", account, "Policies"),
        stops=Stops(ids, ids),
        breaks="Nothing." if tasks else "Everything that root does in the account.",
        undo_text="Nothing to undo.",
        survives="Nothing after 15 minutes, once whoever asked for it is revoked."
        if tasks
        else "In the management account: everything, until the tokens expire.",
        notes=(
            "The service control policy of phase 1 denies it at once where one is printed for this account."
            if tasks
            else "The service control policy of phase 1 is what denies them.",
        ),
        enough=tasks,
    )
