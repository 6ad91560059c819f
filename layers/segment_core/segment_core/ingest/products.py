"""Bodies about products: what they are, from when on."""

from __future__ import annotations

from segment_core.facts import registers
from segment_core.facts.told import Fact, ProductFact
from segment_core.ingest.body import Body, Delivery, instant, required_identity, text, words


def changed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """products/create, update: the product as it is. What is empty was told to be."""
    store_time = delivery.time(instant(body, "updated_at"))
    told: dict[str, object] = {key: text(body, key) for key in ("vendor", "product_type") if key in body}
    if body.get("tags") is not None:
        told["tags"] = words(body, "tags")
    return (ProductFact(required_identity(body), registers.told(delivery.stamp(store_time, told), told)),)
