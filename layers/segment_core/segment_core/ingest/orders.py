"""Bodies about orders: the order itself with its customer, its refunds, its cancellation and deletion."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from segment_core.errors import NotUnderstood
from segment_core.facts import places, registers
from segment_core.facts.order import CUSTOMER, MONEY, WAITING, OrderState
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import Fact, OrderFact, ProfileFact
from segment_core.ingest import customers
from segment_core.ingest.body import (
    Body,
    Delivery,
    amount,
    instant,
    number_or_text,
    part,
    parts,
    required_identity,
    text,
    truth,
    words,
)
from segment_core.instants import iso, sortable

# Today's total, after edits and refunds, is what was kept; older bodies have only that of the sale.
_CURRENT_TOTAL = "current_total_price"
_TOTAL_AT_SALE = "total_price"
_PENDING = "pending"
_ADDRESSES = ("shipping_address", "billing_address")


def changed(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """orders/create, updated, paid, fulfilled, partially_fulfilled: the order as it is, and its customer."""
    return _order(body, delivery, instant(body, "cancelled_at"))


def cancelled(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """orders/cancelled: the order as it is, and cancelled even if the body has no date for that."""
    return _order(body, delivery, instant(body, "cancelled_at") or _store_time(body, delivery))


def deleted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """orders/delete, whose body is little more than the id."""
    return (OrderFact(required_identity(body), OrderState(deleted=True)),)


def refunded(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """refunds/create, which names its order by number only."""
    order_id = required_identity(body, "order_id", "admin_graphql_api_order_id")
    refund_id = required_identity(body)
    refund = _refund(body)
    if refund is None:
        raise NotUnderstood("there is no 'transactions'")
    stamp = delivery.stamp(delivery.time(instant(body, "created_at")), refund)
    return (OrderFact(order_id, OrderState(refunds=registers.told(stamp, {refund_id: refund}))),)


def transacted(body: Body, delivery: Delivery) -> tuple[Fact, ...]:
    """order_transactions/create: a payment. What went back decides money where its refund still waited for it.

    All other payments do not: what an order is worth is its total, which comes with the order.
    """
    if not _went_back(body):
        return ()
    order_id, payment_id = required_identity(body, "order_id", "admin_graphql_api_order_id"), required_identity(body)
    paid = format(_price(body, "amount")[0] or Decimal(0), "f")
    stamp = delivery.stamp(delivery.time(instant(body, "created_at")), paid)
    return (OrderFact(order_id, OrderState(payments=registers.told(stamp, {payment_id: paid}))),)


def _order(body: Body, delivery: Delivery, cancelled_at: datetime | None) -> tuple[Fact, ...]:
    order_id = required_identity(body)
    store_time = _store_time(body, delivery)
    refunds = {required_identity(refund): told for refund in parts(body, "refunds") if (told := _refund(refund))}
    told = _fields(body, store_time, list(refunds.values()))
    facts: list[Fact] = []
    guest = None
    if customer := part(body, "customer"):
        customer_id = required_identity(customer)
        told[CUSTOMER] = customer_id
        seen_at = instant(customer, "updated_at") or store_time
        seen = customers.profile(customer, delivery, seen_at)
        facts.append(ProfileFact(customer_id, seen.join(_located(body, delivery, store_time))))
    elif buyer := customers.guest(body, delivery, store_time):
        guest = buyer.join(_located(body, delivery, store_time))
    stamp = delivery.stamp(store_time, [told, refunds])
    state = OrderState(
        registers.told(stamp, told),
        registers.told(stamp, refunds),
        None if cancelled_at is None else sortable(cancelled_at),
    )
    return (*facts, OrderFact(order_id, state, guest))


def _located(body: Body, delivery: Delivery, store_time: datetime) -> ProfileState:
    """Where the order's addresses are: the customer's own, which have no coordinates, may be in the same cities."""
    addresses = [customers.address(one) for key in _ADDRESSES if (one := part(body, key))]
    return ProfileState(places=places.located(delivery.stamp(store_time, addresses), addresses))


def _store_time(body: Body, delivery: Delivery) -> datetime:
    return delivery.time(instant(body, "updated_at"))


def _fields(body: Body, store_time: datetime, refunds: list[dict[str, object]]) -> dict[str, object]:
    created_at = instant(body, "created_at")
    if created_at is None:
        raise NotUnderstood("there is no 'created_at'")
    told: dict[str, object] = {"created_at": iso(created_at), MONEY: _money(body, store_time, refunds)}
    if (test := truth(body, "test")) is not None:
        told["test"] = test
    told |= {key: number_or_text(body, key) for key in ("app_id", "location_id") if key in body}
    if "source_name" in body:
        told["channel"] = text(body, "source_name")
    if "checkout_token" in body:
        told["checkout_id"] = text(body, "checkout_token")
    if body.get("tags") is not None:
        told["tags"] = words(body, "tags")
    if body.get("discount_codes") is not None:
        told["discount_codes"] = [code for code in (text(d, "code") for d in parts(body, "discount_codes")) if code]
    if body.get("line_items") is not None:
        told["lines"] = [_line(line) for line in parts(body, "line_items")]
    return told


def _money(body: Body, updated_at: datetime, refunds: list[dict[str, object]]) -> dict[str, object]:
    """What was paid and kept up to `updated_at`, in the shop's currency where the body says it in that."""
    total, currency = _price(body, _CURRENT_TOTAL)
    if total is None:
        total, currency = _price(body, _TOTAL_AT_SALE)
        if total is None:
            raise NotUnderstood(f"there is neither '{_CURRENT_TOTAL}' nor '{_TOTAL_AT_SALE}'")
        total -= sum((Decimal(str(refund["amount"])) for refund in refunds), Decimal(0))
    return {"total": format(total, "f"), "currency": currency, "updated_at": iso(updated_at)}


def _price(body: Body, key: str) -> tuple[Decimal | None, str | None]:
    both_currencies = part(body, f"{key}_set")
    shop_money = part(both_currencies, "shop_money") if both_currencies else None
    if shop_money and (in_shop_currency := amount(shop_money, "amount")) is not None:
        return in_shop_currency, text(shop_money, "currency_code")
    return amount(body, key), text(body, "currency")


def _refund(body: Body) -> dict[str, object] | None:
    """What went back: the payments, since lines leave out shipping and adjustments. None if not told."""
    if body.get("transactions") is None:
        return None
    payments = parts(body, "transactions")
    paid = [_price(payment, "amount")[0] or Decimal(0) for payment in payments if _went_back(payment)]
    pending = [payment for payment in payments if payment.get("kind") == "refund" and payment.get("status") == _PENDING]
    created_at = instant(body, "created_at")
    told: dict[str, object] = {"amount": format(sum(paid, Decimal(0)), "f")}
    if pending:
        told[WAITING] = [required_identity(payment) for payment in pending]
    return told if created_at is None else {"created_at": iso(created_at), **told}


def _went_back(payment: Body) -> bool:
    return payment.get("kind") == "refund" and payment.get("status") == "success"


def _line(line: Body) -> dict[str, object]:
    told = {
        "product_id": number_or_text(line, "product_id"),
        "variant_id": number_or_text(line, "variant_id"),
        "sku": text(line, "sku"),
        "quantity": line.get("quantity"),
        "vendor": text(line, "vendor"),
    }
    return {key: value for key, value in told.items() if value is not None}
