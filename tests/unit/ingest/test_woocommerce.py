"""WooCommerce: every topic of its table, its dates without offsets, its guests and its ping."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact, to_customer
from segment_core.ingest import woocommerce
from segment_core.ingest.platforms import WOOCOMMERCE
from segment_core.ingest.topics import understand

from .bodies import EVENTS, RECEIVED, customer, order

SAMPLES = {
    sample["topic"]: sample["body"]
    for sample in (json.loads(path.read_text()) for path in (EVENTS / "woocommerce").glob("*.json"))
}


def understood(topic: str, **changes: Any) -> tuple[Fact, ...]:
    return understand(topic, SAMPLES[topic] | changes, RECEIVED, None, WOOCOMMERCE.topics)


def test_there_is_a_sample_of_every_topic() -> None:
    assert sorted(SAMPLES) == sorted(name for name, topic in woocommerce.TOPICS.items() if topic.read)


@pytest.mark.parametrize("topic", sorted(SAMPLES))
def test_samples_are_understood(topic: str) -> None:
    (fact,) = understood(topic)
    assert isinstance(fact, {"customer": (ProfileFact, Erasure), "order": OrderFact}[topic.partition(".")[0]])


def test_a_customer() -> None:
    told = customer(*understood("customer.updated"))

    assert (told.id, told.email, told.first_name, told.phone) == ("84", "noor@example.com", "Noor", "+31000000000")
    assert told.created_at == datetime(2025, 11, 3, 9, 12, tzinfo=UTC)
    assert told.as_of == datetime(2026, 2, 10, 19, 15, 30, tzinfo=UTC)
    assert [(address.country, address.region, address.city) for address in told.addresses] == [("NL", None, "Utrecht")]


def test_what_it_does_not_say_is_not_told() -> None:
    (fact,) = understand("customer.updated", {"id": 7, "first_name": ""}, RECEIVED, None, WOOCOMMERCE.topics)

    assert isinstance(fact, ProfileFact)
    assert set(fact.told.fields) == {"first_name"}
    assert to_customer("7", fact.told, []).first_name is None


def test_an_order_is_worth_what_was_kept() -> None:
    facts = understood("order.updated")
    told = order(*facts)

    assert (told.id, told.total, told.currency) == ("727", Decimal("60.60"), "EUR")
    assert told.created_at == datetime(2026, 2, 10, 19, 15, 30, tzinfo=UTC)
    assert told.updated_at == datetime(2026, 2, 14, 8, tzinfo=UTC)
    assert (told.channel, told.discount_codes, told.cancelled_at) == ("checkout", ("welcome10",), None)
    assert [(line.product_id, line.variant_id, line.sku, line.quantity) for line in told.lines] == [
        ("510", None, "ESP-1", 2), ("511", "611", None, 1),
    ]  # fmt: skip
    assert [fact.told.customer_id for fact in facts if isinstance(fact, OrderFact)] == ["84"]


def test_a_guests_order_is_nobodys() -> None:
    (fact,) = understood("order.created", customer_id=0)

    assert isinstance(fact, OrderFact)
    assert fact.told.customer_id is None


@pytest.mark.parametrize("status", ["pending", "failed", "checkout-draft", "auto-draft", "trash"])
def test_what_was_not_placed_is_no_order(status: str) -> None:
    assert understood("order.created", status=status) == ()


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [("processing", False), ("on-hold", False), ("completed", False), ("refunded", False), ("cancelled", True)],
)
def test_a_status_says_whether_an_order_was_cancelled(status: str, cancelled: bool) -> None:
    assert (order(*understood("order.updated", status=status)).cancelled_at is not None) is cancelled


@pytest.mark.parametrize("missing", ["id", "status", "total", "date_created_gmt"])
def test_a_body_without_what_it_needs_is_refused_by_name(missing: str) -> None:
    with pytest.raises(NotUnderstood, match=f"^order.created: there is no '{missing}'"):
        understood("order.created", **{missing: None})


@pytest.mark.parametrize(
    ("body", "ping"),
    [
        (b"webhook_id=12", True),
        (b"webhook_id=", False),
        (b"webhook_id=1&x=2", False),
        (b'{"id": 1}', False),
        (b"", False),
    ],
)
def test_a_ping_is_known_by_its_form(body: bytes, ping: bool) -> None:
    assert woocommerce.is_ping(body) is ping
