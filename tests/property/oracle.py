"""The answer to a query, found the slow and plain way: the specification against which the evaluator is tested.

It walks over all facts at one instant, knows no `until`, keeps nothing and shares no code with the evaluator or
the calendar: dates come from looking at what the clocks of the zone showed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from segment_core.facts.customer import Customer, Order
from segment_core.language import ast
from segment_core.shop import Shop


def member(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> bool:
    """Whether the customer belongs at `at`."""
    match query:
        case ast.And(children):
            return all(member(child, customer, shop, at) for child in children)
        case ast.Or(children):
            return any(member(child, customer, shop, at) for child in children)
        case ast.Not(child):
            return not member(child, customer, shop, at)
        case ast.Comparison(name, operator, value):
            return _compare(name, _attribute(name, customer, shop, at), operator, (value,), shop, at)
        case ast.Between(name, low, high):
            return _compare(name, _attribute(name, customer, shop, at), "BETWEEN", (low, high), shop, at)
        case ast.Contains(name, value, negated):
            elements = _attribute(name, customer, shop, at)
            if name == "customer_tags":
                found = _plain(value).lower() in [element.lower() for element in elements]
            else:
                found = _plain(value) in elements
            return found != negated
        case ast.IsNull(name, negated):
            return (_attribute(name, customer, shop, at) in (None, [])) != negated
        case ast.Matches(function, parameters, negated):
            return _matches(function, parameters, customer, shop, at) != negated
    raise AssertionError(query)


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
    if name == "abandoned_checkout_date":
        return _abandoned(customer, at)
    if name == "customer_added_date":
        return customer.created_at if customer.created_at is not None and customer.created_at <= at else None
    return _PROFILE[name](customer)


def _abandoned(customer: Customer, at: datetime) -> datetime | None:
    dates = []
    for checkout in customer.checkouts:
        completed = checkout.completed_at is not None and checkout.completed_at <= at
        if checkout.updated_at is not None and checkout.updated_at <= at and not completed:
            dates.append(checkout.updated_at)
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


def _matches(
    function: str, parameters: tuple[ast.Parameter, ...], customer: Customer, shop: Shop, at: datetime
) -> bool:
    chosen = [
        {"order": position, **row}
        for position, order in enumerate(_orders(customer, shop, at))
        for row in _rows(function, order, shop, at)
        if all(_row_condition(row, p, shop, at) for p in parameters if p.name in row)
    ]
    totals = {
        "count": len({row["order"] for row in chosen}),
        "sum_amount": sum((row.get("amount") or Decimal(0) for row in chosen), Decimal(0)),
        "sum_quantity": sum(row.get("quantity", 0) for row in chosen),
    }
    aggregates = [p for p in parameters if p.name in totals]
    if not aggregates:
        return len(chosen) > 0
    return all(_compare(p.name, totals[p.name], p.operator, p.values, shop, at) for p in aggregates)


def _rows(function: str, order: Order, shop: Shop, at: datetime) -> list[dict[str, Any]]:
    if function == "orders_placed":
        return [
            {
                "date": order.created_at,
                "amount": _spend(order, shop, at),
                "location_id": order.location_id,
                "app_id": order.app_id,
            }
        ]
    return [
        {
            "date": order.created_at,
            "id": line.product_id,
            "tag": line.tags,
            "category": line.category,
            "quantity": line.quantity,
        }
        for line in order.lines
    ]


def _row_condition(row: dict[str, Any], parameter: ast.Parameter, shop: Shop, at: datetime) -> bool:
    seen = row[parameter.name]
    if parameter.name != "tag":
        return _compare(parameter.name, seen, parameter.operator, parameter.values, shop, at)
    wanted = [_plain(value).lower() for value in parameter.values]
    found = any(tag.lower() in wanted for tag in seen)
    return found if parameter.operator in ("=", "IN") else not found


# Operators


def _compare(name: str, seen: Any, operator: str, values: tuple[ast.Value, ...], shop: Shop, at: datetime) -> bool:
    if operator in ("!=", "NOT IN"):
        opposite = {"!=": "=", "NOT IN": "IN"}[operator]
        return not _compare(name, seen, opposite, values, shop, at)
    if seen is None:
        return False
    if operator == "IN":
        return any(_compare(name, seen, "=", (value,), shop, at) for value in values)
    if isinstance(seen, datetime):
        # From the first instant of the (low) bound to the first after the (high) bound.
        low, high = _bounds(values[0], shop.zone, at)[0], _bounds(values[-1], shop.zone, at)[1]
        from_low, to_high = seen >= low, seen < high
    else:
        low, high = _plain(values[0]), _plain(values[-1])
        if name == "customer_language":
            return bool(seen == low or seen.startswith(low + "-"))
        if isinstance(seen, str):
            return bool(seen == low)
        from_low, to_high = seen >= low, seen <= high
    return {
        "=": from_low and to_high,
        "BETWEEN": from_low and to_high,
        ">": not to_high,
        ">=": from_low,
        "<": not from_low,
        "<=": to_high,
    }[operator]


def _plain(value: ast.Value) -> Any:
    assert isinstance(value, ast.Text | ast.Number | ast.Truth)
    return value.value


# Dates, from what the clocks show


def _bounds(expression: ast.Value, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """The first instant of what the expression means at `at`, and the first one after it."""
    return _bounds_on(expression, _today(at, zone), zone)


@cache
def _bounds_on(expression: ast.Value, today: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if isinstance(expression, ast.Moment):
        start = _first_shown(expression.local, zone)
        return start, start + timedelta(seconds=1)
    day = _day(expression, today)
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return _first_shown(datetime(day.year, day.month, day.day), zone)


def _day(expression: ast.Value, today: date) -> date:
    match expression:
        case ast.Day(day):
            return day
        case ast.Named("today"):
            return today
        case ast.Named("yesterday"):
            return today - timedelta(days=1)
        case ast.Offset(count, "d"):
            return today + timedelta(days=count)
        case ast.Offset(count, "w"):
            return today + timedelta(days=7 * count)
        case ast.Offset(count, "m"):
            return _months(today, count)
        case ast.Offset(count, "y"):
            return _months(today, 12 * count)
    raise AssertionError(expression)


def _months(today: date, count: int) -> date:
    year, month = today.year, today.month
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    for day in range(today.day, 27, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return date(year, month, today.day)


@cache
def _today(at: datetime, zone: ZoneInfo) -> date:
    """The latest date that the clocks have shown: once set back, they may show yesterday's evening again."""
    if at.astimezone(zone).hour < 20:
        return at.astimezone(zone).date()
    shown = (at.astimezone(UTC) - timedelta(minutes=minute) for minute in range(150))
    return max(instant.astimezone(zone).date() for instant in shown)


@cache
def _first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks show `local` or later, found minute by minute, then second by second."""
    # No zone is more than 14 hours ahead of UTC.
    instant = local.replace(tzinfo=UTC) - timedelta(hours=15)
    for step in (timedelta(minutes=1), timedelta(seconds=1)):
        while instant.astimezone(zone).replace(tzinfo=None) < local:
            instant += step
        instant -= step
    return instant + timedelta(seconds=1)
