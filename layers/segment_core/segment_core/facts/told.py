"""Facts: what one message of a store says, ready to be merged, and the customer that facts add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from segment_core.facts.customer import Customer
from segment_core.facts.document import assemble
from segment_core.facts.order import OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Registers, Stamp


@dataclass(frozen=True, slots=True)
class ProfileFact:
    """Something about a customer."""

    customer_id: str
    told: ProfileState


@dataclass(frozen=True, slots=True)
class OrderFact:
    """Something about an order: its body, a refund, its cancellation or its deletion."""

    order_id: str
    told: OrderState


@dataclass(frozen=True, slots=True)
class Erasure:
    """The customer is gone for good."""

    customer_id: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class ProductFact:
    """Something about a product, for the lines of orders that come after it."""

    product_id: str
    told: Registers


@dataclass(frozen=True, slots=True)
class ShopFact:
    """Settings of the shop as its store has them at `told_at`; None for one that was not told."""

    told_at: datetime
    zone: str | None
    currency: str | None


Fact = ProfileFact | OrderFact | ProductFact | ShopFact | Erasure


def to_customer(customer_id: str, profile: ProfileState, orders: Iterable[tuple[str, OrderState]]) -> Customer:
    """The customer that merged facts add up to. `orders` are (id, state) in the order that they are to have."""
    document = profile.document(customer_id)
    document["orders"] = [state.document(order_id) for order_id, state in orders]
    return assemble(document)
