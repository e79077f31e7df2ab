"""The waterfall as SVG: times become places, shapes say the same as colours, texts of a log stay text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from roletrail.render.waterfall import GUTTER, RIGHT, WIDTH, Chart, Dot, Hatched, Lane, draw, overview, ticks

START = 1_794_000_000
SVG = "{http://www.w3.org/2000/svg}"


def chart(label: str = "Admin") -> Chart:
    dots = (Dot(START + 1_800, "denied", f"AssumeRole {label}", "/events/x"), Dot(START + 900, "mint", label))
    session = Lane("a", label, 2, 3, "alarm", START, START + 3_600, ((START, START + 1_800, "5 calls"),), dots)
    key = Lane("k", "AKIAEXAMPLE", 1, 0, "context", 0, 0, (), ())
    return Chart(START, START + 3_600, (key, session), (Hatched(START + 600, 0, "logging off"),), label)


def elements(svg: str, name: str) -> list[ET.Element]:
    found = [one for one in ET.fromstring(svg).iter() if one.get("class", "").split()[:1] == [name]]
    assert found, name
    return found


def test_times_become_places() -> None:
    svg = draw(chart(), standing_alone=True)
    inner = WIDTH - GUTTER - RIGHT
    used = elements(svg, "fall-used")[0]
    assert float(used.get("x", "")) == GUTTER
    assert float(used.get("width", "")) == inner / 2
    key, session = elements(svg, "fall-valid")
    assert float(key.get("width", "")) == float(session.get("width", "")) == inner
    assert [one.get("transform", "").split(" ")[0] for one in elements(svg, "fall-at")] == [
        f"translate({GUTTER + inner / 2}",
        f"translate({GUTTER + inner / 4}",
    ]


def test_a_gap_without_an_end_reaches_the_picture_s() -> None:
    gap = elements(draw(chart(), standing_alone=True), "fall-gap")[0]
    assert float(gap.get("x", "")) + float(gap.get("width", "")) == WIDTH - RIGHT


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"'><b>", "a\u202eb\x00c\ud800", "&lt;"])
def test_texts_stay_text(text: str) -> None:
    for svg in (draw(chart(text), standing_alone=True), overview(chart(text)).replace("<svg", '<svg xmlns="x"', 1)):
        found = {one.tag.rpartition("}")[2] for one in ET.fromstring(svg.encode()).iter()}
        assert found <= {"svg", "defs", "pattern", "path", "g", "text", "rect", "title", "circle", "a"}
    assert "fall-denied" in draw(chart(text))


@pytest.mark.parametrize("span", [1, 59, 600, 3_600, 86_400, 7 * 86_400, 400 * 86_400])
def test_an_axis_has_a_few_round_times(span: int) -> None:
    found = ticks(START, START + span)
    assert len(found) <= 9
    assert found == sorted(set(found))
    assert all(START <= at <= START + span for at in found)
