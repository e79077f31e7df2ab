"""Assets over HTTP: kept for ever under their hash, compressed, pinned, and nothing but assets."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from roletrail.bootstrap import open_graph
from roletrail.resources import resource
from roletrail.web.assets import FOR_EVER, Assets
from roletrail.web.pasted import Pasted
from roletrail.web.site import Site, site
from tests.support.served import serving


@pytest.fixture(scope="module")
def frame() -> Site:
    return site()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A stranger: assets need no credential."""
    store = f"sqlite:///{tmp_path_factory.mktemp('assets') / 'empty.sqlite'}"
    open_graph(store, create=True).close()
    with serving(store) as served, served.client() as client:
        yield client


def test_an_asset_is_kept_for_ever_under_its_hash(client: httpx.Client, frame: Site) -> None:
    answer = client.get(frame.assets.url("css/tokens.css"), headers={"accept-encoding": "identity"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.content == (resource("frontend/static/css") / "tokens.css").read_bytes()


def test_an_asset_under_an_old_hash_is_the_new_one_and_not_kept(client: httpx.Client) -> None:
    answer = client.get("/assets/0000000000000000/css/tokens.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_assets_are_sent_compressed_to_those_who_read_it(client: httpx.Client, frame: Site) -> None:
    url = frame.assets.url("js/graph.js")
    with client.stream("GET", url, headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "accept-encoding"
    assert gzip.decompress(raw) == (resource("frontend/static/js") / "graph.js").read_bytes()


@pytest.mark.parametrize("name", ["nothing.css", "../templates/base.html", "%2e%2e/package.json", "js", "js/globals.d.ts"])
def test_only_assets_are_served(client: httpx.Client, frame: Site, name: str) -> None:
    assert client.get(f"/assets/{frame.assets.version}/{name}").status_code == 404


def test_a_changed_file_moves_every_url(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("1")
    before = Assets(tmp_path)
    (tmp_path / "b.js").write_text("2")
    assert Assets(tmp_path).url("a.js") != before.url("a.js")


def test_a_dead_reference_does_not_render(frame: Site) -> None:
    with pytest.raises(KeyError):
        frame.assets.url("css/gone.css")


def test_modules_import_only_each_other() -> None:
    """A bare or absolute import would leave the hashed folder."""
    folder = resource("frontend/static/js")
    for path in folder.glob("*.js"):
        for name in re.findall(r'^(?:import|export)[^"\n]*"([^"]+)";', path.read_text("utf-8"), re.MULTILINE):
            assert name.startswith("./"), (path.name, name)
            assert (folder / name).is_file(), (path.name, name)


def test_the_library_is_pinned_and_no_registry_is_named() -> None:
    package = json.loads(resource("frontend/package.json").read_text())
    lock = resource("frontend/package-lock.json").read_text()
    assert package["dependencies"] == {"cytoscape": "3.34.4"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    assert '"resolved"' not in lock
    assert "http" not in lock.replace("https://github.com/sponsors", "").replace("https://opencollective.com", "")


def test_pasted_texts_are_found_again_until_many_came_after() -> None:
    pasted = Pasted(kept=2)
    ids = [pasted.put(text) for text in ("one", "two", "three")]
    assert [pasted.get(id_) for id_ in ids] == [None, "two", "three"]
    assert pasted.get("unknown") is None
    assert len(set(ids)) == 3
