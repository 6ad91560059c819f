"""A shop of 100,000 customers on DynamoDB Local, with one segment that half of them are in.

The tables are filled as evaluation and projection would have left them. Parts of a run share the shop.
TIDEMARK_BENCH_CUSTOMERS makes it smaller.
"""

from __future__ import annotations

import atexit
import random
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from segment_core.ingest.documents import understand_document
from segment_core.instants import iso
from segment_core.model.membership import Membership
from segment_core.segments import reads, service, shops
from segment_core.store import client, generations, keys, memberships, orders, profiles
from segment_core.store.merging import Message
from segment_core.store.orders import Held, pointer_key
from segment_core.store.tables import Tables

from ..integration.own_tables import own_tables
from . import settings

SHOP = "bench"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERY = "last_order_date >= -30d"
CUSTOMERS = int(settings.number("TIDEMARK_BENCH_CUSTOMERS", 100_000))
THREADS = 4
_TOLD_EVERY_SECONDS = 30

Items = Iterator[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Filled:
    """Where the shop is, and its segment. `seconds` is how long it took to fill."""

    tables: Tables
    segment: reads.Segment
    seconds: float


@cache
def filled() -> Filled:
    """The shop, which is there until the process ends."""
    opened = own_tables()
    tables = opened.__enter__()
    atexit.register(opened.__exit__, None, None, None)
    shops.put_shop(
        tables, SHOP, domain="bench.example.com", zone="UTC", currency="EUR", at=NOW,
        count_test_orders=False, count_cancelled_orders=False,
    )  # fmt: skip
    # Nobody is there yet, so the segment is ready at once and needs no queue.
    segment = service.create(tables, SHOP, "Recent", QUERY, NOW, "")
    started = time.perf_counter()
    _fill(tables, _items(tables, segment.definition_id))
    seconds = time.perf_counter() - started
    print(f"  filled in {seconds:.0f} s", file=sys.stderr, flush=True)
    return Filled(tables, segment, seconds)


def _items(tables: Tables, definition: str) -> Items:
    """Everything that is stored of each customer: facts, membership, and the row of half of them in the list."""
    draw = random.Random(2)
    generation = generations.newest(tables.segments, SHOP).number
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
        held = Held(order["id"], pointer_key(SHOP, order["id"]), None, None)
        change = orders.told(SHOP, held, told.orders[order["id"]], owner=str)
        if profile is None or change is None:
            raise LookupError("a new customer and order are always written")
        yield tables.customers, profile.item
        yield from (
            (tables.customers, write.item) for write in orders.writes(SHOP, change, bulk=False) if write.kind == "Put"
        )
        leaves = (placed + timedelta(days=31)).replace(hour=0)
        state = Membership(int(recent), leaves if recent else None, generation, 1, "fact", NOW)
        yield tables.memberships, memberships._to_item(SHOP, customer, state)
        if recent:
            list_ = keys.member_list(SHOP, definition, keys.list_shard_of(customer))
            yield tables.members, {"pk": list_, "sk": customer, "member": True, "since": iso(NOW), "version": 1}


def _fill(tables: Tables, items: Items) -> None:
    def write(batch: list[tuple[str, Mapping[str, Any]]]) -> None:
        for table in {table for table, _ in batch}:
            puts = [{"PutRequest": {"Item": client.encode(item)}} for name, item in batch if name == table]
            client.batch_write(table, puts)

    began = told = time.perf_counter()
    written = 0
    with ThreadPoolExecutor(THREADS) as pool:
        while batches := [batch for _ in range(THREADS * 4) if (batch := list(islice(items, 100)))]:
            list(pool.map(write, batches))
            written += sum(map(len, batches))
            if time.perf_counter() - told > _TOLD_EVERY_SECONDS:
                told = time.perf_counter()
                print(f"  {written} items in {told - began:.0f} s", file=sys.stderr, flush=True)
