"""What an evaluation reads of a typical and of a huge customer, by what the shop's definitions refer to.

And whether the huge one keeps up with a stream of orders.

Items are put into DynamoDB Local as the store module writes them; read units are told by it. A customer with an
order a week for a year and some events is typical; 50,000 orders and 200,000 events over three years are huge.
`TIDEMARK_BENCH_SHARE=0.1` takes a tenth of the huge one: what is read grows with the items.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from segment_core.evaluator import compile_query
from segment_core.facts import registers
from segment_core.facts.order import CUSTOMER, MONEY, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Register
from segment_core.instants import iso
from segment_core.language import parse
from segment_core.membership import reach
from segment_core.segments import service, shops
from segment_core.shop import Shop
from segment_core.store import client, events, facts, keys, profiles
from segment_core.store.capacity import Meter
from segment_core.store.states import Key, state_item
from segment_core.zones import zone

from ..integration.own_tables import own_tables
from . import settings, stream

SHOP = "bench"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
# (orders, events, days that they are spread over)
SHARE = settings.number("TIDEMARK_BENCH_SHARE", 1)
CUSTOMERS = {"typical": (52, 100, 365), "huge": (int(50_000 * SHARE), int(200_000 * SHARE), 3 * 365)}
DEFINITIONS = {
    "no orders": ["customer_tags CONTAINS 'vip'"],
    "30 days": ["last_order_date >= -30d", "storefront.product_viewed MATCHES (date >= -7d, count >= 3)"],
    "all orders": ["number_of_orders >= 100", "amount_spent > 500"],
}
STREAMED = ("last_order_date >= -30d", "amount_spent > 500")


def measure() -> Mapping[str, float | str]:
    """Read units and seconds for each customer and each set of definitions; then orders come in."""
    with own_tables() as tables:
        table, meter = tables.customers, Meter()
        shops.put_shop(
            tables, SHOP, domain="bench.example.com", zone="Europe/Oslo", currency="EUR", at=AT,
            count_test_orders=False, count_cancelled_orders=False,
        )  # fmt: skip
        for query in STREAMED:
            # Nobody is there yet, so it is ready at once.
            service.create(tables, SHOP, query, query, AT, "")
        result: dict[str, float | str] = {}
        for name, (orders, happened, days) in CUSTOMERS.items():
            print(f"  {name}: {orders} orders, {happened} events", file=sys.stderr, flush=True)
            for batch in _batches(_items(name, orders, happened, days)):
                client.batch_write(table, [{"PutRequest": {"Item": client.encode(item)}} for item in batch])
        meter.watch(client.client().meta.events)
        for name in CUSTOMERS:
            for what, queries in DEFINITIONS.items():
                result |= _read(table, meter, name, what, queries)
        return result | stream.measure(tables, meter, SHOP, "huge", AT)


def _read(table: str, meter: Meter, name: str, what: str, queries: Sequence[str]) -> dict[str, float]:
    rules = [compile_query(parse(query)) for query in queries]
    shop = Shop(zone("Europe/Oslo"), "EUR")
    needed = reach.needed(reach.reaches([rule.query for rule in rules], {}), AT)
    meter.take()
    started = time.perf_counter()
    known = facts.load(table, SHOP, name, needed).customer
    loaded = time.perf_counter()
    assert known is not None
    for rule in rules:
        rule.evaluate(known, shop, AT)
    ended = time.perf_counter()
    units = sum((line.units for line in meter.take()), Decimal(0))
    return {
        f"{name}, {what}: read units": float(units),
        f"{name}, {what}: seconds to load": loaded - started,
        f"{name}, {what}: seconds to evaluate": ended - loaded,
    }


def _items(name: str, orders: int, happened: int, days: int) -> Iterator[dict[str, Any]]:
    tags = registers.told(registers.stamp(AT, None, name), {"email": f"{name}@example.com"})
    yield state_item(profiles.profile_key(SHOP, name), 1, ProfileState(tags).encode(), bulk=False)
    for number in range(orders):
        at = AT - timedelta(days=days) * (number + 1) / (orders + 1)
        values = {
            "created_at": iso(at),
            MONEY: {"total": "49.90", "currency": "EUR", "updated_at": iso(at)},
            CUSTOMER: name,
            "channel": "web",
            "lines": [
                {"product_id": str(number % 500), "variant_id": "1", "sku": "S-1", "quantity": 1, "vendor": "V"}
                for _ in range(2)
            ],
        }
        state = OrderState(registers.told(registers.stamp(at, None, values), values))
        key = Key(keys.customer(SHOP, name), keys.order(at, f"o{number}"))
        yield state_item(key, 1, state.encode(), bulk=False, order_id=f"o{number}")
    for number in range(happened):
        at = AT - timedelta(days=days) * (number + 1) / (happened + 1)
        told = {"type": "storefront.product_viewed", "at": iso(at), "properties": {"id": str(number % 500)}}
        ((key, (event_id, register)),) = events.places(
            SHOP, name, {f"e{number}": Register(registers.stamp(at, None, told), told)}
        ).items()
        text = registers.canonical([register.stamp, register.value])
        yield state_item(key, 1, text, bulk=False, event_id=event_id)


def _batches(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for item in items:
        batch.append(item)
        if len(batch) == client.BATCH_WRITE_LIMIT:
            yield batch
            batch = []
    if batch:
        yield batch
