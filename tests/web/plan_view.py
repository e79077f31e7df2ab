"""A hand-made containment plan with everything its panel can show."""

from __future__ import annotations

from roletrail.usecases.containment.views import (
    ContainmentStep,
    ContainmentView,
    LiveCredential,
    LiveView,
    OtherUser,
    OtherWay,
    PhaseView,
    PlanFile,
    StepBreaks,
    StepEvent,
    StepStatus,
    StepStops,
    StepUndo,
)

AT = "2026-11-07T02:14:10Z"


def plan_view(id_: str, text: str = "") -> ContainmentView:
    step = _step(id_, text)
    phases = [PhaseView(0, "Restore logging, keep evidence", []), PhaseView(1, "Disable", [step])]
    credential = LiveCredential(
        id=id_, label=f"Admin{text}", kind="session", account="333333333333", access_key_ids=[f"ASIAEXAMPLE{text}"], issued_at=AT,
        expires_at="2026-11-07T03:14:10Z", expires_known=False, last_seen=AT, state="maybe", left_seconds=3600, renewable=True,
        renewed_by=f"alice{text}", text="",
    )  # fmt: skip
    live = LiveView(f"One may be valid.{text}", AT, AT, [credential], 1, [f"nothing{text}"])
    return ContainmentView(
        id=id_, title=f"Containment of Admin{text}", sentence=f"1 step.{text}", printed_only="Printed.", as_of=AT, logs_end=AT, identities=2,
        more_identities=False, attacker_ids=[id_], red=[f"The responder is hit.{text}"], phases=phases, steps=[step], live=live,
        cannot_show=[f"Permissions.{text}"],
    )  # fmt: skip


def _step(id_: str, text: str) -> ContainmentStep:
    file = PlanFile("revoke.json", "identity", "{}")
    command = f"aws iam put-role-policy --role-name 'Admin{text}'"
    other = OtherUser(id_, f"Admin / x{text}", f"bob{text}", "arn:aws:iam::333333333333:role/Admin", AT, 3)
    return ContainmentStep(
        number="1.1", id="0123456789ab", order=1, step="revoke sessions", title=f"Revoke{text}", why=f"Why{text}", account="333333333333",
        target=f"Admin{text}", roles=[f"Admin{text}"], user="", key="", console=["IAM", f"Admin{text}"], files=[file], commands=[command],
        script=command, alternative=OtherWay(f"spares{text}", [file], [command], command), stops=StepStops(2, 1, [id_]),
        breaks=StepBreaks(f"Everybody{text}", 1, 4, True, [other]), permissions=["iam:PutRolePolicy"],
        undo=StepUndo(f"Delete it{text}", [command], command), survives=f"Others{text}", enough=False, red=[f"Red{text}"],
        notes=[f"Note{text}"], evidence_refs=[f"20261107.e{text}"],
        status=StepStatus("too early", f"Too early{text}", AT, [StepEvent(f"20261107.f{text}", AT, f"PutRolePolicy{text}")]),
    )  # fmt: skip
