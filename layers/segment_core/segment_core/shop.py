"""A shop: the zone, currency and settings under which its queries are answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """Which orders exist for a query. Test and cancelled orders do not, unless the shop says so."""

    count_test: bool = False
    count_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Shop:
    """What `evaluate` must know of a shop. `currency` is an ISO 4217 code; sums of money are in it."""

    zone: ZoneInfo
    currency: str
    orders: OrderPolicy = field(default_factory=OrderPolicy)
