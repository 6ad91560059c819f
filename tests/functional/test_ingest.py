"""The ingest function: a batch of messages becomes facts; what cannot be understood is parked, the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.runtime import queue
from segment_core.store import client, facts, keys

from .conftest import REPOSITORY, Stack, load_function

SHOP = "demo-shop"
PRIVATE = "noor@example.com"


def batch(*bodies: Any) -> dict[str, Any]:
    """An SQS batch of these message bodies."""
    record = json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text())["Records"][0]
    return {
        "Records": [
            {**record, "messageId": str(number), "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
    }


def webhook(topic: str, body: Any, triggered_at: str | None = None) -> dict[str, Any]:
    return {
        "kind": "webhook", "shop": SHOP, "topic": topic, "received_at": "2026-03-10T00:00:00Z",
        "triggered_at": triggered_at, "body": body if isinstance(body, str) else json.dumps(body),
    }  # fmt: skip


def parked(stack: Stack) -> list[tuple[str, str, dict[str, Any]]]:
    """Code, reason and body of every parked message."""
    answer = queue.client().receive_message(
        QueueUrl=stack.ingest_dead_letter_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (
            message["MessageAttributes"]["code"]["StringValue"],
            message["MessageAttributes"]["reason"]["StringValue"],
            json.loads(message["Body"]),
        )
        for message in answer.get("Messages", [])
    ]


def run(event: dict[str, Any], context: SimpleNamespace) -> list[str]:
    """Have the function take a batch; returns the messages that it wants again."""
    answer = load_function("ingest").handler(event, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_sample_batch(stack: Stack, context: SimpleNamespace) -> None:
    event = json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text())

    assert run(event, context) == []

    first = facts.load(stack.tables.customers, SHOP, "8401").customer
    second = facts.load(stack.tables.customers, SHOP, "8402").customer
    assert first is not None
    assert second is not None
    assert ([order.id for order in first.orders], first.tags) == (["550101"], ("newsletter", "VIP"))
    assert ([order.id for order in second.orders], second.tags) == (["550001"], ("wholesale",))
    assert parked(stack) == []


def test_the_sample_stream_records_show_what_the_sample_batch_writes(stack: Stack, context: SimpleNamespace) -> None:
    run(json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text()), context)

    records = json.loads((REPOSITORY / "events" / "customers-stream.json").read_text())["Records"]
    shown = [client.decode(record["dynamodb"]["NewImage"]) for record in records]
    written = [item for item in stack.items(stack.tables.customers) if item["sk"] != keys.ORDER_POINTER]
    assert sorted(shown, key=by_key) == sorted(written, key=by_key)


def by_key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"], item["sk"]


def test_the_life_of_an_order_and_its_customer_in_samples(stack: Stack, context: SimpleNamespace) -> None:
    samples = [json.loads(path.read_text()) for path in sorted((REPOSITORY / "events" / "webhooks").glob("*.json"))]
    living = [s for s in samples if s["topic"] not in ("customers/delete", "orders/delete")]
    messages = [webhook(s["topic"], s["body"], s["triggered_at"]) for s in living]

    assert run(batch(*messages), context) == []
    assert run(batch(*reversed(messages)), context) == []

    customer = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert customer is not None
    assert (customer.state, customer.tags, customer.email_marketing_consent) == ("DISABLED", ("VIP",), "SUBSCRIBED")
    (order,) = customer.orders
    assert order.cancelled_at is not None
    assert len(order.refunds) == 1


BAD = {
    "not JSON": ("<order/>", "not_json"),
    "another kind": ({"kind": "rumour"}, "unknown_kind"),
    "a body that is not JSON": (webhook("orders/create", "{"), "not_json"),
    "a body without id": (webhook("orders/create", {"email": PRIVATE}), "not_understood"),
    "a topic that we do not use": (webhook("products/update", {"id": 1}), "topic_not_used"),
    "a shop that is none": (webhook("customers/update", {"id": 1}) | {"shop": "A#B"}, "invalid_shop_id"),
    "a bad document": (
        {
            "kind": "document",
            "shop": SHOP,
            "received_at": "2026-03-10T00:00:00Z",
            "document": {"id": "1", "x": PRIVATE},
        },
        "invalid_document",
    ),
    "too much for one item": (
        webhook("customer.tags_added", {"customerId": "9", "tags": [f"{n}{'x' * 90}" for n in range(5000)]}),
        "item_too_large",
    ),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_understood_is_parked_with_the_reason(
    why: str, stack: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    message, code = BAD[why]
    good = webhook("customers/update", {"id": 7, "email": PRIVATE})

    assert run(batch(good, message, good | {"body": '{"id": 8}'}), context) == []

    ((parked_code, reason, body),) = parked(stack)
    assert parked_code == code
    assert body == (message if isinstance(message, dict) else {"kind": "unreadable", "text": message})
    assert reason
    assert PRIVATE not in reason
    assert PRIVATE not in capsys.readouterr().out
    assert facts.load(stack.tables.customers, SHOP, "7").customer is not None
    assert facts.load(stack.tables.customers, SHOP, "8").customer is not None


def test_a_message_that_meets_an_outage_is_asked_for_again(
    stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = client.get

    def unreachable(table: str, key: Any, **options: Any) -> Any:
        if key["pk"].endswith("#8"):
            raise ConnectionError
        return get(table, key, **options)

    monkeypatch.setattr(client, "get", unreachable)
    event = batch(*(webhook("customers/update", {"id": number}) for number in (7, 8, 9)))

    assert run(event, context) == ["1"]
    assert parked(stack) == []
    assert facts.load(stack.tables.customers, SHOP, "9").customer is not None


def test_real_bodies_become_facts(stack: Stack, context: SimpleNamespace, shared: Path) -> None:
    create, cancel = (
        json.loads((shared / "payloads" / f"{name}.json").read_text())
        for name in ("customers-create--activepieces-2023", "orders-cancelled--activepieces-2023")
    )

    assert run(batch(webhook("orders/cancelled", cancel), webhook("customers/create", create)), context) == []

    buyer = facts.load(stack.tables.customers, SHOP, "6972527083830").customer
    assert buyer is not None
    assert buyer.tags == ("VIP",)
    assert buyer.orders[0].cancelled_at is not None
    other = facts.load(stack.tables.customers, SHOP, "6972943892790").customer
    assert other is not None
    assert other.tags == ("tag", "VIP")
    assert len(other.addresses) == 1
