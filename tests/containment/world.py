"""A small AWS in which an attacker holds what a case says he holds, and reacts four seconds after each step of a plan.

Permissions are judged by `iam`, from the very policies the plan prints. He switches keys, takes inline denies off where he can
write IAM, asks for sessions again, and reads whatever his workloads are delivered. A change in IAM holds two seconds later.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from roletrail.detect.containment import Case, Subject
from roletrail.detect.containment.cut_off import writes_iam
from roletrail.usecases.containment.views import ContainmentStep
from tests.containment.iam import decide, decide_with_guardrails
from tests.containment.shell import Shell, option

SPREADING = 2
ENOUGH = 3
REACTION = 4
ALLOW: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
Who = tuple[str, str]  # account, name


@dataclass
class Principal:
    """A role or user with its inline policies, each holding from a moment on."""

    account: str
    name: str
    arn: str
    policies: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    trust: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Held:
    """A credential. `issued` 0 is a long-term key."""

    owner: Who
    role: bool
    name: str
    issued: int
    expires: int
    key: str = ""
    root: bool = False
    portal: str = ""

    @property
    def account(self) -> str:
        return self.owner[0]


@dataclass
class Source:
    """Something outside credentials that gives sessions of a role: a workload, a provider, a stranger, a password."""

    kind: str
    name: str
    role: Who
    context: dict[str, str]
    open: bool = True


class World:
    def __init__(self, case: Case, now: int, *, everywhere: bool = False) -> None:
        """`everywhere`: he can write IAM in every account he holds something in, seen or not, and makes himself users there."""
        self.now = now
        self.makes = everywhere
        self.journal: list[tuple[Held, Held]] = []  # what he got, each with what he got it through
        self.roles: dict[Who, Principal] = {}
        self.users: dict[Who, Principal] = {}
        self.keys: dict[str, str] = {}  # status by key id
        self.guardrails: dict[str, list[dict[str, Any]]] = {}
        self._scp: dict[str, dict[str, Any]] = {}
        self.held: set[Held] = set()
        self.sources: list[Source] = []
        self.onward: dict[tuple[bool, Who], set[Who]] = {}
        accounts = {one.node.account for one in case.attackers}
        self.writers = accounts if everywhere else {account for account in accounts if writes_iam(case, account)}
        for one in case.attackers:
            self._take(case, one)

    # --- what the case says he holds ---

    def _take(self, case: Case, one: Subject) -> None:
        node = one.node
        if node.kind == "origin":
            return
        holder = self._holder(case, one)
        if holder is None:
            return
        role = node.type == "AssumedRole"
        self.held.add(
            Held(
                (holder.account, holder.name), role, node.name, 0 if node.kind == "key" else self.now - 60, self.now + 3600 * 6,
                node.access_key_ids[0] if node.kind == "key" else "", node.type == "Root", node.on_behalf_of,
            )
        )  # fmt: skip
        if node.kind == "key":
            self.keys[node.access_key_ids[0]] = "Active"
        above = case.subjects.get(one.parent)
        if above is not None and role:
            self._way(case, above, one, (holder.account, holder.name))

    def _holder(self, case: Case, one: Subject) -> Principal | None:
        node = one.node
        if node.type == "FederatedUser":
            above = case.subjects.get(one.parent)
            return self._holder(case, above) if above else None
        known, who = (
            (self.roles, (node.account, node.role_name))
            if node.type == "AssumedRole"
            else (self.users, (node.account, node.name))
        )
        if node.service_linked or node.type == "Root" or not who[1]:
            return (
                self.users.setdefault(
                    (node.account, "root"), Principal(node.account, "root", f"arn:aws:iam::{node.account}:root")
                )
                if node.type == "Root"
                else None
            )
        arn = node.role_arn or f"arn:aws:iam::{node.account}:user/{node.name}"
        return known.setdefault(who, Principal(*who, arn))

    def _way(self, case: Case, above: Subject, one: Subject, role: Who) -> None:
        if above.node.kind == "origin" or one.node.workload:
            kind = one.node.workload or above.node.type
            context = {"aws:userid": above.node.principal_id, "aws:PrincipalAccount": above.node.account}
            if kind == "web":
                provider = json.loads(above.node.detail or "{}").get("provider", "")
                context = {f"{provider.partition('oidc-provider/')[2] or provider}:sub": above.node.name}
            self.sources.append(Source(kind, one.node.workload_id or above.node.name, role, context))
            return
        holder = self._holder(case, above)
        if holder is not None:
            self.onward.setdefault((above.node.type == "AssumedRole", (holder.account, holder.name)), set()).add(role)

    # --- what a credential may do ---

    def works(self, one: Held, action: str = "s3:ListAllMyBuckets", resource: str = "*") -> bool:
        if one.expires <= self.now or (one.key and self.keys[one.key] != "Active"):
            return False
        context = self._context(one)
        guardrails = [ALLOW, *self.guardrails.get(one.account, [])]
        if one.root:
            return decide_with_guardrails([ALLOW], guardrails, action, resource, context) == "allow"
        return decide_with_guardrails([ALLOW, *self._own(one)], guardrails, action, resource, context) == "allow"

    def _own(self, one: Held) -> list[dict[str, Any]]:
        principal = (self.roles if one.role else self.users)[one.owner]
        return [document for since, document in principal.policies.values() if since <= self.now]

    def _context(self, one: Held) -> dict[str, str | list[str]]:
        principal = self.roles.get(one.owner) if one.role else self.users.get(one.owner)
        context: dict[str, str | list[str]] = {
            "aws:PrincipalArn": principal.arn if principal else "",
            "aws:PrincipalAccount": one.account,
        }
        context["aws:userid"] = f"AROA{one.owner[1]}:{one.name}" if one.role else f"AIDA{one.owner[1]}"
        if one.issued:
            context["aws:TokenIssueTime"] = self.iso(one.issued)
        if one.portal:
            context["identitystore:UserId"] = one.portal
        return context

    @staticmethod
    def iso(at: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

    def alive(self) -> list[Held]:
        return sorted((one for one in self.held if self.works(one)), key=lambda one: (one.owner, one.issued))

    # --- the attacker ---

    def react(self) -> None:
        self.now += REACTION
        for _ in range(3):
            for one in self.alive():
                self._undo(one)
            for one in self.alive():
                self._ask(one)
            self._make()
            for source in self.sources:
                if source.open and self.works_through(source):
                    self.held.add(self._given(source))

    def works_through(self, source: Source) -> bool:
        """Whether what this source gives now would work."""
        action = "sts:AssumeRoleWithWebIdentity" if source.kind == "web" else "sts:AssumeRole"
        return self._trusted(source.role, action, source.context) and self.works(self._given(source))

    def _given(self, source: Source) -> Held:
        portal = source.name if source.kind == "identity_center" else ""
        return Held(source.role, True, "again", self.now, self.now + 3600, portal=portal)

    def _undo(self, one: Held) -> None:
        """Takes denies off and switches keys on again, in his own account, where he can write IAM."""
        if one.account not in self.writers or not self.works(one, "iam:DeleteRolePolicy"):
            return
        for principal in [*self.roles.values(), *self.users.values()]:
            if principal.account == one.account:
                principal.policies.clear()
                principal.trust.clear()
        for user in self.users.values():
            if user.account == one.account:
                for key in [held.key for held in self.held if held.key and held.owner == (user.account, user.name)]:
                    self.keys[key] = "Active"

    def _ask(self, one: Held) -> None:
        for role in self.onward.get((one.role, one.owner), ()):
            if self.makes and any(held.owner == role and held.role and self.works(held) for held in self.held):
                continue
            if self.works(one, "sts:AssumeRole", self.roles[role].arn) and self._trusted(
                role, "sts:AssumeRole", self._context(one)
            ):
                self._issue(one, role)

    def _trusted(self, role: Who, action: str, context: dict[str, Any]) -> bool:
        return decide([ALLOW, *self.roles[role].trust], action, self.roles[role].arn, context) == "allow"

    def _issue(self, through: Held, role: Who) -> None:
        self._got(through, Held(role, True, through.name, self.now, self.now + 3600))

    def _make(self) -> None:
        """Users with keys in each account where he can, one a reaction, up to `ENOUGH` that work; each asks for what its maker could."""
        if not self.makes:
            return
        alive = self.alive()
        makers = {one.account: one for one in alive if self.works(one, "iam:CreateUser")}
        for account, maker in sorted(makers.items()):
            if sum(one.account == account and one.key != "" for one in alive) >= ENOUGH:
                continue
            who = (account, f"sync-{account[:3]}-{self.now}")
            if who not in self.users:
                key = f"AKIAIEXAMPLE{len(self.keys):08d}"
                self.users[who] = Principal(*who, f"arn:aws:iam::{account}:user/{who[1]}")
                self.keys[key] = "Active"
                self.onward[False, who] = set(self.onward.get((maker.role, maker.owner), set()))
                self._got(maker, Held(who, False, who[1], 0, self.now + 86_400, key))

    def _got(self, through: Held, one: Held) -> None:
        if one not in self.held:
            self.held.add(one)
            self.journal.append((through, one))

    # --- the responder ---

    def carry_out(self, steps: list[ContainmentStep]) -> None:
        shell = Shell(self.run, lambda: self.iso(self.now))
        for step in steps:
            shell.script(step.script)
            self._by_hand(step)
            self.now += 1
            self.react()

    def _by_hand(self, step: ContainmentStep) -> None:
        if step.step == "disable the portal user":
            for source in self.sources:
                source.open = source.open and source.kind != "identity_center"
        elif step.step == "root sessions":
            self.now += 900
            self.held = {one for one in self.held if not one.root}
        elif step.step.startswith("stop the "):
            for source in self.sources:
                source.open = source.open and source.name != step.target

    def run(self, words: list[str], files: dict[str, str]) -> str:
        account, call = option(words, "--profile"), words[2]
        kind = "role" if "--role-name" in words else "user"
        who = (account, option(words, f"--{kind}-name"))
        known = self.roles if kind == "role" else self.users
        principal = known.get(who)
        if call == "create-policy":
            made = f"p-{len(self._scp) + 1}"
            self._scp[made] = json.loads(files[option(words, "--content").removeprefix("file://")])
            return made
        if call == "attach-policy" and words[1] == "organizations":
            self.guardrails.setdefault(option(words, "--target-id"), []).append(self._scp[option(words, "--policy-id")])
        elif call in ("put-role-policy", "put-user-policy") and principal:
            document = json.loads(files[option(words, "--policy-document").removeprefix("file://")])
            principal.policies[option(words, "--policy-name")] = (self.now + SPREADING, document)
        elif call == "update-access-key":
            self.keys[option(words, "--access-key-id")] = option(words, "--status")
        elif call == "update-assume-role-policy" and principal:
            principal.trust = [json.loads(files[option(words, "--policy-document").removeprefix("file://")])]
        elif call == "get-role":
            return json.dumps({"Version": "2012-10-17", "Statement": []})
        return "x-1"
