"""Parts of a score that several rules share: how deep, how new, what was done, from where. Each tied to events or counts."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect.deeds import Deed, deeds_of
from roletrail.detect.finding import Reason
from roletrail.detect.network import client, is_outside, network
from roletrail.detect.past import QUIET_DAYS, SETTLED_DAYS, WINDOW_DAYS, Past
from roletrail.detect.place import AWAY
from roletrail.detect.story import Step, Story, called

NO_BASELINE = "no baseline yet: less than 14 days of data come before it, so nothing is called new"
MOST_EVENTS = 20
_WINDOW = f"of the {WINDOW_DAYS - SETTLED_DAYS + 1} settled days before"


def proof(step: Step) -> tuple[str, ...]:
    return step.edge.evidence if step.edge else ()


def depth(story: Story) -> Reason:
    count = story.standing.sessions
    events = tuple([ref for step in story.roles[-3:] for ref in proof(step)][:MOST_EVENTS])
    if count == 2:
        return Reason("two role sessions in a row: the second was obtained with the first", 15, events)
    return Reason(f"{count} role sessions in a row, each obtained with the one before", 30, events)


def newness(story: Story, past: Past) -> Reason:
    """How new the path is, or how usual; says so when nobody can tell yet."""
    at = story.at
    if not past.known(at):
        return Reason(NO_BASELINE, 0)
    anybody, root, alike = habits.shape_keys(story)
    days = past.days(anybody, at)
    if not days:
        return Reason("this path was never seen in the month before, by anybody", 25)
    mine = past.days(root, at)
    if not mine:
        return Reason(f"this root never took this path before; others did on {days} of the days before", 15)
    return _familiar(story, mine, past.days(alike, at))


def _familiar(story: Story, mine: int, alike: int) -> Reason:
    """A path that its root took on `mine` days, and on `alike` of them from the same networks with the same clients."""
    if alike >= QUIET_DAYS and not _counts_by_itself(story):
        return Reason(
            f"quieter: this root took this path on {alike} {_WINDOW}, from the same networks with the same clients", -20
        )
    if alike < mine:
        where = ", ".join(dict.fromkeys(f"{network(s.asked.address)} by {client(s.asked.agent)}" for s in story.path if s.asked))
        return Reason(f"this root took this path on {mine} {_WINDOW}, but not like this: {where}", 15 if not alike else 5)
    return Reason(f"this root took this path on {mine} {_WINDOW}", 0)


def _counts_by_itself(story: Story) -> bool:
    """What habit never makes quieter: persistence, privilege, evasion, impact, and use away from the workload."""
    return any(v.off for v in story.verdicts) or any(deed.alone for deed in deeds_of(story))


def networks(story: Story) -> Iterator[Reason]:
    """Steps of one path asked for from more than one outside network. What a pivot leads to lives somewhere else by nature:
    a function is not where its code was written, a key not where it was made."""
    found: dict[str, Step] = {}
    for step in story.path:
        _, edge, asked = step
        if edge is not None and edge.pivot:
            found.clear()
        if asked is not None and is_outside(net := network(asked.address)):
            found.setdefault(net, step)
    if len(found) > 1:
        events = tuple([ref for step in found.values() for ref in proof(step)][:MOST_EVENTS])
        yield Reason(f"its steps were asked for from {len(found)} networks: {', '.join(found)}", 20, events)


def elsewhere(story: Story) -> Iterator[Reason]:
    """Verdicts that say the credentials were used away from where they belong."""
    off = [v for v in story.verdicts if v.off]
    if off:
        worst = max(off, key=lambda v: v.confidence)
        events = tuple(ref for basis in worst.reasons for ref in basis.events)[:MOST_EVENTS]
        text = f"a workload's credentials on its path were used {AWAY[worst.verdict]} ({worst.source_ip_address})"
        yield Reason(text, round(50 * worst.confidence), events)


def done(story: Story) -> Iterator[Reason]:
    """What its last session did, or was refused, that counts by itself, the weightiest first; at most three kinds."""
    if not story.actions:
        return
    found: dict[tuple[str, bool], list[Deed]] = {}
    for deed in deeds_of(story):
        if deed.alone:
            found.setdefault((deed.action.event_name, deed.tried), []).append(deed)
    ranked = sorted(found.values(), key=lambda deeds: (-_share(deeds), deeds[0].action.event_name))
    for deeds in ranked[:3]:
        name = deeds[0].action.event_name
        times = f" {len(deeds)} times" if len(deeds) > 1 else ""
        if deeds[0].tried:
            text = f"{called(story.node)} was refused {name}{times} ({deeds[0].action.target})"
        else:
            text = f"{called(story.node)} called {name}{times}: {deeds[0].said}"
        yield Reason(text, _share(deeds), tuple(d.ref for d in deeds)[:MOST_EVENTS])


def _share(deeds: list[Deed]) -> int:
    """Half of what the deed weighs in a finding of its own; a quarter when it was refused."""
    return max(deed.weight for deed in deeds) // (4 if deeds[0].tried else 2)


def behind(story: Story) -> Iterator[Reason]:
    """How the path that led to a deed weighs."""
    if story.standing.sessions >= 2:
        yield Reason(f"done by role session {story.standing.sessions} of a chain", 10 if story.standing.sessions == 2 else 20)
    yield from networks(story)
    yield from elsewhere(story)
