"""Roles Anywhere: certificates that ask for sessions, the anchors that vouch for them, the profiles that name roles (phase 1)."""

from __future__ import annotations

from roletrail.detect.containment.case import Case, Subject, by_name, detail_of, refs, text_of, usable, usable_region
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Alternative, Ask, Check, Joined, Step, Var, Word, aws
from roletrail.lineage.model import Action


def steps(case: Case) -> list[Step]:
    anchors = _latest(case, "trust_anchor", "CreateTrustAnchor", "UpdateTrustAnchor", "EnableTrustAnchor")
    profiles = _latest(case, "profile_arn", "CreateProfile", "UpdateProfile", "EnableProfile")
    found = [_made_anchor(action, arn) for arn, action in anchors.items()]
    found += [_made_profile(action, arn) for arn, action in profiles.items()]
    certificates = [one for one in case.attackers if one.node.workload == "certificate" and one.node.kind == "session"]
    if certificates and not anchors:
        found.append(_anchor_of(certificates))
    return found


def _latest(case: Case, field: str, *names: str) -> dict[str, Action]:
    """The attacker's last change of each, by ARN or, where a record holds no ARN, by id."""
    named = {
        text_of(detail_of(a), field) or a.target: a for a in by_name(case, *names) if a.event_source.startswith("rolesanywhere.")
    }
    return {arn: action for arn, action in named.items() if usable(arn)}


def _made_anchor(action: Action, arn: str) -> Step:
    id_ = arn.rsplit("/", 1)[-1]
    return _anchor(action.account, id_, usable_region(action.region))._replace(
        why=f"The attacker made or changed it ({action.event_name}): every certificate it vouches for gets sessions.",
        evidence=refs([action]),
        checks=(Check(action.account, ("DisableTrustAnchor", "DeleteTrustAnchor"), id_),),
    )


def _anchor_of(certificates: list[Subject]) -> Step:
    one = next((one for one in certificates if one.region), certificates[0])
    account, region = one.node.account, usable_region(one.region)
    serials = ", ".join(dict.fromkeys(each.node.workload_id for each in certificates if usable(each.node.workload_id)))
    step = _anchor(account, "", region)
    return step._replace(
        alternative=Alternative(
            "Spares the anchor's other certificates: a revocation list of its authority that names the certificate "
            f"{serials or 'of the session'} (a session of Roles Anywhere is named after its certificate's serial number, unless the profile "
            "lets the caller choose). The list has to be signed by the authority, so it takes the authority's hands.",
            _revocation_list(account, region),
        ),
    )


def _revocation_list(account: str, region: str) -> tuple[Does, ...]:
    return (
        Ask("CRL_FILE", "file with the revocation list of the anchors authority, PEM"),
        Ask("TRUST_ANCHOR_ARN", "ARN of the trust anchor (aws rolesanywhere list-trust-anchors)"),
        aws(
            account, "rolesanywhere", "import-crl", "--name", "roletrail-revoked", "--crl-data", Joined("fileb://", "CRL_FILE"),
            "--trust-anchor-arn", Var("TRUST_ANCHOR_ARN"), "--enabled", region=region,
        ),
    )  # fmt: skip


def _anchor(account: str, id_: str, region: str) -> Step:
    anchor: Word = id_ or Var("TRUST_ANCHOR")
    ask = () if id_ else (Ask("TRUST_ANCHOR", "id of the trust anchor (aws rolesanywhere list-trust-anchors)"),)
    return Step(
        phase=1,
        name="disable the trust anchor",
        target=id_ or "rolesanywhere",
        account=account,
        title=f"Disable the Roles Anywhere trust anchor{' ' + id_ if id_ else ''} in {account}",
        why="The chain begins with a certificate, which can ask for a session again until it expires or is on a revocation list.",
        console=("IAM", "Roles", "Roles Anywhere, Manage", "Trust anchors", id_ or "the anchor", "Disable"),
        does=(*ask, aws(account, "rolesanywhere", "disable-trust-anchor", "--trust-anchor-id", anchor, region=region)),
        breaks="Every workload that signs in with a certificate of this anchor.",
        permissions=("rolesanywhere:DisableTrustAnchor",),
        undo=(
            *ask,
            aws(account, "rolesanywhere", "enable-trust-anchor", "--trust-anchor-id", anchor, region=region),
        ),
        undo_text="Before it is enabled again, import a revocation list that names the certificate (aws rolesanywhere import-crl).",
        survives="Sessions already issued: phase 2 is for them.",
        enough=False,
    )


def _made_profile(action: Action, arn: str) -> Step:
    account, id_, region = action.account, arn.rsplit("/", 1)[-1], usable_region(action.region)
    words = ("--profile-id", id_)
    return Step(
        phase=1,
        name="disable the Roles Anywhere profile",
        target=id_,
        account=account,
        title=f"Disable the Roles Anywhere profile {id_} in {account}",
        why=f"The attacker made or changed it ({action.event_name}): it says which roles a certificate may ask for.",
        console=("IAM", "Roles", "Roles Anywhere, Manage", "Profiles", id_, "Disable"),
        does=(aws(account, "rolesanywhere", "disable-profile", *words, region=region),),
        breaks="Nothing of yours: the profile did not exist before."
        if action.event_name == "CreateProfile"
        else "Every workload that asks for a role through this profile.",
        permissions=("rolesanywhere:DisableProfile",),
        undo=(aws(account, "rolesanywhere", "enable-profile", *words, region=region),),
        undo_text="Enable it again once it names the roles it should.",
        survives="Sessions already issued: phase 2 is for them. Other profiles that name the same roles.",
        enough=False,
        evidence=refs([action]),
        checks=(Check(account, ("DisableProfile", "DeleteProfile"), id_),),
    )
