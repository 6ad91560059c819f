"""Payments of refunds: what was pending when a refund was told counts once it went through, in any order."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from segment_core.facts.document import assemble_order
from segment_core.facts.order import OrderState, decode
from segment_core.facts.told import OrderFact

from .bodies import sample, understood

REFUND: dict[str, Any] = {
    "id": 88,
    "order_id": 550101,
    "created_at": "2026-02-14T09:00:00+01:00",
    "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"},
        {"id": 77012, "kind": "refund", "status": "pending", "amount": "24.00", "currency": "EUR"},
        {"id": 3, "kind": "refund", "status": "failure", "amount": "5.00", "currency": "EUR"},
    ],
}


def state(topic: str, body: dict[str, Any]) -> OrderState:
    (fact,) = understood(topic, body)
    assert isinstance(fact, OrderFact)
    assert fact.order_id == "550101"
    return fact.told


def amounts(*told: OrderState) -> list[Decimal]:
    joined = OrderState()
    for one in told:
        joined = decode(joined.join(one).encode())
    return [refund.amount for refund in assemble_order(joined.document("550101")).refunds]


def test_a_refund_counts_with_what_went_through_when_it_was_told() -> None:
    assert amounts(state("refunds/create", REFUND)) == [Decimal("10.00")]


def test_what_was_pending_counts_once_it_went_through() -> None:
    refund = state("refunds/create", REFUND)
    paid = state("order_transactions/create", sample("order_transactions/create"))

    for told in permutations([refund, paid, paid]):
        assert amounts(*told) == [Decimal("34.00")]


def test_a_refund_that_was_told_again_complete_counts_once() -> None:
    complete = {
        **REFUND,
        "transactions": [{**one, "status": "success"} for one in REFUND["transactions"][:2]],
        "created_at": "2026-02-14T09:00:01+01:00",
    }
    paid = state("order_transactions/create", sample("order_transactions/create"))

    for told in permutations([state("refunds/create", REFUND), state("refunds/create", complete), paid]):
        assert amounts(*told) == [Decimal("34.00")]


def test_a_payment_that_no_refund_waits_for_is_no_refund() -> None:
    assert amounts(state("order_transactions/create", sample("order_transactions/create"))) == []


@pytest.mark.parametrize(
    "changes", [{"kind": "sale"}, {"kind": "capture"}, {"status": "pending"}, {"status": "failure"}]
)
def test_other_payments_decide_nothing(changes: dict[str, str]) -> None:
    assert understood("order_transactions/create", sample("order_transactions/create") | changes) == ()
