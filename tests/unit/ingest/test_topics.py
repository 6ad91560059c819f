"""Every used topic is understood in every version that is known, and says what it should."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.told import Erasure, OrderFact, ProfileFact
from segment_core.ingest.topics import TOPICS, is_used

from .bodies import RECEIVED, customer, order, sample, samples, understood

# The publisher of some real shapes replaced every value; these stand where the format asks for more than text.
PLACEHOLDER = "example string"
INSTEAD = {
    "amount": "1.00",
    "currency_code": "EUR",
    "currency": "EUR",
    "total_price": "1.00",
    "current_total_price": "1.00",
}


def test_there_is_a_sample_of_every_topic() -> None:
    assert sorted(TOPICS) == sorted(sample["topic"] for sample in samples())


@pytest.mark.parametrize("message", samples(), ids=lambda message: message["topic"])
def test_samples_are_understood(message: dict[str, Any]) -> None:
    facts = understood(message["topic"], message["body"], message["triggered_at"])

    assert {getattr(fact, "customer_id", "8401") for fact in facts} == {"8401"}
    assert {getattr(fact, "order_id", "550101") for fact in facts} == {"550101"}


def test_real_bodies_of_every_version_are_understood(shared: Path) -> None:
    tried = set()
    for topic, body in published(shared):
        facts = understood(topic, body)
        assert facts
        tried.add(topic)

    assert {topic.split("/")[0] for topic in tried} >= {"customers", "orders", "refunds", "customer.tags_added"}


def test_real_shapes_are_understood(shared: Path) -> None:
    shapes = {"orders": "orders/updated", "customers": "customers/update", "refunds": "refunds/create"}
    tried = []
    for resource, topic in shapes.items():
        for path in sorted((shared / "payloads").glob(f"shape-{resource}--*.json")):
            body = filled(json.loads(path.read_text()))
            # One file of `orders` is another resource: the risk of an order.
            if resource != "orders" or "line_items" in body:
                assert understood(topic, body)
                tried.append(path.name)

    assert len(tried) >= 6


def published(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    directory = shared / "payloads"
    with (directory / "INDEX.tsv").open() as index:
        rows = [(row["topic"].split(" ")[0], row["file"]) for row in csv.DictReader(index, delimiter="\t")]
    return [(topic, json.loads((directory / file).read_text())) for topic, file in rows if is_used(topic)]


def filled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: filled(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, key) for part in value]
    return INSTEAD.get(key, value) if value == PLACEHOLDER else value


@pytest.mark.parametrize("topic", ["orders/create", "ORDERS_CREATE", "orders.create", "customer/tags_added"])
def test_topics_are_used_in_all_their_spellings(topic: str) -> None:
    assert is_used(topic)


@pytest.mark.parametrize("topic", ["orders/edited", "products/update", "customer.joined_segment", "", "orders"])
def test_other_topics_are_not_used(topic: str) -> None:
    assert not is_used(topic)
    with pytest.raises(NotUnderstood) as refusal:
        understood(topic, {"id": 1})
    assert refusal.value.code == "topic_not_used"


def test_the_topic_decides_not_the_body() -> None:
    body = sample("orders/updated")

    assert order(*understood("orders/updated", body)).cancelled_at is None
    assert order(*understood("orders/cancelled", body)).cancelled_at is not None
    (gone,) = understood("orders/delete", body)
    assert isinstance(gone, OrderFact)
    assert gone.told.deleted


def test_the_global_id_wins_over_a_number_that_lost_its_last_digits() -> None:
    body = {"id": 706405506930370000, "admin_graphql_api_id": "gid://shopify/Customer/706405506930370084"}

    (erasure,) = understood("customers/delete", body)

    assert isinstance(erasure, Erasure)
    assert erasure.customer_id == "706405506930370084"


def test_what_is_no_global_id_is_passed_over() -> None:
    assert customer(*understood("customers/update", {"id": 7, "admin_graphql_api_id": "https://x.example/"})).id == "7"


@pytest.mark.parametrize(
    ("topic", "without"),
    [
        ("customers/update", "id"),
        ("customer.tags_added", "customerId"),
        ("customer.tags_removed", "tags"),
        ("customers_email_marketing_consent/update", "email_marketing_consent"),
        ("customers_marketing_consent/update", "id"),
        ("orders/create", "id"),
        ("orders/create", "created_at"),
        ("orders/delete", "id"),
        ("refunds/create", "order_id"),
        ("refunds/create", "transactions"),
        ("refunds/create", "id"),
    ],
)
def test_a_body_without_what_it_needs_is_refused_by_name(topic: str, without: str) -> None:
    body = sample(topic)
    del body[without]
    body.pop("admin_graphql_api_id", None)

    with pytest.raises(NotUnderstood, match=f"^{topic}: .*'{without}'"):
        understood(topic, body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created_at", "yesterday"), ("created_at", "2026-02-10"), ("updated_at", 1770750930), ("test", "maybe"),
        ("customer", "8401"), ("line_items", {}), ("refunds", [1]), ("tags", 5), ("source_name", []),
        ("app_id", 1.5), ("current_total_price_set", {"shop_money": {"amount": "lots"}}),
        ("current_total_price_set", {"shop_money": {"amount": "NaN"}}), ("id", True),
        ("admin_graphql_api_id", "gid://shopify/Order/" + "9" * 200),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused_without_repeating_it(field: str, value: object) -> None:
    body = sample("orders/create")
    if field == "id":
        del body["admin_graphql_api_id"]

    with pytest.raises(NotUnderstood) as refusal:
        understood("orders/create", {**body, field: value})

    assert str(value) not in refusal.value.message


def test_store_time_falls_back_to_triggering_then_to_receipt() -> None:
    body = {"id": 7, "first_name": "A"}

    def as_of(triggered_at: str | None) -> object:
        return customer(*understood("customers/update", body, triggered_at)).as_of

    assert as_of("2026-03-01T00:00:00.123456789Z").isoformat() == "2026-03-01T00:00:00.123456+00:00"  # type: ignore[attr-defined]
    assert as_of(None) == RECEIVED


def test_what_is_not_told_is_not_in_the_fact() -> None:
    (fact,) = understood("customers/update", {"id": 7, "phone": None})

    assert isinstance(fact, ProfileFact)
    assert set(fact.told.fields) == {"phone"}
    assert fact.told.tags.floor == ""
