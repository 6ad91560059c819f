"""A change that cannot be projected, or a customer who cannot be evaluated, holds up nobody and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from segment_core.membership import project as projection
from segment_core.membership.evaluate import Round
from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.runtime import queue
from segment_core.store import memberships

from .conftest import Stack, load_function
from .customers import customer_with_order, names, recent, store, stream_record
from .published import SHOP as PUBLISHED
from .published import START, publish, record


def failing(original: Callable[..., Any], broken: list[bool]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        if broken[0]:
            raise KeyError("what is stored about somebody")
        return original(*arguments, **options)

    return call


def messages_of(stack: Stack, queue_url: str) -> dict[str, Any]:
    return {
        "Records": [
            {"eventSource": "aws:sqs", "messageId": f"m{n}", "body": json.dumps(one), "attributes": {}}
            for n, one in enumerate(stack.messages(queue_url))
        ]
    }


def test_a_customer_whose_evaluation_fails_is_left_to_the_work_queue(
    shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent(shop)
    for customer in ("1", "2"):
        store(shop, customer_with_order(customer, "2026-02-20T10:00:00Z"))
    evaluate, original = Round.evaluate, Round.evaluate

    def poisoned(self: Round, customer: str, *arguments: Any, **options: Any) -> Any:
        if customer == "1":
            raise KeyError("what is stored about somebody")
        return original(self, customer, *arguments, **options)

    handler = load_function("evaluate").handler
    monkeypatch.setattr(Round, "evaluate", poisoned)
    assert handler({"Records": [stream_record("1"), stream_record("2")]}, context) == {"batchItemFailures": []}
    assert names(shop, "2") == ["Recent"]
    monkeypatch.setattr(Round, "evaluate", evaluate)

    assert handler(messages_of(shop, shop.work_queue_url), context) == {"batchItemFailures": []}
    assert names(shop, "1") == ["Recent"]


@pytest.fixture
def entered(stack: Stack) -> Membership:
    generation = publish(stack.tables)
    return Membership(0b1, None, generation.number, 1, "fact", START)


def test_a_change_that_fails_alone_is_parked_with_its_images_and_taken_up(
    stack: Stack, context: SimpleNamespace, entered: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]
    monkeypatch.setattr(projection.members, "apply", failing(projection.members.apply, broken))
    handler = load_function("project").handler
    both = [record(None, entered, "7"), record(None, entered, "8")]

    # Among others it fails the batch, which Lambda halves; alone it is out of the way.
    with pytest.raises(KeyError):
        handler({"Records": both}, context)
    assert handler({"Records": both[:1]}, context) == {"batchItemFailures": []}
    parked = messages_of(stack, stack.project_retry_queue_url)
    assert handler(parked, context) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert stack.items(stack.tables.members) == []

    broken[0] = False
    assert handler(parked, context) == {"batchItemFailures": []}
    assert [item["sk"] for item in stack.items(stack.tables.members)] == ["7"]
    assert [item["pk"] for item in stack.items(stack.tables.history)] == [f"{PUBLISHED}#7"]


def test_what_cannot_even_be_parked_is_asked_for_again(
    stack: Stack, context: SimpleNamespace, entered: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection.members, "apply", failing(projection.members.apply, [True]))

    def refused(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")

    monkeypatch.setattr(queue, "send", refused)
    answer = load_function("project").handler({"Records": [record(None, entered, "7")]}, context)
    assert len(answer["batchItemFailures"]) == 1


def test_a_change_that_comes_after_the_erasure_leaves_no_history(
    stack: Stack, context: SimpleNamespace, entered: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]
    monkeypatch.setattr(projection.members, "apply", failing(projection.members.apply, broken))
    handler = load_function("project").handler
    handler({"Records": [record(None, entered, "7")]}, context)
    broken[0] = False
    tombstone = replace(
        entered, bits=0, version=2, cause="erasure", effective_at=START + timedelta(hours=1), erased=True
    )
    memberships.commit(stack.tables.memberships, PUBLISHED, "7", None, tombstone)
    handler({"Records": [record(entered, tombstone, "7")]}, context)

    assert handler(messages_of(stack, stack.project_retry_queue_url), context) == {"batchItemFailures": []}
    assert stack.items(stack.tables.history) == []
    assert [item["member"] for item in stack.items(stack.tables.members)] == [False]
