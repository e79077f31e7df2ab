"""What Roletrail itself reads from AWS, told apart in the logs it reads.

A name can be copied: only the one role its settings name counts, and the roles it goes on to in other accounts, under a session
name and a source identity that their trust policies can demand (docs/deploy.md), and only as long as the session did nothing but
read from where it belongs.
"""

from __future__ import annotations

from roletrail.detect.story import Story
from roletrail.lineage.model import Node

SESSION_NAME = "roletrail"
"""Role session name and source identity of our own sessions."""


def is_own_by_name(node: Node, parent: Node | None, own_role: str) -> bool:
    """`own_role` is the ARN of the role that ROLETRAIL_AWS_ROLE names; "" when none is. `parent` obtained the session."""
    first = parent is not None and _is_named(parent) and parent.role_arn == own_role
    return bool(own_role) and _is_named(node) and (node.role_arn == own_role or first)


def _is_named(node: Node) -> bool:
    return node.name == node.source_identity == SESSION_NAME


def is_own_reading(story: Story, own_role: str) -> bool:
    parent = story.path[-2].node if len(story.path) > 1 else None
    named = is_own_by_name(story.node, parent, own_role)
    return named and not (story.actions or story.attempts or story.verdicts or story.revoked)
