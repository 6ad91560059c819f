"""WooCommerce: its topics in one table, and its bodies, which are the resources of its REST API.

https://developer.woocommerce.com/docs/apis/rest-api/ (webhooks, customers, orders). Dates `..._gmt` are UTC without
saying so. A body that ends with `deleted` holds the id alone: of an order, that it is in the bin. A guest's order has
customer 0 and is nobody's.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from segment_core.errors import NotUnderstood
from segment_core.facts import registers, standing
from segment_core.facts.order import CUSTOMER, MONEY, OrderState
from segment_core.facts.profile import ADDRESSES, ProfileState
from segment_core.facts.registers import Register
from segment_core.facts.told import Erasure, Fact, OrderFact, ProfileFact
from segment_core.ingest.body import Body, Delivery, amount, instant, number_or_text, part, parts, text, word
from segment_core.ingest.topics import Topic
from segment_core.instants import iso

# Unfinished checkouts: no order yet, and no order becomes one again.
_DRAFTS = ("auto-draft", "checkout-draft")
# Every other status, also one of an extension, is that of an order that was placed.
_STANDINGS = {
    "cancelled": standing.REVOKED,
    "failed": standing.AWAITED,
    "pending": standing.AWAITED,
    "trash": standing.AWAITED,
}


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
    """order.created, updated: the order as it is, and so not in the bin when it was last changed."""
    store_time = _modified_at(body, delivery)
    # It was not changed after it came here: a clock that is ahead must not undo a deletion to come.
    return _order(body, delivery, _bin(delivery, min(store_time, delivery.received_at), standing.CHANGED))


def order_restored(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """order.restored: the order as it is, out of the bin."""
    return _order(body, delivery, _bin(delivery, delivery.received_at, standing.RESTORED))


def order_deleted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """order.deleted: the order is in the bin. Nothing is told when the bin is emptied."""
    return (OrderFact(_id(body), OrderState(_bin(delivery, delivery.received_at, standing.DELETED))),)


def is_ping(body: bytes) -> bool:
    """Whether this is what the store sends when a webhook is saved: a form with the webhook's id, unsigned."""
    return body.startswith(b"webhook_id=") and body.removeprefix(b"webhook_id=").isdigit()


def _order(body: Body, delivery: Delivery, bin_: dict[str, Register]) -> tuple[Fact, ...]:
    status = text(body, "status")
    if status is None:
        raise NotUnderstood("there is no 'status'")
    if status in _DRAFTS:
        return ()
    store_time = _modified_at(body, delivery)
    stands = _STANDINGS.get(status, standing.ORDERED)
    told = registers.told(delivery.stamp(store_time, None), {standing.STANDING: stands}) | bin_
    # What waits for its payment says no more than that: whose it is counts once it is an order.
    if stands != standing.AWAITED:
        fields = _fields(body, store_time)
        told |= registers.told(delivery.stamp(store_time, [status, fields]), fields)
    return (OrderFact(_id(body), OrderState(told)),)


def _bin(delivery: Delivery, at: datetime, what: str) -> dict[str, Register]:
    return registers.told(delivery.stamp(at, None), {standing.BIN: what})


def _modified_at(body: Body, delivery: Delivery) -> datetime:
    return delivery.time(_gmt(body, "date_modified_gmt"))


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
    buyer = number_or_text(body, "customer_id")
    if buyer not in (None, "0"):
        told[CUSTOMER] = buyer
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
    "order.created": Topic(order, "the order as it is, and what its status says: placed, cancelled, or not (any more)"),
    "order.updated": Topic(order, "the order as it is, and what its status says: placed, cancelled, or not (any more)"),
    "order.restored": Topic(order_restored, "the same, and that it is out of the bin"),
    "order.deleted": Topic(order_deleted, "the order is in the bin, and none until it is restored or changed"),
    "product.created": _PRODUCT,
    "product.updated": _PRODUCT,
    "product.deleted": _PRODUCT,
    "product.restored": _PRODUCT,
    "coupon.created": _COUPON,
    "coupon.updated": _COUPON,
    "coupon.deleted": _COUPON,
    "coupon.restored": _COUPON,
}
