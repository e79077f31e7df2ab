"""From deeds to a hit: what one identity did of one nature, with what is new about it and the path that led there."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect.deeds import Deed, Nature, deeds_of
from roletrail.detect.finding import Reason
from roletrail.detect.network import is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import MOST_EVENTS, behind

NEW_HERE, NEW_ANYWHERE, NEW_ALONE = 15, 20, 15
MOST_KINDS = 4


def hits_by_nature(story: Story, past: Past, nature: Nature, said: str) -> Iterator[Hit]:
    """One hit for all deeds of a nature that weigh: by themselves, or because they are new."""
    weighed = [(deed, _new(story, past, deed)) for deed in deeds_of(story, nature)]
    kept = [(deed, new) for deed, new in weighed if deed.alone or new]
    if not kept:
        return
    reasons = list(_reasons(story, kept))
    novelty = max((new for _, new in kept), default=0)
    if novelty:
        words = (
            "nobody did this to such a thing in the month before"
            if novelty >= NEW_ANYWHERE
            else "new for this caller: not done in the month before"
        )
        reasons.append(Reason(words, novelty))
    times = [deed.action.at for deed, _ in kept]
    targets = ", ".join(dict.fromkeys(deed.action.target for deed, _ in kept if deed.action.target))
    refused = ", ".join(dict.fromkeys(deed.action.event_name for deed, _ in kept)) if all(d.tried for d, _ in kept) else ""
    did = f"was refused {_short(refused)}" if refused else said
    title = f"{called(story.node)} {did}: {_short(targets) or kept[0][0].action.event_name}"
    yield Hit(
        title, (*reasons, *_setting(story, kept)), min(times), max(times), most=1000 if any(d.alone for d, _ in kept) else 64
    )


def _new(story: Story, past: Past, deed: Deed) -> int:
    at = deed.action.at
    anywhere = habits.act_anywhere_key(deed.action)
    if deed.tried or not past.any_new((anywhere, habits.act_key(story.node, deed.action)), at):
        return 0
    return NEW_ANYWHERE if past.new(anywhere, at) else NEW_HERE


def _reasons(story: Story, kept: list[tuple[Deed, int]]) -> Iterator[Reason]:
    """One a kind of call: the weightiest whole, others by a third."""
    by_name: dict[tuple[str, bool], list[Deed]] = {}
    for deed, _ in kept:
        by_name.setdefault((deed.action.event_name, deed.tried), []).append(deed)
    ranked = sorted(by_name.values(), key=lambda deeds: (-_weight(deeds), deeds[0].action.event_name))
    for n, deeds in enumerate(ranked[:MOST_KINDS]):
        first = deeds[0]
        times = f" ({len(deeds)} times)" if len(deeds) > 1 else ""
        on = f": {first.action.target}" if first.action.target else ""
        said = f"was refused ({first.action.error_code}){on}" if first.tried else first.said
        text = f"{first.action.event_name}{times} by {called(story.node)}: {said}"
        yield Reason(text, _weight(deeds) if n == 0 else _weight(deeds) // 3, tuple(deed.ref for deed in deeds)[:MOST_EVENTS])


def _weight(deeds: list[Deed]) -> int:
    heaviest = max(deeds, key=lambda deed: deed.weight)
    return heaviest.weight - 15 if heaviest.tried and heaviest.alone else heaviest.weight


def _setting(story: Story, kept: list[tuple[Deed, int]]) -> Iterator[Reason]:
    """The path behind the deed, and whether it came from elsewhere than the credential was asked for."""
    yield from behind(story)
    asked = story.asked
    if asked is None or not is_outside(network(asked.address)):
        return
    other = [
        deed
        for deed, _ in kept
        if is_outside(network(deed.action.address)) and network(deed.action.address) != network(asked.address)
    ]
    if other:
        text = f"called from {network(other[0].action.address)}; its session was asked for from {network(asked.address)}"
        yield Reason(text, 10, tuple(deed.ref for deed in other)[:MOST_EVENTS])


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"
