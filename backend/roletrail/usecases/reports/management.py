"""Five sentences about a chain for people who will read no more, each with how sure it is. No subject is a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from roletrail.detect.marks import NOBODY, Sides
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sentence import duration
from roletrail.usecases.chains.timeline import seconds
from roletrail.usecases.chains.views import ActionView, ChainView, ImpactItem, ImpactView, PathNode, SessionView

Grade = Literal["proved", "likely", "cannot be known"]
PROVED, LIKELY, UNKNOWN = "proved", "likely", "cannot be known"
MOST_NAMED = 4


class Statement(NamedTuple):
    text: str
    grade: Grade


def statements(view: SessionView, impact: ImpactView) -> list[Statement]:
    """Where it began, how far it went, what was changed, what happened to data, and whose hands it was in."""
    return [_origin(view.chain), _reach(view.chain), _changes(view), _data(impact), _hands(view)]


def _origin(chain: ChainView) -> Statement:
    root = chain.path[0]
    if root.kind == "unknown":
        return Statement(f"Where the chain began cannot be seen. {root.reason}", UNKNOWN)
    place = f" in account {root.account}" if root.account else ""
    when = f", first used for it at {chain.first_seen}" if chain.first_seen else ""
    grade: Grade = PROVED if len(chain.path) < 2 or _joined(chain.path[1]) >= 1 else LIKELY
    return Statement(f"The chain began with {_named(root)}{place}{when}.", grade)


def _joined(node: PathNode) -> float:
    return node.edge.confidence if node.edge else 1.0 if node.kind == "folded" else 0.0


def _named(node: PathNode) -> str:
    kinds = {"key": "the long-term key", "session": "the session"}
    return f"{kinds.get(node.kind, node.workload or 'the origin')} {node.label}"


def _reach(chain: ChainView) -> Statement:
    leaf = chain.path[-1]
    if not chain.sessions:
        return Statement(f"No role session was obtained up to {leaf.label}.", PROVED)
    took = seconds(chain.last_seen) - seconds(chain.first_seen)
    within = f" within {duration(took)}" if chain.first_seen and took > 0 else ""
    accounts = f"{len(chain.accounts):,} account{'s' * (len(chain.accounts) != 1)}"
    text = (
        f"It reached {leaf.label} in account {leaf.account} through {chain.sessions:,} role session{'s' * (chain.sessions != 1)}"
        f" in {accounts}{within}."
    )
    if chain.confidence >= 1:
        return Statement(text, PROVED)
    return Statement(f"{text} The weakest join is certain to {min(99, round(chain.confidence * 100))} %.", LIKELY)


def _changes(view: SessionView) -> Statement:
    done = [action for action in view.actions if not action.error_code and action.category != "impact"]
    refused = len([action for action in view.actions if action.error_code]) + len(view.attempts)
    tried = f" {refused:,} more call{'s were' if refused != 1 else ' was'} refused." if refused else ""
    if done:
        return Statement(f"With its credentials {_some(done)} succeeded.{tried}", PROVED)
    if view.coverage:
        return Statement(f"No change by its credentials is in these logs, which are not complete.{tried}", LIKELY)
    return Statement(f"No change by its credentials is in these logs.{tried}", PROVED)


def _some(done: Sequence[ActionView]) -> str:
    names = Counter(action.event_name for action in reversed(done))
    shown = [f"{name} ({count})" if count > 1 else name for name, count in list(names.items())[:MOST_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} other calls" if more > 0 else "")


def _data(impact: ImpactView) -> Statement:
    sections = (("read", impact.read), ("shared out", impact.shared), ("destroyed", impact.destroyed), ("spent", impact.spent))
    parts = [f"{verb}: {_resources(items)}" for verb, items in sections if items]
    if parts:
        sure = not impact.marked or all(item.attacker == item.count for _, items in sections for item in items)
        bounds = f" {impact.marked}" if impact.marked else ""
        return Statement(_sentence("; ".join(parts)) + bounds, PROVED if sure else LIKELY)
    if impact.cannot_exclude:
        return Statement(f"Whether data was read or destroyed cannot be seen. {impact.cannot_exclude[0]}", UNKNOWN)
    return Statement("No data was read, shared out, destroyed or spent according to these logs.", PROVED)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _resources(items: Sequence[ImpactItem]) -> str:
    calls = sum(item.count for item in items)
    named = list(dict.fromkeys(f"{item.kind.replace('_', ' ')} {item.resource}".strip() for item in items))
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    return f"{', '.join(named[:2])}{more} ({calls:,} call{'s' * (calls != 1)})"


def _hands(view: SessionView) -> Statement:
    from_ = list(dict.fromkeys(row.sources[0] for row in view.tree if row.on_path and row.sources))
    seen = f"Its calls came from {', '.join(from_[:3])}{' and more' if len(from_) > 3 else ''}. " if from_ else ""
    return Statement(
        f"{seen}Who held the credentials cannot be known from these logs: they name credentials, not people.", UNKNOWN
    )


class Remains(NamedTuple):
    """What can still be used at a time, as far as these logs say."""

    valid: list[str]
    lasting: list[str]


def remains(view: SessionView, now: int, sides: Sides = NOBODY) -> Remains:
    """Sessions not yet expired at `now`, and keys, which do not expire; of those, what may be the attacker's by `sides`."""
    at = iso(now)
    nodes = [row.node for row in view.tree if row.on_path or row.level > 1]
    counted = set(sides.counted([node.id for node in nodes]))
    named = {node.id: f"{node.label}{' (unclear whose)' if node.id in sides.unclear else ''}" for node in nodes}
    valid = [f"{named[one.id]} until {one.expires_at}" for one in nodes if one.id in counted and one.expires_at > at]
    lasting = [named[one.id] for one in nodes if one.id in counted and one.kind == "key"]
    return Remains(valid, lasting)
