"""A replay that cannot fail proves nothing: each deliberate break must be found, and no trouble mistaken for one."""

from __future__ import annotations

import pytest

from .breaks import BREAKS, TROUBLES, Break, Patch, patched
from .harness import Report
from .history import Row
from .plan import small_plan
from .running import replay


def run(table: list[Row], store: str, *patches: Patch) -> Report:
    with patched(*patches):
        return replay(small_plan(), table, store, say=lambda line: None)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_unbroken_code_stands_every_trouble(trouble: Patch, table: list[Row], dynamodb_local: str) -> None:
    report = run(table, dynamodb_local, trouble)
    assert report.differences == []
    assert report.clock_events > 200


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.patch.__name__)
def test_broken_code_is_found(broken: Break, table: list[Row], dynamodb_local: str) -> None:
    report = run(table, dynamodb_local, broken.trouble, broken.patch)
    assert any(broken.shows in difference for difference in report.differences), report.differences[:20]
