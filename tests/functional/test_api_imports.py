"""`POST /imports`: each document is judged by itself, and what is accepted is queued for ingest."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from segment_core.ingest import messages
from segment_core.runtime import queue
from segment_core.segments.shops import put_shop

from .api_caller import Answer, ApiCaller
from .conftest import NOW, Stack

EMAIL = "planted@example.com"
GOOD = {
    "id": "8401",
    "email": EMAIL,
    "addresses": [{"city": "Zürich", "latitude": 47.3769, "longitude": -8.5}],
    "orders": [{"id": "1", "created_at": "2026-01-05T10:00:00Z", "total": "120.10", "currency": "EUR"}],
}


@pytest.fixture(autouse=True)
def shop(stack: Stack) -> None:
    put_shop(
        stack.tables,
        "demo",
        domain="demo.myshopify.com",
        zone="UTC",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=NOW,
    )


def bring(api: ApiCaller, *documents: object) -> Answer:
    return api("POST", "/imports", {"customers": documents})


def test_an_accepted_document_is_queued_as_it_is(api: ApiCaller, stack: Stack) -> None:
    answer = bring(api, GOOD)
    assert answer.status == 202
    assert answer.body == {
        "results": [
            {"index": 0, "id": "8401", "status": "accepted", "code": None, "path": None, "message": None},
        ]
    }
    (message,) = stack.messages(stack.ingest_queue_url)
    assert message == {"kind": "document", "shop": "demo", "received_at": "2026-03-01T12:00:00Z", "document": GOOD}
    assert messages.read(queue.encode(message)).shop == "demo"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "id"),
        ({"id": "1", "colour": "blue"}, "colour"),
        ({"id": "1", "orders": [{"id": "1"}, {"id": "2", "total": "a lot"}]}, "orders[1].total"),
        ({"id": EMAIL}, "id"),
        ([], ""),
        ("8401", ""),
        (None, ""),
    ],
)
def test_a_bad_document_is_refused_with_its_place_and_the_others_go_on(
    api: ApiCaller, stack: Stack, document: object, path: str
) -> None:
    first, bad, last = bring(api, GOOD, document, {"id": "8402"}).body["results"]
    assert (first["status"], last["status"], last["id"]) == ("accepted", "accepted", "8402")
    assert (bad["index"], bad["status"], bad["code"], bad["path"]) == (1, "refused", "invalid_document", path)
    assert bad["message"]
    assert [message["document"]["id"] for message in stack.messages(stack.ingest_queue_url)] == ["8401", "8402"]


def test_a_document_larger_than_a_message_is_refused_alone(api: ApiCaller, stack: Stack) -> None:
    large = {"id": "1", "tags": ["x" * 4000 for _ in range(270)]}
    results = bring(api, large, {"id": "2"}).body["results"]
    assert [(one["status"], one["code"]) for one in results] == [("refused", "document_too_large"), ("accepted", None)]
    assert [message["document"]["id"] for message in stack.messages(stack.ingest_queue_url)] == ["2"]


def test_documents_that_are_large_together_are_queued_all(api: ApiCaller, stack: Stack) -> None:
    half = ["x" * 4000 for _ in range(150)]
    results = bring(api, *({"id": str(number), "tags": half} for number in range(5))).body["results"]
    assert {one["status"] for one in results} == {"accepted"}
    assert len(stack.messages(stack.ingest_queue_url)) == 5


def test_a_hundred_at_most(api: ApiCaller, stack: Stack) -> None:
    documents = [{"id": str(number)} for number in range(101)]
    answer = bring(api, *documents)
    assert answer.problem == (400, "invalid_request")
    assert answer.body["detail"].startswith("body.customers: ")
    assert stack.messages(stack.ingest_queue_url) == []
    assert bring(api, *documents[:100]).status == 202
    assert len(stack.messages(stack.ingest_queue_url)) == 100


@pytest.mark.parametrize("body", [{"customers": []}, {"customers": {}}, {}, {"customers": [GOOD], "shop": "other"}])
def test_a_body_of_another_form_is_refused(api: ApiCaller, stack: Stack, body: Any) -> None:
    assert api("POST", "/imports", body).problem == (400, "invalid_request")
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_document_in_which_a_key_stands_twice_is_no_json_of_ours(api: ApiCaller, stack: Stack) -> None:
    raw = '{"customers": [{"id": "1", "id": "2"}]}'
    assert api("POST", "/imports", raw=raw).problem == (400, "invalid_json")
    assert stack.messages(stack.ingest_queue_url) == []


def test_a_shop_that_was_not_made_takes_nothing(api: ApiCaller, stack: Stack) -> None:
    stranger = ApiCaller(api.app, api.context, shop="nowhere")
    assert bring(stranger, GOOD).problem == (404, "shop_not_found")
    assert stack.messages(stack.ingest_queue_url) == []


def test_persons_are_neither_in_logs_nor_in_answers(api: ApiCaller, log: io.StringIO) -> None:
    answers = [
        bring(api, GOOD, {**GOOD, "orders": EMAIL}, {**GOOD, "id": EMAIL}, EMAIL),
        bring(api, {**GOOD, "email": [EMAIL]}),
        api("POST", "/imports", {"customers": EMAIL}),
        api("POST", "/imports", raw='{"customers": ["' + EMAIL),
    ]
    assert [answer.status for answer in answers] == [202, 202, 400, 400]
    assert EMAIL not in log.getvalue() + json.dumps([answer.body for answer in answers])
