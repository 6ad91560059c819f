"""What the sweep tells of waiting: alarms go by it."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from segment_core import clock
from segment_core.model.membership import Membership
from segment_core.model.segment import ABANDONED_AFTER, Job
from segment_core.store import client, jobs, memberships
from tests.functional.builds import started
from tests.functional.conftest import NOW, Stack, load_function


def told(capsys: pytest.CaptureFixture[str], metric: str) -> list[float]:
    """The values of a metric since last asked."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return [value for line in lines for value in line.get(metric, [])]


def test_the_longest_overdue_customer_is_told_of(
    shop: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, minutes in enumerate((1, 7, 3, 0, 7, 2)):
        state = Membership(0, NOW - timedelta(minutes=minutes), 1, 1, "fact", NOW - timedelta(days=1))
        assert memberships.commit(shop.tables.memberships, "demo", str(number), None, state)
    load_function("sweep").handler({}, context)
    assert max(told(capsys, "OldestDueSeconds")) == 7 * 60


def test_nobody_waits_in_an_idle_minute(
    shop: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    load_function("sweep").handler({}, context)
    output = capsys.readouterr().out
    assert "OldestDueSeconds" not in output
    assert json.loads(output)["JobsAbandoned"] == [0]


def test_a_job_that_nobody_can_move_is_told_of_again_and_again(
    shop: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    table = shop.tables.segments
    lost = NOW - ABANDONED_AFTER
    assert client.transact([jobs.put_operation(table, "demo", Job("a", "walk", lost, lost))])
    found = []
    for minute in range(11):
        clock.use(lambda passed=minute: NOW + timedelta(minutes=passed))  # type: ignore[misc]
        load_function("sweep").handler({}, context)
        found += told(capsys, "JobsAbandoned")
    assert [minute for minute, number in enumerate(found) if number] == [0, 5, 10]


def test_a_job_that_was_to_rest_is_not_taken_for_an_abandoned_one(
    shop: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = NOW - ABANDONED_AFTER
    assert client.transact([jobs.put_operation(shop.tables.segments, "demo", Job("a", "rest", lost, lost))])
    load_function("sweep").handler({}, context)
    assert told(capsys, "JobsAbandoned") == [0]
    assert [one["job"] for one in started(shop)] == ["a"]
