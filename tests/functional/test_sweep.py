"""The sweep: what an idle minute costs, which jobs it takes up, and that troubles stay where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from segment_core.membership import sweep as sweeping
from segment_core.membership.budget import unlimited
from segment_core.membership.sweep import next_due, sweep
from segment_core.model.membership import Membership
from segment_core.model.segment import ABANDONED_AFTER, Job
from segment_core.record import replace
from segment_core.segments import service
from segment_core.segments.shops import put_shop
from segment_core.store import client, jobs, keys, memberships
from tests.functional.builds import started
from tests.functional.conftest import NOW, Stack

SHOPS = ("one", "three", "two")


@pytest.fixture
def shops(stack: Stack) -> Stack:
    """Three shops without segments."""
    for shop in SHOPS:
        put_shop(
            stack.tables,
            shop,
            domain=f"{shop}.example.com",
            zone="UTC",
            currency="EUR",
            count_test_orders=False,
            count_cancelled_orders=False,
            at=NOW,
        )
    return stack


def job(name: str, touched_at: datetime, **more: Any) -> Job:
    return Job(name, "walk", NOW - timedelta(hours=1), touched_at, **more)


def begin(stack: Stack, shop: str, job: Job) -> None:
    assert client.transact([jobs.put_operation(stack.tables.segments, shop, job)])


def make_due(stack: Stack, shop: str, customer: str, due: datetime = NOW) -> None:
    state = Membership(0, due, 1, 1, "fact", NOW - timedelta(days=1))
    assert memberships.commit(stack.tables.memberships, shop, customer, None, state)


def queued(stack: Stack) -> set[tuple[str, str]]:
    """(shop, customer or job) of every message of the work queue and every execution, taken off."""
    bodies = stack.messages(stack.work_queue_url)
    return {(one["shop"], one.get("customer") or one["job"]) for one in [*bodies, *started(stack)]}


def test_an_idle_minute_costs_three_queries_and_one_for_each_due_shard(shops: Stack, calls: Counter[str]) -> None:
    calls.clear()
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited) == 0
    assert calls == {"Query": 3 + len(SHOPS) * keys.DUE_SHARDS}


def test_a_stack_without_shops_is_swept(stack: Stack) -> None:
    assert sweep(stack.tables, stack.work_queue_url, stack.build_machine_arn, NOW, unlimited) == 0
    assert next_due(stack.tables.segments, stack.tables.memberships) is None


def test_the_next_minute_with_work_is_found_by_asking_each_due_shard_once(shops: Stack, calls: Counter[str]) -> None:
    for number in range(9):
        make_due(shops, "two", str(number), NOW + timedelta(minutes=number))
        make_due(shops, "one", str(number), NOW + timedelta(days=number))
    calls.clear()
    assert next_due(shops.tables.segments, shops.tables.memberships) == NOW
    assert calls == {"Query": 3 + len(SHOPS) * keys.DUE_SHARDS}


def test_every_due_shard_is_swept(shops: Stack) -> None:
    customers = [str(number) for number in range(9)]
    assert {keys.shard(customer, keys.DUE_SHARDS) for customer in customers} == set(range(keys.DUE_SHARDS))
    for customer in customers:
        make_due(shops, "one", customer)
    make_due(shops, "one", "later", NOW + timedelta(seconds=1))
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited) == len(customers)
    assert queued(shops) == {("one", customer) for customer in customers}


def test_jobs_that_nobody_touched_are_gone_on_with_whose_ever_they_are(shops: Stack) -> None:
    lost, alive = NOW - ABANDONED_AFTER, NOW - ABANDONED_AFTER + timedelta(seconds=1)
    begin(shops, "one", job("a", lost))
    begin(shops, "one", job("b", alive))
    begin(shops, "two", replace(job("a", lost), step="stamp"))
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited) == 2
    assert queued(shops) == {("one", "a"), ("two", "a")}


def test_a_job_ends_and_moves_without_a_shop_that_has_one_of_the_same_name(shops: Stack) -> None:
    table, lost = shops.tables.segments, NOW - ABANDONED_AFTER
    ended, moved = job("a", lost), job("b", lost)
    for shop in ("one", "two"):
        begin(shops, shop, ended)
        begin(shops, shop, moved)
    further = job("b", NOW, places={3: "7"}, done=2)
    assert jobs.end(table, "one", ended)
    assert jobs.advance(table, "one", moved, 3, "7", 2, NOW)
    assert [jobs.read(table, "one", job) for job in ("a", "b")] == [None, further]
    assert [jobs.read(table, "two", job) for job in ("a", "b")] == [ended, moved]
    sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited)
    assert queued(shops) == {("two", "a"), ("two", "b")}


def test_jobs_out_of_reach_keep_no_customer_waiting(shops: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfinished(table: str) -> Iterator[jobs.Unfinished]:
        raise RuntimeError("the jobs are out of reach")

    monkeypatch.setattr(jobs, "unfinished", unfinished)
    for shop in SHOPS:
        make_due(shops, shop, "9")
    with pytest.raises(RuntimeError, match="out of reach"):
        sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited)
    assert queued(shops) == {(shop, "9") for shop in SHOPS}


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("out of reach"),
        ReadTimeoutError(endpoint_url="out of reach"),
        ClientError({"Error": {"Code": "InternalServerError", "Message": "out of reach"}}, "Query"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_shop_that_fails_keeps_no_other_from_its_customers_and_jobs(
    shops: Stack, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    due = memberships.due
    first, *others = sweeping._from_elsewhere(sorted(SHOPS), NOW)

    def broken(table: str, shop: str, at: datetime) -> Iterator[memberships.Due]:
        if shop == first:
            raise failure
        return due(table, shop, at)

    monkeypatch.setattr(memberships, "due", broken)
    for shop in SHOPS:
        make_due(shops, shop, "9")
        begin(shops, shop, job("a", NOW - ABANDONED_AFTER))
    with pytest.raises(type(failure), match="out of reach"):
        sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited)
    assert queued(shops) - {(first, "a")} == {(shop, what) for shop in others for what in ("9", "a")}


def test_a_job_is_asked_for_once_until_it_is_lost_again(shops: Stack) -> None:
    begin(shops, "one", job("a", NOW - ABANDONED_AFTER, places={3: "7"}))
    for minute in range(6):
        sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW + timedelta(minutes=minute), unlimited)
    assert [one["job"] for one in started(shops)] == ["a", "a"]
    # That somebody was asked moves the job no further.
    touched = NOW + ABANDONED_AFTER
    assert jobs.read(shops.tables.segments, "one", "a") == job("a", touched, places={3: "7"})


def test_a_job_that_moves_or_ends_while_the_sweep_looks_is_left_alone(shops: Stack) -> None:
    table, lost = shops.tables.segments, NOW - ABANDONED_AFTER
    moved, ended = job("a", lost), job("b", lost)
    begin(shops, "one", moved)
    begin(shops, "one", ended)
    seen = list(jobs.unfinished(table))
    further = job("a", NOW, places={1: "7"}, done=2)
    assert jobs.advance(table, "one", moved, 1, "7", 2, NOW)
    assert jobs.end(table, "one", ended)
    assert [jobs.touch(table, job, NOW) for job in seen] == [False, False]
    assert [jobs.read(table, "one", job) for job in ("a", "b")] == [further, None]


def test_only_the_first_who_comes_to_a_place_notes_it(shops: Stack) -> None:
    table, begun = shops.tables.segments, job("a", NOW, places={2: "5"})
    begin(shops, "one", begun)
    assert jobs.advance(table, "one", begun, 2, "8", 3, NOW)
    assert not jobs.advance(table, "one", begun, 2, "7", 2, NOW)
    # Other parts are others' work.
    assert jobs.advance(table, "one", begun, 3, "1", 1, NOW)
    assert not jobs.advance(table, "one", begun, 3, "1", 1, NOW)
    assert jobs.read(table, "one", "a") == job("a", NOW, places={2: "8", 3: "1"}, done=4)


def test_a_step_that_has_ended_is_not_moved_by_who_still_works_on_it(shops: Stack) -> None:
    table, walking = shops.tables.segments, job("a", NOW)
    begin(shops, "one", walking)
    assert jobs.replace(table, "one", walking, replace(walking, step="stamp"))
    assert not jobs.advance(table, "one", walking, 2, "8", 3, NOW)
    assert not jobs.turned(table, "one", walking, 3, NOW)
    assert not jobs.counted(table, "one", walking, 2, 3)
    assert not jobs.end(table, "one", walking)


def test_what_keeps_a_job_from_moving_is_kept_until_it_moves(shops: Stack) -> None:
    table, begun = shops.tables.segments, job("a", NOW)
    begin(shops, "one", begun)
    assert jobs.failed(table, "one", "a", "throttled")
    assert jobs.read(table, "one", "a") == replace(begun, error="throttled")
    assert jobs.advance(table, "one", begun, 2, "8", 3, NOW)
    assert jobs.read(table, "one", "a") == job("a", NOW, places={2: "8"}, done=3)
    assert not jobs.failed(table, "one", "ended", "throttled")


def test_a_lost_job_is_work_for_a_sweep_even_if_nobody_is_due(shops: Stack) -> None:
    begin(shops, "one", job("a", NOW + timedelta(seconds=1)))
    make_due(shops, "two", "9", NOW + timedelta(days=21))
    found = next_due(shops.tables.segments, shops.tables.memberships)
    assert found == NOW + ABANDONED_AFTER + timedelta(minutes=1)
    assert (
        sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, found - timedelta(minutes=1), unlimited) == 0
    )
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, found, unlimited) == 1


def test_changed_settings_are_work_for_the_sweep_at_once(shops: Stack) -> None:
    service.create(shops.tables, "one", "Buyers", "number_of_orders > 0", NOW, shops.build_machine_arn)
    assert next_due(shops.tables.segments, shops.tables.memberships) is None
    put_shop(
        shops.tables,
        "one",
        domain="one.example.com",
        zone="Europe/Oslo",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    assert next_due(shops.tables.segments, shops.tables.memberships) == NOW


# Time -----------------------------------------------------------------------------------------


def turns(number: int) -> Iterator[float]:
    """Seconds left: enough for that many turns."""
    return iter([1.0] * number)


def test_shops_take_turns_so_that_the_midnight_of_one_keeps_no_other_waiting(
    shops: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "CUSTOMERS_PER_TURN", 2)
    for shop in SHOPS:
        for number in range(5 if shop == "one" else 1):
            make_due(shops, shop, str(number))
    left = turns(3)
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, lambda: next(left, 0.0)) == 4
    assert {shop for shop, _ in queued(shops)} == set(SHOPS)


def test_a_shop_sends_no_more_in_one_minute_than_it_may(shops: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "CUSTOMERS_PER_TURN", 2)
    monkeypatch.setattr(sweeping, "CUSTOMERS_PER_SWEEP", 5)
    for number in range(9):
        make_due(shops, "one", str(number))
    assert sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, unlimited) == 5


def test_with_time_for_a_part_of_the_shops_only_every_shop_has_its_turn_soon() -> None:
    every = [str(number) for number in range(10_000)]
    waited = dict.fromkeys(every, 0)
    for minute in range(60, 200):
        reached = sweeping._from_elsewhere(every, NOW + timedelta(minutes=minute))[:1000]
        waited = {shop: waited[shop] + 1 for shop in every} | dict.fromkeys(reached, 0)
        assert max(waited.values()) < 20


def test_the_order_of_shops_is_another_one_each_minute_and_leaves_nobody_out(shops: Stack) -> None:
    orders = [sweeping._from_elsewhere(list(SHOPS), NOW + timedelta(minutes=minute)) for minute in range(5)]
    assert {order[0] for order in orders} == set(SHOPS)
    assert all(sorted(order) == sorted(SHOPS) for order in orders)
    assert sweeping._from_elsewhere([], NOW) == []


def test_shops_that_there_was_no_time_for_are_told_of(shops: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, int] = {}
    monkeypatch.setattr(sweeping, "count", counted.__setitem__)
    left = turns(1)
    sweep(shops.tables, shops.work_queue_url, shops.build_machine_arn, NOW, lambda: next(left, 0.0))
    assert counted["ShopsNotSwept"] == 2
