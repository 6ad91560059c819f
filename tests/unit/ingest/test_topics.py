"""Every used topic is understood in every version that is known, and says what it should."""

from __future__ import annotations

from typing import Any

import pytest

from segment_core.errors import NotUnderstood
from segment_core.facts.told import Erasure, OrderFact, ProfileFact
from segment_core.ingest.topics import TOPICS, is_used

from .bodies import RECEIVED, customer, order, sample, samples, understood


def test_there_is_a_sample_of_every_topic() -> None:
    used = [name for name, topic in TOPICS.items() if topic.read]
    assert sorted(used) == sorted(sample["topic"] for sample in samples())


def test_every_topic_says_what_it_tells_or_why_it_is_let_go() -> None:
    assert all(topic.says for topic in TOPICS.values())
    assert [name for name in TOPICS if is_used(name)] == [name for name, topic in TOPICS.items() if topic.read]


@pytest.mark.parametrize("message", samples(), ids=lambda message: message["topic"])
def test_samples_are_understood(message: dict[str, Any]) -> None:
    facts = understood(message["topic"], message["body"], message["triggered_at"])

    assert facts
    for key, id_ in {"customer_id": "8401", "order_id": "550101", "product_id": "510"}.items():
        assert {getattr(fact, key, id_) for fact in facts} == {id_}


@pytest.mark.parametrize(
    "topic", ["orders/create", "ORDERS_CREATE", "orders.create", "customer/tags_added", "Customer"]
)
def test_topics_are_used_in_all_their_spellings(topic: str) -> None:
    assert is_used(topic)


@pytest.mark.parametrize("topic", ["orders/edited", "carts/update", "customer.joined_segment", "", "orders"])
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
        ("order_transactions/create", "order_id"),
        ("checkouts/update", "token"),
        ("products/update", "id"),
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


@pytest.mark.parametrize("status", ["failed", "in_progress", None])
def test_a_merge_counts_once_it_is_completed(status: str | None) -> None:
    body = sample("customers/merge")
    (merge,) = understood("customers/merge", body)
    assert (merge.customer_id, merge.into) == ("8401", "8400")  # type: ignore[union-attr]

    assert understood("customers/merge", body | {"status": status}) == ()


def test_a_demand_without_a_person_is_refused() -> None:
    for topic in ("customers/redact", "customers/data_request"):
        with pytest.raises(NotUnderstood):
            understood(topic, {"customer": {"phone": "1"}, "data_request": {"id": 1}})


def test_an_order_without_a_customer_says_who_the_guest_is() -> None:
    body = {"id": 1, "created_at": "2026-03-01T00:00:00Z", "total_price": "1.00", "currency": "EUR"}
    known, nobody = ({"email": "a@example.com"}, {"contact_email": "a@example.com"}), ({"email": ""}, {})
    for told in (*known, *nobody, {**known[0], "customer": {"id": 7}}):
        *_, fact = understood("orders/create", body | told)
        assert isinstance(fact, OrderFact)
        assert (fact.guest is not None) == (told in known)
