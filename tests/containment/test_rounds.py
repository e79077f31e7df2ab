"""An attacker who makes himself users and keys while a plan is carried out: "verify, repeat" leaves him nothing in the end."""

from __future__ import annotations

import pytest

from roletrail.usecases.containment.case import Options, gather
from roletrail.usecases.containment.views import ContainmentStep
from tests.containment.conftest import Estate
from tests.containment.test_attacker import left
from tests.containment.world import Held, Who, World
from tests.scenarios.recipes import DAY, HOME, named_role, new_trail
from tests.support import identities
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, Role

TWO, THREE = "222222222222", "333333333333"
ROLES = (named_role(HOME, "A"), named_role(TWO, "B"), named_role(THREE, "C"))
BEGUN = at(DAY, "10:00:00")


class Incident:
    """A chain through three accounts, the logs of it, and of what its credentials get while they are fought."""

    def __init__(self, estate: Estate, *, seen: bool) -> None:
        """`seen`: its last session was seen writing IAM before the first plan, in one of the three accounts."""
        self._estate = estate
        self._trail: Trail = new_trail()
        self.root = self._trail.user_key(HOME, "alice", key="AKIA1")
        self._of: dict[tuple[bool, Who], Credential] = {(False, (HOME, "alice")): self.root}
        by = self.root
        for n, role in enumerate(ROLES):
            by = self._asked(by, BEGUN + 300 * n, role, "s")
            self._trail.call(by, BEGUN + 300 * n + 60, "s3", "ListBuckets")
        if seen:
            self._trail.create_user(by, BEGUN + 900, "svc-sync")
        self._hand_over()
        case = gather(estate.ports.graph, [estate.id_of(self.root.key)], Options()).case
        self.world = World(case, BEGUN + 3000, everywhere=True)
        self._told = 0

    def _asked(self, by: Credential, when: int, role: Role, name: str) -> Credential:
        made = self._trail.assume(by, when, role, name, seconds=21_600)
        self._of[True, (role.account, role.name)] = made
        return made

    def _hand_over(self) -> None:
        self._estate.add(self._trail.records)
        self._trail.records.clear()

    def steps(self, first: int) -> list[ContainmentStep]:
        return [step for step in self._estate.plan(self.root.key).steps if first <= step.order <= 3]

    def load_newer_logs(self) -> None:
        """What he got since, as CloudTrail tells it: calls that made users and keys, sessions asked for anew, a use of each."""
        news, self._told = self.world.journal[self._told :], len(self.world.journal)
        for n, (through, one) in enumerate(news):
            when = self.world.now - len(news) + n
            by = self._of[through.role, through.owner]
            made = self._session(by, when, one) if one.role else self._user(by, when, one)
            self._trail.call(made, when, "s3", "ListBuckets")
        self._hand_over()

    def _session(self, by: Credential, when: int, one: Held) -> Credential:
        return self._asked(by, when, next(role for role in ROLES if (role.account, role.name) == one.owner), f"again-{when}")

    def _user(self, by: Credential, when: int, one: Held) -> Credential:
        account, name = one.owner
        user_id = self._trail.create_user(by, when, name)
        made = {"userName": name, "accessKeyId": one.key, "status": "Active"}
        self._trail.call(by, when, "iam", "CreateAccessKey", {"userName": name}, responseElements={"accessKey": made})
        found = Credential(identities.iam_user(account, name, user_id, one.key), account)
        self._of[False, one.owner] = found
        return found


@pytest.mark.parametrize("seen", [True, False])
def test_rounds_of_the_plan_end_with_nothing_in_his_hands(estate: Estate, seen: bool) -> None:
    """Each later round begins at phase 1, as phase 3 says: phase 0 would give him time."""
    incident = Incident(estate, seen=seen)
    rounds = 0
    while left(incident.world) or not rounds:
        rounds += 1
        assert rounds <= 3, left(incident.world)
        steps = incident.steps(first=0 if rounds == 1 else 1)
        incident.world.carry_out(steps)
        incident.load_newer_logs()
    made = [one for _, one in incident.world.journal if not one.role]
    assert {one.account for one in made} == {HOME, TWO, THREE}, "he made users in every account"
    assert rounds == 2, "the first plan cannot name what is made while it is carried out"


def test_he_is_cut_off_in_all_accounts_at_once(estate: Estate) -> None:
    """One step for three accounts: attached one after the other, each pause gives him new users in the accounts that wait."""
    incident = Incident(estate, seen=False)
    incident.world.carry_out(incident.steps(first=0))
    incident.load_newer_logs()
    (cut,) = [step for step in incident.steps(first=1) if step.step == "deny by service control policy"]
    assert cut.title.startswith("Cut ")
    assert f"AWS accounts, {HOME}, {TWO}, {THREE}" in cut.console
    lines = [line.split()[2] for line in cut.commands if "organizations" in line]
    attached = [n for n, line in enumerate(cut.commands) if " attach-policy " in line]
    assert len(lines) == 6
    assert attached == [3, 4, 5], "all are made before the first is attached"
    made = len(incident.world.journal)
    incident.world.carry_out([cut])
    assert len(incident.world.journal) == made, "nothing new after it"
