"""Copies that readers had made end with the customers in them, also while they are being made."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.membership import extracts as writing
from segment_core.privacy import shops as erasing
from segment_core.runtime import files
from segment_core.segments import service, suggestions
from segment_core.store import extracts, keys

from .api_caller import ApiCaller
from .conftest import NOW, Stack, load_function
from .streams import Streams, ingest, webhook

WHEN = "2026-02-20T10:00:00Z"
SHAPES = [("exports", {"format": "ndjson"}), ("snapshots", {"sort": "created_at", "reverse": False})]


@pytest.fixture
def segment(shop: Stack, context: SimpleNamespace, streams: Streams) -> str:
    """One that three are in, and another one is not."""
    made = service.create(shop.tables, "demo", "Tagged", "customer_tags CONTAINS 'vip'", NOW, shop.work_queue_url)
    ingest(context, *(told(customer, "vip") for customer in (1, 2, 3)), told(4, "other"))
    streams.quiet()
    return made.id


def told(customer: int, tag: str) -> dict[str, Any]:
    return webhook("customers/update", {"id": customer, "updated_at": WHEN, "tags": tag})


@pytest.fixture
def erase(context: SimpleNamespace, streams: Streams) -> Callable[[int], None]:
    def call(customer: int) -> None:
        ingest(context, webhook("customers/redact", {"customer": {"id": customer}}))
        streams.quiet()

    return call


def left(stack: Stack) -> list[str]:
    """Rows of snapshots, files, and parts of files."""
    rows = [item["pk"] for item in stack.items(stack.tables.members) if "#snapshot#" in item["pk"]]
    s3, bucket = files.client(), stack.exports_bucket
    whole = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
    return [*rows, *whole, *(one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()))]


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_a_copy_stays_when_somebody_is_erased_who_is_not_in_it(
    api: ApiCaller, shop: Stack, streams: Streams, segment: str, erase: Callable[[int], None], kind: str, shape: Any
) -> None:
    asked = api("POST", f"/segments/{segment}/{kind}", shape).body
    streams.quiet()

    erase(4)

    assert api("GET", f"/segments/{segment}/{kind}/{asked['id']}").body["state"] == "ready"
    assert left(shop)


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_a_copy_ends_when_somebody_becomes_another_customer(
    api: ApiCaller,
    shop: Stack,
    context: SimpleNamespace,
    streams: Streams,
    segment: str,
    kind: str,
    shape: Any,
) -> None:
    api("POST", f"/segments/{segment}/{kind}", shape)
    streams.quiet()

    ingest(context, webhook("customers/merge", {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2", "status": "completed",
    }))  # fmt: skip
    streams.quiet()

    assert left(shop) == []


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
@pytest.mark.parametrize("write", [1, 2, 3])
def test_what_is_written_of_a_copy_while_it_ends_is_removed_as_well(
    api: ApiCaller,
    shop: Stack,
    segment: str,
    erase: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    shape: Any,
    write: int,
) -> None:
    """Somebody is erased, and everything removed, just before a worker notes the first, second or third step."""
    monkeypatch.setattr(writing, "PAGE", 1)
    monkeypatch.setattr(writing, "_PLACED_PAGE", 1)
    monkeypatch.setattr(files, "PART_BYTES", 10)
    monkeypatch.setattr("moto.settings.S3_UPLOAD_PART_MIN_SIZE", 1)
    advance, noted = extracts.advance, []

    def late(*arguments: Any) -> bool:
        noted.append(arguments)
        if len(noted) == write:
            erase(2)
        return advance(*arguments)

    asked = api("POST", f"/segments/{segment}/{kind}", shape).body
    shop.messages(shop.work_queue_url)
    monkeypatch.setattr(extracts, "advance", late)
    assert writing.work(shop.tables, shop.exports_bucket, "demo", asked["id"], NOW, lambda: 1.0)

    assert len(noted) > write
    assert left(shop) == []
    assert api("GET", f"/segments/{segment}/{kind}/{asked['id']}").body["error"] == "customer_erased"


def test_values_that_were_counted_while_somebody_was_erased_are_not_kept(
    api: ApiCaller, shop: Stack, segment: str, erase: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = suggestions.counted

    def slow(*arguments: Any) -> Any:
        found = counted(*arguments)
        erase(4)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(suggestions, "counted", slow)
        suggestions.suggest(shop.tables, "demo", "customer_tags", None, "", 10, NOW, lambda: 1.0)

    assert not [item for item in shop.items(shop.tables.segments) if item["sk"] == keys.VALUES]
    assert [one["value"] for one in api("GET", "/filters/customer_tags/values").body["values"]] == ["vip"]


@pytest.mark.parametrize("ended", [False, True])
def test_copies_of_an_erased_shop_are_removed_at_once_or_with_the_last_of_it(
    api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams, segment: str, ended: bool
) -> None:
    for kind, shape in SHAPES:
        api("POST", f"/segments/{segment}/{kind}", shape)
    streams.quiet()
    ingest(context, webhook("shop/redact", {"shop_id": 1, "shop_domain": "demo.example.com"}))
    if ended:
        load_function("sweep").handler({}, context)
        streams.quiet()
    else:
        # As if nobody had projected a change: what is found last goes all the same.
        while not erasing.work(shop.tables, shop.secrets_prefix, shop.exports_bucket, "demo", NOW, lambda: 1.0):
            pass
        late = NOW + erasing.REST
        while not erasing.work(shop.tables, shop.secrets_prefix, shop.exports_bucket, "demo", late, lambda: 1.0):
            pass

    assert left(shop) == []
