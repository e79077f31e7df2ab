"""Small made-up stories, from which rules show what they fire on and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from roletrail.detect.past import DAY, Days, Past, Shown
from roletrail.detect.story import Step, Story, Use
from roletrail.detect.verdict import Basis, UseVerdict
from roletrail.lineage import ids
from roletrail.lineage.model import Action, Activity, Attempt, Edge, Issuance, Node, SignIn, Standing, event_ref

T0 = 1_762_000_000 - 1_762_000_000 % DAY + 36_000
"""10:00 UTC of the day samples play on."""
HOME, MEMBER, STRANGER = "111111111111", "222222222222", "999999999999"
OFFICE, CAFE, RUNNER = "192.0.2.10", "203.0.113.9", "198.51.100.7"
CLI, PYTHON = "aws-cli/2 linux", "boto3 linux"
OWN = frozenset({HOME, MEMBER})


def node(kind: str, type_: str, name: str, account: str = HOME, *, role: str = "", at: int = 0, workload: str = "") -> Node:
    role_arn = f"arn:aws:iam::{account}:role/{role}" if role else ""
    unique_id = f"AROA{role.upper()[:12]:X<12}EXAM:{name}" if role else f"{type_}:{name}"
    return Node(
        id=ids.origin_id(kind, type_, name, account, role, str(at)), kind=kind, type=type_, partition="aws", principal_id=unique_id,
        account=account, role_id=unique_id.partition(":")[0] if role else "", role_arn=role_arn, role_name=role, name=name,
        label=role or name, issued_at=at, expires=at + 3600 if at else 0, access_key_ids=("ASIAIEXAMPLEXXXXXXXX",), key_count=1,
        source_identity="", mfa="", on_behalf_of="", counts=bool(role), service_linked=False, workload=workload,
        workload_id=name if workload else "", detail="",
    )  # fmt: skip


def key(user: str = "alice", account: str = HOME) -> Node:
    return node("key", "IAMUser", user, account)


def origin(type_: str, name: str, account: str = HOME) -> Node:
    workload = type_ if type_ in ("instance", "function", "task", "pod", "build") else ""
    return node("origin", type_, name, account, workload=workload)


def role(name: str, account: str = HOME, *, at: int = T0, session: str = "session") -> Node:
    return node("session", "AssumedRole", session, account, role=name, at=at)


def issuance(
    above: Node, child: Node, *, address: str = OFFICE, agent: str = CLI, family: str = "", external_id: str = "", provider: str = "",
    audience: str = "",
) -> Issuance:  # fmt: skip
    families = {
        "web": "web",
        "saml": "saml",
        "function": "service",
        "instance": "service",
        "task": "service",
        "service": "service",
    }
    return Issuance(
        event_id=f"e-{child.id}", at=child.issued_at, family=family or families.get(above.type, "assume"), event_name="AssumeRole",
        partition="aws", account=child.account, region="eu-central-1", copy="foreign" if above.type == "foreign" else "",
        shared_event_id="", request_id="", parent=above.id, parent_kind="foreign" if above.type == "foreign" else above.kind,
        parent_key="", parent_principal=above.principal_id, parent_created=0, parent_account=above.account, parent_label=above.name,
        invoked_by="", child=child.id, child_key="", child_principal=child.principal_id, child_type="AssumedRole",
        role_arn=child.role_arn, role_account=child.account, role_name=child.role_name, session_name=child.name, expires=child.expires,
        source_identity="", external_id=external_id, mfa_serial="", address=address, agent=agent, provider=provider,
        detail=json.dumps({"audience": audience}) if audience else "",
    )  # fmt: skip


def edge(above: Node, child: Node, *, pivot: str = "", kind: str = "ASSUMED", note: str = "", rule: str = "J1") -> Edge:
    at = child.issued_at or T0
    evidence = (event_ref(at, f"e-{child.id}"),)
    return Edge(kind, above.id, child.id, "", "", at, rule, 1.0, evidence, pivot, "", note)


def story(
    *nodes: Node, address: str = OFFICE, agent: str = CLI, addresses: Sequence[str] = (), pivot: str = "", **more: object
) -> Story:
    """A path of these nodes. `addresses` are where each step after the first was asked for, when not all from one."""
    steps = [Step(nodes[0])]
    for n, (above, child) in enumerate(pairwise(nodes)):
        where = addresses[n] if addresses else address
        asked = issuance(above, child, address=where, agent=agent) if child.issued_at and not pivot else None
        steps.append(Step(child, edge(above, child, pivot=pivot), asked))
    last = nodes[-1]
    counted = sum(one.counts for one in nodes)
    standing = Standing(
        nodes[0].id, nodes[-2].id if len(nodes) > 1 else "", counted, max(0, counted - 1), len(nodes) - 1, int(bool(pivot)), 1, counted,
        1.0, T0, "",
    )  # fmt: skip
    at = last.issued_at or T0
    told = Story(last, standing, tuple(steps), leaf=True, first_seen=at, last_seen=at + 600, own=OWN)
    return told._replace(**more)


def with_asked(told: Story, change: Callable[[Issuance], Issuance]) -> Story:
    """The story with its own issuance changed."""
    last = told.path[-1]
    asked = change(last.asked) if last.asked else None
    return told._replace(path=(*told.path[:-1], last._replace(asked=asked)))


def action(
    name: str, category: str = "persistence", target: str = "bob", *, kind: str = "user", at: int = T0 + 60, error: str = "",
    address: str = OFFICE, service: str = "iam", account: str = HOME, **detail: object,
) -> Action:  # fmt: skip
    return Action(
        f"e-{name}-{at}", at, "", "", f"{service}.amazonaws.com", name, account, "us-east-1", category, kind, target, error, address, CLI,
        json.dumps(detail) if detail else "",
    )  # fmt: skip


def activity(
    address: str = OFFICE, agent: str = CLI, *, at: int = T0, sources: str = "s3.amazonaws.com=5", last: int = 0, count: int = 5,
    delivery: str = "", key_id: str = "AKIAIEXAMPLEXXXXXXXX",
) -> Activity:  # fmt: skip
    return Activity(
        "", at - at % 900, key_id, address, "", "", delivery, "", agent, "", "", count, 0, sources, at, f"a-{at}-{address}", "ListBuckets",
        last or at + 60, f"z-{at}-{address}", "GetObject",
    )  # fmt: skip


def attempt(target: str, *, at: int = T0) -> Attempt:
    arn = f"arn:aws:iam::{HOME}:role/{target}"
    return Attempt(f"e-{target}-{at}", at, "", "", "AssumeRole", arn, "AccessDenied", HOME, "us-east-1", CAFE, CLI)


def sign_in(
    name: str, *, at: int = T0, address: str = OFFICE, agent: str = CLI, success: str = "true", **detail: object
) -> SignIn:
    return SignIn(
        f"e-{name}-{at}", at, name, "aws", "", "user", "IdentityCenterUser", HOME, "", "us-east-1", "", success, "", address, agent,
        json.dumps(detail),
    )  # fmt: skip


def verdict(
    word: str, row: str, *, confidence: float = 0.9, hands: str = "unknown", workload: str = "instance", address: str = CAFE
) -> UseVerdict:
    return UseVerdict(
        "", workload, "i-0123456789abcdef0" if workload == "instance" else "", HOME, "", "ASIAIEXAMPLEXXXXXXXX", address, "PUBLIC", T0,
        T0 + 600, 4, word, row, confidence, "unfamiliar" if hands == "unfamiliar" else "unknown", (Basis("by the table", confidence),), (),
        off=word.startswith("OFF_"),
    )  # fmt: skip


def use(what: str, at: int = T0, *, address: str = OFFICE, agent: str = CLI, extra: str = "") -> Use:
    return Use(f"{what}-{at}", at, address, agent, what, event_ref(at, f"e-{what}-{at}"), extra)


FRESH = Past(0, Days())
"""Nothing loaded before: no baseline yet."""


def month(*seen: Iterable[int] | int) -> Past:
    """Five weeks of data, in which these habits showed on every day."""
    keys = [one for item in seen for one in ([item] if isinstance(item, int) else item)]
    today = T0 // DAY
    return Past(T0 - 35 * DAY, Days({number: range(today - 30, today - 7) for number in keys}))


def lived(*shown: Shown) -> Past:
    """Five weeks in which all of these habits were daily ones."""
    return month(*(keys for one in shown for keys in one.values()))
