"""No test of the link rules is answered from what an earlier one left remembered."""

from __future__ import annotations

import pytest

from roletrail.lineage.link import touch


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    # Linking remembers how actions were read: such an answer says nothing about the code behind it.
    touch._read.cache_clear()
