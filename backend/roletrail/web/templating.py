"""The one Jinja environment: autoescape always on, undefined names are errors, every text made visible."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from roletrail.lineage import ids
from roletrail.web import text
from roletrail.web.assets import Assets
from roletrail.web.markdown import markdown


def entity_url(value: str, kind: str) -> str:
    """Page of a role, address, account, instance or user: opaque, so that no name stands in a path."""
    return f"/entities/{ids.entity_id(kind, value)}"


def event_url(reference: str) -> str:
    """Page of an event: `yyyymmdd.eventID`, where the eventID may be any text a file held."""
    return f"/events/{quoted(reference)}"


def quoted(text: str) -> str:
    """Any text as a part of a URL."""
    return quote(text, safe="", errors="replace")


def environment(templates: Path, assets: Assets) -> Environment:
    env = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for filter_ in (
        text.clock,
        text.day,
        text.moment,
        text.grouped,
        text.span,
        text.ordinal_word,
        text.percent,
        text.plural,
        text.file_name,
        text.folder,
    ):
        env.filters[filter_.__name__] = filter_
    env.filters["markdown"] = markdown
    env.filters["quoted"] = quoted
    env.filters["entity_url"] = entity_url
    env.filters["event_url"] = event_url
    env.globals["seconds_between"] = text.seconds_between
    env.globals["asset"] = assets.url
    env.globals["has_asset"] = assets.has
    return env
