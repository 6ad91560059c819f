"""Messages of the ingest queue: what they tell, and every way in which they can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segment_core.errors import InvalidDocument, NotUnderstood
from segment_core.facts.told import OrderFact, ProfileFact
from segment_core.ingest import messages

from .bodies import sample

WEBHOOK = {
    "kind": "webhook",
    "shop": "demo-shop",
    "topic": "orders/create",
    "received_at": "2026-03-01T00:00:00Z",
    "triggered_at": "2026-02-28T23:59:59.123456789Z",
    "webhook_id": "1",
    "api_version": "2026-04",
    "body": json.dumps(sample("orders/create")),
}
DOCUMENT = {"kind": "document", "shop": "demo-shop", "received_at": "2026-03-01T00:00:00Z", "document": {"id": "1"}}


def test_a_webhook() -> None:
    told = messages.read(json.dumps(WEBHOOK))

    assert (told.shop, told.bulk) == ("demo-shop", False)
    assert [type(fact) for fact in told.facts] == [ProfileFact, OrderFact]


@pytest.mark.parametrize(
    "hint",
    ["", " ", "soon", "2026-03-01", "2026-03-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", 5, []],
)
@pytest.mark.parametrize("topic", ["orders/create", "customer.tags_added", "customers/delete"])
def test_when_it_was_triggered_is_a_hint_that_may_be_unreadable(topic: str, hint: object) -> None:
    message = WEBHOOK | {"topic": topic, "body": json.dumps(sample(topic))}

    assert messages.read(json.dumps(message | {"triggered_at": hint})) == messages.read(
        json.dumps(message | {"triggered_at": None})
    )


def test_a_document_is_part_of_an_import() -> None:
    told = messages.read(json.dumps(DOCUMENT))

    assert told.bulk
    assert [fact.customer_id for fact in told.facts if isinstance(fact, ProfileFact)] == ["1"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "not_json"),
        ("[]", "not_understood"),
        ("{}", "unknown_kind"),
        (DOCUMENT | {"kind": "rumour"}, "unknown_kind"),
        (DOCUMENT | {"kind": ["document"]}, "unknown_kind"),
        (DOCUMENT | {"document": "1"}, "not_understood"),
        (DOCUMENT | {"shop": None}, "not_understood"),
        (DOCUMENT | {"received_at": "2026-03-01"}, "not_understood"),
        (WEBHOOK | {"topic": "orders/edited"}, "topic_not_used"),
        (WEBHOOK | {"platform": "corner-shop"}, "not_understood"),
        (WEBHOOK | {"body": "<order/>"}, "not_json"),
        (WEBHOOK | {"body": '{"id": NaN}'}, "not_json"),
        (WEBHOOK | {"body": '{"id": 1e999}'}, "not_json"),
        (WEBHOOK | {"body": "[" * 100_000}, "not_json"),
        (WEBHOOK | {"body": "[]"}, "not_understood"),
        (WEBHOOK | {"body": {"id": 1}}, "not_understood"),
    ],
)
def test_what_cannot_be_understood_says_so(message: Any, code: str) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        messages.read(message if isinstance(message, str) else json.dumps(message))

    assert refusal.value.code == code


def test_a_bad_document_keeps_its_path() -> None:
    with pytest.raises(InvalidDocument) as refusal:
        messages.read(json.dumps(DOCUMENT | {"document": {"id": "1", "orders": [{}]}}))

    assert refusal.value.path == "orders[0].id"


def test_a_key_that_a_store_repeats_costs_no_order() -> None:
    body = json.dumps(sample("orders/create")).removesuffix("}") + ', "note": null, "note": "x"}'

    assert messages.read(json.dumps(WEBHOOK | {"body": body})).facts
