"""The facts a plan is made from: identities with what they did, who else uses their roles, and what shapes the plan.

Handed in complete by a use-case; nothing here asks a store or a clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from roletrail.lineage import arn
from roletrail.lineage.model import Action, Edge, Issuance, Node, event_ref

SSO_ROLE = "AWSReservedSSO_"
DAY = 86_400

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9_./:@=+,-]{1,512}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


class Subject(NamedTuple):
    """An identity in the plan. `region` is where it was issued, "" when no record says."""

    node: Node
    edges: tuple[Edge, ...] = ()
    parent: str = ""
    first_seen: int = 0
    last_seen: int = 0
    region: str = ""
    issued_by: Issuance | None = None
    attacker: bool = True


class RoleUser(NamedTuple):
    """A session of a role that is not the attacker's."""

    id: str
    label: str
    last_seen: int
    uses: int
    parent: str  # label of what obtained it, "" unknown
    may_live: bool  # not known to have expired when the logs end


class RoleUse(NamedTuple):
    """Who else used a role, as of the end of the logs. `week` counts all sessions of seven days, `more` says there are more.

    `direct` counts calls of seven days that no service made for the role, `by_endpoint` those of them through a VPC endpoint;
    counted for roles of instances alone.
    """

    day: tuple[RoleUser, ...] = ()
    week: int = 0
    more: bool = False
    direct: int = 0
    by_endpoint: int = 0


class Case(NamedTuple):
    subjects: Mapping[str, Subject]
    actions: tuple[Action, ...] = ()  # successful ones of the attacker, oldest first
    roles: Mapping[str, RoleUse] = {}
    management: frozenset[str] = frozenset()  # accounts known to manage their organisation
    responders: tuple[str, ...] = ()  # ARNs of roles and users that will carry the plan out
    logging: Mapping[str, tuple[Action, ...]] = {}  # changes of CloudTrail by account, oldest first
    groups: Mapping[str, str] = {}  # auto scaling groups by instance
    until: int = 0  # the newest event of these logs

    @property
    def attackers(self) -> list[Subject]:
        return [one for one in self.subjects.values() if one.attacker]


def detail_of(action: Action) -> dict[str, Any]:
    return _object(action.detail)


def facts_of(node: Node) -> dict[str, Any]:
    return _object(node.detail)


def _object(text: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text) if text else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def text_of(detail: Mapping[str, Any], name: str) -> str:
    value = detail.get(name)
    return value if isinstance(value, str) else ""


def texts_of(detail: Mapping[str, Any], name: str) -> list[str]:
    value: object = detail.get(name)
    listed: list[object] = cast("list[object]", value) if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str) and one]


def base_name(event_name: str) -> str:
    """`UpdateFunctionCode` of `UpdateFunctionCode20150331v2`."""
    return re.sub(r"20\d{6}(?:v\d+)?\Z", "", event_name)


def refs(actions: Iterable[Action]) -> tuple[str, ...]:
    return tuple(event_ref(action.at, action.event_id) for action in actions)


def usable_name(name: str) -> bool:
    """Whether a text can be a name in IAM. Anything else is not put in a command: a log may hold any text."""
    return _NAME.fullmatch(name) is not None and not name.startswith("-")


def usable(text: str) -> bool:
    """The same for ids, ARNs and names of other services."""
    return _PLACE.fullmatch(text) is not None and not text.startswith("-")


def usable_region(region: str) -> str:
    return region if _REGION.fullmatch(region) else ""


def usable_account(account: str) -> bool:
    return _ACCOUNT.fullmatch(account) is not None


def is_role_session(node: Node) -> bool:
    return node.kind == "session" and node.type == "AssumedRole" and bool(node.role_arn)


def is_portal_role(node: Node) -> bool:
    """A role that Identity Center keeps for a permission set: IAM does not let anybody edit it."""
    return node.role_name.startswith(SSO_ROLE)


def is_pseudo_role(node: Node) -> bool:
    """`aws:ec2-instance` and the like: an instance's own identity, no role that anybody could edit."""
    return node.role_name.startswith("aws:") or ":aws:ec2-in" in node.principal_id


def held_accounts(case: Case) -> list[str]:
    """Accounts in which the attacker holds something; a stranger's own account is his to contain."""
    held = (one.node for one in case.attackers if one.node.type != "foreign")
    return list(dict.fromkeys(node.account for node in held if usable_account(node.account)))


def role_sessions(case: Case) -> dict[str, list[Subject]]:
    """Sessions of the plan by role ARN, in order of the plan: nearest the root first."""
    found: dict[str, list[Subject]] = {}
    for subject in case.subjects.values():
        if is_role_session(subject.node) and not is_pseudo_role(subject.node):
            found.setdefault(subject.node.role_arn, []).append(subject)
    return found


def user_of(node: Node) -> tuple[str, str]:
    """(account, user name) whose permissions an identity has: a key's, a session token's, a console session's; "" when not a user."""
    if node.kind == "key" and node.type != "Root":
        return node.account, node.name
    if node.kind == "session" and node.type == "IAMUser":
        return node.account, node.name
    return "", ""


def issuer_of(subjects: Mapping[str, Subject], edges: Iterable[Edge]) -> Node | None:
    """The key or user session that called GetFederationToken for a federated session."""
    for edge in edges:
        above = subjects.get(edge.parent)
        if above is not None and edge.kind in {"GOT_FEDERATION_TOKEN", "SIGNED_IN"}:
            if above.node.type == "FederatedUser":
                return issuer_of(subjects, above.edges)
            return above.node
    return None


def workloads(case: Case) -> list[Subject]:
    """What credentials in the plan were delivered to, each once: by a session whose own facts name its region, where there is one."""
    found: dict[tuple[str, str], Subject] = {}
    for one in case.attackers:
        place = (one.node.workload, one.node.workload_id)
        if all(place) and usable_name(place[1]) and usable_account(one.node.account):
            known = found.get(place)
            found[place] = one if known is None or not known.region else known
    return list(found.values())


def by_name(case: Case, *names: str) -> Iterator[Action]:
    wanted = frozenset(names)
    return (action for action in case.actions if base_name(action.event_name) in wanted)


def principal_arn(node: Node) -> str:
    """What aws:PrincipalArn says for calls of an identity; "" when nothing usable is known."""
    if is_role_session(node):
        return node.role_arn
    if node.type == "Root":
        return f"arn:{node.partition}:iam::{node.account}:root"
    if node.type == "FederatedUser":
        return f"arn:{node.partition}:sts::{node.account}:federated-user/{node.name}"
    account, name = user_of(node)
    stored = text_of(facts_of(node), "arn")
    return stored or (f"arn:{node.partition}:iam::{account}:user/{name}" if name else "")


def created_users(case: Case) -> dict[tuple[str, str], Action]:
    """Users the attacker made, by (account, name)."""
    return {(a.account, a.target): a for a in by_name(case, "CreateUser") if a.target}


def role_name_of(role_arn: str) -> str:
    return arn.role_name(role_arn)
