"""Containment plans: printed for people, never carried out. Nothing here, or anywhere in Roletrail, writes to AWS."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.containment import Case, plan_for
from roletrail.detect.containment.outcome import Outcome
from roletrail.detect.containment.step import PHASES, Document, Step
from roletrail.detect.containment.step import Action as Does
from roletrail.errors import NotFound
from roletrail.investigations import respond
from roletrail.render import shell
from roletrail.render.plan import PlanWords, StepWords, markdown
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sessions import canonical_id
from roletrail.usecases.containment.case import Gathered, Options, gather
from roletrail.usecases.containment.live import live_view
from roletrail.usecases.containment.outcome import Watch
from roletrail.usecases.containment.views import (
    ContainmentStep,
    ContainmentView,
    LiveCredential,
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
from roletrail.usecases.investigations.flow import sides_of
from roletrail.usecases.ports import Ports

PRINTED_ONLY = "Roletrail prints this plan and carries none of it out: it has no write permission in AWS and needs none."
NO_TRACE = StepStatus("", "This step leaves no trace in CloudTrail that could be looked for.", "", [])
MOST_OTHERS = 20


def show_containment(
    ports: Ports, actor: Actor, id_: str, options: Options | None = None, now: int | None = None
) -> ContainmentView:
    """The plan for the chain of a session, key or origin."""
    id_ = canonical_id(ports.graph, actor, id_)
    return plan_of(ports, actor, [id_], options, now)


def options_of(facts: Mapping[str, str]) -> Options:
    """Options out of `parameters.containment_facts`."""
    responder, management = facts.get("responder", ""), facts.get("management_account", "")
    return Options(responders=(responder,) if responder else (), management=frozenset({management} if management else ()))


def plan_of(
    ports: Ports, actor: Actor, ids: Sequence[str], options: Options | None = None, now: int | None = None
) -> ContainmentView:
    """One plan over several chains: of a finding, or of everything an investigation holds. `ids` are canonical."""
    require(actor, "containment.read", ids[0] if ids else "")
    asked = options or Options()
    declared = [responder.role for responder in respond.declared(ports.app)]
    marked = sides_of(ports, ids).sides
    known = asked._replace(
        sides=marked if any(marked) else None,
        responders=tuple(dict.fromkeys([*declared, *ports.responders, *asked.responders])),
        management=ports.management | asked.management,
        inventory=ports.inventory.facts(),
    )
    gathered = gather(ports.graph, ids, known)
    if not gathered.case.subjects:
        raise NotFound("There is nothing to contain here: none of these identities is in this store.")
    return _view(ports, ids[0], gathered, int(time.time()) if now is None else now)


def as_markdown(view: ContainmentView) -> str:
    return markdown(_plan_words(view))


def as_shell(view: ContainmentView) -> str:
    phases = [(phase.name, [(f"{step.number} {step.title}", _in_script(step)) for step in phase.steps]) for phase in view.phases]
    return shell.whole(view.title, phases, view.red, f"Afterwards: roletrail ingest NEWER LOGS; roletrail contain {view.id}")


# --- views ---


def _view(ports: Ports, id_: str, gathered: Gathered, now: int) -> ContainmentView:
    case = gathered.case
    plan = plan_for(case)
    watch = Watch(ports, case, plan.steps)
    phases = [
        PhaseView(n, name, [_step(case, f"{n}.{k}", step, watch.of(step)) for k, step in enumerate(_of(plan.steps, n), 1)])
        for n, name in enumerate(PHASES)
    ]
    steps = [step for phase in phases for step in phase.steps]
    label = case.subjects[id_].node.label if id_ in case.subjects else id_
    live = live_view(ports.graph, case, watch, now)
    return ContainmentView(
        id=id_,
        title=f"Containment of {label}",
        sentence=_sentence(case, steps),
        printed_only=PRINTED_ONLY,
        as_of=iso(now),
        logs_end=iso(case.until),
        identities=len(case.subjects),
        more_identities=gathered.more,
        attacker_ids=[one.node.id for one in case.attackers],
        red=list(plan.red),
        phases=phases,
        steps=steps,
        live=live,
        cannot_show=_cannot_show(case, gathered.more),
    )


def _of(steps: Iterable[Step], phase: int) -> list[Step]:
    return [step for step in steps if step.phase == phase]


def _sentence(case: Case, steps: Sequence[ContainmentStep]) -> str:
    accounts = {one.node.account for one in case.attackers if one.node.account}
    sessions = sum(one.node.kind == "session" for one in case.attackers)
    keys = sum(one.node.kind == "key" for one in case.attackers)
    return (
        f"{len(steps)} steps over {_counted(sessions, 'session')} and {_counted(keys, 'long-term key')} in {_counted(len(accounts), 'account')}, "
        "in this order: restore logging, disable what can ask for credentials, revoke what was issued, verify, then delete what was left behind."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cannot_show(case: Case, more: bool) -> list[str]:
    found = [
        "Permissions are not in CloudTrail: whether one of these roles can write IAM is known only where it did.",
        "A session name is the caller's choice unless its issuer sets it: a plan is about credentials, never about a person.",
    ]
    if not case.responders:
        found.append(
            "Which role will carry this plan out is not known: compare what aws sts get-caller-identity prints with it, or name the role with --responder."
        )
    if more:
        found.append("More was obtained through these credentials than a plan can hold: the newest of it is not in here.")
    return found


def _step(case: Case, number: str, step: Step, outcome: Outcome | None) -> ContainmentStep:
    return ContainmentStep(
        number=number,
        id=hashlib.sha256(step.key_of.encode("utf-8", "replace")).hexdigest()[:12],
        order=step.phase,
        step=step.name,
        title=step.title,
        why=step.why,
        account=step.account,
        target=step.target,
        roles=list(step.roles),
        user=step.user,
        key=step.key,
        console=[place for place in step.console if place],
        files=_files(step.does),
        commands=shell.command_lines(step.does),
        script=shell.script(step.does),
        alternative=_other_way(step),
        stops=StepStops(len(step.stops.ids), len(step.stops.suspicious), list(step.stops.ids)),
        breaks=_breaks(case, step),
        permissions=list(step.permissions),
        undo=StepUndo(step.undo_text, shell.command_lines(step.undo), shell.script(step.undo)),
        survives=step.survives,
        enough=step.enough,
        red=list(step.red),
        notes=list(step.notes),
        evidence_refs=list(step.evidence),
        status=_status(outcome),
    )


def _files(actions: Iterable[Does]) -> list[PlanFile]:
    return [PlanFile(one.file, one.kind, shell.document_text(one)) for one in actions if isinstance(one, Document)]


def _other_way(step: Step) -> OtherWay | None:
    other = step.alternative
    if other is None or not other.does:
        return None
    return OtherWay(other.when, _files(other.does), shell.command_lines(other.does), shell.script(other.does))


def _breaks(case: Case, step: Step) -> StepBreaks:
    uses = [(role, case.roles[role]) for role in step.others if role in case.roles]
    users = [
        OtherUser(one.id, one.label, one.parent, role, iso(one.last_seen), one.uses) for role, use in uses for one in use.day
    ]
    return StepBreaks(
        text=step.breaks,
        last_24_hours=len(users),
        last_7_days=sum(use.week for _, use in uses),
        more=any(use.more for _, use in uses),
        others=sorted(users, key=lambda user: (user.last_seen, user.session_id), reverse=True)[:MOST_OTHERS],
    )


def _status(outcome: Outcome | None) -> StepStatus:
    if outcome is None:
        return NO_TRACE
    return StepStatus(outcome.word, outcome.text, iso(outcome.at), [StepEvent(e.ref, iso(e.at), e.what) for e in outcome.events])


# --- texts ---


def _plan_words(view: ContainmentView) -> PlanWords:
    live = [
        view.live.sentence,
        *(f"{_named(one)}: {one.text}" for one in view.live.credentials),
    ]
    return PlanWords(
        title=view.title,
        head=(view.sentence, view.printed_only, f"Made {view.as_of}; the logs end {view.logs_end}.", *view.cannot_show),
        red=tuple(view.red),
        live=tuple(live),
        phases=tuple((phase.name, tuple(_step_words(step) for step in phase.steps)) for phase in view.phases),
    )


def _named(one: LiveCredential) -> str:
    key = next((key for key in one.access_key_ids if key not in one.label), "")
    return f"{one.label} {key}".rstrip()


def _step_words(step: ContainmentStep) -> StepWords:
    return StepWords(
        number=step.number,
        title=step.title,
        word=step.status.word,
        red=tuple(step.red),
        facts=tuple((label, text) for label, text in step_facts(step) if text),
        script=step.script,
        alternative=(step.alternative.when, step.alternative.script) if step.alternative else ("", ""),
        undo=step.undo.script,
    )


def step_facts(step: ContainmentStep) -> list[tuple[str, str]]:
    """What is said of a step wherever it is shown, in one order."""
    return [
        ("Why", step.why),
        ("Where", f"account {step.account}" if step.account else "outside AWS accounts, or in the management account"),
        ("Console", " > ".join(step.console)),
        ("Stops", stops_text(step)),
        ("Also breaks", breaks_text(step)),
        ("Survives it", step.survives),
        ("Permission", ", ".join(step.permissions)),
        ("Undo", step.undo.text),
        ("Note", " ".join(step.notes)),
        ("Evidence", ", ".join(step.evidence_refs)),
        ("Status", f"{step.status.word}: {step.status.text}" if step.status.word else step.status.text),
        *(("Event", f"{event.at} {event.what} ({event.event_ref})") for event in step.status.events),
    ]


def stops_text(step: ContainmentStep) -> str:
    if not step.stops.sessions:
        return ""
    what = _counted(step.stops.sessions, "credential")
    if step.stops.suspicious == step.stops.sessions:
        return f"{what}, {'suspicious' if step.stops.sessions == 1 else 'all suspicious'}"
    return f"{what}, of which {step.stops.suspicious:,} suspicious"


def breaks_text(step: ContainmentStep) -> str:
    if step.step not in ("revoke sessions", "deny by service control policy", "quarantine"):
        return step.breaks.text
    if not step.breaks.last_7_days:
        return f"{step.breaks.text} Nobody else used it in the last seven days of these logs."
    names = ", ".join(
        f"{one.label} ({one.obtained_by or 'obtained by an unknown'}, {one.last_seen})" for one in step.breaks.others[:5]
    )
    more = " or more" if step.breaks.more else ""
    seen = f"In the last 24 hours of these logs {_counted(step.breaks.last_24_hours, 'other session')}{more} used it, {step.breaks.last_7_days:,} in seven days"
    return f"{step.breaks.text} {seen}{': ' + names if names else ''}."


def _in_script(step: ContainmentStep) -> str:
    lines = [shell.comment(f"RED: {text}") for text in step.red]
    lines += [shell.comment(text) for text in step.notes]
    if step.script:
        lines.append(step.script)
    elif step.console:
        lines.append(shell.comment("By hand: " + " > ".join(step.console)))
    if step.alternative:
        lines += [
            shell.comment(f"Or: {step.alternative.when}"),
            *(f"#   {line}" for line in step.alternative.script.splitlines()),
        ]
    return "\n".join(lines)
