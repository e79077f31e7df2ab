"""Every colour lives in tokens.css, both dark sets are the same, and every pair that is used can be read (WCAG 2.2)."""

from __future__ import annotations

import re

import pytest

from roletrail.resources import resource

CSS = resource("frontend/static/css")
TOKENS = (CSS / "tokens.css").read_text("utf-8")

TEXT, GRAPHIC = 4.5, 3.0
PAIRS = [
    *[
        (ink, ground, TEXT)
        for ink in ("text", "muted", "link", "denied")
        for ground in ("surface", "ground", "raised", "hover", "chosen")
    ],
    *[("text", ground, TEXT) for ground in ("banner-watch", "banner-alarm")],
    ("on-main", "main", TEXT),
    *[(f"on-tone-{n}", f"tone-{n}", TEXT) for n in range(4)],
    *[(f"tone-{n}", "surface", GRAPHIC) for n in range(4)],
    ("line-strong", "surface", GRAPHIC),
    ("focus", "surface", GRAPHIC),
    ("focus", "ground", GRAPHIC),
]


def blocks() -> list[dict[str, str]]:
    """Light, dark by the system, dark by choice."""
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body)) for body in re.findall(r"\{([^{}]+)\}", TOKENS)]
    assert len(found) == 3
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_both_dark_sets_are_the_same() -> None:
    light, by_system, by_choice = blocks()
    assert by_system == by_choice
    assert set(light) == set(by_system)


@pytest.mark.parametrize(("theme", "colours"), list(zip(("light", "dark"), blocks(), strict=False)))
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(theme: str, colours: dict[str, str], ink: str, ground: str, least: float) -> None:
    found = contrast(colours[ink], colours[ground])
    assert found >= least, f"{theme}: {ink} on {ground} is {found:.2f}"


def test_second_and_third_differ_in_luminance_too() -> None:
    for colours in blocks()[:2]:
        assert contrast(colours["tone-2"], colours["tone-3"]) > 2.3


def test_the_tones_are_the_ones_that_were_chosen() -> None:
    light, dark, _ = blocks()
    assert [light[f"tone-{n}"] for n in range(4)] == ["#6b7280", "#3b6ea8", "#d97a00", "#9b0020"]
    assert [dark[f"tone-{n}"] for n in range(4)] == ["#9ca3af", "#7fa7d6", "#ffc266", "#f0433a"]


def test_no_other_stylesheet_or_module_names_a_colour() -> None:
    for path in [*CSS.glob("*.css"), *(CSS.parent / "js").glob("*.js")]:
        if path.name in ("tokens.css", "print.css"):
            continue
        assert not re.findall(
            r"#[0-9a-fA-F]{3,8}\b(?!-)",
            re.sub(r'querySelector\("[^"]*"\)|getElementById\("[^"]*"\)', "", path.read_text("utf-8")),
        ), path.name
