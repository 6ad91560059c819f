"""A point read, a page of 1,000 members and a preview, in a shop of 100,000 customers on DynamoDB Local.

The tables are filled as evaluation and projection would have left them; nothing but the reads is timed.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from segment_core.ingest.documents import understand_document
from segment_core.instants import iso
from segment_core.membership.budget import unlimited
from segment_core.model.membership import Membership
from segment_core.segments import forecasts, previews, reads, service, shops
from segment_core.store import client, keys, memberships, orders, profiles
from segment_core.store.merging import Message
from segment_core.store.orders import Held, pointer_key
from segment_core.store.tables import Tables
from tidemark.stack import template
from tidemark.stack.names import Names
from tidemark.stack.store import Store
from tidemark.stack.wire import wire

from .sampling import quantile

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
SHOP = "bench"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERY = "last_order_date >= -30d"

CUSTOMERS = 100_000
THREADS = 4
POINT_READS = 300
PAGES = 20
PREVIEWS = 2

Items = Iterator[tuple[str, Mapping[str, Any]]]


def measure() -> dict[str, float | str]:
    """Fill the tables, then time the reads."""
    store = Store("dynamodb-local", None, [])
    try:
        tables = _open(store)
        segment = _shop(tables)
        started = time.perf_counter()
        _fill(tables, _items(tables, segment.definition_id))
        print(f"  filled in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        chance = random.Random(1)
        points = _timed(
            POINT_READS, lambda: reads.segments_of(tables, SHOP, f"c{chance.randrange(CUSTOMERS):06d}", NOW)
        )
        pages = _timed(
            PAGES,
            lambda: reads.list_members(tables, SHOP, segment.id, NOW, 1000, f"c{chance.randrange(CUSTOMERS):06d}"),
        )
        tried = _timed(PREVIEWS, lambda: previews.preview(tables, SHOP, QUERY, segment.id, NOW, unlimited))
        ahead = _timed(1, lambda: forecasts.forecast(tables, SHOP, segment.id, NOW, 90, unlimited))
    finally:
        store.stop()
    return {
        "customers": CUSTOMERS,
        "a customer's segments, p50 ms": quantile(points, 0.5) * 1e3,
        "a customer's segments, p99 ms": quantile(points, 0.99) * 1e3,
        "page of 1,000 members, p50 ms": quantile(pages, 0.5) * 1e3,
        "preview against a segment (2,000 read), s": quantile(tried, 0.5),
        "forecast of 90 days (2,000 read), s": ahead[0],
    }


def _timed(times: int, call: Callable[[], object]) -> list[float]:
    taken = []
    # The first opens connections and compiles.
    for _ in range(times + 1):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return taken[1:]


def _open(store: Store) -> Tables:
    wiring = wire(template.read(TEMPLATE, Names("bench", "http://127.0.0.1", "http://127.0.0.1"), {}))
    store.open(wiring.tables).close()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_DYNAMODB": store.url, "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }  # fmt: skip
    client.client.cache_clear()
    kinds = ("customers", "memberships", "members", "history", "segments")
    return Tables(**{kind: f"bench-{kind.capitalize()}Table" for kind in kinds})


def _shop(tables: Tables) -> reads.Segment:
    """A shop with one published segment."""
    shops.put_shop(
        tables, SHOP, domain="bench.example.com", zone="UTC", currency="EUR", at=NOW,
        count_test_orders=False, count_cancelled_orders=False,
    )  # fmt: skip
    # Nobody is there yet, so the segment is ready at once and needs no queue.
    return service.create(tables, SHOP, "Recent", QUERY, NOW, "")


def _items(tables: Tables, definition: str) -> Items:
    """Everything that is stored of each customer: facts, membership, and the row of half of them in the list."""
    draw = random.Random(2)
    generation = reads.generation_of(tables, SHOP).number
    for number in range(CUSTOMERS):
        customer, recent = f"c{number:06d}", number % 2 == 0
        placed = NOW - timedelta(days=draw.randrange(1, 30) if recent else draw.randrange(40, 400))
        order = {
            "id": f"o{number}",
            "created_at": iso(placed),
            "total": f"{draw.randrange(5, 200)}.00",
            "currency": "EUR",
        }
        told = Message.of(understand_document({"id": customer, "tags": ["bench"], "orders": [order]}, NOW))
        profile = profiles.told(SHOP, customer, None, told.profiles[customer], bulk=False)
        change = orders.told(
            SHOP, Held(order["id"], pointer_key(SHOP, order["id"]), None, None), told.orders[order["id"]]
        )
        if profile is None or change is None:
            raise LookupError("a new customer and order are always written")
        yield tables.customers, profile.item
        yield from (
            (tables.customers, write.item) for write in orders.writes(SHOP, change, bulk=False) if write.kind == "Put"
        )
        state = Membership(int(recent), placed + timedelta(days=31) if recent else None, generation, 1, "fact", NOW)
        yield tables.memberships, memberships._to_item(SHOP, customer, state)
        if recent:
            list_ = keys.member_list(SHOP, definition, keys.list_shard_of(customer))
            yield tables.members, {"pk": list_, "sk": customer, "member": True, "since": iso(NOW), "version": 1}


def _fill(tables: Tables, items: Items) -> None:
    def write(batch: list[tuple[str, Mapping[str, Any]]]) -> None:
        for table in {table for table, _ in batch}:
            puts = [{"PutRequest": {"Item": client.encode(item)}} for name, item in batch if name == table]
            client.batch_write(table, puts)

    with ThreadPoolExecutor(THREADS) as pool:
        while batches := [list(islice(items, 100)) for _ in range(THREADS * 4)]:
            list(pool.map(write, batches))
            if not batches[-1]:
                return
