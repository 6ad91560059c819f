"""What a store says of its own shop: settings that follow it."""

from __future__ import annotations

from segment_core.facts.told import ShopFact
from segment_core.segments.shops import put_shop
from segment_core.store import shops
from segment_core.store.tables import Tables


def follow(tables: Tables, shop: str, told: ShopFact) -> bool:
    """Take over the zone and the currency that the store has; whether that changed anything.

    What was said later stays, by the store or by `PUT /shops`: both are dated by the record's `updated_at`. So the date
    is kept even if nothing else is new: what was said before it may still come. Raises NotFound, and Contention if
    somebody else saved the shop meanwhile.
    """
    record = shops.existing(tables.segments, shop)
    if told.told_at <= record.updated_at:
        return False
    zone, currency = told.zone or record.zone, told.currency or record.currency
    put_shop(
        tables,
        shop,
        domain=record.domain,
        zone=zone,
        currency=currency,
        count_test_orders=record.count_test_orders,
        count_cancelled_orders=record.count_cancelled_orders,
        abandoned_after_minutes=record.abandoned_after_minutes,
        platform=record.platform,
        guests_are_customers=record.guests_are_customers,
        language=record.language,
        at=told.told_at,
        over=record,
    )
    return (zone, currency) != (record.zone, record.currency)
