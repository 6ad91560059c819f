"""`POST /imports`: each document is judged by itself, and what is accepted is queued for ingest."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from segment_core import clock
from segment_core.errors import TooLarge
from segment_core.ingest import messages
from segment_core.ingest.topics import understand
from segment_core.instants import iso
from segment_core.runtime import queue
from segment_core.segments.shops import put_shop
from segment_core.store import facts

from .api_caller import Answer, ApiCaller
from .conftest import NOW, Stack

AT = "2026-03-01T12:00:00Z"
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


def test_a_document_that_the_store_could_not_hold_is_refused_alone(api: ApiCaller, stack: Stack) -> None:
    tags = {"id": "1", "tags": [f"{number}{'x' * 4000}" for number in range(90)]}
    lines = [{"sku": f"{number}{'x' * 4000}"} for number in range(90)]
    order = {"id": "2", "orders": [{"id": "21"}, {"id": "22", "created_at": "2026-01-05T10:00:00Z", "lines": lines}]}
    results = bring(api, tags, order, {"id": "3"}).body["results"]
    assert [(one["status"], one["code"]) for one in results] == [
        ("refused", "item_too_large"),
        ("refused", "item_too_large"),
        ("accepted", None),
    ]
    assert [message["document"]["id"] for message in stack.messages(stack.ingest_queue_url)] == ["3"]


@pytest.mark.parametrize("tags", range(86, 90))
def test_what_is_accepted_is_stored_and_what_is_refused_would_not_be(api: ApiCaller, stack: Stack, tags: int) -> None:
    """Around the limit to a byte, the answer is what becomes of the document."""
    document = {"id": "1", "tags": [f"{number:02}{'x' * 4050}" for number in range(tags)]}
    (result,) = bring(api, document).body["results"]
    told = messages.read(queue.encode({"kind": "document", "shop": "demo", "received_at": AT, "document": document}))
    if result["status"] == "accepted":
        assert facts.merge_all(stack.tables.customers, "demo", told.facts, bulk=True)
    else:
        with pytest.raises(TooLarge):
            facts.merge_all(stack.tables.customers, "demo", told.facts, bulk=True)


def test_a_key_that_no_answer_could_hold_is_refused_with_its_place(api: ApiCaller) -> None:
    (result,) = bring(api, {"id": "1", "a\ud83c\0b": 1}).body["results"]
    assert (result["status"], result["path"]) == ("refused", "a\ufffd\ufffdb")


class TestAsOf:
    """From when a document counts that does not say so itself."""

    UNDATED: ClassVar = {"id": "1", "tags": ["vip"], "orders": [{"id": "11", "total": "5.00"}]}

    def take_in(self, stack: Stack) -> bool:
        """Merge what is queued; whether that changed anything."""
        changed = False
        for message in stack.messages(stack.ingest_queue_url):
            told = messages.read(queue.encode(message))
            changed |= facts.merge_all(stack.tables.customers, told.shop, told.facts, bulk=told.bulk)
        return changed

    def test_the_request_dates_documents_without_a_date(self, api: ApiCaller, stack: Stack) -> None:
        documents = [{"id": "1"}, {"id": "2", "as_of": "2026-01-01T00:00:00Z"}, {"id": "3", "as_of": None}]
        body = {"as_of": "2026-02-01T01:00:00+01:00", "customers": documents}
        assert api("POST", "/imports", body).status == 202
        dates = [message["document"]["as_of"] for message in stack.messages(stack.ingest_queue_url)]
        assert dates == ["2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]

    def test_without_one_they_count_from_their_receipt(self, api: ApiCaller, stack: Stack) -> None:
        bring(api, self.UNDATED)
        self.take_in(stack)
        customer = facts.load(stack.tables.customers, "demo", "1").customer
        assert customer is not None
        assert customer.as_of == NOW

    @pytest.mark.parametrize("as_of", ["", "yesterday", "2026-03-01", 5])
    def test_it_is_an_instant(self, api: ApiCaller, stack: Stack, as_of: object) -> None:
        answer = api("POST", "/imports", {"as_of": as_of, "customers": [self.UNDATED]})
        assert answer.problem == (400, "invalid_request")
        assert answer.body["detail"].startswith("body.as_of: ")
        assert stack.messages(stack.ingest_queue_url) == []

    @pytest.mark.parametrize(("minutes", "status"), [(5, 202), (6, 400)])
    def test_it_is_not_later_than_now_but_for_a_little(
        self, api: ApiCaller, stack: Stack, minutes: int, status: int
    ) -> None:
        as_of = iso(NOW + timedelta(minutes=minutes))
        answer = api("POST", "/imports", {"as_of": as_of, "customers": [self.UNDATED]})
        assert answer.status == status
        assert len(stack.messages(stack.ingest_queue_url)) == (status == 202)
        if status == 400:
            assert answer.problem == (400, "as_of_in_future")

    @pytest.mark.parametrize(("minutes", "status"), [(5, "accepted"), (6, "refused")])
    def test_a_documents_own_is_judged_by_itself(self, api: ApiCaller, stack: Stack, minutes: int, status: str) -> None:
        dated = {"id": "1", "as_of": iso(NOW + timedelta(minutes=minutes))}
        first, second = bring(api, dated, {"id": "2"}).body["results"]
        assert (first["status"], second["status"]) == (status, "accepted")
        if status == "refused":
            assert (first["code"], first["path"]) == ("invalid_document", "as_of")
        assert len(stack.messages(stack.ingest_queue_url)) == 1 + (status == "accepted")

    def test_imported_again_it_neither_changes_anything_nor_undoes_what_came_since(
        self, api: ApiCaller, stack: Stack
    ) -> None:
        body = {"as_of": "2026-02-01T00:00:00Z", "customers": [self.UNDATED]}
        api("POST", "/imports", body)
        assert self.take_in(stack)
        webhook = {"customerId": "1", "tags": ["vip"], "occurredAt": "2026-02-20T00:00:00Z"}
        told = understand("customer.tags_removed", webhook, NOW, None)
        facts.merge_all(stack.tables.customers, "demo", told)
        before = stack.items(stack.tables.customers)

        clock.use(lambda: NOW + timedelta(days=1))
        api("POST", "/imports", body)

        assert not self.take_in(stack)
        assert stack.items(stack.tables.customers) == before
        customer = facts.load(stack.tables.customers, "demo", "1").customer
        assert customer is not None
        assert customer.tags == ()


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
