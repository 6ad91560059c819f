"""Builds on DynamoDB Local while everything else goes on: no reader sees a mixture, and the end is brute force's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segment_core.membership import jobs as working
from segment_core.model.segment import Job
from segment_core.segments.shops import put_shop
from segment_core.store import keys

from ..functional.busy_shop import opened
from ..functional.conftest import Stack
from ..functional.customers import SHOP
from .own_tables import own_tables
from .traffic import START, STATES, STILL, MixtureError, Traffic


@pytest.fixture
def traffic(dynamodb_local: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traffic]:
    """A shop in Oslo with three segments, in which nothing goes on yet."""
    # Four slices of the roster with three pages or more in each.
    monkeypatch.setattr(keys, "ROSTER_SLICES", 4)
    with own_tables() as tables:
        put_shop(
            tables, SHOP, domain="demo.example.com", zone="Europe/Oslo", currency="NOK", at=START,
            count_test_orders=False, count_cancelled_orders=False,
        )  # fmt: skip
        busy = opened(Stack(tables, "", "", "", "", "", "", "", ""), monkeypatch, seed=1)
        monkeypatch.setattr(working, "PAGE", 5)
        busy.now, busy.others = START, STILL
        made = Traffic(busy)
        made.open()
        yield made


def test_the_states_differ_in_both_lists() -> None:
    assert len({child for child, _ in STATES}) == len({parent for _, parent in STATES}) == len(STATES)


def test_readers_see_one_state_after_the_other_and_the_end_is_brute_force(traffic: Traffic) -> None:
    with traffic.going_on():
        traffic.edit()
        traffic.published()
        traffic.edit()
        # Each takes the place of the build that has just begun.
        traffic.move()
        traffic.edit()
        traffic.published()
    assert traffic.pages > 50
    assert traffic.points > 100
    traffic.busy.settle()
    traffic.busy.check_readers(len(traffic.busy.everybody))
    traffic.busy.check_nothing_is_left()
    traffic.busy.check_what_was_told()


def test_a_build_that_is_published_before_its_walk_has_ended_is_seen(
    traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of = working.open_parts

    def but_the_first(job: Job) -> list[int]:
        return [part for part in all_of(job) if part or job.step != "walk"]

    monkeypatch.setattr(working, "open_parts", but_the_first)
    with pytest.raises(MixtureError):
        _change_twice(traffic)


def _change_twice(traffic: Traffic) -> None:
    with traffic.going_on():
        for _ in range(2):
            traffic.edit()
            traffic.published()
