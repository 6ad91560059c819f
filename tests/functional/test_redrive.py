"""Dead letters: what happens to each when they are put back, and that nothing is lost by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import parking
from segment_core.runtime import queue
from segment_core.store import extracts
from segment_core.store.tables import Tables
from tidemark.redrive import Happened, Where, redrive

from .conftest import Stack, new_queue
from .streams import ingest, webhook

SHOP = "demo"
GONE = {"DDBStreamBatchInfo": {"streamArn": "arn:aws:dynamodb:::stream", "shardId": "s", "startSequenceNumber": "1"}}
KEYS = {"pk": {"S": "demo#7"}, "sk": {"S": "PROFILE"}}
OF_STREAM = {"records": [{"dynamodb": {"Keys": KEYS, "NewImage": {"pk": {"S": "demo#7"}}}}]}

Run = Callable[..., list[Happened]]


@pytest.fixture
def where(shop: Stack) -> Where:
    tables: Tables = shop.tables
    return Where(
        {
            "CustomersTableName": tables.customers,
            "MembershipsTableName": tables.memberships,
            "MembersTableName": tables.members,
            "HistoryTableName": tables.history,
            "SegmentsTableName": tables.segments,
            "IngestQueueUrl": shop.ingest_queue_url,
            "WorkQueueUrl": shop.work_queue_url,
            "ProjectRetryQueueUrl": shop.project_retry_queue_url,
            "IngestDeadLetterQueueUrl": shop.ingest_dead_letter_queue_url,
            "WorkDeadLetterQueueUrl": new_queue("WorkDeadLetterQueue"),
            "EvaluateFailureQueueUrl": new_queue("EvaluateFailureQueue"),
            "ProjectFailureQueueUrl": new_queue("ProjectFailureQueue"),
            "ScheduleDeadLetterQueueUrl": new_queue("ScheduleDeadLetterQueue"),
        }
    )


def customer(number: int, shop: str = SHOP) -> dict[str, Any]:
    return webhook("customers/update", {"id": number, "email": "planted@example.com"}, shop)


def dead(where: Where, output: str, *bodies: object) -> None:
    for body in bodies:
        queue.client().send_message(
            QueueUrl=where.outputs[output], MessageBody=body if isinstance(body, str) else json.dumps(body)
        )


def outcomes(happened: list[Happened]) -> list[tuple[str, str]]:
    return sorted((one.outcome, one.shop) for one in happened)


def test_what_ingest_gave_up_is_judged_by_what_is_stored(shop: Stack, where: Where, context: SimpleNamespace) -> None:
    ingest(context, customer(1), webhook("customers/redact", {"customer": {"id": 3}}))
    nonsense = webhook("customers/update", {"email": "planted@example.com"})
    dead(where, "IngestDeadLetterQueueUrl", customer(1), customer(2), customer(3), nonsense, "no JSON")

    found = list(redrive(where, shop=None, discard=False))

    assert outcomes(found) == [
        ("put back", SHOP), ("refused again", ""), ("refused again", SHOP), ("superseded", SHOP), ("superseded", SHOP),
    ]  # fmt: skip
    assert not any("planted" in one.why for one in found)
    assert shop.messages(shop.ingest_queue_url) == [customer(2)]


def test_work_that_is_done_is_not_begun_again(shop: Stack, where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = {"kind": "evaluate", "shop": SHOP, "customer": "1", "cause": "clock"}
    extract, erasure = {"kind": "extract", "shop": SHOP, "extract": "x1"}, {"kind": "erasure", "shop": SHOP}
    dead(where, "WorkDeadLetterQueueUrl", evaluate, extract, erasure, {"kind": "guess"})
    dead(where, "ScheduleDeadLetterQueueUrl", {"requestPayload": {}})

    found = list(redrive(where, shop=None, discard=False))

    assert outcomes(found) == [
        ("put back", SHOP), ("refused again", ""), ("superseded", ""), ("superseded", SHOP), ("superseded", SHOP),
    ]  # fmt: skip
    assert shop.messages(shop.work_queue_url) == [evaluate]
    monkeypatch.setattr(extracts, "read", lambda *_: object())
    dead(where, "WorkDeadLetterQueueUrl", extract)
    assert ("put back", SHOP) in outcomes(list(redrive(where, shop=None, discard=False)))
    assert shop.messages(shop.work_queue_url) == [extract]


def test_records_of_streams_become_what_they_asked_for(
    shop: Stack, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = parking.message(OF_STREAM["records"][0])
    monkeypatch.setattr("tidemark.redrive._read_stream", lambda _: None)
    dead(where, "EvaluateFailureQueueUrl", OF_STREAM, GONE)
    dead(where, "ProjectFailureQueueUrl", OF_STREAM, change, GONE)

    found = list(redrive(where, shop=None, discard=False))

    assert outcomes(found) == [("put back", SHOP)] * 3 + [("refused again", "")] * 2
    assert shop.messages(shop.work_queue_url) == [{"kind": "evaluate", "shop": SHOP, "customer": "7", "cause": "fact"}]
    assert shop.messages(shop.project_retry_queue_url) == [change, change]


def test_letters_of_one_shop_can_be_discarded(shop: Stack, where: Where) -> None:
    dead(where, "IngestDeadLetterQueueUrl", customer(1), customer(2, "other"))

    found = list(redrive(where, shop=SHOP, discard=True))

    assert outcomes(found) == [("discarded", SHOP)]
    assert shop.messages(shop.ingest_queue_url) == []
