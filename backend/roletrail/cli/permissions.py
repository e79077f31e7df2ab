"""The iam-policy command: what to allow, printed so that it can be piped into a file."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from roletrail.aws.permissions import policy


def iam_policy(
    sources: Annotated[list[str] | None, typer.Option("--from", help="Trail to read: s3://BUCKET/PREFIX.", metavar="URL")] = None,
    follow: Annotated[list[str] | None, typer.Option(help="Queue to follow, as ARN or URL.", metavar="QUEUE")] = None,
    kms_key: Annotated[list[str] | None, typer.Option(help="Key the trail is encrypted with.", metavar="ARN")] = None,
    role: Annotated[list[str] | None, typer.Option(help="Role to assume (ROLETRAIL_AWS_ROLE).", metavar="ARN")] = None,
    lookup_events: Annotated[bool, typer.Option("--lookup-events", help="Read Event history.")] = False,
    inventory: Annotated[bool, typer.Option("--inventory", help="Pull the inventory.")] = False,
    guardduty: Annotated[bool, typer.Option("--guardduty", help="Pull GuardDuty's findings.")] = False,
    partition: Annotated[str, typer.Option(help="aws, aws-cn or aws-us-gov.", metavar="NAME")] = "aws",
) -> None:
    """Print the least read-only IAM policy for what is read."""
    document = policy(
        buckets=sources or (),
        queues=follow or (),
        keys=kms_key or (),
        roles=role or (),
        history=lookup_events,
        inventory=inventory,
        guardduty=guardduty,
        partition=partition,
    )
    typer.echo(json.dumps(document, indent=2))
