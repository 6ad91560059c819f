"""A replay that cannot fail proves nothing: each deliberate break must be found, and no trouble mistaken for one."""

from __future__ import annotations

import pytest

from .breaks import BREAKS, TROUBLES, Break, Patch, patched
from .harness import Report
from .history import Row
from .plan import small_plan
from .running import replay


@pytest.mark.parametrize("trouble", [pytest.param(one, id=one.__name__) for one in TROUBLES])
def test_unbroken_code_stands_every_trouble(trouble: Patch, table: list[Row], dynamodb_local: str) -> None:
    with patched(trouble):
        report = replay(small_plan(), table, dynamodb_local)
    assert report.differences == []
    assert report.clock_events > 100
    assert report.definition_events > 20


@pytest.mark.parametrize("broken", [pytest.param(one, id=one.patch.__name__) for one in BREAKS])
def test_broken_code_is_found(broken: Break, table: list[Row], dynamodb_local: str) -> None:
    def shows(report: Report) -> bool:
        return any(broken.shows in difference for difference in report.differences)

    with patched(broken.trouble, broken.patch):
        report = replay(small_plan(), table, dynamodb_local, enough=shows)
    assert shows(report), report.differences[:20]
