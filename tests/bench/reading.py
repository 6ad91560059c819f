"""A point read, a page of 1,000 members and a preview, in a shop of 100,000 customers on DynamoDB Local.

Nothing but the reads is timed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from segment_core.membership.budget import unlimited
from segment_core.segments import forecasts, limits, previews, reads

from .filled import CUSTOMERS, NOW, QUERY, SHOP, filled
from .sampling import quantile

POINT_READS = 300
PAGES = 20
PREVIEWS = 2


def measure() -> dict[str, float | str]:
    """Fill the tables, then time the reads."""
    shop = filled()
    tables, segment = shop.tables, shop.segment.id
    room = limits.Room(previews=1000)
    chance = random.Random(1)
    points = _timed(POINT_READS, lambda: reads.segments_of(tables, SHOP, f"c{chance.randrange(CUSTOMERS):06d}", NOW))
    pages = _timed(
        PAGES, lambda: reads.list_members(tables, SHOP, segment, NOW, 1000, f"c{chance.randrange(CUSTOMERS):06d}")
    )
    tried = _timed(PREVIEWS, lambda: previews.preview(tables, SHOP, QUERY, segment, NOW, unlimited, room=room))
    ahead = _timed(1, lambda: forecasts.forecast(tables, SHOP, segment, NOW, 90, unlimited))
    return {
        "customers": CUSTOMERS,
        "filled in, s": shop.seconds,
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
