"""Identity providers: close the door by which outside identities come in (phase 1)."""

from __future__ import annotations

from roletrail.detect.containment.case import (
    Case,
    Subject,
    by_name,
    detail_of,
    facts_of,
    is_portal_role,
    refs,
    text_of,
    usable,
    usable_name,
)
from roletrail.detect.containment.step import Check, Step, aws
from roletrail.detect.containment.trust import deny_in_trust, undo_trust
from roletrail.lineage.model import Action


def steps(case: Case) -> list[Step]:
    return [*_subjects(case), *_made(case)]


# --- a subject of a provider ---


def _subjects(case: Case) -> list[Step]:
    found: list[Step] = []
    for subject in case.attackers:
        if subject.node.kind != "origin" or subject.node.type not in {"web", "saml"}:
            continue
        found += [
            _subject(subject, one)
            for one in case.attackers
            if any(edge.parent == subject.node.id for edge in one.edges) and one.node.role_name and not is_portal_role(one.node)
        ]
    return list({step.key_of: step for step in found}.values())


def _subject(subject: Subject, one: Subject) -> Step:
    account, role, name = one.node.account, one.node.role_name, subject.node.name
    web = subject.node.type == "web"
    provider = text_of(facts_of(subject.node), "provider")
    issuer = provider.partition("oidc-provider/")[2] or provider
    key = f"{issuer}:sub" if web else "saml:sub"
    call = "sts:AssumeRoleWithWebIdentity" if web else "sts:AssumeRoleWithSAML"
    printable = usable_name(role) and usable(name) and (not web or usable(issuer))
    pod = name.startswith("system:serviceaccount:")
    return Step(
        phase=1,
        name="close the trust",
        target=f"{role}<{name}",
        account=account,
        roles=(role,),
        title=f"Let the subject {name} assume {role} no more",
        why="The chain begins with an identity that a provider outside AWS vouches for: it can ask again with every new token. Disable it "
        "at the provider first, then here.",
        console=("The identity provider", name, "Disable", "then IAM", "Roles", role, "Trust relationships", "Edit trust policy"),
        does=deny_in_trust(account, role, "SubjectOfProvider", (call,), {"StringEquals": {key: name}}) if printable else (),
        breaks=f"Only this subject: {'every pod of that service account' if pod else 'whatever presents its tokens'}.",
        permissions=("iam:GetRole", "iam:UpdateAssumeRolePolicy"),
        undo=undo_trust(account, role) if printable else (),
        undo_text="Put the saved trust policy back once the provider's side is clean.",
        survives="Sessions already issued: phase 2 is for them. Other subjects that the trust lets in: name the full sub there, without *.",
        enough=False,
        notes=("Delete the pods of this service account: they hold tokens and credentials (kubectl delete pod).",) if pod else (),
        checks=(Check(account, ("UpdateAssumeRolePolicy",), role),),
    )


# --- providers the attacker made ---


def _made(case: Case) -> list[Step]:
    made = by_name(
        case, "CreateSAMLProvider", "UpdateSAMLProvider", "CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider"
    )
    return [_provider(action) for action in {a.target: a for a in made if a.target}.values()]


def _provider(action: Action) -> Step:
    account, target = action.account, text_of(detail_of(action), "provider_arn") or action.target
    saml = "SAML" in action.event_name
    word = "saml-provider" if saml else "open-id-connect-provider"
    flag = f"--{word}-arn"
    printable = usable(target) and target.startswith("arn:")
    gone = ("DeleteSAMLProvider",) if saml else ("DeleteOpenIDConnectProvider",)
    return Step(
        phase=1,
        name="remove the provider",
        target=target,
        account=account,
        title=f"Remove identity provider {target}",
        why=f"The attacker made or changed it ({action.event_name}): whoever holds its keys can sign in as anybody it vouches for. A provider "
        "cannot be disabled, so its description is saved and it is removed at once.",
        console=("IAM", "Identity providers", target, "Delete"),
        does=(
            aws(account, "iam", f"get-{word}", flag, target, file=f"evidence-{account}-provider.json"),
            aws(account, "iam", f"delete-{word}", flag, target),
        )
        if printable
        else (),
        breaks="Sign-ins through this provider."
        if action.event_name.startswith(("Update", "Add"))
        else "Nothing of yours: the provider did not exist before.",
        permissions=(f"iam:Delete{'SAML' if saml else 'OpenIDConnect'}Provider",),
        undo_text="Make it again from the saved description.",
        survives="Sessions already issued through it: phase 2 is for those in these logs.",
        enough=False,
        evidence=refs([action]),
        checks=(Check(account, gone, target),),
    )
