"""A document of a few plain blocks: what a report is before it becomes a page, a file, Markdown or print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Graded:
    """Sentences, each with how sure it is: proved | likely | cannot be known."""

    sentences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """`svg` is markup made by this room, with every text in it escaped; `says` is the same in words."""

    svg: str
    says: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """On paper the next block begins a page."""


Block = Heading | Paragraph | Graded | Items | Facts | Table | Picture | NewPage


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    foot: str
