"""A shop: the zone, currency and settings under which its queries are answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from segment_core.record import computed, field, record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from segment_core.evaluator.rule import Rule


# Of a shop that does not know its currency: sums are told without one. (ISO 4217: no currency.)
NO_CURRENCY = "XXX"

# 30 days: what was left for longer was abandoned.
LONGEST_WAIT_MINUTES = 30 * 24 * 60


@record
class OrderPolicy:
    """Which orders exist for a query: test and cancelled ones do not, unless the shop says so.

    And for how many minutes after its last change a checkout waits for an order before it was abandoned;
    `abandoned_after` is the same as a length of time.
    """

    count_test: bool = False
    count_cancelled: bool = False
    abandoned_after_minutes: int = 60
    abandoned_after: timedelta = computed(lambda minutes: timedelta(minutes=minutes), "abandoned_after_minutes")


@record
class Shop:
    """What `evaluate` must know of a shop. `currency` is an ISO 4217 code; sums of money are in it.

    `segments` are those that `in_segment('name')` can ask, by every name that they go by. Nobody is in one that is not
    among them.
    """

    zone: ZoneInfo
    currency: str
    orders: OrderPolicy = field(default_factory=OrderPolicy)
    segments: Mapping[str, Rule] = MappingProxyType({})

    def __hash__(self) -> int:
        # The segments cannot be hashed, and shops seldom differ in them alone.
        return hash((self.zone, self.currency, self.orders))
