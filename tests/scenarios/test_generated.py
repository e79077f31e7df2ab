"""The committed records are what their generators make, and small enough to be carried in a wheel."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.scenarios import company, estate, stock
from tests.scenarios.recipes import body, load_all

HERE = Path(__file__).parent
LIMIT = 1_500_000


@pytest.mark.parametrize("folder", company.FOLDERS)
def test_sample_is_what_the_company_makes(folder: str) -> None:
    made = company.objects(folder)
    committed = {str(path.relative_to(company.SAMPLE / folder)): path.read_bytes() for path in _objects(company.SAMPLE / folder)}
    assert committed.keys() == made.keys()
    for name, blob in made.items():
        # Inflated, because zlib's builds compress differently; the header is ours and holds no time.
        assert gzip.decompress(committed[name]) == gzip.decompress(blob)
        assert committed[name][4:8] == b"\0\0\0\0"


def _objects(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.json.gz"))


def test_the_sample_inventory_is_what_the_company_makes() -> None:
    folder = company.SAMPLE / "inventory"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == stock.files()


def test_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in _objects(company.SAMPLE)) < LIMIT


def test_incidents_lie_in_the_last_three_days() -> None:
    days = {path.parts[-4:-1] for folder in company.INCIDENTS for path in _objects(company.SAMPLE / folder)}
    noise = sorted({path.parts[-4:-1] for path in _objects(company.SAMPLE / "company-noise")})
    assert len(noise) == estate.DAYS
    assert days <= set(noise[-3:])


RECIPES = load_all()


@pytest.mark.parametrize("folder", sorted(RECIPES))
def test_records_are_what_the_recipe_makes(folder: str) -> None:
    made = RECIPES[folder]()
    committed = {str(path.relative_to(HERE / folder)): path for path in (HERE / folder).rglob("*") if path.is_file()}
    del committed["expected.yaml"]
    assert committed.keys() == made.keys()
    for name, content in made.items():
        blob, wanted = committed[name].read_bytes(), body(content)
        assert (gzip.decompress(blob) == gzip.decompress(wanted)) if name.endswith(".gz") else (blob == wanted)


def test_every_folder_has_its_recipe() -> None:
    assert {path.name for path in HERE.glob("t[0-9]*")} == RECIPES.keys()
    assert len(RECIPES) >= 51
