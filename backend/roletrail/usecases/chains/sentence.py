"""The header sentence of a chain. Its subject is a credential or session, never a person."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.usecases.chains.views import PathNode

MOST_STEPS, KEPT_STEPS = 12, 4
"""A longer chain names its first and last few: juggling takes hundreds."""


def chain_sentence(nodes: Sequence[PathNode], sessions: int, started: int, ended: int) -> str:
    """`AKIA.. in 1111.. -> WebRole -> DeployRole in 2222..: 2 role sessions, 2 accounts, 5 min 33 s.`"""
    steps: list[str] = []
    account = ""
    for node in nodes:
        text = node.summary if node.kind == "folded" else node.label or node.principal or node.id
        if node.account and node.account != account:
            text += f" in {node.account}"
            account = node.account
        steps.append(text)
    if len(steps) > MOST_STEPS:
        steps = [*steps[:KEPT_STEPS], f"({len(steps) - 2 * KEPT_STEPS:,} more)", *steps[-KEPT_STEPS:]]
    accounts = len({node.account for node in nodes if node.account})
    counts = [_counted(sessions, "role session"), _counted(accounts, "account")]
    if started and ended >= started:
        counts.append(duration(ended - started))
    return " → ".join(steps) + ": " + ", ".join(counts) + "."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: int) -> str:
    """Two largest units: `5 min 33 s`, `2 h 4 min`, `3 d 1 h`."""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"
