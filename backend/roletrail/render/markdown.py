"""A document as Markdown: a brief that can be pasted into a ticket. Pictures become their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from roletrail.render.document import Block, Document, Facts, Graded, Heading, Items, NewPage, Paragraph, Picture, Table
from roletrail.render.plain import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def brief(document: Document) -> str:
    lines = [f"# {said(document.title)}", "", said(document.subtitle), ""]
    for block in document.blocks:
        lines += [*_lines(block), ""]
    lines += ["---", "", said(document.foot), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def said(text: str) -> str:
    """Text that Markdown and the HTML in it take as text, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {said(text)}"
        case Paragraph(text):
            yield said(text)
        case Graded(sentences):
            yield from (f"{n}. {said(text)} **[{said(grade)}]**" for n, (text, grade) in enumerate(sentences, 1))
        case Items(texts):
            yield from (f"- {said(text)}" for text in texts)
        case Facts(pairs):
            yield from (f"- {said(name)}: {said(value)}" for name, value in pairs)
        case Table(columns, rows):
            yield from _table(columns, rows)
        case Picture(_, says):
            yield f"*{said(says)}*"
        case NewPage():
            yield ""


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = [said(column) for column in columns]
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(said(cell) for cell in row) + " |"
