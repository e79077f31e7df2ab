"""The lineage of every scenario at the level of the core: reduce and link, without file, store or process."""

from __future__ import annotations

import pytest

from tests.scenarios.records import records_of
from tests.scenarios.test_scenarios import Case, case_id, cases
from tests.scenarios.wrong import wrong
from tests.support.core import Core, reduced


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_lineage(case: Case) -> None:
    lines = wrong(Core([reduced(records_of(case))]), case.wanted)
    assert not lines, "\n".join([case.wanted["about"], *lines])
