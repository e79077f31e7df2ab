"""One credential in two places at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import client, is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="several-networks",
    title="One credential from several networks at once",
    group="credential",
    why="Calls that interleave from two networks are two holders. Distance is not measured: no place of an address is in these logs, so a quarter of an hour stands for impossible travel.",
    attack=("T1078.004", "T1550.001"),
    benign=("A VPN switched on in the middle.", "A farm of runners that shares one key, from the same networks every day."),
    runbook=("Tell the two apart by client and by what they call; mark the strand that is not yours.",),
)

LEAST_CELLS = 3
"""Quarters of an hour in which two networks take turns: once is a VPN that was switched on."""


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if len(story.activities) < 2 or story.root.type == "web" or story.node.service_linked:
        return
    outside = {address for address in {a.address for a in story.activities} if is_outside(network(address))}
    if len(outside) < 2:
        return
    uses = [a for a in story.activities if a.address in outside and not a.invoked_by]
    found: dict[tuple[str, str], list[tuple[Activity, Activity]]] = {}
    for one, other in _at_once(uses):
        pair = sorted((network(one.address), network(other.address)))
        found.setdefault((pair[0], pair[1]), []).append((one, other))
    for (here, there), pairs in found.items():
        together = [both for both in pairs if _overlap(*both)]
        if not together and len({one.cell for one, _ in pairs}) < LEAST_CELLS:
            continue
        one, other = (together or pairs)[0]
        if past.usual(habits.network_key(story.node, here), one.cell) and past.usual(
            habits.network_key(story.node, there), one.cell
        ):
            continue
        refs = (event_ref(one.first_at, one.first_event), event_ref(other.first_at, other.first_event))
        reasons = [
            Reason(f"calls from {here} and {there} take turns in {len({o.cell for o, _ in pairs})} quarters of an hour", 35, refs)
        ]
        if client(one.agent) != client(other.agent):
            reasons.append(Reason(f"with different clients: {client(one.agent)} and {client(other.agent)}", 20))
        last = max(max(a.last_at, b.last_at) for a, b in pairs)
        yield Hit(
            f"{called(story.node)} was used from {here} and {there} at once",
            tuple(reasons),
            min(one.first_at, other.first_at),
            last,
            about=f"{here} {there}",
        )


def _at_once(uses: list[Activity]) -> Iterator[tuple[Activity, Activity]]:
    """Of one key within one quarter of an hour, from two networks."""
    by_cell: dict[tuple[int, str], list[Activity]] = {}
    for use in uses:
        by_cell.setdefault((use.cell, use.access_key_id), []).append(use)
    for together in by_cell.values():
        for one, other in combinations(sorted(together), 2):
            if network(one.address) != network(other.address):
                yield one, other


def _overlap(one: Activity, other: Activity) -> bool:
    return one.first_at <= other.last_at and other.first_at <= one.last_at


def _used(*uses: Activity, root: str = "key") -> Story:
    if root == "web":
        return s.story(s.origin("web", "repo:acme/shop"), s.role("ci"), activities=uses)
    return s.story(s.key(), activities=uses)


_TURNS = tuple(s.activity(where, at=s.T0 + n * 900 + late) for n in range(3) for where, late in ((s.OFFICE, 0), (s.CAFE, 300)))
_TWO = (s.activity(), s.activity(s.CAFE, "curl", at=s.T0 + 30))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_used(*_TURNS), s.FRESH), Sample(_used(*_TWO), s.FRESH), Sample(_used(*_TWO), s.month())),
    silent=(
        Sample(_used(s.activity(), s.activity("192.0.2.99", at=s.T0 + 30)), s.FRESH),
        Sample(_used(s.activity(), s.activity(s.CAFE, at=s.T0 + 200)), s.FRESH),
        Sample(_used(*_TWO, root="web"), s.FRESH),
        Sample(_used(s.activity(), s.activity("10.0.0.9", at=s.T0 + 30)), s.FRESH),
        Sample(_used(*_TWO), s.lived(habits.shown(_used(*_TWO)))),
        Sample(_used(*_TWO)._replace(node=s.key()._replace(service_linked=True)), s.FRESH),
    ),
    needs="several",
)
