"""The shape of a chain: its root and its roles with everything folded that is another in every account, region or run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from roletrail.detect.story import Step
from roletrail.lineage.model import Node

MOST_STEPS = 12
_ARROW = " > "
_AGAIN = " again"

_FOLDS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE), "<uuid>"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])"), "<acct>"),
    (
        re.compile(
            r"(?<![a-z])(?:us-gov|us-iso[a-z]?|us|eu|ap|sa|ca|me|af|il|cn|mx)-"
            r"(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9](?![0-9])"
        ),
        "<region>",
    ),
    # CloudFormation's suffix: twelve or more capitals and digits; the Identity Center's: sixteen hexadecimal digits
    (re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]*[0-9])(?=[0-9A-Z]*[A-Z])[0-9A-Z]{8,}(?![0-9A-Za-z])"), "<id>"),
    (re.compile(r"(?<![0-9A-Za-z])(?=[A-Za-z]*[0-9])[0-9A-Fa-f]{8,}(?![0-9A-Za-z])"), "<hex>"),
    # a random word: capitals, small letters and digits mixed
    (re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-z]*[A-Z])(?=[0-9A-Z]*[a-z])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{8,}(?![0-9A-Za-z])"), "<id>"),
    (re.compile(r"[0-9]{4,}"), "<n>"),
)
_CHANGES = re.compile(r"[0-9\0]|[A-Fa-f]{8}-")
"""Without a digit, or the beginning of a <uuid> of letters alone, there is nothing to fold."""


@lru_cache(1 << 14)
def fold_name(name: str) -> str:
    """`cdk-<id>-deploy-role-<acct>-<region>` of one account's CDK role. `_` parts words like `-` does."""
    if _CHANGES.search(name) is None:
        return name
    text = name.replace("_", "\0-\0")  # a word character to regular expressions, a separator in names
    for pattern, stands_for in _FOLDS:
        text = pattern.sub(stands_for, text)
    return text.replace("\0-\0", "_")


_BOOTSTRAP = re.compile(r"^cdk-[a-z0-9]{4,10}-")


@lru_cache(1 << 14)
def fold_role(name: str) -> str:
    """As `fold_name`; the qualifier of a CDK bootstrap, nine letters and digits, is random too."""
    return fold_name(_BOOTSTRAP.sub("cdk-<id>-", name))


_REF = re.compile(r"(:ref:refs/(?:heads|tags)/|:ref_type:(?:branch|tag):ref:).*|(:pull_request).*")
"""GitHub's and GitLab's ways of saying which branch or tag a job ran for."""
_KINDS = (
    (re.compile(r":(?:ref:refs/heads|ref_type:branch:ref)[/:](?:main|master|trunk|production|release)$|:environment:"), "main"),
    (re.compile(r":ref:refs/tags/|:ref_type:tag:"), "tag"),
    (re.compile(r":ref:refs/heads/|:ref_type:branch:"), "branch"),
    (re.compile(r":pull_request"), "pull request"),
)


@lru_cache(1 << 14)
def ref_kind(subject: str) -> str:
    """What a pipeline's subject ran for: main (or an environment), tag, branch or pull request; "" where it does not say."""
    return next((kind for pattern, kind in _KINDS if pattern.search(subject)), "")


@lru_cache(1 << 14)
def sub_pattern(subject: str) -> str:
    """A web identity's subject without what changes from run to run: repositories stay, branches fold to their kind."""
    return fold_name(_REF.sub(lambda found: (found[1] or found[2] or "") + "<ref>", subject))


def root_shape(node: Node, provider: str = "") -> str:
    """The kind of a root. A federated one keeps its provider, a web identity the pattern of its subject too."""
    if node.type == "web":
        return f"web {provider} {sub_pattern(node.name)}".strip()
    if node.type == "saml":
        return f"saml {provider}".strip()
    if node.kind == "session":
        return "unknown origin"
    return "key" if node.kind == "key" else node.workload or node.type


def place(account: str, before: str, home: str, own: frozenset[str]) -> str:
    """What an account is to the step before it: same, hub (where the path began), member or foreign."""
    if account == before:
        return "same"
    if account == home:
        return "hub"
    return "member" if account in own else "foreign"


def shape(path: Sequence[Step], own: frozenset[str]) -> str:
    """Text two chains share when they are the same path in other accounts, regions or runs."""
    if not path:
        return ""
    home = next((step.node.account for step in path if step.node.account), "")
    asked = next((step.asked for step in path if step.asked is not None), None)
    roles = tuple([(step.node.role_name or step.node.label, step.node.account) for step in path if step.node.counts])
    return _shape(root_shape(path[0].node, asked.provider if asked else ""), home, roles, own)


@lru_cache(1 << 10)  # a pipeline takes its path with every run
def _shape(root: str, home: str, roles: tuple[tuple[str, str], ...], own: frozenset[str]) -> str:
    """`roles` are names and accounts."""
    names = [root]
    before = home
    for role, account in roles:
        name = f"{fold_role(role)} ({place(account, before, home, own)})"
        if not names[-1].startswith(name):
            names.append(name)
        elif not names[-1].endswith(_AGAIN):
            names[-1] += _AGAIN  # one that renews itself is no other path with every hour
        before = account
    return _ARROW.join(_cut(names))


def _cut(names: list[str]) -> Iterable[str]:
    """A month of juggling has a shape one can read."""
    return names if len(names) <= MOST_STEPS else [*names[: MOST_STEPS - 1], "..."]
