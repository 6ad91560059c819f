"""Shops: making one, changing its settings."""

from __future__ import annotations

from datetime import datetime

from segment_core.errors import Conflict, Contention
from segment_core.model.generation import Generation, Settings
from segment_core.model.language import LanguageSettings
from segment_core.model.segment import ABANDONED_AFTER, ShopRecord
from segment_core.segments import builds
from segment_core.segments.plan import planned
from segment_core.shop import OrderPolicy
from segment_core.store import erasures, generations, shops
from segment_core.store.client import Operation, backoff
from segment_core.store.tables import Tables

_USUAL = LanguageSettings()


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
    guests_are_customers: bool = False,
    at: datetime,
    language: LanguageSettings = _USUAL,
    over: ShopRecord | None = None,
) -> tuple[ShopRecord, bool]:
    """Make the shop or change it; returns it and whether it is new.

    `over` is the record that it must still have: raises Contention if it was saved again meanwhile.

    Where other settings change answers, all segments are built under them and published together with them: readers
    see everything under the old settings, then everything under the new ones. The next sweep begins with that.

    Making a shop ends the tombstone of one that was erased. Raises Conflict (`shop_being_erased`) until that has ended.
    """
    orders = OrderPolicy(count_test_orders, count_cancelled_orders, abandoned_after_minutes)
    settings = Settings(zone, currency, orders)
    for pause in backoff():
        found = shops.read(tables.segments, shop)
        stored, last_generation = _standing(tables, shop, found)
        if over is not None and stored != over:
            raise Contention(f"shop '{shop}' was saved meanwhile")
        record = ShopRecord(
            shop,
            domain,
            zone,
            currency,
            count_test_orders,
            count_cancelled_orders,
            stored.created_at if stored else at,
            at,
            abandoned_after_minutes,
            platform,
            guests_are_customers=guests_are_customers,
            language=language,
        )
        previous = generations.current(tables.segments, shop)
        new, operations = _governed(tables, shop, previous, last_generation, settings, at)
        if shops.save(tables.segments, record, new, previous, operations, over=found):
            return record, stored is None
        pause()
    raise AssertionError("backoff raises when it ends")


def _standing(tables: Tables, shop: str, record: ShopRecord | None) -> tuple[ShopRecord | None, int]:
    """The shop that a record is of; of one that is gone but for its tombstone, the last generation that it had."""
    if record is None or record.erased_at is None:
        return record, 0
    if erasures.read(tables.segments, shop) is not None:
        raise Conflict(
            "the shop is being erased, which takes some hours; make it again when that has ended",
            code="shop_being_erased",
        )
    return None, record.last_generation


def _governed(
    tables: Tables, shop: str, previous: Generation | None, last_generation: int, settings: Settings, at: datetime
) -> tuple[Generation, list[Operation]]:
    """The generation in which the settings govern, or are being built, and what has to be done for that."""
    if previous is None:
        return Generation(last_generation + 1, at, *settings), []
    if (previous.pending or previous.settings) == settings:
        return previous, []
    build = builds.new_id()
    plan = planned(previous, {}, build, at, settings)
    return plan.generation, builds.begin(tables, shop, previous, plan, build, at, touched_at=at - ABANDONED_AFTER)
