"""Shops: making one, changing its settings."""

from __future__ import annotations

from datetime import datetime

from segment_core.errors import Contention, NotFound
from segment_core.membership.sweep import ABANDONED_AFTER
from segment_core.model.generation import Generation
from segment_core.model.segment import Job, ShopRecord
from segment_core.shop import OrderPolicy
from segment_core.store import generations, shops
from segment_core.store.client import backoff
from segment_core.store.tables import Tables

SETTINGS_JOB = "settings"


def get_shop(tables: Tables, shop: str) -> ShopRecord:
    """The shop. Raises NotFound."""
    record = shops.read(tables.segments, shop)
    if record is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return record


def put_shop(
    tables: Tables,
    shop: str,
    *,
    domain: str,
    zone: str,
    currency: str,
    count_test_orders: bool,
    count_cancelled_orders: bool,
    abandoned_after_minutes: int = 60,
    platform: str = "shopify",
    at: datetime,
    over: ShopRecord | None = None,
) -> tuple[ShopRecord, bool]:
    """Make the shop or change it; returns it and whether it is new.

    `over` is the record that it must still have: raises Contention if it was saved again meanwhile.

    Other settings are another generation: every evaluation from now on uses them, and a job that the
    next sweep starts takes them to the customers whom nothing else wakes.
    """
    orders = OrderPolicy(count_test_orders, count_cancelled_orders, abandoned_after_minutes)
    for pause in backoff():
        stored = shops.read(tables.segments, shop)
        if over is not None and stored != over:
            raise Contention(f"shop '{shop}' was saved meanwhile")
        made = stored.created_at if stored else at
        record = ShopRecord(
            shop,
            domain,
            zone,
            currency,
            count_test_orders,
            count_cancelled_orders,
            made,
            at,
            abandoned_after_minutes,
            platform,
        )
        previous = generations.current(tables.segments, shop)
        new, job = _governed(previous, zone, currency, orders, at)
        if shops.save(tables.segments, record, new, previous, job, over=over):
            return record, stored is None
        pause()
    raise AssertionError("backoff raises when it ends")


def _governed(
    previous: Generation | None,
    zone: str,
    currency: str,
    orders: OrderPolicy,
    at: datetime,
) -> tuple[Generation, Job | None]:
    if previous is None:
        return Generation(1, at, zone, currency, orders), None
    if (previous.zone, previous.currency, previous.orders) == (zone, currency, orders):
        return previous, None
    new = previous.governed_by(zone, currency, orders, at)
    return new, Job(SETTINGS_JOB, "resettle", new.number, touched_at=at - ABANDONED_AFTER)
