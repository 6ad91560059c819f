"""Two years of real orders, told over HTTP at the clock's date: readers see what brute force finds, always."""

from __future__ import annotations

import pytest

from .history import Row
from .plan import Plan, full_plan, sampled_plan
from .running import replay

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("plan", "clock_events"), [(sampled_plan(), 1_500), (full_plan(), 10_000)], ids=["sample", "full"]
)
def test_nothing_differs_from_brute_force(
    plan: Plan, clock_events: int, table: list[Row], dynamodb_local: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Member lists, counts, point reads, explanations and events of 16 segments in three zones."""
    with capsys.disabled():
        report = replay(plan, table, dynamodb_local, say=lambda line: print(line, flush=True))
    assert report.differences == []
    assert report.checks >= 20
    assert report.explanations >= 200
    assert report.clock_events > clock_events
    if plan == full_plan():
        assert report.deliveries >= len(table)
