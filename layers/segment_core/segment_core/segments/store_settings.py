"""What a store says of its own shop: settings that follow it, and the shop that its domain is bound to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from segment_core.errors import NotUnderstood
from segment_core.facts.told import ShopFact
from segment_core.segments.shops import put_shop
from segment_core.store import shops
from segment_core.store.tables import Tables

# How long the domains of all shops are used without asking again.
DOMAINS_LAST = timedelta(minutes=5)


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


@dataclass(slots=True)
class Domains:
    """Which shop each domain is bound to, remembered for a while: one read serves many events."""

    table: str
    _shops: dict[str, list[str]] = field(default_factory=dict)
    _read_at: datetime | None = None

    def shop_of(self, domain: str, at: datetime) -> str:
        """The shop that is bound to this domain. Raises NotUnderstood if none is, or more than one.

        Nothing is signed on a partner bus: of two shops that claim a store, none gets what is told of its customers.
        """
        if self._read_at is None or not timedelta(0) <= at - self._read_at < DOMAINS_LAST or domain not in self._shops:
            self._shops, self._read_at = shops.by_domain(self.table), at
        return bound(self._shops, domain)


def bound(by_domain: Mapping[str, Sequence[str]], domain: str) -> str:
    """The one shop that is bound to the domain. Raises NotUnderstood if none is, or more than one."""
    found = by_domain.get(domain, ())
    if len(found) != 1:
        what = "no shop is" if not found else "several shops are"
        raise NotUnderstood(f"{what} bound to the store's domain; PUT /shops binds one", code="shop_not_found")
    return found[0]
