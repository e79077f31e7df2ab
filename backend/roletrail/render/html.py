"""A document as HTML: its body for a page of ours, or one file that needs no server, no script and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roletrail.render.document import Block, Document, Facts, Graded, Heading, Items, NewPage, Paragraph, Picture, Table
from roletrail.render.plain import markup

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")

STYLE = """
:root{color-scheme:light dark}body{font:14px/1.5 -apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;max-width:960px;
margin:32px auto;padding:0 20px;color:#14171c;background:#fff}h1{font-size:22px;line-height:1.3}h2{font-size:16px;margin:28px 0 8px}
h1,h2,p,td,dt,dd,li,footer{overflow-wrap:anywhere}.doc-picture{margin:16px 0}table{width:100%;border-collapse:collapse;font-size:12.5px}th,td{padding:4px 8px 4px 0;
border-bottom:1px solid #dfe3e8;text-align:left;vertical-align:top}th{color:#565f6d;font-weight:400}dl{display:grid;
grid-template-columns:fit-content(38%) minmax(0,1fr);gap:3px 16px}dt{color:#565f6d}dd{margin:0}svg{max-width:100%;height:auto;background:#fff}
.doc-time{white-space:nowrap}.doc-grade{display:inline-block;margin-left:6px;padding:0 6px;border:1px solid #8a93a0;border-radius:4px;font-size:12px}
.doc-likely{border-style:dashed}.doc-cannot-be-known{border-style:dotted}.doc-graded li{margin:6px 0}footer,.doc-sub{color:#565f6d;font-size:12.5px}
@media screen and (max-width:720px){.doc-scroll{overflow-x:auto}.doc-scroll>svg{width:760px;max-width:none}.doc-table thead{display:block;
position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}.doc-table table,.doc-table tbody,.doc-table tr,.doc-table td{display:block}.doc-table tr{padding:6px 0;border-bottom:1px solid #8a93a0}
.doc-table td{padding:1px 0;border:0}.doc-table td:empty{display:none}.doc-table td::before{content:attr(data-label) ": ";color:#8a93a0}}
@media print{body{margin:0;max-width:none}.doc-break{break-before:page}table,svg,li{break-inside:avoid}thead{display:table-header-group}}
@media screen and (prefers-color-scheme:dark){body{color:#e6e9ee;background:#14171c}th,td{border-color:#2a3038}th,dt,footer,.doc-sub{color:#a3abb7}}
""".replace("\n", "")


def body(document: Document) -> str:
    """Title and blocks; every text escaped."""
    parts = [f"<h1>{markup(document.title)}</h1>", f'<p class="doc-sub">{markup(document.subtitle)}</p>']
    for block in document.blocks:
        parts += _parts(block)
    return "".join([*parts, f"<footer>{markup(document.foot)}</footer>"])


def single_file(document: Document) -> str:
    """A whole file. Its policy forbids everything but its own styles: it is opened from disks and in mail programs."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f"<title>{markup(document.title)}</title><style>{STYLE}</style></head><body><main>{body(document)}</main></body></html>\n"
    )


def _parts(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"<h{level}>{markup(text)}</h{level}>"
        case Paragraph(text):
            yield f"<p>{markup(text)}</p>"
        case Graded(sentences):
            items = "".join(f"<li>{markup(text)} {_grade(grade)}</li>" for text, grade in sentences)
            yield f'<ol class="doc-graded">{items}</ol>'
        case Items(texts):
            yield "<ul>" + "".join(f"<li>{markup(text)}</li>" for text in texts) + "</ul>"
        case Facts(pairs):
            yield "<dl>" + "".join(f"<dt>{markup(name)}</dt><dd>{markup(value)}</dd>" for name, value in pairs) + "</dl>"
        case Table(columns, rows):
            head = "".join(f'<th scope="col">{markup(column)}</th>' for column in columns)
            lines = "".join("<tr>" + "".join(map(_cell, columns, row)) + "</tr>" for row in rows)
            yield f'<div class="doc-table" tabindex="0" role="group" aria-label="{markup(", ".join(columns))}">'
            yield f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
        case Picture(svg, says):
            yield '<figure class="doc-picture"><div class="doc-scroll" tabindex="0" role="group" aria-label="Picture">'
            yield f'{svg}</div><figcaption class="doc-sub">{markup(says)}</figcaption></figure>'
        case NewPage():
            yield '<div class="doc-break"></div>'


def _cell(column: str, text: str) -> str:
    """Times are one word. A narrow screen shows each cell with its column's name."""
    name = ' class="doc-time"' if _TIME.fullmatch(text) else ""
    return f'<td{name} data-label="{markup(column)}">{markup(text)}</td>'


def _grade(grade: str) -> str:
    return f'<span class="doc-grade doc-{grade.replace(" ", "-")}">{markup(grade)}</span>'
