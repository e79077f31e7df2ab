"""Equal siblings of a tree are one row, long sentences name their ends; the path and whatever differs stay."""

from __future__ import annotations

from dataclasses import replace

from roletrail.lineage.layout import COLUMN, LANE
from roletrail.usecases.chains.fold import LEAST, fold_siblings
from roletrail.usecases.chains.sentence import chain_sentence
from roletrail.usecases.chains.tree import placed
from roletrail.usecases.chains.views import PathNode, TreeRow


def row(id_: str, parent: str, level: int, role: str, *, on_path: bool = False, children: int = 0) -> TreeRow:
    node = PathNode(kind="session", id=id_, label=role, role=f"arn:aws:iam::111111111111:role/{role}", ordinal=level, tone="calm")
    return TreeRow(
        node=node,
        parent_id=parent,
        level=level,
        position=1,
        siblings=1,
        uses=2,
        errors=1,
        first_seen=f"2026-11-07T00:00:{len(id_):02d}Z",
        last_seen=f"2026-11-07T01:00:{len(id_):02d}Z",
        sources=["192.0.2.1", f"198.51.100.{len(id_)}"],
        more_sources=0,
        on_path=on_path,
        children=children,
        x=0,
        y=0,
    )


def root() -> TreeRow:
    return row("root", "", 1, "Origin", on_path=True)


def siblings(count: int, role: str = "Build") -> list[TreeRow]:
    return [row(f"{role}{'x' * n}", "root", 2, role) for n in range(count)]


def test_many_equal_siblings_are_one_row_with_their_sums() -> None:
    found = fold_siblings([root(), *siblings(5)])
    assert [r.node.kind for r in found] == ["session", "folded"]
    folded = found[1]
    assert folded.node.label == "5 \N{MULTIPLICATION SIGN} Build"
    assert folded.node.summary == "5 sessions of Build, none went on"
    assert (folded.node.count, folded.uses, folded.errors, folded.children) == (5, 10, 5, 0)
    assert folded.first_seen == "2026-11-07T00:00:05Z"
    assert folded.last_seen == "2026-11-07T01:00:09Z"
    assert folded.sources[0] == "192.0.2.1"
    assert len(folded.sources) + folded.more_sources == 6


def test_few_siblings_stay() -> None:
    tree = [root(), *siblings(LEAST - 1)]
    assert [r.node.id for r in fold_siblings(tree)] == [r.node.id for r in tree]


def test_the_path_is_never_folded() -> None:
    chosen = row("chosen", "root", 2, "Build", on_path=True)
    found = fold_siblings([root(), *siblings(4), chosen])
    assert [r.node.id for r in found if r.on_path] == ["root", "chosen"]
    assert [(r.position, r.siblings) for r in found] == [(1, 1), (1, 2), (2, 2)]


def test_siblings_fold_with_what_is_below_them_when_they_went_the_same_way() -> None:
    tree = [root()]
    for head in siblings(4):
        tree += [replace(head, children=1), row(f"{head.node.id}-r", head.node.id, 3, "Release")]
    odd = row("odd", "root", 2, "Build", children=1)
    tree += [odd, row("odd-s", "odd", 3, "Strange")]
    found = fold_siblings(tree)
    assert [r.node.label for r in found] == ["Origin", "4 \N{MULTIPLICATION SIGN} Build", "Build", "Strange"]
    assert found[1].node.summary == "4 sessions of Build, each went on to Release, up to assumption 3"
    assert found[1].uses == 16


def test_other_roles_are_other_families() -> None:
    found = fold_siblings([root(), *siblings(4, "Build"), *siblings(4, "Test")])
    assert [r.node.label for r in found] == ["Origin", "4 \N{MULTIPLICATION SIGN} Build", "4 \N{MULTIPLICATION SIGN} Test"]
    assert len({r.node.id for r in found}) == 3


def test_a_deep_tree_needs_no_deep_stack() -> None:
    tree = [root()] + [row(f"n{n}", f"n{n - 1}" if n else "root", n + 2, "Juggler") for n in range(3000)]
    assert len(fold_siblings(tree)) == 3001


def test_places_follow_the_folded_tree() -> None:
    tree = placed([root(), *siblings(6), row("last", "root", 2, "Other")])
    assert tree[-1].y == 6 * LANE
    found = fold_siblings(tree)
    assert [(r.x, r.y) for r in found] == [(0, 0), (COLUMN, 0), (COLUMN, LANE)]


def test_the_sentence_of_a_long_chain_names_its_ends_and_counts_the_rest() -> None:
    nodes = [PathNode(kind="session", id=str(n), label=f"Role{n}") for n in range(600)]
    said = chain_sentence(nodes, 600, 0, 0)
    assert said.startswith("Role0 → Role1 → Role2 → Role3 → (592 more) → Role596 → ")
    assert "Role599: 600 role sessions" in said
