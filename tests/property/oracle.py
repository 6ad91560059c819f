"""The answer to a query, found the slow and plain way: the specification against which the evaluator is tested.

It walks over all facts at one instant, knows no `until`, keeps nothing and shares no code with the evaluator or
the calendar: dates come from looking at what the clocks of the zone showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from segment_core.facts.customer import Customer, Order
from segment_core.language import ast
from segment_core.shop import Shop

from .oracle_compare import caseless, compare, plain, row_condition, today_at
from .oracle_dates import anniversary_member, local_day, metafield_member
from .oracle_things import near_enough, things_chosen


def member(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> bool:
    """Whether the customer belongs at `at`."""
    match query:
        case ast.And(children):
            return all(member(child, customer, shop, at) for child in children)
        case ast.Or(children):
            return any(member(child, customer, shop, at) for child in children)
        case ast.Not(child):
            return not member(child, customer, shop, at)
        case ast.Anniversary(name, operator, values):
            attribute = None if name.startswith("metafields.") else _attribute(name, customer, shop, at)
            day = local_day(name, attribute, customer, shop)
            return anniversary_member(day, operator, values, today_at(at, shop.zone))
        case ast.InSegment(name):
            return name in shop.segments and member(shop.segments[name].query, customer, shop, at)
        case ast.Matches():
            return _matches(query, customer, shop, at) != query.negated
    if query.attribute.startswith("metafields."):
        return metafield_member(query, customer, shop, at)
    return _attribute_member(query, customer, shop, at)


def _attribute_member(
    query: ast.Comparison | ast.Between | ast.Contains | ast.In | ast.StartsWith | ast.IsNull,
    customer: Customer,
    shop: Shop,
    at: datetime,
) -> bool:
    name, seen = query.attribute, _attribute(query.attribute, customer, shop, at)
    match query:
        case ast.Comparison(_, operator, value):
            return compare(name, seen, operator, (value,), shop, at)
        case ast.Between(_, low, high):
            return compare(name, seen, "BETWEEN", (low, high), shop, at)
        case ast.Contains(_, value, negated):
            return _holds_one(name, seen, "=", value, shop, at) != negated
        case ast.In(_, values, negated):
            return any(_holds_one(name, seen, "=", value, shop, at) for value in values) != negated
        case ast.StartsWith(_, value, negated):
            return _holds_one(name, seen, "STARTS WITH", value, shop, at) != negated
        case ast.IsNull(_, negated):
            return (seen in (None, [])) != negated
    raise AssertionError(query)


def _holds_one(name: str, seen: Any, operator: str, value: ast.Value, shop: Shop, at: datetime) -> bool:
    """Whether what was seen, or an element of it if it is a list, is as asked."""
    if not isinstance(seen, list):
        return compare(name, seen, operator, (value,), shop, at)
    if name == "customer_tags":
        seen, value = [caseless(element) for element in seen], ast.Text(caseless(plain(value)))
    if name == "customer_regions" and operator == "=" and "-" not in plain(value):
        seen = [element[3:] for element in seen]
    return any(compare(name, element, operator, (value,), shop, at) for element in seen)


# What a customer's attributes are at an instant


def _attribute(name: str, customer: Customer, shop: Shop, at: datetime) -> Any:
    orders = list(_orders(customer, shop, at))
    dates = [order.created_at for order in orders if order.created_at is not None]
    from_orders: dict[str, Any] = {
        "amount_spent": sum((_spend(order, shop, at) or Decimal(0) for order in orders), Decimal(0)),
        "number_of_orders": len(orders),
        "first_order_date": min(dates, default=None),
        "last_order_date": max(dates, default=None),
    }
    if name in from_orders:
        return from_orders[name]
    if name in ("average_order_value", "average_days_between_orders", "days_overdue"):
        return _average(name, orders, shop, at)
    if name == "abandoned_checkout_date":
        return _abandoned(customer, shop, at)
    if name == "customer_added_date":
        return customer.created_at if customer.created_at is not None and customer.created_at <= at else None
    return _PROFILE[name](customer)


def _average(name: str, orders: list[Order], shop: Shop, at: datetime) -> Fraction | None:
    """Exactly, as a fraction."""
    if name == "average_order_value":
        amounts = [amount for order in orders if (amount := _spend(order, shop, at)) is not None]
        return Fraction(sum(amounts, Decimal(0))) / len(amounts) if amounts else None
    days = sorted(today_at(order.created_at, shop.zone) for order in orders if order.created_at is not None)
    if len(days) < 2:
        return None
    gaps = [(later - day).days for day, later in pairwise(days)]
    average = Fraction(sum(gaps), len(gaps))
    return average if name != "days_overdue" else (today_at(at, shop.zone) - days[-1]).days - average


def _abandoned(customer: Customer, shop: Shop, at: datetime) -> datetime | None:
    wait = timedelta(minutes=shop.orders.abandoned_after_minutes)
    dates = []
    for checkout in customer.checkouts:
        told = checkout.updated_at
        if told is None or told + wait > at or (checkout.completed_at is not None and checkout.completed_at <= at):
            continue
        followers = [order for order in customer.orders if order.created_at and told <= order.created_at <= at]
        if not any(o.created_at < told + wait or o.checkout_id == checkout.id for o in followers if o.created_at):
            dates.append(told)
    return max(dates, default=None)


def _domain(customer: Customer) -> str | None:
    parts = (customer.email or "").split("@")
    return parts[-1].lower() if len(parts) > 1 and parts[-1] else None


def _regions(customer: Customer) -> list[str]:
    return [f"{a.country}-{a.region}" for a in customer.addresses if a.country and a.region]


def _cities(customer: Customer) -> list[str]:
    cities = []
    for address in customer.addresses:
        if address.country and address.city:
            region = f"-{address.region}" if address.region else ""
            cities.append(f"{address.country}{region}-{address.city.replace(' ', '')}")
    return cities


_PROFILE: dict[str, Callable[[Customer], Any]] = {
    "companies": lambda customer: list(customer.companies),
    "created_by_app_id": lambda customer: customer.created_by_app_id,
    "customer_account_status": lambda customer: customer.state,
    "customer_cities": _cities,
    "customer_countries": lambda customer: [a.country for a in customer.addresses if a.country],
    "customer_email_domain": _domain,
    "customer_language": lambda customer: customer.locale,
    "customer_regions": lambda customer: [
        f"{a.country}-{a.region}" for a in customer.addresses if a.country and a.region
    ],
    "customer_tags": lambda customer: list(customer.tags),
    "email_subscription_status": lambda customer: customer.email_marketing_consent,
    "predicted_spend_tier": lambda customer: customer.scores.get("predicted_spend_tier"),
    "product_subscription_status": lambda customer: customer.product_subscription_status,
    "rfm_group": lambda customer: customer.scores.get("rfm_group"),
    "sms_subscription_status": lambda customer: customer.sms_marketing_consent,
}


def _orders(customer: Customer, shop: Shop, at: datetime) -> Iterator[Order]:
    for order in customer.orders:
        if order.created_at is not None and order.created_at > at:
            continue
        if order.test and not shop.orders.count_test:
            continue
        if order.cancelled_at is not None and order.cancelled_at <= at and not shop.orders.count_cancelled:
            continue
        yield order


def _spend(order: Order, shop: Shop, at: datetime) -> Decimal | None:
    if order.total is None or (order.currency or shop.currency) != shop.currency:
        return None
    spend = order.total
    told = order.updated_at or order.created_at
    for refund in order.refunds:
        if refund.created_at is None:
            continue
        in_total = told is None or refund.created_at <= told
        happened = refund.created_at <= at
        if in_total and not happened:
            spend += refund.amount
        if happened and not in_total:
            spend -= refund.amount
    return spend


# MATCHES


AGGREGATES = ("count", "sum_amount", "sum_quantity", "distinct_products")


def _matches(query: ast.Matches, customer: Customer, shop: Shop, at: datetime) -> bool:
    if query.function == "customer_within_distance":
        return any(near_enough(address, query.parameters) for address in customer.addresses)
    rows = tuple(p for p in query.parameters if p.name not in AGGREGATES)
    totals = _totals(query, rows, customer, shop, at)
    aggregates = [p for p in query.parameters if p.name in AGGREGATES]
    for p in aggregates:
        values, bound = p.values, p.values[0]
        if isinstance(bound, ast.Total):
            others = (bound.window, *(row for row in rows if row.name != "date"))
            there = _totals(query, others, customer, shop, at)[p.name]
            values = (ast.Number(there * (bound.factor.value if bound.factor else 1)),)
        if not compare(p.name, totals[p.name], p.operator, values, shop, at):
            return False
    return len(aggregates) > 0 or totals["rows"] > 0


def _totals(
    query: ast.Matches, parameters: tuple[ast.Parameter, ...], customer: Customer, shop: Shop, at: datetime
) -> dict[str, Any]:
    """The totals over the rows that all the parameters choose."""
    if query.function == "store_credit_accounts" or query.event or "." in query.function:
        count = things_chosen(query.function, query.event, parameters, customer, shop, at)
        return {"rows": count, "count": count}
    chosen = [
        {"order": position, **row}
        for position, order in enumerate(_orders(customer, shop, at))
        for row in _rows(query.function, order, shop, at)
        if all(row_condition(row, p, shop, at) for p in parameters)
    ]
    return {
        "rows": len(chosen),
        "count": len({row["order"] for row in chosen}),
        "sum_amount": sum((row.get("amount") or Decimal(0) for row in chosen), Decimal(0)),
        "sum_quantity": sum(row.get("quantity", 0) for row in chosen),
        "distinct_products": len({row.get("id") for row in chosen} - {None}),
    }


def _rows(function: str, order: Order, shop: Shop, at: datetime) -> list[dict[str, Any]]:
    if function == "orders_refunded":
        return [
            {
                # Refunds are counted, not the orders they belong to.
                "order": (order, position),
                "date": refund.created_at,
                "amount": refund.amount if (order.currency or shop.currency) == shop.currency else None,
            }
            for position, refund in enumerate(order.refunds)
            if refund.created_at is None or refund.created_at <= at
        ]
    if function == "orders_placed":
        return [
            {
                "date": order.created_at,
                "amount": _spend(order, shop, at),
                "location_id": order.location_id,
                "app_id": order.app_id,
                "channel": order.channel,
                "currency": order.currency or shop.currency,
                "discount_code": order.discount_codes,
                "tag": order.tags,
            }
        ]
    return [
        {
            "date": order.created_at,
            "id": line.product_id,
            "tag": line.tags,
            "category": line.category,
            "variant_id": line.variant_id,
            "sku": line.sku,
            "vendor": line.vendor,
            "product_type": line.product_type,
            "quantity": line.quantity,
        }
        for line in order.lines
    ]
