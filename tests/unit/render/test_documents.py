"""Documents in every format: nothing of a log becomes markup, a formula or a second column."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from roletrail.render import html, lineage, lines, markdown
from roletrail.render.document import Document, Facts, Graded, Heading, Items, NewPage, Paragraph, Picture, Table

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b\nc | d",
    "[click](javascript:alert(1))",
    "![x](https://attacker.example/x.png)",
    "=HYPERLINK(1)",
    "**bold** _it_ `code` <b>",
    "\u202eevil\x00\ud800",
    "</title></style>",
    "&lt;b&gt;",
)


def document(text: str) -> Document:
    blocks = (
        Heading(text),
        Paragraph(text),
        Graded(((text, "proved"), (text, "cannot be known"))),
        Items((text,)),
        Facts(((text, text),)),
        Table((text, "Time"), ((text, "2026-11-07 02:14:10"),)),
        Picture("<svg></svg>", text),
        NewPage(),
    )
    return Document(text, text, blocks, text)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_file_of_html_keeps_its_shape(text: str) -> None:
    assert Tags(html.single_file(document(text))).found == Tags(html.single_file(document("plain"))).found


def test_a_file_of_html_needs_nothing_from_elsewhere() -> None:
    made = html.single_file(document("plain"))
    assert "default-src 'none'" in made
    assert not [name for _, names in Tags(made).found for name in names if name in ("src", "href", "onload")]
    assert "<script" not in made


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_takes_it_as_text(text: str) -> None:
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark").enable("table").render(markdown.brief(document(text)))
    plain = MarkdownIt("commonmark").enable("table").render(markdown.brief(document("plain")))
    assert Tags(rendered).found == Tags(plain).found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_one_cell_and_no_formula(text: str) -> None:
    made = "".join(lines.csv_lines(("a", "b"), [(text, True), (None, 3)]))
    rows = list(csv.reader(io.StringIO(made)))
    assert [len(row) for row in rows] == [2, 2, 2]
    assert rows[1][0][0] not in "=+-@"
    assert rows[1][1] == "true"


def test_a_line_of_json_is_one_line() -> None:
    (line,) = lines.json_lines([{"a": "b\n\ud800"}])
    assert line.count("\n") == 1
    assert json.loads(line)["a"] == "b\n\ud800"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_lineage_is_well_formed_and_says_the_ordinals(text: str) -> None:
    marks = [
        lineage.Mark("a", "", "key", "context", 0, (text,), 0, 0),
        lineage.Mark("b", "a", "session", "watch", 2, (text, text), 190, 0),
        lineage.Mark("c", "b", "unknown", "alarm", 3, (text,), 380, 112, uncertain=True),
    ]
    root = ET.fromstring(lineage.draw(marks, text).encode("utf-8", "replace"))
    digits = [one.text for one in root.iter() if one.get("class", "").startswith("digit-")]
    assert digits == ["2", "3"]
    colours = {one.get("class"): one.get("stroke") for one in root.iter() if one.get("class", "").startswith("edge-")}
    assert colours == {"edge-watch": "#d97a00", "edge-alarm": "#9b0020"}
    assert [one for one in root.iter() if one.get("stroke-dasharray") == "2 5"]
