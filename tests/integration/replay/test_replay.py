"""Two years of real orders, told over HTTP at the clock's date: readers see what brute force finds, always."""

from __future__ import annotations

import pytest

from .history import Row
from .plan import full_plan
from .running import replay


def test_nothing_differs_from_brute_force(
    table: list[Row], dynamodb_local: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Member lists, counts, point reads, explanations and events of 16 segments in three zones."""
    plan = full_plan()
    with capsys.disabled():
        report = replay(plan, table, dynamodb_local, say=lambda line: print(line, flush=True))
    assert report.differences == []
    assert report.deliveries >= len(table)
    assert report.checks >= 20
    assert report.explanations >= 200
    assert report.clock_events > 10_000
