"""Reading on a running stack: a preview, then the same members in a file, in another order, and as a forecast has them.

What the work queue does in the background, and how a file is fetched, is only real here.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tidemark.stack import Stack

from .replay.client import Http, Reader

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPES = "admin segments:read segments:write customers:read events:write"
CUSTOMERS = [
    {
        "id": f"c{number}",
        "as_of": "2026-03-01T00:00:00Z",
        "orders": [
            {"id": f"o{number}", "created_at": f"2026-02-{day:02d}T09:00:00Z", "total": f"{day}.00", "currency": "EUR"}
        ],
    }
    for number, day in enumerate((3, 20, 9, 27, 14))
]


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(TEMPLATE, clock=MARCH) as running:
        yield running


def test_members_are_previewed_exported_ordered_and_forecast(stack: Stack) -> None:
    http = Http(stack.url)
    reader = Reader(http, stack.token("demo", SCOPES))
    reader.call("PUT", "/shops/demo", {"domain": "demo.example.com", "zone": "UTC", "currency": "EUR"}, expected=(201,))
    reader.call("POST", "/imports", {"customers": CUSTOMERS}, expected=(202,))
    stack.drain()
    query = "last_order_date >= -19d"
    assert reader.call("POST", "/queries/preview", {"query": query})["members"]["count"]["value"] == 3
    segment = reader.call("POST", "/segments", {"name": "Recent", "query": query}, expected=(201,))["id"]
    stack.drain()
    export = reader.call("POST", f"/segments/{segment}/exports", {"format": "ndjson"}, expected=(202,))["id"]
    snapshot = reader.call("POST", f"/segments/{segment}/snapshots", {"sort": "amount_spent"}, expected=(202,))["id"]
    forecast = reader.call("GET", f"/segments/{segment}/forecast?days=30")["days"]
    stack.drain()

    told = reader.call("GET", f"/segments/{segment}/exports/{export}")
    with urllib.request.urlopen(told["url"]) as file:
        assert file.headers["content-disposition"].endswith('.ndjson"')
        exported = [json.loads(line) for line in file.read().splitlines()]
    assert exported == list(reader.members(segment, page=2))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(told["url"].partition("?")[0])
    page = reader.call("GET", f"/segments/{segment}/snapshots/{snapshot}/members")
    assert [(one["customer_id"], one["value"]) for one in page["members"]] == [
        ("c4", "14.00"),
        ("c1", "20.00"),
        ("c3", "27.00"),
    ]

    stack.move_clock(MARCH + timedelta(days=30) - timedelta(minutes=1))
    happened = reader.call("GET", f"/segments/{segment}/history?from=2026-03-01&to=2026-03-31")["days"]
    assert [(one["date"], one["size"], one["left"].get("clock", 0)) for one in happened] == [
        (one["date"], one["size"]["value"], one["left"]["value"]) for one in forecast
    ]
    assert sum(one["left"].get("clock", 0) for one in happened) == 3
    http.close()
