"""Events, whose data are as the subscription's own query asked them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.told import Erasure, OrderFact, ProductFact

from .bodies import customer, order, sample, understood


def test_a_customer_is_what_was_asked() -> None:
    told = customer(*understood("customer", sample("customer")))

    assert (told.email, told.email_marketing_consent, told.tags) == (
        "noor@example.com", "SUBSCRIBED", ("newsletter", "VIP"),
    )  # fmt: skip
    assert [(address.city, address.latitude) for address in told.addresses] == [("Utrecht", Decimal("52.09"))]


def test_what_was_not_asked_is_not_told() -> None:
    body = sample("customer")
    body["data"] = {"customer": {"id": "gid://shopify/Customer/8401", "locale": None}}

    told = customer(*understood("customer", body))

    assert (told.locale, told.email, told.tags) == (None, None, ())


def test_an_order_comes_with_its_customer_and_products() -> None:
    facts = understood("order", sample("order"))
    told = order(*facts)

    assert [fact.told.customer_id for fact in facts if isinstance(fact, OrderFact)] == ["8401"]
    assert (told.total, told.currency, told.discount_codes) == (Decimal("84.6"), "EUR", ("WELCOME10",))
    assert [(line.product_id, line.product_type, line.tags) for line in told.lines] == [
        ("510", "Coffee", ("beans", "consumable")),
    ]  # fmt: skip


def test_a_total_at_sale_is_told_without_the_refunds_beside_it() -> None:
    def money(amount: str) -> dict[str, Any]:
        return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}

    body = sample("order")
    node = body["data"]["order"]
    del node["currentTotalPriceSet"]
    node |= {
        "totalPriceSet": money("84.60"),
        "refunds": [{"id": "gid://shopify/Refund/1", "totalRefundedSet": money("24.00")}],
    }

    assert order(*understood("order", body)).total == Decimal("60.60")


def test_an_order_whose_customer_was_not_asked_is_refused_and_without_an_address_a_guests_is_nobodys() -> None:
    body = sample("order")
    body["data"]["order"]["customer"] = None
    assert understood("order", body) == ()

    body["data"]["order"]["email"] = "a@example.com"
    (fact,) = understood("order", body)
    assert isinstance(fact, OrderFact)
    assert fact.told.customer_id is None
    assert fact.guest is not None
    assert fact.guest.fields["email"].value == "a@example.com"

    del body["data"]["order"]["customer"]
    with pytest.raises(NotUnderstood, match=r"customer \{ id \}"):
        understood("order", body)


def test_a_product() -> None:
    (fact,) = understood("product", sample("product"))

    assert isinstance(fact, ProductFact)
    assert {key: register.value for key, register in fact.told.items()} == {
        "product_type": "Coffee", "vendor": "North Roasters", "tags": ["beans", "consumable", "organic"],
    }  # fmt: skip


def test_what_is_gone_is_named_by_the_variables_of_its_query() -> None:
    def gone(topic: str) -> dict[str, Any]:
        return sample(topic) | {"action": "delete", "data": {topic: None}}

    (erasure,) = understood("customer", gone("customer"))
    (deleted,) = understood("order", gone("order"))

    assert isinstance(erasure, Erasure)
    assert erasure.customer_id == "8401"
    assert isinstance(deleted, OrderFact)
    assert deleted.told.deleted
    assert understood("product", gone("product")) == ()
    with pytest.raises(NotUnderstood, match="names the customer"):
        understood("customer", gone("customer") | {"query_variables": {}})


@pytest.mark.parametrize("topic", ["customer", "order", "product"])
def test_without_a_query_it_says_nothing(topic: str) -> None:
    assert understood(topic, {key: value for key, value in sample(topic).items() if key != "data"}) == ()


def test_data_that_break_the_format_are_refused_with_their_place() -> None:
    body = sample("customer")
    body["data"] = {"customer": {"id": "gid://shopify/Customer/8401", "state": "ASLEEP"}}

    with pytest.raises(NotUnderstood, match="state: must be one of"):
        understood("customer", body)
