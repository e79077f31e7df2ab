"""Records into an embedded store without files or worker processes: what is quick enough to be done a hundred times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from roletrail.bootstrap import open_graph
from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.model import ObjectInfo
from tests.support.loading import Api, Loaded


def stored(folder: Path, batches: Sequence[Sequence[bytes]], dice: random.Random | None = None) -> str:
    """URL of a new store that was given the batches as objects, and linked now and then when there are dice."""
    url = f"sqlite:///{folder / 'store.sqlite'}"
    store = open_graph(url, create=True)
    attempt = store.begin_run() << 24
    for number, records in enumerate(batches):
        content = open_object(b'{"Records":[' + b",".join(records) + b"]}")
        info = ObjectInfo(f"/logs/{number}", content.size, "1", content.sha256, content.kind)
        overlaps = store.commit([Reducer().reduce(content, info, 0, attempt + number).part], []).overlaps
        if overlaps:
            store.commit([Reducer().reduce(content, info, 0, attempt + (1 << 20) + number, overlaps[0].skip).part], [])
        if dice is not None and dice.random() < 0.4:
            link_pending(store, dice.choice((1, 7, 1000)))
    link_pending(store)
    store.close()
    return url


def api_of(store: str) -> Api:
    return Api(cast("Loaded", SimpleNamespace(store=store)))
