"""WooCommerce: its topics in one table, and its bodies, which are the resources of its REST API.

https://developer.woocommerce.com/docs/apis/rest-api/ (webhooks, customers, orders). Dates `..._gmt` are UTC without
saying so. A body that ends with `deleted` holds the id alone. A guest's order has customer 0 and is nobody's.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from segment_core.errors import NotUnderstood
from segment_core.facts import registers
from segment_core.facts.order import CUSTOMER, MONEY, OrderState
from segment_core.facts.profile import ADDRESSES, ProfileState
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact
from segment_core.ingest.body import Body, Delivery, amount, instant, number_or_text, part, parts, text, word
from segment_core.ingest.topics import Topic
from segment_core.instants import iso, sortable

# Orders that were not placed: unfinished checkouts, and what payment refused.
_NOT_PLACED = ("auto-draft", "checkout-draft", "failed", "pending", "trash")
_CANCELLED = ("cancelled",)


def customer(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customer.created, updated: the customer as it is."""
    told: dict[str, object] = {}
    if (created_at := _gmt(body, "date_created_gmt")) is not None:
        told["created_at"] = iso(created_at)
    told |= {key: text(body, key) for key in ("email", "first_name", "last_name") if key in body}
    billing = part(body, "billing")
    if billing is not None:
        told["phone"] = text(billing, "phone")
    addresses = [made for one in (billing, part(body, "shipping")) if one and (made := _address(one))]
    if billing is not None or "shipping" in body:
        told[ADDRESSES] = [made for n, made in enumerate(addresses) if made not in addresses[:n]]
    stamp = delivery.stamp(delivery.time(_gmt(body, "date_modified_gmt")), told)
    return (ProfileFact(_id(body), ProfileState(registers.told(stamp, told))),)


def customer_deleted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """customer.deleted: the customer is gone."""
    return (Erasure(_id(body), delivery.stamp(delivery.time(None), None)),)


def order(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """order.created, updated, restored: the order as it is, once it was placed."""
    status = text(body, "status")
    if status is None:
        raise NotUnderstood("there is no 'status'")
    if status in _NOT_PLACED:
        return ()
    store_time = delivery.time(_gmt(body, "date_modified_gmt"))
    told = _fields(body, store_time)
    buyer = number_or_text(body, "customer_id")
    if buyer not in (None, "0"):
        told[CUSTOMER] = buyer
    cancelled = sortable(store_time) if status in _CANCELLED else None
    state = OrderState(registers.told(delivery.stamp(store_time, [status, told]), told), cancelled_at=cancelled)
    return (OrderFact(_id(body), state),)


def order_deleted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """order.deleted: the order is gone."""
    return (OrderFact(_id(body), OrderState(deleted=True)),)


def is_ping(body: bytes) -> bool:
    """Whether this is what the store sends when a webhook is saved: a form with the webhook's id, unsigned."""
    return body.startswith(b"webhook_id=") and body.removeprefix(b"webhook_id=").isdigit()


def _fields(body: Body, store_time: datetime) -> dict[str, object]:
    created_at, total = _gmt(body, "date_created_gmt"), amount(body, "total")
    if created_at is None or total is None:
        raise NotUnderstood("there is no 'date_created_gmt'" if created_at is None else "there is no 'total'")
    # Refunds are listed with negative totals and without a date: what was kept is all that can be told.
    refunded = sum((abs(amount(one, "total") or Decimal(0)) for one in parts(body, "refunds")), Decimal(0))
    kept = {"total": format(total - refunded, "f"), "currency": text(body, "currency"), "updated_at": iso(store_time)}
    told: dict[str, object] = {"created_at": iso(created_at), MONEY: kept}
    if "created_via" in body:
        told["channel"] = text(body, "created_via")
    if body.get("coupon_lines") is not None:
        told["discount_codes"] = [code for one in parts(body, "coupon_lines") if (code := text(one, "code"))]
    if body.get("line_items") is not None:
        told["lines"] = [_line(line) for line in parts(body, "line_items")]
    return told


def _line(line: Body) -> dict[str, object]:
    told = {
        "product_id": number_or_text(line, "product_id"),
        # 0 stands for none.
        "variant_id": number_or_text(line, "variation_id") if line.get("variation_id") else None,
        "sku": text(line, "sku"),
        "quantity": line.get("quantity"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _address(body: Body) -> dict[str, object]:
    country = word(body, "country")
    region = (text(body, "state") or "").removeprefix(f"{country}-") or None
    known = {"country": country, "region": region, "city": text(body, "city")}
    return {key: value for key, value in known.items() if value is not None}


def _gmt(body: Body, key: str) -> datetime | None:
    """An instant that the store writes in UTC, without an offset."""
    told = text(body, key)
    return None if told is None else instant({key: told if told.endswith("Z") else f"{told}Z"}, key)


def _id(body: Body) -> str:
    if (found := number_or_text(body, "id")) is None:
        raise NotUnderstood("there is no 'id'")
    return found


_COUPON = Topic(None, "a coupon names no customer; the orders that use it tell its code")
_PRODUCT = Topic(None, "a product's tags and categories are not read yet; lines of orders name it by its id")

TOPICS: dict[str, Topic] = {
    "customer.created": Topic(customer, "the customer as it is"),
    "customer.updated": Topic(customer, "the customer as it is"),
    "customer.deleted": Topic(customer_deleted, "the customer is gone"),
    "order.created": Topic(order, "the order as it is, once it was placed"),
    "order.updated": Topic(order, "the order as it is, once it was placed"),
    "order.restored": Topic(order, "the order as it is, once it was placed"),
    "order.deleted": Topic(order_deleted, "the order is gone"),
    "product.created": _PRODUCT,
    "product.updated": _PRODUCT,
    "product.deleted": _PRODUCT,
    "product.restored": _PRODUCT,
    "coupon.created": _COUPON,
    "coupon.updated": _COUPON,
    "coupon.deleted": _COUPON,
    "coupon.restored": _COUPON,
}
