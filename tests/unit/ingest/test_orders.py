"""Bodies about orders: money, dates, lines, refunds, and whose order it is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from segment_core.facts.told import OrderFact, ProfileFact

from .bodies import customer, order, sample, understood


def created(**changes: Any) -> dict[str, Any]:
    return sample("orders/create") | changes


def test_an_order_of_today() -> None:
    told = order(*understood("orders/create", created()))

    assert (told.id, told.total, told.currency) == ("550101", Decimal("84.60"), "EUR")
    assert told.created_at == told.updated_at == datetime(2026, 2, 10, 19, 15, 30, tzinfo=UTC)
    assert (told.app_id, told.location_id, told.channel, told.test) == ("129785", None, "web", False)
    assert told.tags == ("gift", "first order")
    assert told.discount_codes == ("WELCOME10",)
    assert [(line.product_id, line.variant_id, line.sku, line.quantity) for line in told.lines] == [
        ("510", "610", "ESP-1", 2), ("511", None, None, 1),
    ]  # fmt: skip
    assert told.cancelled_at is None


def test_its_customer_is_told_with_it() -> None:
    facts = understood("orders/create", created())

    assert customer(*facts).email == "noor@example.com"
    assert next(fact.told.customer_id for fact in facts if isinstance(fact, OrderFact)) == "8401"


@pytest.mark.parametrize("changes", [{"customer": None}, {}])
def test_an_order_may_name_no_customer(changes: dict[str, None]) -> None:
    body = created()
    del body["customer"]

    (fact,) = understood("orders/create", body | changes)

    assert isinstance(fact, OrderFact)
    assert fact.told.customer_id is None


def test_a_snapshot_of_a_customer_without_dates_does_not_tell_dates() -> None:
    body = created(customer={"id": 8401, "created_at": None, "updated_at": None, "state": "disabled"})

    profile, _ = understood("orders/create", body)

    assert isinstance(profile, ProfileFact)
    assert set(profile.told.fields) == {"state"}


def test_the_shops_money_is_used_where_it_is_given() -> None:
    price = {
        "shop_money": {"amount": "100.00", "currency_code": "EUR"},
        "presentment_money": {"amount": "108.00", "currency_code": "USD"},
    }

    told = order(
        *understood(
            "orders/create", created(currency="USD", current_total_price="108.00", current_total_price_set=price)
        )
    )

    assert (told.total, told.currency) == (Decimal("100.00"), "EUR")


def test_the_total_at_the_sale_stands_in_less_the_refunds_that_the_body_lists() -> None:
    body = sample("orders/cancelled")
    del body["current_total_price"], body["current_total_price_set"], body["total_price_set"]

    assert order(*understood("orders/updated", body)).total == Decimal("84.60") - Decimal("21.60")


def test_money_without_decimals() -> None:
    body = created(current_total_price="2380", currency="CLP")
    del body["current_total_price_set"]

    assert order(*understood("orders/create", body)).total == Decimal(2380)


def test_cancelled() -> None:
    told = order(*understood("orders/cancelled", sample("orders/cancelled")))

    assert told.cancelled_at == datetime(2026, 2, 16, 9, tzinfo=UTC)
    assert told.total == 0


def test_cancelled_without_a_date_is_cancelled_at_the_time_of_the_body() -> None:
    told = order(*understood("orders/cancelled", created(cancelled_at=None)))

    assert told.cancelled_at == told.updated_at


def test_a_refund_is_what_was_paid_back() -> None:
    told = order(*understood("refunds/create", sample("refunds/create")))

    assert [(r.id, r.amount, r.created_at) for r in told.refunds] == [
        ("77001", Decimal("21.60"), datetime(2026, 2, 14, 8, tzinfo=UTC))
    ]


def test_refunds_of_an_orders_body_and_of_their_own_are_the_same() -> None:
    alone = order(*understood("refunds/create", sample("refunds/create")))
    inside = order(*understood("orders/cancelled", sample("orders/cancelled")))

    assert alone.refunds == inside.refunds


def test_a_refund_that_failed_is_nothing() -> None:
    body = sample("refunds/create")
    body["transactions"] = [transaction | {"status": "failure"} for transaction in body["transactions"]]

    assert order(*understood("refunds/create", body)).refunds[0].amount == 0
