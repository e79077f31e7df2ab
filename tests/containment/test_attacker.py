"""An attacker who reacts four seconds after each step holds nothing at the end; and the ways in which a lesser plan leaves him something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roletrail.usecases.containment.case import Options, gather
from roletrail.usecases.containment.views import ContainmentStep
from tests.containment.conftest import Estate
from tests.containment.subjects import SUBJECTS
from tests.containment.world import World

Scenario = Callable[[str], Estate]
NOON = 1_793_966_400
BY_NOBODY = {"service-linked role"}
"""Only its service uses a service-linked role: there is nobody to hold it."""
HELD = [name for name in SUBJECTS if name not in BY_NOBODY]


def given(scenario: Scenario, name: str, options: Options | None = None) -> tuple[World, list[ContainmentStep]]:
    folder, thing = SUBJECTS[name]
    estate = scenario(folder)
    chosen = options or Options()
    case = gather(estate.ports.graph, [estate.id_of(thing)], chosen).case
    return World(case, NOON), [step for step in estate.plan(thing, chosen).steps if step.order <= 3]


def left(world: World) -> list[str]:
    open_ = [f"source {source.kind} {source.name}" for source in world.sources if source.open and world.works_through(source)]
    return [f"{one.owner[1]} issued {one.issued - NOON}" for one in world.alive()] + open_


@pytest.mark.parametrize("name", HELD)
def test_he_holds_nothing_at_the_end(scenario: Scenario, name: str) -> None:
    world, steps = given(scenario, name)
    assert world.alive(), "he held something before"
    world.carry_out(steps)
    assert left(world) == []


@pytest.mark.parametrize("name", ["key to persistence", "created key"])
def test_nor_in_a_management_account(scenario: Scenario, name: str) -> None:
    accounts = frozenset({"111111111111", "444444444444"})
    world, steps = given(scenario, name, Options(management=accounts))
    assert not [step for step in steps if "service control policy" in step.step]
    world.carry_out(steps)
    assert left(world) == []


def without(steps: list[ContainmentStep], name: str) -> list[ContainmentStep]:
    kept = [step for step in steps if step.step != name]
    assert len(kept) < len(steps)
    return kept


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("key to persistence", "deny by service control policy"),  # he takes the inline denies off again
        ("cross-account chain", "deactivate key"),  # he asks again, after every T
        ("request forgery", "stop the instance's credentials"),  # the instance is delivered the next ones
        ("Lambda root", "stop the function"),
        ("federation token, then console", "deny on the user"),
        ("Identity Center root", "deny the portal user's sessions"),
        ("foreign caller", "close the trust"),
        ("pod's web identity root", "close the trust"),
    ],
)
def test_each_step_is_needed(scenario: Scenario, name: str, missing: str) -> None:
    world, steps = given(scenario, name)
    if missing == "deny on the user":
        steps = without(steps, "deny by service control policy")
    world.carry_out(without(steps, missing))
    assert left(world)


def test_a_plan_that_revokes_first_leaves_him_sessions(scenario: Scenario) -> None:
    world, steps = given(scenario, "cross-account chain")
    world.carry_out(sorted([step for step in steps if step.order in (1, 2)], key=lambda step: -step.order))
    assert left(world)


def test_juggled_roles_one_after_the_other_leave_him_one(scenario: Scenario) -> None:
    """Without the hold that comes first, the survivor asks for the revoked role again."""
    world, steps = given(scenario, "juggling pair")
    revoke = next(step for step in steps if step.step == "revoke sessions")
    blocks = revoke.script.split("T=$(date")[1:]
    held_off = "T=$(date" + blocks[0]
    first, second = held_off.split("sed ", 2)[1:]
    for part in (first, second):
        script = held_off.split("sed ", 1)[0] + "sed " + part
        world.carry_out([_with_script(revoke, script)])
    assert left(world)


def _with_script(step: ContainmentStep, script: str) -> ContainmentStep:
    from dataclasses import replace

    return replace(step, script=script)
