"""What a store tells about a person stays in the tables: it is planted everywhere, and looked for in all that goes out.

Logs, metrics, events on the bus, the reasons of dead letters and problem answers hold ids at most.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import project as projection
from segment_core.membership.evaluate import Round
from segment_core.runtime import files, queue, secrets
from segment_core.segments import service

from .api_caller import ApiCaller
from .conftest import NOW, Stack, load_function
from .streams import Streams, ingest, webhook

# Each is part of every value that could be a person's.
PLANT = "Xanthippe-Q7"
EMAIL, PHONE = f"{PLANT}@example.com", f"+47-{PLANT}"
WHEN, LATER = "2026-02-20T10:00:00Z", "2026-03-01T12:00:00Z"
PERSON = {
    "email": EMAIL, "phone": PHONE, "first_name": PLANT, "last_name": PLANT, "note": PLANT, "tags": f"{PLANT}, vip",
    "addresses": [{"country_code": "NO", "city": PLANT, "address1": PLANT, "zip": PLANT}], "locale": "nb",
}  # fmt: skip


def customer(id_: int, **others: Any) -> dict[str, Any]:
    return webhook("customers/update", {"id": id_, "updated_at": WHEN, **PERSON, **others})


def order(id_: int, **others: Any) -> dict[str, Any]:
    body = {
        "id": id_, "created_at": WHEN, "updated_at": WHEN, "currency": "NOK", "current_total_price": "10.00",
        "email": EMAIL, "note": PLANT, "tags": PLANT, "discount_codes": [{"code": PLANT}],
        "shipping_address": PERSON["addresses"][0], "customer": {"id": 1, **PERSON},  # type: ignore[index]
        "line_items": [{"product_id": 5, "quantity": 1, "vendor": PLANT, "sku": PLANT}],
    }  # fmt: skip
    return webhook("orders/create", body | others)


def document(**others: Any) -> dict[str, Any]:
    event = {"id": "e1", "type": "seen", "at": WHEN, "properties": {"what": PLANT}}
    return {"id": "3", "as_of": WHEN, "email": EMAIL, "tags": [PLANT], "events": [event], **others}


def bad_bodies() -> Iterator[dict[str, Any]]:
    """Every field that is read, holding a planted value that it cannot have."""
    for field in ("id", "updated_at", "created_at", "addresses", "default_address", "email_marketing_consent"):
        yield customer(9, **{field: PLANT})
        yield customer(9, **{field: [PLANT]})
    for field in ("id", "updated_at", "current_total_price", "customer", "line_items", "refunds", "discount_codes"):
        yield order(9, **{field: PLANT})
    for topic in ("customers/redact", "customers/data_request", "customers/merge", "refunds/create", PLANT):
        yield webhook(topic, {"customer": PLANT, "id": PLANT, "status": PLANT, "data_request": PLANT})
    # The names of unknown fields are said back: they are the sender's words, not a person's.
    for key in ("id", "as_of", "orders", "events"):
        made = {"kind": "document", "shop": "demo", "received_at": LATER, "document": document(**{key: [PLANT, {}]})}
        yield made
    yield {"kind": PLANT}
    yield webhook("orders/create", PLANT)


def poisoned(*_: Any, **__: Any) -> Any:
    raise KeyError(PLANT)


def test_nothing_planted_comes_out(
    api: ApiCaller,
    shop: Stack,
    context: SimpleNamespace,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out: list[str] = []
    streams = Streams(shop, context, monkeypatch)
    secrets.write(shop.secrets_prefix, "demo", ("a secret of the shop",))
    service.create(shop.tables, "demo", "Buyers", "number_of_orders >= 1", NOW, shop.work_queue_url)

    ingest(context, customer(1), customer(2), order(1))
    ingest(context, {"kind": "document", "shop": "demo", "received_at": LATER, "document": document()})
    ingest(context, *bad_bodies())
    streams.quiet()
    out += [str(door(context, body)) for body in (json.dumps(PERSON), PLANT, json.dumps({"shop_domain": PLANT}))]
    out += [json.dumps(one) for one in answers(api)]

    failing = {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {
        "Keys": {"pk": {"S": "demo#1"}, "sk": {"S": "PROFILE"}}, "SequenceNumber": "1",
        "NewImage": {"facts": {"S": PLANT}}}}]}  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(Round, "evaluate", poisoned)
        patch.setattr(projection, "project", poisoned)
        out.append(str(load_function("evaluate").handler(failing, context)))
        work = {"eventSource": "aws:sqs", "messageId": "m", "attributes": {}, "body": json.dumps({"kind": PLANT})}
        out.append(str(load_function("evaluate").handler({"Records": [work]}, context)))

    ingest(context, webhook("customers/redact", {"customer": {"id": 1, "email": EMAIL}, "orders_to_redact": [1]}))
    ingest(context, webhook("customers/merge", {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/3",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2", "status": "completed", "note": PLANT,
    }))  # fmt: skip
    load_function("sweep").handler({}, context)
    load_function("audit").handler({}, context)
    streams.quiet()

    letters = dead_letters(shop)
    assert len(letters) > 15
    assert len(streams.told) >= 2
    said = capsys.readouterr()
    events = [f"{one.detail_type} {json.dumps(one.detail, default=str)}" for one in streams.told]
    for text in (*out, *letters, *events, log.getvalue(), said.out, said.err):
        assert PLANT.lower() not in text.lower()
    assert "FactsMerged" in said.out
    assert "message parked" in log.getvalue()


def test_nothing_planted_stays_of_who_is_erased(
    api: ApiCaller, shop: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams(shop, context, monkeypatch)
    made = service.create(shop.tables, "demo", "All", "number_of_orders >= 0", NOW, shop.work_queue_url)
    person, other = 7001999, 2
    ingest(context, customer(person), order(1, customer={"id": person, **PERSON}))
    ingest(context, webhook("customers/update", {"id": other, "updated_at": WHEN, "tags": "vip"}))
    event = {"id": "e1", "type": "seen", "at": WHEN, "properties": {"what": PLANT}}
    ingest(context, {
        "kind": "document", "shop": "demo", "received_at": LATER,
        "document": {"id": str(person), "as_of": WHEN, "events": [event]},
    })  # fmt: skip
    streams.quiet()
    for _ in range(2):
        asked = [
            api("POST", f"/segments/{made.id}/exports", {"format": "csv"}).body,
            api("POST", f"/segments/{made.id}/snapshots", {"sort": "amount_spent", "reverse": True}).body,
        ]
        streams.quiet()
        values = api("GET", "/filters/customer_tags/values").body["values"]
    assert PLANT in {one["value"] for one in values}
    kept = stored(shop)
    for place in ("VALUES", "#snapshot#", ".csv", "ORDER#", "EVENT#", "PROFILE"):
        assert [text for name, text in kept if place in name and (PLANT in text or str(person) in name + text)], place

    ingest(context, webhook("customers/redact", {"customer": {"id": person, "email": EMAIL}, "orders_to_redact": [1]}))
    streams.quiet()

    left = stored(shop)
    assert not [name for name, text in left if PLANT.lower() in (name + text).lower()]
    # Tombstones of the facts and of the membership, and what keeps older changes out of the list.
    named = [(name, text) for name, text in left if str(person) in name + text]
    assert [name.partition("/")[0] for name, _ in named] == ["customers", "memberships", "members"]
    assert all("erased" in text or '"member": false' in text for _, text in named)
    for one, kind in zip(asked, ("exports", "snapshots"), strict=True):
        answer = api("GET", f"/segments/{made.id}/{kind}/{one['id']}").body
        assert (answer["state"], answer["error"], answer.get("url")) == ("failed", "customer_erased", None)
    values = api("GET", "/filters/customer_tags/values").body
    assert ([one["value"] for one in values["values"]], values["looked_at"]) == (["vip"], 1)


def stored(stack: Stack) -> list[tuple[str, str]]:
    """All that is in tables and files: where, and what, unpacked."""
    found: list[tuple[str, str]] = []
    for name in ("customers", "memberships", "members", "history", "segments"):
        for item in stack.items(getattr(stack.tables, name)):
            if "packed" in item:
                item["packed"] = zlib.decompress(item["packed"]).decode()
            text = json.dumps(item, default=repr)
            found.append((f"{name}/{item['pk']}/{item.get('sk', '')}", text))
    for one in files.client().list_objects_v2(Bucket=stack.exports_bucket).get("Contents", ()):
        body = files.client().get_object(Bucket=stack.exports_bucket, Key=one["Key"])["Body"].read()
        found.append((f"files/{one['Key']}", body.decode()))
    return found


def door(context: SimpleNamespace, body: str) -> Any:
    """A webhook whose signature does not hold, at the front door."""
    headers = {"x-shopify-topic": "customers/update", "x-shopify-hmac-sha256": PLANT, "x-shopify-shop-domain": PLANT}
    event = {
        "version": "2.0", "pathParameters": {"shop": "demo"}, "headers": headers, "body": body,
        "requestContext": {"requestId": "r-1"},
    }  # fmt: skip
    return load_function("webhook").handler(event, context)["body"]


def answers(api: ApiCaller) -> Iterator[Any]:
    """What the API says to callers who send planted documents and events that it refuses."""
    refused = [
        document(created_at=PLANT),
        document(orders=[{"id": PLANT, "total": PLANT}]),
        {"id": "4", PLANT: 1},
        PLANT,
    ]
    answer = api("POST", "/imports", {"customers": refused})
    assert {one["status"] for one in answer.body["results"]} == {"refused"}
    # Names of unknown fields are the caller's, and said back to nobody else.
    yield [one for one in answer.body["results"] if PLANT not in (one.get("path") or "")]
    event = {"customer_id": "3", "id": "e", "type": "seen", "at": PLANT, "properties": {"email": EMAIL}}
    yield api("POST", "/events", {"events": [event]}).body
    yield api("GET", "/data-requests/1").body
    yield api("GET", "/customers/4711/segments").body


def dead_letters(stack: Stack) -> list[str]:
    """The attributes of all dead letters of ingest: their reasons."""
    found: list[str] = []
    while (
        received := queue.client()
        .receive_message(
            QueueUrl=stack.ingest_dead_letter_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        .get("Messages")
    ):
        for message in received:
            found.append(json.dumps(message["MessageAttributes"]))
            queue.client().delete_message(
                QueueUrl=stack.ingest_dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
    return found
