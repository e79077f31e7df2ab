"""Writes the records of every scenario folder."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.recipes import RECIPES, body, load_all

HERE = Path(__file__).parents[1]


def main() -> None:
    load_all()
    for folder, recipe in sorted(RECIPES.items()):
        for name, content in recipe().items():
            target = HERE / folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body(content))


if __name__ == "__main__":
    main()
