"""`evaluate` and `sweep` on moto: what wakes them, what they commit, what they pass on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core import clock
from segment_core.facts.document import read_customer
from segment_core.ingest import messages
from segment_core.membership import sweep as sweeping
from segment_core.segments import reads, service
from segment_core.segments.shops import put_shop
from segment_core.store import client, facts, keys, memberships
from tests.functional.conftest import NOW, Stack, load_function

SHOP = "demo"


@pytest.fixture
def shop(stack: Stack) -> Stack:
    """A shop in Oslo."""
    put_shop(
        stack.tables,
        SHOP,
        domain="demo.example.com",
        zone="Europe/Oslo",
        currency="NOK",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )
    return stack


def store(stack: Stack, document: dict[str, Any]) -> None:
    """Merge a customer document as ingest does."""
    read_customer(document)
    message = {"kind": "document", "shop": SHOP, "received_at": "2026-03-01T12:00:00Z", "document": document}
    for fact in messages.read(json.dumps(message)).facts:
        facts.merge(stack.tables.customers, SHOP, fact)


def customer_with_order(customer: str, created_at: str) -> dict[str, Any]:
    return {
        "id": customer,
        "as_of": "2026-03-01T00:00:00Z",
        "orders": [{"id": f"o{customer}", "created_at": created_at, "total": "10.00", "currency": "NOK"}],
    }


def stream_record(customer: str, bulk: bool = False) -> dict[str, Any]:
    keys_of = {"pk": keys.customer(SHOP, customer), "sk": keys.PROFILE}
    image = client.encode({**keys_of, "bulk": True if bulk else None})
    return {
        "eventSource": "aws:dynamodb",
        "eventName": "MODIFY",
        "dynamodb": {"Keys": client.encode(keys_of), "NewImage": image, "SequenceNumber": f"1{customer}"},
    }


def message(body: dict[str, Any]) -> dict[str, Any]:
    return {"eventSource": "aws:sqs", "messageId": "m1", "body": json.dumps(body), "attributes": {}}


def recent(stack: Stack) -> reads.Segment:
    return service.create(stack.tables, SHOP, "Recent", "last_order_date >= -30d", NOW, stack.work_queue_url)


def names(stack: Stack, customer: str) -> list[str]:
    return [one.name for one in reads.segments_of(stack.tables, SHOP, customer, clock.now()).segments]


def test_a_stream_record_brings_its_customer_up_to_date(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    answer = load_function("evaluate").handler({"Records": [stream_record("1"), stream_record("1")]}, context)
    assert answer == {"batchItemFailures": []}
    assert names(shop, "1") == ["Recent"]
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.version, stored.cause, stored.effective_at) == (1, "fact", NOW)
    assert stored.due == datetime(2026, 3, 22, 23, tzinfo=UTC)


def test_what_a_bulk_writer_marked_goes_to_the_work_queue_once(shop: Stack, context: SimpleNamespace) -> None:
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    records = [stream_record("1", bulk=True), stream_record("1", bulk=True)]
    load_function("evaluate").handler({"Records": records}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") is None
    (passed_on,) = shop.messages(shop.work_queue_url)
    assert passed_on == {"kind": "evaluate", "shop": SHOP, "customer": "1", "cause": "fact"}
    load_function("evaluate").handler({"Records": [message(passed_on)]}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") is not None


def test_the_sweep_queues_who_is_due_and_the_move_has_its_exact_instant(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate = load_function("evaluate")
    evaluate.handler({"Records": [stream_record("1")]}, context)
    due = datetime(2026, 3, 22, 23, tzinfo=UTC)
    tables = shop.tables
    assert sweeping.next_due(tables.segments, tables.memberships) == due
    clock.use(lambda: due - timedelta(seconds=1))
    assert load_function("sweep").handler({}, context) == {"queued": 0}
    clock.use(lambda: due + timedelta(hours=5))
    assert load_function("sweep").handler({}, context) == {"queued": 1}
    evaluate.handler({"Records": [message(body) for body in shop.messages(shop.work_queue_url)]}, context)
    stored = memberships.read(tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.bits, stored.cause, stored.effective_at, stored.due) == (0, "clock", due, None)
    assert sweeping.next_due(tables.segments, tables.memberships) is None


def test_a_failed_record_is_reported_and_does_not_stop_the_others(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    stranger = {**message({"kind": "guess"}), "messageId": "m0"}
    known = message({"kind": "evaluate", "shop": SHOP, "customer": "1", "cause": "fact"})
    answer = load_function("evaluate").handler({"Records": [stranger, known]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert names(shop, "1") == ["Recent"]


def test_an_erased_customer_leaves_everything_and_stays_out(shop: Stack, context: SimpleNamespace) -> None:
    recent(shop)
    store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
    evaluate = load_function("evaluate")
    evaluate.handler({"Records": [stream_record("1")]}, context)
    erasure = {
        "kind": "webhook",
        "shop": SHOP,
        "topic": "customers/delete",
        "received_at": "2026-03-01T12:00:00Z",
        "triggered_at": "2026-03-01T12:00:00Z",
        "body": '{"id": 1}',
    }
    for fact in messages.read(json.dumps(erasure)).facts:
        facts.merge(shop.tables.customers, SHOP, fact)
    evaluate.handler({"Records": [stream_record("1")]}, context)
    stored = memberships.read(shop.tables.memberships, SHOP, "1")
    assert stored is not None
    assert (stored.bits, stored.due, stored.cause, stored.erased) == (0, None, "erasure", True)
    store(shop, customer_with_order("1", "2026-02-28T10:00:00Z"))
    evaluate.handler({"Records": [stream_record("1")]}, context)
    assert memberships.read(shop.tables.memberships, SHOP, "1") == stored
    left = [item for item in shop.items(shop.tables.customers) if item["pk"] == keys.customer(SHOP, "1")]
    assert [item["sk"] for item in left] == [keys.PROFILE]


def test_a_slower_evaluation_that_read_older_facts_starts_over(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent(shop)
    store(shop, {"id": "1", "as_of": "2026-03-01T00:00:00Z"})
    load, nested = facts.load, []

    def overtaken(table: str, shop_id: str, customer: str) -> facts.Loaded:
        seen = load(table, shop_id, customer)
        if not nested:
            nested.append(True)
            store(shop, customer_with_order("1", "2026-02-20T10:00:00Z"))
            load_function("evaluate").handler({"Records": [stream_record("1")]}, context)
        return seen

    monkeypatch.setattr(facts, "load", overtaken)
    load_function("evaluate").handler({"Records": [stream_record("1")]}, context)
    assert names(shop, "1") == ["Recent"]
