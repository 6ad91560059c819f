"""Orders a second, and how soon a reader sees a webhook's effect, on the local stack. The load is bounded."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tidemark.stack import Stack

from ..integration.replay.client import Http, Reader
from ..integration.replay.history import Order, Shop, webhook
from ..integration.replay.segments import SEGMENTS
from .sampling import quantile

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
SCOPES = "admin segments:write segments:read customers:read"

ORDERS = 1000
CUSTOMERS = 250
PROBES = 150
THREADS = 4
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 30.0

SHOP = Shop("bench", ZoneInfo("Europe/Oslo"))
PROBED = "exactly once in 90 days, 50 spent"


def measure() -> dict[str, float | str]:
    """Start a stack, load it with orders, then time single ones from posting to reading."""
    stack = Stack(TEMPLATE)
    stack.start()
    try:
        http = Http(stack.url)
        reader = Reader(http, stack.token(SHOP.id, SCOPES))
        content = {"domain": SHOP.domain, "zone": SHOP.zone.key, "currency": "USD", "webhook_secrets": [SHOP.secret]}
        reader.call("PUT", f"/shops/{SHOP.id}", content, expected=(201,))
        for segment in SEGMENTS:
            made = {"name": segment.name, "query": segment.query}
            reader.call("POST", "/segments", made, expected=(201,))
        accepted, settled = _load(stack, http)
        waits = _probe(http, reader)
        http.close()
    finally:
        stack.stop()
    return {
        "store": stack.store,
        "segments": len(SEGMENTS),
        "orders": ORDERS,
        "threads": THREADS,
        "orders a second, accepted": ORDERS / accepted,
        "orders a second, readable": ORDERS / settled,
        "probes": len(waits),
        "webhook to readable membership, p50 ms": quantile(waits, 0.50) * 1e3,
        "webhook to readable membership, p99 ms": quantile(waits, 0.99) * 1e3,
        "webhook to readable membership, longest ms": max(waits) * 1e3,
    }


def _load(stack: Stack, http: Http) -> tuple[float, float]:
    """Seconds until all orders are accepted, and until all of their effects can be read."""
    chance = random.Random(1)
    orders = [_order(n, chance.randrange(CUSTOMERS), Decimal(chance.randrange(500, 9000)) / 100) for n in range(ORDERS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        refused = [status for status in pool.map(lambda order: _post(http, order), orders) if status != 200]
    accepted = time.perf_counter() - started
    if refused:
        raise RuntimeError(f"{len(refused)} webhooks were refused, the first with {refused[0]}")
    stack.drain()
    return accepted, time.perf_counter() - started


def _probe(http: Http, reader: Reader) -> Sequence[float]:
    """Seconds from posting a new customer's first order until the customer is read as a recent purchaser."""
    waits = []
    for n in range(PROBES):
        order = _order(ORDERS + n, CUSTOMERS + n, Decimal("60.00"))
        started = time.perf_counter()
        _post(http, order)
        while not _is_in(reader, order.customer):
            if time.perf_counter() - started > GIVE_UP_SECONDS:
                raise RuntimeError(f"an order could not be read after {GIVE_UP_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        waits.append(time.perf_counter() - started)
        if not (n + 1) % 50:
            print(f"  {n + 1} of {PROBES} probes", file=sys.stderr, flush=True)
    return waits


def _is_in(reader: Reader, customer: str) -> bool:
    # 404: the customer is not there yet.
    content = reader.call("GET", f"/customers/{customer}/segments", expected=(200, 404))
    return PROBED in {segment["name"] for segment in content.get("segments", ())}


def _order(number: int, customer: int, amount: Decimal) -> Order:
    at = datetime.now(UTC).replace(microsecond=0)
    return Order(SHOP.id, str(7_300_000_000_000 + customer), at, str(5_900_000_000_000 + number), at, amount, 1)


def _post(http: Http, order: Order) -> int:
    delivery = webhook(SHOP, order)
    return http.request("POST", delivery.path, delivery.body, delivery.headers).status
