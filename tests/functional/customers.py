"""A shop in Oslo with customers, and what wakes their evaluation."""

from __future__ import annotations

import json
from typing import Any

from segment_core import clock
from segment_core.facts.document import read_customer
from segment_core.ingest import messages
from segment_core.segments import reads, service
from segment_core.store import client, facts, keys
from tests.functional.conftest import NOW, Stack

SHOP = "demo"


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
    return service.create(stack.tables, SHOP, "Recent", "last_order_date >= -30d", NOW, stack.build_machine_arn)


def names(stack: Stack, customer: str) -> list[str]:
    return [one.name for one in reads.segments_of(stack.tables, SHOP, customer, clock.now()).segments]
