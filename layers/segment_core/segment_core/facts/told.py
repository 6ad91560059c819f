"""Facts: what one message of a store says, ready to be merged, and the customer that facts add up to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from segment_core.facts.customer import Customer
from segment_core.facts.document import assemble
from segment_core.facts.order import OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.registers import Registers, Stamp
from segment_core.record import record


@record
class ProfileFact:
    """Something about a customer."""

    customer_id: str
    told: ProfileState


@record
class OrderFact:
    """Something about an order: its body, a refund, its cancellation or its deletion."""

    order_id: str
    told: OrderState
    # What the body says of a buyer without an account; `facts.guests` makes a customer of it where the shop wants that.
    guest: ProfileState | None = None


@record
class Erasure:
    """The customer is gone for good.

    One who was merged is somebody else by now: `follow` erases that one, without it nothing happens. `rests`: nobody
    sees the customer any more, but what is known stays for a while, for a merge that is told late.
    """

    customer_id: str
    stamp: Stamp
    follow: bool = False
    rests: bool = False


@record
class GuestErasure:
    """Whoever bought under this e-mail address without an account is gone for good."""

    email: str
    stamp: Stamp


@record
class Merge:
    """Two customers turned out to be one: from now on `customer_id` is another name of `into`."""

    customer_id: str
    into: str
    stamp: Stamp


@record
class DataRequest:
    """A customer asks what is known of them, through their store. `email` finds what they bought as a guest."""

    request_id: str
    customer_id: str | None
    email: str | None
    order_ids: tuple[str, ...]


@record
class ShopErasure:
    """All that is known of the shop has to go."""


@record
class ProductFact:
    """Something about a product, for the lines of orders that come after it."""

    product_id: str
    told: Registers


@record
class ShopFact:
    """Settings of the shop as its store has them at `told_at`; None for one that was not told."""

    told_at: datetime
    zone: str | None
    currency: str | None


Fact = ProfileFact | OrderFact | ProductFact | ShopFact | Erasure | GuestErasure | Merge | DataRequest | ShopErasure


def to_customer(customer_id: str, profile: ProfileState, orders: Iterable[tuple[str, OrderState]]) -> Customer:
    """The customer that merged facts add up to. `orders` are (id, state) in the order that they are to have."""
    document = profile.document(customer_id)
    document["orders"] = [state.document(order_id) for order_id, state in orders if state.counts]
    return assemble(document)
