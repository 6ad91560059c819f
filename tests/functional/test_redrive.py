"""Dead letters: what happens to each when they are put back, and that nothing is lost by it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import parking
from segment_core.membership.redrive import JUDGES
from segment_core.runtime import queue
from segment_core.store import extracts
from segment_core.store.tables import Tables
from tidemark.cli.redrive import run as run_command
from tidemark.redrive import Happened, Where, _Letters, redrive

from .conftest import Stack, new_queue
from .streams import ingest, webhook

SHOP = "demo"
GONE = {"DDBStreamBatchInfo": {"streamArn": "arn:aws:dynamodb:::stream", "shardId": "s", "startSequenceNumber": "1"}}
KEYS = {"pk": {"S": "demo#7"}, "sk": {"S": "PROFILE"}}
OF_STREAM = {"records": [{"dynamodb": {"Keys": KEYS, "NewImage": {"pk": {"S": "demo#7"}}}}]}

Run = Callable[..., list[Happened]]


@pytest.fixture
def where(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> Where:
    monkeypatch.setattr("tidemark.redrive._WAIT_SECONDS", 0)
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


def test_what_is_left_or_skipped_can_be_looked_at_again_at_once(shop: Stack, where: Where) -> None:
    ours = [customer(number) for number in range(12)]
    dead(where, "IngestDeadLetterQueueUrl", *ours, "no JSON", *(customer(number, "other") for number in range(12)))

    assert outcomes(list(redrive(where, shop="nobody", discard=False))) == []
    assert len(list(redrive(where, shop=SHOP, discard=True))) == 12
    assert outcomes(list(redrive(where, shop=None, discard=False))) == [
        *[("put back", "other")] * 12, ("refused again", ""),
    ]  # fmt: skip
    assert outcomes(list(redrive(where, shop=None, discard=False))) == [("refused again", "")]


def test_a_run_that_fails_or_is_given_up_hides_nothing(
    shop: Stack, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError

    def run() -> list[Happened]:
        return list(redrive(where, shop=None, discard=True))

    dead(where, "IngestDeadLetterQueueUrl", *(customer(number) for number in range(5)))
    with monkeypatch.context() as patched:
        patched.setitem(JUDGES, "IngestDeadLetterQueueUrl", fail)
        with pytest.raises(ConnectionError):
            run()
    given_up = redrive(where, shop=None, discard=True)
    assert next(given_up).outcome == "discarded"
    given_up.close()

    assert len(run()) == 4


def test_letters_that_show_again_do_not_end_a_long_run(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    received = [["a", "b"], ["a"], ["c"], []]

    def receive_message(**_: object) -> dict[str, Any]:
        return {"Messages": [{"MessageId": id_, "ReceiptHandle": id_} for id_ in received.pop(0)]}

    hidden = {"Attributes": {"ApproximateNumberOfMessagesNotVisible": "0"}}
    client = SimpleNamespace(receive_message=receive_message, get_queue_attributes=lambda **_: hidden)
    monkeypatch.setattr(queue, "client", lambda: client)

    assert [letter["MessageId"] for letter in _Letters("https://sqs/1/letters")] == ["a", "b", "c"]


def test_it_is_said_how_many_letters_others_hold(
    shop: Stack, where: Where, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dead(where, "IngestDeadLetterQueueUrl", customer(1), customer(2), "no JSON")
    queue.client().receive_message(QueueUrl=where.outputs["IngestDeadLetterQueueUrl"], MaxNumberOfMessages=2)

    *_, last = found = list(redrive(where, shop=None, discard=False))
    assert outcomes(found) == [("hidden", ""), ("refused again", "")]
    assert last.why == "2 are hidden until others have looked at them, at most 5 minutes; try again"

    monkeypatch.setattr("tidemark.cli.redrive._where", lambda _: where)
    assert run_command(Namespace(shop=SHOP, discard=True, json=False)) == 1
    assert capsys.readouterr().out.startswith("hidden\tIngestDeadLetterQueue-")
