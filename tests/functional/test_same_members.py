"""However members are asked for, in whichever dialect the query was written, they are the same."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.instants import iso
from segment_core.runtime import files

from .api_caller import ApiCaller
from .conftest import Stack
from .living import Living
from .test_reading import work

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = MARCH + timedelta(days=20)

# The query in the store's newer dialect and in its older one, or as people write it.
DIALECTS = [
    ("orders_placed MATCHES (date >= -30d, count >= 2)", "orders_placed(since: -30d, count_at_least: 2) = true"),
    ("orders_placed NOT MATCHES (date >= -30d)", "orders_placed(since: -30d) = false"),
    ("products_purchased MATCHES (id IN (1, 2), date >= -60d)", "products_purchased(id: (1, 2), since: -60d) = true"),
    ("last_order_date > -30d", "last_order_date>30_days_ago"),
    ("number_of_orders >= 1 AND last_order_date < -20d", "number_of_orders>=1 and last_order_date<-20d"),
    (
        "customer_tags CONTAINS 'vip' OR NOT (amount_spent > 100)",
        "customer_tags contains 'VIP' or not (amount_spent > 100.00)",
    ),
]


def documents() -> list[dict[str, Any]]:
    draw = random.Random("the same members")
    return [
        {
            "id": f"c{number:02d}",
            "as_of": iso(MARCH),
            "tags": draw.sample(["vip", "new"], draw.randrange(2)),
            "orders": [
                {
                    "id": f"o{number}-{n}",
                    "created_at": iso(MARCH - timedelta(days=draw.randrange(1, 80), hours=draw.randrange(24))),
                    "total": f"{draw.randrange(1, 90)}.50",
                    "currency": "EUR",
                    "lines": [{"product_id": str(draw.randrange(4))}],
                }
                for n in range(draw.randrange(4))
            ],
        }
        for number in range(16)
    ]


def exported(living: Living, segment: str, context: SimpleNamespace) -> list[str]:
    asked = living.api("POST", f"/segments/{segment}/exports", {"format": "csv"}).body
    work(living, context)
    url = living.api("GET", f"/segments/{segment}/exports/{asked['id']}").body["url"]
    bucket, _, key = url.split("/", 3)[3].partition("?")[0].partition("/")
    text = files.client().get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return [row["customer_id"] for row in csv.DictReader(io.StringIO(text))]


def folded(living: Living, segment: str) -> set[str]:
    """Who is in after all enters and leaves that were told, each once, in the order of a customer's versions."""
    inside: set[str] = set()
    for event in sorted(living.events, key=lambda event: event["version"]):
        if event["segment_id"] == segment:
            enters = event["change"] == "enter"
            assert (event["customer_id"] in inside) != enters, "enters and leaves alternate"
            (inside.add if enters else inside.discard)(event["customer_id"])
    return inside


def test_every_way_of_asking_gives_the_same_members(
    stack: Stack, api: ApiCaller, monkeypatch: pytest.MonkeyPatch, context: SimpleNamespace
) -> None:
    living = Living.open(stack, api, monkeypatch, MARCH)
    people = documents()
    living.tell(*people)
    ids = [str(one["id"]) for one in people]
    segments = [[living.make(f"{n}-{m}", query) for m, query in enumerate(pair)] for n, pair in enumerate(DIALECTS)]
    # Some order again, then time passes: members move for both reasons.
    for one in people[:4]:
        order = {"id": f"new-{one['id']}", "created_at": iso(MARCH), "total": "5.00", "currency": "EUR"}
        living.tell(one | {"orders": [*one["orders"], order], "as_of": iso(MARCH + timedelta(hours=1))})
    living.pass_to(LATER)
    for pair, (query, older) in zip(segments, DIALECTS, strict=True):
        expected = {one for one in ids if api("GET", f"/segments/{pair[0]}/members/{one}/explanation").body["member"]}
        assert 0 < len(expected) < len(ids), query
        assert api("POST", "/queries/preview", {"query": older}).body["members"]["count"]["value"] == len(expected)
        for segment in pair:
            assert {one["customer_id"] for one in living.members(segment, limit=5)} == expected, query
            assert api("GET", f"/segments/{segment}/count").body["count"] == len(expected)
            asked = api("POST", f"/segments/{segment}/memberships", {"customers": ids}).body["memberships"]
            assert {one["customer_id"] for one in asked if one["member"]} == expected, query
            assert folded(living, segment) == expected, query
            assert set(exported(living, segment, context)) == expected, query
    wanted = [segment for pair in segments for segment in pair]
    for one in ids:
        told = {entry["id"] for entry in api("GET", f"/customers/{one}/segments").body["segments"]}
        asked = api("POST", f"/customers/{one}/memberships", {"segments": wanted}).body["memberships"]
        assert {entry["segment_id"] for entry in asked if entry["member"]} == told
        assert all((pair[0] in told) == (pair[1] in told) for pair in segments)
