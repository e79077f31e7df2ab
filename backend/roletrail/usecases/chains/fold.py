"""Equal siblings of a tree as one row: `140 sessions of storefront-web, none went on`, so that the path stands out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from roletrail.lineage import ids
from roletrail.usecases.chains.tree import placed
from roletrail.usecases.chains.views import PathNode, TreeRow

LEAST = 4
"""Fewer siblings are shown each: folding three saves two rows and costs a click."""
MAX_SOURCES = 3

Kinship = tuple[str, str, str, int]


def fold_siblings(tree: Sequence[TreeRow]) -> list[TreeRow]:
    """The tree with siblings of one role that went the same way folded into one row, where the first of them stood."""
    below = _below(tree)
    shapes = _shapes(tree, below)
    families: dict[tuple[str, int], list[TreeRow]] = {}
    for row in tree:
        if row.parent_id and not row.on_path:
            families.setdefault((row.parent_id, shapes[row.node.id]), []).append(row)
    kept: list[TreeRow] = []
    gone: set[str] = set()  # folded rows and everything below them
    for row in tree:
        family = families.get((row.parent_id, shapes[row.node.id]), [])
        if row.parent_id in gone:
            gone.add(row.node.id)
        elif row.on_path or len(family) < LEAST:
            kept.append(row)
        else:
            gone.add(row.node.id)
            if family[0] is row:
                kept.append(_one(family, below))
    return placed(_numbered(kept))


def _below(tree: Sequence[TreeRow]) -> dict[str, list[TreeRow]]:
    found: dict[str, list[TreeRow]] = {}
    for row in tree:
        found.setdefault(row.parent_id, []).append(row)
    return found


def _shapes(tree: Sequence[TreeRow], below: dict[str, list[TreeRow]]) -> dict[str, int]:
    """A number for each row; rows of the same role with the same below them share it. From the leaves up: no recursion."""
    numbers: dict[tuple[Kinship, tuple[int, ...]], int] = {}
    shapes: dict[str, int] = {}
    for row in reversed(tree):
        children = tuple(sorted(shapes[child.node.id] for child in below.get(row.node.id, ())))
        shapes[row.node.id] = numbers.setdefault((_kinship(row), children), len(numbers))
    return shapes


def _kinship(row: TreeRow) -> Kinship:
    return row.node.kind, row.node.role or row.node.label, row.node.account, row.node.ordinal


def _one(family: Sequence[TreeRow], below: dict[str, list[TreeRow]]) -> TreeRow:
    everything = _with_descendants(family, below)
    counted = Counter(address for row in everything for address in row.sources)
    sources = [address for address, _ in counted.most_common(MAX_SOURCES)]
    return replace(
        family[0],
        node=_folded(family, everything[len(family) :]),
        uses=sum(row.uses for row in everything),
        errors=sum(row.errors for row in everything),
        first_seen=min((row.first_seen for row in everything if row.first_seen), default=""),
        last_seen=max(row.last_seen for row in everything),
        sources=sources,
        more_sources=len(counted) - len(sources),
        children=0,
    )


def _with_descendants(family: Sequence[TreeRow], below: dict[str, list[TreeRow]]) -> list[TreeRow]:
    """The family first, then what hangs below it, level by level."""
    found = list(family)
    for row in found:
        found.extend(below.get(row.node.id, ()))
    return found


def _folded(family: Sequence[TreeRow], onward: Sequence[TreeRow]) -> PathNode:
    node = family[0].node
    labels = list(dict.fromkeys(row.node.label for row in onward))
    what = "sessions" if node.kind == "session" else "entries"
    went = f"each went on to {' → '.join(labels[:3])}{' …' if len(labels) > 3 else ''}" if labels else "none went on"
    deepest = max((row.node.ordinal for row in onward), default=0)
    if deepest > node.ordinal:  # a fold must not hide how deep it goes
        went += f", up to assumption {deepest}"
    return PathNode(
        kind="folded",
        id=ids.origin_id("folded", family[0].parent_id, *map(str, _kinship(family[0])), *labels),
        label=f"{len(family)} \N{MULTIPLICATION SIGN} {node.label}",
        role=node.role,
        account=node.account,
        issued_at=node.issued_at,
        ordinal=node.ordinal,
        tone=node.tone,
        segment=node.segment,
        count=len(family),
        summary=f"{len(family)} {what} of {node.label}, {went}",
    )


def _numbered(tree: Sequence[TreeRow]) -> list[TreeRow]:
    """Positions among siblings, counted again."""
    sizes = Counter(row.parent_id for row in tree)
    seen: Counter[str] = Counter()
    numbered: list[TreeRow] = []
    for row in tree:
        seen[row.parent_id] += 1
        numbered.append(replace(row, position=seen[row.parent_id], siblings=sizes[row.parent_id]))
    return numbered
