"""What Roletrail itself reads from AWS, told apart in the logs it reads.

A name can be copied: only the one role its settings name counts, under a session name and a source identity that its
trust policy can demand (docs/deploy.md), and only as long as the session did nothing but read from where it belongs.
"""

from __future__ import annotations

from roletrail.detect.story import Story

SESSION_NAME = "roletrail"
"""Role session name and source identity of our own sessions."""


def is_own_reading(story: Story, own_role: str) -> bool:
    """`own_role` is the ARN of the role that ROLETRAIL_AWS_ROLE names; "" when none is."""
    node = story.node
    named = bool(own_role) and node.role_arn == own_role and node.name == node.source_identity == SESSION_NAME
    return named and not (story.actions or story.attempts or story.verdicts or story.revoked)
