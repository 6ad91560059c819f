"""The sweep: what an idle minute costs, which jobs it takes up, and that troubles stay where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from segment_core.membership.sweep import ABANDONED_AFTER, next_due, sweep
from segment_core.model.membership import Membership
from segment_core.model.segment import Job
from segment_core.segments.shops import put_shop
from segment_core.store import client, jobs, keys, memberships
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


def begin(stack: Stack, shop: str, job: Job) -> None:
    assert client.transact([jobs.put_operation(stack.tables.segments, shop, job)])


def make_due(stack: Stack, shop: str, customer: str, due: datetime = NOW) -> None:
    state = Membership(0, due, 1, 1, "fact", NOW - timedelta(days=1))
    assert memberships.commit(stack.tables.memberships, shop, customer, None, state)


def queued(stack: Stack) -> set[tuple[str, str]]:
    """(shop, customer or job) of every message of the work queue, taken off it."""
    bodies = stack.messages(stack.work_queue_url)
    return {(body["shop"], body.get("customer") or body["job"]) for body in bodies}


def test_an_idle_minute_costs_two_queries_and_one_for_each_due_shard(shops: Stack, calls: Counter[str]) -> None:
    calls.clear()
    assert sweep(shops.tables, shops.work_queue_url, NOW) == 0
    assert calls == {"Query": 2 + len(SHOPS) * keys.DUE_SHARDS}


def test_a_stack_without_shops_is_swept(stack: Stack) -> None:
    assert sweep(stack.tables, stack.work_queue_url, NOW) == 0
    assert next_due(stack.tables.segments, stack.tables.memberships) is None


def test_the_next_minute_with_work_is_found_by_asking_each_due_shard_once(shops: Stack, calls: Counter[str]) -> None:
    for number in range(9):
        make_due(shops, "two", str(number), NOW + timedelta(minutes=number))
        make_due(shops, "one", str(number), NOW + timedelta(days=number))
    calls.clear()
    assert next_due(shops.tables.segments, shops.tables.memberships) == NOW
    assert calls == {"Query": 1 + len(SHOPS) * keys.DUE_SHARDS}


def test_every_due_shard_is_swept(shops: Stack) -> None:
    customers = [str(number) for number in range(9)]
    assert {keys.shard(customer, keys.DUE_SHARDS) for customer in customers} == set(range(keys.DUE_SHARDS))
    for customer in customers:
        make_due(shops, "one", customer)
    make_due(shops, "one", "later", NOW + timedelta(seconds=1))
    assert sweep(shops.tables, shops.work_queue_url, NOW) == len(customers)
    assert queued(shops) == {("one", customer) for customer in customers}


def test_jobs_that_nobody_touched_are_gone_on_with_whose_ever_they_are(shops: Stack) -> None:
    lost, alive = NOW - ABANDONED_AFTER, NOW - ABANDONED_AFTER + timedelta(seconds=1)
    begin(shops, "one", Job("a", "walk", 1, lost))
    begin(shops, "one", Job("b", "walk", 1, alive))
    begin(shops, "two", Job("a", "announce", 2, lost))
    assert sweep(shops.tables, shops.work_queue_url, NOW) == 2
    assert queued(shops) == {("one", "a"), ("two", "a")}


def test_a_job_ends_and_moves_without_a_shop_that_has_one_of_the_same_name(shops: Stack) -> None:
    table, lost = shops.tables.segments, NOW - ABANDONED_AFTER
    ended, moved = Job("a", "walk", 1, lost), Job("b", "walk", 1, lost)
    for shop in ("one", "two"):
        begin(shops, shop, ended)
        begin(shops, shop, moved)
    further = Job("b", "walk", 1, NOW, shard=3)
    assert jobs.end(table, "one", ended)
    assert jobs.advance(table, "one", further)
    assert [jobs.read(table, "one", job) for job in ("a", "b")] == [None, further]
    assert [jobs.read(table, "two", job) for job in ("a", "b")] == [ended, moved]
    sweep(shops.tables, shops.work_queue_url, NOW)
    assert queued(shops) == {("two", "a"), ("two", "b")}


def test_jobs_out_of_reach_keep_no_customer_waiting(shops: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfinished(table: str) -> Iterator[jobs.Unfinished]:
        raise RuntimeError("the jobs are out of reach")

    monkeypatch.setattr(jobs, "unfinished", unfinished)
    for shop in SHOPS:
        make_due(shops, shop, "9")
    with pytest.raises(RuntimeError, match="out of reach"):
        sweep(shops.tables, shops.work_queue_url, NOW)
    assert queued(shops) == {(shop, "9") for shop in SHOPS}


def test_a_shop_that_fails_keeps_no_other_from_its_customers_and_jobs(
    shops: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = memberships.due

    def broken(table: str, shop: str, at: datetime) -> Iterator[str]:
        if shop == "three":
            raise RuntimeError("the index of this shop is out of reach")
        return due(table, shop, at)

    monkeypatch.setattr(memberships, "due", broken)
    for shop in SHOPS:
        make_due(shops, shop, "9")
        begin(shops, shop, Job("a", "walk", 1, NOW - ABANDONED_AFTER))
    with pytest.raises(RuntimeError, match="out of reach"):
        sweep(shops.tables, shops.work_queue_url, NOW)
    assert queued(shops) == {(shop, what) for shop in ("one", "two") for what in ("9", "a")}
