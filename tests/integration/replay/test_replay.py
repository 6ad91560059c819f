"""Two years of real orders, told over HTTP at the clock's date: readers see what brute force finds, always.

`make test` takes a sample of the customers through all of it, `make replay` every one of them.
"""

from __future__ import annotations

import os

import pytest

from .history import Row
from .plan import full_plan, sampled_plan
from .running import replay

FULL = os.environ.get("TIDEMARK_REPLAY") == "full"


def test_nothing_differs_from_brute_force(
    table: list[Row], dynamodb_local: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Member lists, counts, point reads, explanations and events of 16 segments in three zones."""
    plan = full_plan() if FULL else sampled_plan()
    with capsys.disabled():
        report = replay(plan, table, dynamodb_local, say=lambda line: print(line, flush=True))
    assert report.differences == []
    assert report.deliveries >= (len(table) if FULL else 900)
    assert report.checks >= 20
    assert report.explanations >= 200
    assert report.clock_events > (10_000 if FULL else 1_500)
