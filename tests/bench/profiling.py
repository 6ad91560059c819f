"""`python -m tests.bench.profiling`: where an order's processor time and memory go, from its message to the lists.

What the functions do for each order, in one process and on DynamoDB Local. Time is this process's own: what the store
and the network take is not in it. There is no event bus, so events are made and go nowhere.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import random
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from segment_core.ingest import messages
from segment_core.instants import iso
from segment_core.membership.evaluate import evaluate_all
from segment_core.membership.flips import Change
from segment_core.membership.project import project
from segment_core.runtime import bus
from segment_core.segments import service, shops
from segment_core.segments.intake import take_in
from segment_core.store import memberships
from segment_core.store.tables import Tables

from ..integration.own_tables import own_tables
from ..integration.replay.history import Order, Shop, webhook
from ..integration.replay.segments import SEGMENTS

ORDERS, CUSTOMERS = 400, 60
SHOWN = 12
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Shop("bench", ZoneInfo("Europe/Oslo"))
OURS = "segment_core"

Step = Callable[[], object]


def steps(tables: Tables, order: Order) -> dict[str, Step]:
    """What the functions do about an order, in their order."""
    sent = webhook(SHOP, order)
    message = {"kind": "webhook", "shop": SHOP.id, "platform": "shopify", "topic": sent.headers["X-Shopify-Topic"]}
    text = json.dumps({**message, "received_at": iso(order.at), "body": sent.body.decode()})
    seen = [memberships.read(tables.memberships, SHOP.id, order.customer)]

    def ingest() -> None:
        take_in(tables, messages.read(text), order.at)

    def evaluate() -> None:
        outcomes = evaluate_all(tables, SHOP.id, [order.customer], order.at, "fact")
        seen.append(outcomes[order.customer].membership)

    def tell() -> None:
        old, new = seen
        if new is not None:
            project(tables, "", [Change(SHOP.id, order.customer, old, new)], order.at)

    return {"ingest": ingest, "evaluate": evaluate, "project": tell}


def main() -> int:
    """Measure, and print what costs most in each step."""
    orders = _orders()
    with own_tables() as tables, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bus, "publish", lambda *_: None)
        shops.put_shop(
            tables, SHOP.id, domain=SHOP.domain, zone=SHOP.zone.key, currency="USD", at=START,
            count_test_orders=False, count_cancelled_orders=False,
        )  # fmt: skip
        for segment in SEGMENTS:
            service.create(tables, SHOP.id, segment.name, segment.query, START, "")
        _run(tables, orders[: ORDERS // 4], _plain)
        profiles = {name: cProfile.Profile(time.process_time) for name in steps(tables, orders[0])}
        _run(tables, orders[ORDERS // 4 : ORDERS // 2], lambda name, step: profiles[name].runcall(step))
        seconds = _run(tables, orders[ORDERS // 2 : -20], _plain)
        tracemalloc.start()
        peaks = _run(tables, orders[-20:], _allocated)
        tracemalloc.stop()
    for name, profile in profiles.items():
        print(f"\n{name}: {1e3 * _mean(seconds[name]):.2f} ms and at most {max(peaks[name]) / 1e3:.0f} kB for an order")
        _print(pstats.Stats(profile), ORDERS // 4)
    return 0


def _orders() -> list[Order]:
    chance = random.Random(1)
    made = []
    for number in range(ORDERS):
        at = START + timedelta(minutes=7 * number)
        customer, amount = str(8400 + chance.randrange(CUSTOMERS)), Decimal(chance.randrange(500, 9000)) / 100
        made.append(Order(SHOP.id, customer, START, str(5000 + number), at, amount, chance.randint(1, 3)))
    return made


def _run(
    tables: Tables, orders: Sequence[Order], measured: Callable[[str, Step], float | None]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for order in orders:
        for name, step in steps(tables, order).items():
            found.setdefault(name, []).append(measured(name, step) or 0.0)
    return found


def _plain(_: str, step: Step) -> float:
    started = time.process_time()
    step()
    return time.process_time() - started


def _allocated(_: str, step: Step) -> float:
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    step()
    return tracemalloc.get_traced_memory()[1] - before


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _print(stats: pstats.Stats, orders: int) -> None:
    """Shares of the time by package, and of ours the functions that take most with what they call."""
    own: Counter[str] = Counter()
    ours = []
    for (file, _, function), (_, calls, alone, whole, _) in stats.stats.items():  # type: ignore[attr-defined]
        package = _package(file)
        own[package] += alone
        if package == OURS or function == "_make_api_call":
            ours.append((whole, calls, f"{file.rpartition(f'{package}/')[2]}:{function}"))
    total = sum(own.values())
    print("  " + ", ".join(f"{package} {100 * alone / total:.0f} %" for package, alone in own.most_common(6)))
    print("  share of the time, with what it calls; calls an order")
    for whole, calls, name in sorted(ours, reverse=True)[:SHOWN]:
        print(f"  {100 * whole / total:6.1f} %  {calls / orders:7.1f}  {name}")


def _package(file: str) -> str:
    """Whose code it is; what is built in has no file."""
    for folder in ("segment_core/segment_core/", "site-packages/"):
        _, found, rest = file.partition(folder)
        if found:
            return OURS if "segment_core" in folder else rest.partition("/")[0]
    return "standard library" if file.startswith("/") else "built in"


if __name__ == "__main__":
    sys.exit(main())
