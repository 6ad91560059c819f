"""The customer document: what is read, what is refused and where, and that writing is the reverse."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segment_core.errors import InvalidDocument
from segment_core.facts.customer import Customer, Order
from segment_core.facts.document import assemble, parse_line, read_customer, write_customer

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "facts" / "documents.json").read_text()
)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("first_nam", "first_nam: is not known here; did you mean first_name?"),
        ("shoe_size", "shoe_size: is not known here"),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_was_meant(key: str, message: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_customer({"id": "1", key: "x"})
    assert refused.value.message == message


FULL: dict[str, object] = {
    "id": "8401",
    "as_of": "2026-02-03T00:00:00Z",
    "created_at": "2024-11-03T09:12:00+01:00",
    "email": "a@example.com",
    "phone": None,
    "first_name": "Ada",
    "last_name": "Berg",
    "locale": "en-US",
    "state": "ENABLED",
    "tags": ["vip"],
    "created_by_app_id": 129785,
    "companies": [55],
    "email_marketing_consent": "SUBSCRIBED",
    "sms_marketing_consent": "NOT_SUBSCRIBED",
    "product_subscription_status": "NEVER_SUBSCRIBED",
    "addresses": [{"country": "US", "region": "NY", "city": "New York City", "latitude": 40.71, "longitude": -74.0}],
    "metafields": {
        "facts.birth_date": {"type": "date", "value": "1990-05-01"},
        "facts.none": {"type": "json", "value": None},
    },
    "store_credit_accounts": [
        {"id": 1, "currency": "USD", "balance": "12.50", "next_expiry_date": "2026-12-31", "last_credit_date": None}
    ],
    "orders": [
        {
            "id": 1,
            "created_at": "2026-01-05T10:00:00Z",
            "updated_at": "2026-01-06T10:00:00.123456789Z",
            "total": "120.00",
            "currency": "USD",
            "cancelled_at": None,
            "test": False,
            "app_id": "129785",
            "location_id": None,
            "channel": "web",
            "tags": [],
            "discount_codes": ["WELCOME10"],
            "refunds": [{"id": "r1", "created_at": "2026-01-06T10:00:00Z", "amount": "20.00"}],
            "lines": [
                {
                    "product_id": 11,
                    "variant_id": 12,
                    "sku": "S-1",
                    "quantity": 2,
                    "vendor": "V",
                    "product_type": "T",
                    "category": "aa-1",
                    "tags": ["sale"],
                }
            ],
        }
    ],
    "checkouts": [{"id": "c1", "updated_at": "2026-02-01T08:00:00Z", "completed_at": None}],
    "events": [
        {"id": "e1", "type": "shopify_email.opened", "at": "2026-02-02T07:00:00Z", "properties": {"activity_id": "99"}}
    ],
    "scores": {"rfm_group": "CHAMPIONS", "predicted_spend_tier": "HIGH"},
}


def test_a_full_document_is_read_into_typed_facts() -> None:
    customer = read_customer(FULL)

    assert customer.created_at == datetime(2024, 11, 3, 8, 12, tzinfo=UTC)
    assert (customer.created_by_app_id, customer.companies) == ("129785", ("55",))
    assert customer.addresses[0].latitude == Decimal("40.71")
    assert customer.store_credit_accounts[0].next_expiry_date == date(2026, 12, 31)
    (order,) = customer.orders
    assert (order.id, order.total) == ("1", Decimal("120.00"))
    assert order.updated_at == datetime(2026, 1, 6, 10, 0, 0, 123456, tzinfo=UTC)
    assert order.refunds[0].amount == Decimal("20.00")
    assert order.lines[0].quantity == 2


def test_a_document_of_an_id_alone_is_a_customer_of_whom_nothing_is_known() -> None:
    assert read_customer({"id": 7}) == Customer("7")


def test_what_is_null_is_as_unknown_as_what_is_absent() -> None:
    assert read_customer({"id": "7", "phone": None, "orders": [{"id": "1", "total": None}]}) == Customer(
        "7", orders=(Order("1"),)
    )


def test_writing_and_reading_again_gives_the_same_customer() -> None:
    customer = read_customer(FULL)

    written = write_customer(customer)

    assert parse_line(json.dumps(written)) == customer
    assert "phone" not in written


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["why"])
def test_refused_with_the_place(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        read_customer(case["document"])

    assert refusal.value.path == case["path"]
    assert refusal.value.message.startswith(case["path"])


@pytest.mark.parametrize("case", CASES["refused_lines"], ids=lambda case: case["why"])
def test_a_line_that_is_not_strict_json_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(InvalidDocument):
        parse_line(case["line"])


def test_depth_is_bounded() -> None:
    bottomless = "[" * 200_000
    with pytest.raises(InvalidDocument):
        parse_line('{"id": "1", "metafields": ' + bottomless)
    deep: object = "x"
    for _ in range(20):
        deep = [deep]
    with pytest.raises(InvalidDocument, match="nested"):
        read_customer({"id": "1", "metafields": {"a.b": {"type": "json", "value": deep}}})


def test_a_refusal_does_not_repeat_what_was_written() -> None:
    with pytest.raises(InvalidDocument) as refusal:
        read_customer({"id": "1", "state": "private", "email": "x@example.com"})

    assert "private" not in refusal.value.message


def test_stored_facts_may_hold_a_word_that_we_do_not_know_yet() -> None:
    assert assemble({"id": "1", "state": "HIBERNATING"}).state == "HIBERNATING"


def test_stored_facts_may_hold_an_event_of_no_type() -> None:
    event = {"id": "e1", "type": "", "at": "2026-01-01T00:00:00Z"}
    assert [stored.type for stored in assemble({"id": "1", "events": [event]}).events] == [""]
    with pytest.raises(InvalidDocument, match=r"^events\[0\]\.type: is empty$"):
        read_customer({"id": "1", "events": [event]})
