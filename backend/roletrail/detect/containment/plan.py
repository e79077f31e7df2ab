"""A plan: every family's steps, put in the one order that works (semantics 7.1), and what has to be said in red."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from roletrail.detect.containment import (
    anywhere,
    cut_off,
    evidence,
    instance,
    persistence,
    portal,
    provider,
    role,
    root,
    trust,
    user,
    verify,
    workload,
)
from roletrail.detect.containment.case import Case, usable_account
from roletrail.detect.containment.step import Step
from roletrail.lineage import arn

FAMILIES: tuple[Callable[[Case], list[Step]], ...] = (
    evidence.steps,
    cut_off.steps,
    user.steps,
    root.steps,
    trust.steps,
    provider.steps,
    anywhere.steps,
    portal.steps,
    instance.steps,
    workload.steps,
    role.steps,
    verify.steps,
    persistence.steps,
)
"""In order within a phase: what cuts off at once, then what asks for credentials, then what they are delivered to."""


class Plan(NamedTuple):
    steps: tuple[Step, ...]
    red: tuple[str, ...]


def plan_for(case: Case) -> Plan:
    found = [_printable(step) for family in FAMILIES for step in family(case)]
    marked = [_in_red(step, case.responders) for step in sorted(found, key=_place)]
    return Plan(tuple(marked), tuple(dict.fromkeys(text for step in marked for text in step.red)))


_ROLES_FIRST = {"renew the function": 1, "root sessions": 1}


def _place(step: Step) -> tuple[int, int]:
    """Families keep their order within a phase; in phase 2 what stands on a revocation comes after it."""
    return step.phase, _ROLES_FIRST.get(step.name, 0)


def _in_red(step: Step, responders: tuple[str, ...]) -> Step:
    """Says when a step would hit whoever is to carry the plan out."""
    hit = [responder for responder in responders if _hits(step, responder)]
    texts = tuple(
        f"{one} is to carry this plan out, and this plan cuts it off: use another way in before you begin." for one in hit
    )
    return step._replace(red=(*step.red, *texts))


def _hits(step: Step, responder: str) -> bool:
    parsed = arn.parse_arn(responder)
    if parsed is None or step.phase == 3 or (not step.does and not step.key):
        return False
    if parsed.account not in (step.accounts or (step.account,)):
        return False
    name = arn.role_name(responder)
    if name:
        return name in step.roles
    return parsed.resource.startswith("user/") and parsed.resource.rsplit("/", 1)[-1] == step.user


def _printable(step: Step) -> Step:
    """A log may hold any text for an account: nothing is printed for a profile of that name."""
    if not step.account or usable_account(step.account):
        return step
    return step._replace(does=(), undo=(), alternative=None, notes=(*step.notes, "The account, as logged, is no account number."))
