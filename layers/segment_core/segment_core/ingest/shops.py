"""Bodies about the shop itself: the settings under which the store counts days and money."""

from __future__ import annotations

from segment_core import zones
from segment_core.errors import NotUnderstood
from segment_core.facts.told import Fact, ShopFact
from segment_core.ingest.body import Body, Delivery, instant, text


def changed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """shop/update: zone and currency. `iana_timezone` may be null, which is as if it was not told."""
    zone, currency = text(body, "iana_timezone"), text(body, "currency")
    if zone is not None and zone not in zones.names():
        raise NotUnderstood("'iana_timezone' is no zone of the calendar that we have")
    told_at = delivery.time(instant(body, "updated_at"))
    return (ShopFact(told_at, zone, currency),) if zone or currency else ()
