"""`POST /events`: each event is judged by itself, and those of one customer travel together."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.facts.customer import Event
from segment_core.runtime import queue
from segment_core.store import facts

from .api_caller import Answer, ApiCaller
from .conftest import Stack, load_function
from .test_ingest import batch

OPENED = {"customer_id": "8401", "id": "m1", "type": "shopify_email.opened", "at": "2026-02-25T07:00:00Z"}
VIEWED = {
    "customer_id": 8401,
    "id": "v1",
    "type": "storefront.product_viewed",
    "at": "2026-02-25T08:00:00+01:00",
    "properties": {"id": "510", "tag": ["consumable"]},
}
QUIZ = {"customer_id": "8402", "id": "q1", "type": "quiz_taken", "at": "2026-02-26T07:00:00Z", "properties": {"n": 8.5}}


def send(api: ApiCaller, *events: object) -> Answer:
    return api("POST", "/events", {"events": list(events)})


def stored(stack: Stack, customer: str) -> tuple[Event, ...]:
    found = facts.load(stack.tables.customers, "demo", customer).customer
    assert found is not None
    return found.events


def ingest(stack: Stack, context: SimpleNamespace) -> None:
    messages = [queue.encode(message) for message in stack.messages(stack.ingest_queue_url)]
    assert load_function("ingest").handler(batch(*messages), context) == {"batchItemFailures": []}


def test_events_become_facts_of_their_customers(api: ApiCaller, shop: Stack, context: SimpleNamespace) -> None:
    answer = send(api, OPENED, VIEWED, QUIZ)

    assert answer.status == 202
    assert [(one["id"], one["status"]) for one in answer.body["results"]] == [
        ("m1", "accepted"), ("v1", "accepted"), ("q1", "accepted"),
    ]  # fmt: skip
    ingest(shop, context)
    assert [(event.id, event.type) for event in stored(shop, "8401")] == [
        ("m1", "shopify_email.opened"), ("v1", "storefront.product_viewed"),
    ]  # fmt: skip
    assert [event.properties for event in stored(shop, "8402")] == [{"n": 8.5}]


def test_those_of_one_customer_are_one_message(api: ApiCaller, shop: Stack) -> None:
    send(api, *({**OPENED, "id": f"m{number}"} for number in range(200)), QUIZ)

    told = {message["customer"]: len(message["events"]) for message in shop.messages(shop.ingest_queue_url)}
    assert told == {"8401": 200, "8402": 1}


def test_an_event_that_is_sent_twice_is_one(api: ApiCaller, shop: Stack, context: SimpleNamespace) -> None:
    assert {one["status"] for one in send(api, OPENED, OPENED).body["results"]} == {"accepted"}
    assert {one["status"] for one in send(api, OPENED).body["results"]} == {"accepted"}

    ingest(shop, context)
    assert len(stored(shop, "8401")) == 1


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({**OPENED, "customer_id": "a b"}, "customer_id"),
        ({**OPENED, "customer_id": None}, "customer_id"),
        ({key: value for key, value in OPENED.items() if key != "customer_id"}, "customer_id"),
        ({key: value for key, value in OPENED.items() if key != "id"}, "id"),
        ({**OPENED, "at": "2026-02-25"}, "at"),
        ({**OPENED, "at": None}, "at"),
        ({**OPENED, "type": 5}, "type"),
        ({**OPENED, "type": ""}, "type"),
        ({**OPENED, "type": " "}, "type"),
        ({**OPENED, "id": ""}, "id"),
        ({**OPENED, "colour": "red"}, "colour"),
        ({**OPENED, "properties": []}, "properties"),
        ({**OPENED, "at": "2026-02-25T07:00:01Z"}, "id"),
        ("m1", ""),
        (None, ""),
    ],
)
def test_a_bad_event_is_refused_with_its_place_and_the_others_go_on(
    api: ApiCaller, shop: Stack, event: Any, path: str
) -> None:
    first, bad, last = send(api, OPENED, event, QUIZ).body["results"]

    assert (first["status"], last["status"]) == ("accepted", "accepted")
    assert (bad["index"], bad["status"], bad["code"], bad["path"]) == (1, "refused", "invalid_document", path)
    assert bad["message"].startswith(f"{path}: " if path else "must")
    assert len(shop.messages(shop.ingest_queue_url)) == 2


def test_what_could_never_be_stored_is_refused_alone(api: ApiCaller, shop: Stack) -> None:
    large = {**OPENED, "id": "large", "properties": {str(number): "x" * 4000 for number in range(95)}}

    results = send(api, large, OPENED).body["results"]

    assert [(one["status"], one["code"]) for one in results] == [("refused", "item_too_large"), ("accepted", None)]


def test_events_of_one_customer_that_are_too_large_together_are_parted(api: ApiCaller, shop: Stack) -> None:
    half = {str(number): "x" * 4000 for number in range(70)}
    events = [{**OPENED, "id": f"m{number}", "properties": half} for number in range(6)]

    assert {one["status"] for one in send(api, *events).body["results"]} == {"accepted"}

    messages = shop.messages(shop.ingest_queue_url)
    assert len(messages) > 1
    assert [event["id"] for message in messages for event in message["events"]] == [f"m{n}" for n in range(6)]
    assert all(len(queue.encode(message).encode()) <= queue.MESSAGE_LIMIT_BYTES for message in messages)


@pytest.mark.parametrize("events", [[], [OPENED] * 501, None, {}])
def test_a_batch_has_one_to_five_hundred(api: ApiCaller, shop: Stack, events: object) -> None:
    assert api("POST", "/events", {"events": events}).status in (400, 422)
    assert shop.messages(shop.ingest_queue_url) == []


def test_the_sample_is_accepted(api: ApiCaller, shop: Stack) -> None:
    sample = json.loads((Path(__file__).parents[2] / "events" / "api-events.json").read_text())

    assert {one["status"] for one in api("POST", "/events", sample).body["results"]} == {"accepted"}
