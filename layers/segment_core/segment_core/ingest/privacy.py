"""Bodies about who a customer is, and what may be kept of them: merges, and the demands of privacy laws.

None of them has a date; when they were triggered is what orders them.
"""

from __future__ import annotations

from segment_core.errors import NotUnderstood
from segment_core.facts.order import OrderState
from segment_core.facts.told import DataRequest, Erasure, Fact, GuestErasure, Merge, OrderFact, ShopErasure
from segment_core.ingest.body import Body, Delivery, identity, number_or_text, part, required_identity, text

_KEPT, _DELETED = "admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id"
_COMPLETED = "completed"


def merged(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers/merge: the deleted customer is the kept one, once the store says that it is done."""
    kept, deleted = required_identity(body, _KEPT, _KEPT), required_identity(body, _DELETED, _DELETED)
    if (text(body, "status") or "").lower() != _COMPLETED:
        return ()
    if kept == deleted:
        raise NotUnderstood("a customer cannot be merged into itself")
    return (Merge(deleted, kept, delivery.stamp(delivery.time(None), [deleted, kept])),)


def redacted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers/redact: everything about the customer has to go, the orders that are named included."""
    customer_id, email, orders = _person(body, "orders_to_redact")
    stamp = delivery.stamp(delivery.time(None), None)
    gone: list[Fact] = [OrderFact(order_id, OrderState(deleted=True)) for order_id in orders]
    if customer_id is not None:
        gone.append(Erasure(customer_id, stamp, follow=True))
    if email is not None:
        gone.append(GuestErasure(email, stamp))
    return tuple(gone)


def data_requested(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customers/data_request: the customer wants to know what is known."""
    customer_id, email, orders = _person(body, "orders_requested")
    asked = part(body, "data_request")
    if asked is None:
        raise NotUnderstood("there is no 'data_request'")
    return (DataRequest(required_identity(asked), customer_id, email, orders),)


def shop_redacted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """shop/redact, two days after the app was uninstalled."""
    return (ShopErasure(),)


def _person(body: Body, orders: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Whom a demand is about: id, e-mail address, and the orders that it lists. One of the first two is there."""
    customer = part(body, "customer")
    if customer is None:
        raise NotUnderstood("there is no 'customer'")
    customer_id, email = identity(customer), text(customer, "email")
    if customer_id is None and email is None:
        raise NotUnderstood("'customer' has neither 'id' nor 'email'")
    listed = body.get(orders)
    if listed is not None and not isinstance(listed, list):
        raise NotUnderstood(f"'{orders}' is not a list")
    return customer_id, email, tuple(_order_id({orders: one}, orders) for one in listed or ())


def _order_id(body: Body, key: str) -> str:
    order_id = number_or_text(body, key)
    if order_id is None:
        raise NotUnderstood(f"'{key}' holds something that is no id")
    return order_id
