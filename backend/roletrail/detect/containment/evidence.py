"""Phase 0: turn on again what the attacker switched off, and keep what would be lost by what follows."""

from __future__ import annotations

from roletrail.detect.containment.case import (
    Case,
    base_name,
    by_name,
    detail_of,
    held_accounts,
    refs,
    role_name_of,
    role_sessions,
    text_of,
    usable,
    usable_name,
    usable_region,
)
from roletrail.detect.containment.step import SET_TIME, Ask, Check, Command, Step, Var, aws
from roletrail.detect.containment.step import Action as Does
from roletrail.lineage.model import Action

_TRAIL_OFF = (
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "DeleteEventDataStore",
    "StopEventDataStoreIngestion",
)
_DETECTOR_OFF = ("DeleteDetector", "UpdateDetector", "DisassociateFromMasterAccount", "DisassociateFromAdministratorAccount")
_RECORDER_OFF = ("StopConfigurationRecorder", "DeleteConfigurationRecorder")
_SELECT_EVERYTHING = '[{"ReadWriteType":"All","IncludeManagementEvents":true}]'


def steps(case: Case) -> list[Step]:
    return [*_trails(case), *_detectors(case), *_recorders(case), *_keep(case)]


def _trails(case: Case) -> list[Step]:
    latest = {(a.account, a.target): a for a in by_name(case, *_TRAIL_OFF) if not _on_again(case, a)}
    return [_trail(action) for action in latest.values()]


def _on_again(case: Case, off: Action) -> bool:
    """The same trail was put right since, by whomever."""
    later = (a for a in case.logging.get(off.account, ()) if (a.at, a.event_id) > (off.at, off.event_id))
    ours = {a.event_id for a in case.actions}
    on = {"StartLogging", "CreateTrail"}
    return any(
        a.target == off.target and (a.event_name in on or (a.event_name == "PutEventSelectors" and a.event_id not in ours))
        for a in later
    )


def _trail(action: Action) -> Step:
    name, region = action.target, usable_region(action.region)
    what = base_name(action.event_name)
    does, note = _restore(action, name, region)
    return Step(
        phase=0,
        name="restore logging",
        target=name,
        account=action.account,
        title=f"Restore CloudTrail in {action.account}: {what} of {name or 'a trail'} is undone",
        why="The attacker's credentials changed what is logged. Until it is right again, nothing below can be verified, and a "
        "call that these logs do not show cannot be excluded.",
        console=("CloudTrail", "Trails", name or "the trail", "Start logging" if what == "StopLogging" else "Edit"),
        does=does if usable(name) else (),
        permissions=("cloudtrail:StartLogging", "cloudtrail:PutEventSelectors", "cloudtrail:GetTrailStatus"),
        undo_text="Nothing to undo: logging stays on.",
        survives="Whoever could switch it off can do so again until phase 1 is done: look at its status once more after that.",
        breaks="Nothing.",
        notes=(note,) if note else (),
        evidence=refs([action]),
        checks=(Check(action.account, ("StartLogging", "CreateTrail", "PutEventSelectors"), name),),
    )


def _restore(action: Action, name: str, region: str) -> tuple[tuple[Command | Ask, ...], str]:
    account = action.account
    status = aws(account, "cloudtrail", "get-trail-status", "--name", name, region=region)
    start = aws(account, "cloudtrail", "start-logging", "--name", name, region=region)
    match base_name(action.event_name):
        case "DeleteTrail":
            bucket = Ask("TRAIL_BUCKET", f"the bucket that trail {name} delivered to")
            create = aws(
                account, "cloudtrail", "create-trail", "--name", name, "--s3-bucket-name", Var("TRAIL_BUCKET"),
                "--is-multi-region-trail", "--include-global-service-events", "--enable-log-file-validation", region=region,
            )  # fmt: skip
            return (bucket, create, start, status), "The trail is gone: it has to be made again, with the bucket it had."
        case "PutEventSelectors":
            select = aws(
                account,
                "cloudtrail",
                "put-event-selectors",
                "--trail-name",
                name,
                "--event-selectors",
                _SELECT_EVERYTHING,
                region=region,
            )
            return (select, status), "This selects all management events. Data events that were selected before have to be added."
        case "UpdateTrail":
            show = aws(account, "cloudtrail", "get-trail", "--name", name, region=region)
            return (
                show,
                start,
                status,
            ), "Compare bucket, region and validation with what they were; the log shows the change only."
        case "DeleteEventDataStore":
            return (aws(account, "cloudtrail", "restore-event-data-store", "--event-data-store", name, region=region),), ""
        case "StopEventDataStoreIngestion":
            return (
                aws(account, "cloudtrail", "start-event-data-store-ingestion", "--event-data-store", name, region=region),
            ), ""
        case _:
            return (start, status), ""


def _detectors(case: Case) -> list[Step]:
    return [_detector(action) for action in by_name(case, *_DETECTOR_OFF)]


def _detector(action: Action) -> Step:
    region, detector = usable_region(action.region), action.target
    gone = base_name(action.event_name) == "DeleteDetector"
    words = (
        ("guardduty", "create-detector", "--enable")
        if gone
        else ("guardduty", "update-detector", "--detector-id", detector, "--enable")
    )
    return Step(
        phase=0,
        name="restore detection",
        target=detector,
        account=action.account,
        title=f"Switch GuardDuty on again in {action.account}",
        why=f"{action.event_name} by the attacker's credentials switched it off or cut it from its administrator account.",
        console=("GuardDuty", "Settings", "Enable"),
        does=(aws(action.account, *words, region=region),) if gone or usable(detector) else (),
        permissions=("guardduty:CreateDetector" if gone else "guardduty:UpdateDetector",),
        undo_text="Nothing to undo.",
        breaks="Nothing.",
        survives="What happened while it was off was never judged.",
        evidence=refs([action]),
        checks=(Check(action.account, ("UpdateDetector",), detector, (("enabled", "true"),)),),
    )


def _recorders(case: Case) -> list[Step]:
    return [
        Step(
            phase=0,
            name="restore configuration history",
            target=action.target,
            account=action.account,
            title=f"Start AWS Config's recorder in {action.account} again",
            why=f"{action.event_name} by the attacker's credentials stopped it: what was changed since has no history.",
            console=("Config", "Settings", "Start recording"),
            does=(
                aws(
                    action.account, "configservice", "start-configuration-recorder", "--configuration-recorder-name", action.target,
                    region=usable_region(action.region),
                ),
            )
            if usable(action.target)
            else (),
            permissions=("config:StartConfigurationRecorder",),
            undo_text="Nothing to undo.",
            breaks="Nothing.",
            evidence=refs([action]),
        )
        for action in by_name(case, *_RECORDER_OFF)
    ]  # fmt: skip


def _keep(case: Case) -> list[Step]:
    accounts = held_accounts(case)
    return [_snapshot_of_iam(case, account) for account in accounts]


def _snapshot_of_iam(case: Case, account: str) -> Step:
    roles = [role_name_of(role) for role, found in role_sessions(case).items() if found[0].node.account == account]
    kept: list[Does] = [SET_TIME, aws(account, "iam", "get-account-authorization-details", file=f"evidence-{account}-iam.json")]
    kept += [
        aws(account, "iam", "get-role", "--role-name", role, file=f"evidence-{account}-role-{role}.json")
        for role in roles
        if usable_name(role)
    ]
    kept += [
        aws(account, "iam", "list-access-keys", "--user-name", user, file=f"evidence-{account}-keys-{user}.json")
        for user in _users(case, account)
    ]
    return Step(
        phase=0,
        name="keep evidence",
        target=account,
        account=account,
        title=f"Save what IAM looks like in {account} before anything is changed",
        why="Every step below changes users, roles and policies. This is what they were: proof, and what undoing goes back to.",
        console=("IAM", "Credential report", "Download report"),
        does=tuple(kept),
        permissions=("iam:GetAccountAuthorizationDetails", "iam:GetRole", "iam:ListAccessKeys"),
        breaks="Nothing: these calls only read.",
        undo_text="Nothing to undo.",
    )


def _users(case: Case, account: str) -> list[str]:
    of_keys = [
        one.node.name
        for one in case.attackers
        if one.node.kind == "key" and one.node.type != "Root" and one.node.account == account
    ]
    made = [text_of(detail_of(a), "user_name") for a in by_name(case, "CreateAccessKey", "CreateUser") if a.account == account]
    return [name for name in dict.fromkeys([*of_keys, *made]) if usable_name(name)]
