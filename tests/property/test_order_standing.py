"""An order on WooCommerce is what its newest body says, and in the bin or not as it was told last, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segment_core.facts.customer import Customer
from segment_core.facts.order import OrderState, decode
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import OrderFact, to_customer
from segment_core.ingest.platforms import WOOCOMMERCE
from segment_core.ingest.topics import understand
from segment_core.instants import iso

START = datetime(2026, 1, 1, tzinfo=UTC)
PLACED = ("on-hold", "processing", "completed", "refunded", "shipped")
NOT_PLACED = ("pending", "failed", "trash")
STATUSES = (*PLACED, *NOT_PLACED, "cancelled")


def body(second: int, status: str) -> dict[str, Any]:
    modified = (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "id": 1, "status": status, "customer_id": 7, "date_created_gmt": "2026-01-01T00:00:00",
        "date_modified_gmt": modified, "currency": "EUR", "total": f"{second}.00",
    }  # fmt: skip


def state(topic: str, told: dict[str, Any], arrived: int) -> OrderState:
    (fact,) = understand(topic, told, START + timedelta(seconds=arrived), None, WOOCOMMERCE.topics)
    assert isinstance(fact, OrderFact)
    return fact.told


def shown(told: list[OrderState]) -> Customer:
    joined = reduce(lambda known, more: decode(known.join(more).encode()), told, OrderState())
    return to_customer("7", ProfileState(), [("1", joined)])


def shuffled(told: list[OrderState], chance: Any) -> list[OrderState]:
    again = told + chance.choices(told, k=3)
    chance.shuffle(again)
    return again


@settings(max_examples=200)
@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_an_order_is_what_its_newest_body_says(statuses: list[str], chance: Any) -> None:
    told = [state("order.updated", body(second, status), second) for second, status in enumerate(statuses)]

    orders = shown(shuffled(told, chance)).orders

    newest, second = statuses[-1], len(statuses) - 1
    at = START + timedelta(seconds=second)
    expected = [] if newest in NOT_PLACED else [(second, iso(at), iso(at) if newest == "cancelled" else None)]
    assert [
        (order.total, iso(order.updated_at), order.cancelled_at and iso(order.cancelled_at))
        for order in orders
        if order.updated_at
    ] == expected


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["order.deleted", "order.restored", "order.updated"]), min_size=1, max_size=6),
    st.integers(-20, 0),
    st.randoms(use_true_random=False),
)
def test_what_was_done_with_the_bin_last_holds(topics: list[str], late: int, chance: Any) -> None:
    """Ten seconds pass between what happens to the order, and two until each of it reaches us."""
    told = [state("order.created", body(0, "processing"), 0)]
    for number, topic in enumerate(topics, 1):
        # What is restored may have kept the date that it had.
        changed = late if topic == "order.restored" else 10 * number
        told.append(
            state(topic, {"id": 1} if topic == "order.deleted" else body(changed, "completed"), 10 * number + 2)
        )

    there = [order.id for order in shown(shuffled(told, chance)).orders]

    assert there == ([] if topics[-1] == "order.deleted" else ["1"])
