"""The answer to a query, found the slow and plain way: the specification against which the evaluator is tested.

It walks over all facts at one instant, knows no `until`, keeps nothing and shares no code with the evaluator or
the calendar: dates come from looking at what the clocks of the zone showed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
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
            return _compare(name, _attribute(name, customer, shop, at), operator, [value], shop, at)
        case ast.Between(name, low, high):
            return _compare(name, _attribute(name, customer, shop, at), "BETWEEN", [low, high], shop, at)
        case ast.Contains(name, value, negated):
            elements = _attribute(name, customer, shop, at)
            if name == "customer_tags":
                found = value.value.lower() in [element.lower() for element in elements]
            else:
                found = value.value in elements
            return found != negated
        case ast.IsNull(name, negated):
            return (_attribute(name, customer, shop, at) in (None, [])) != negated
        case ast.Matches(function, parameters, negated):
            return _matches(function, parameters, customer, shop, at) != negated
    raise AssertionError(query)


# What a customer's attributes are at an instant


def _attribute(name: str, customer: Customer, shop: Shop, at: datetime) -> object:
    orders = list(_orders(customer, shop, at))
    dates = [order.created_at for order in orders if order.created_at is not None]
    match name:
        case "abandoned_checkout_date":
            abandoned = [
                checkout.updated_at
                for checkout in customer.checkouts
                if checkout.updated_at is not None
                and checkout.updated_at <= at
                and not (checkout.completed_at is not None and checkout.completed_at <= at)
            ]
            return max(abandoned, default=None)
        case "amount_spent":
            return sum((_spend(order, shop, at) or Decimal(0) for order in orders), Decimal(0))
        case "number_of_orders":
            return len(orders)
        case "first_order_date":
            return min(dates, default=None)
        case "last_order_date":
            return max(dates, default=None)
        case "customer_added_date":
            return customer.created_at if customer.created_at is not None and customer.created_at <= at else None
        case "customer_email_domain":
            return customer.email.split("@")[-1].lower() if customer.email and "@" in customer.email else None
        case "customer_countries":
            return [address.country for address in customer.addresses if address.country]
        case "customer_regions":
            return [f"{a.country}-{a.region}" for a in customer.addresses if a.country and a.region]
        case "customer_cities":
            return [
                "-".join([a.country] + ([a.region] if a.region else []) + [a.city.replace(" ", "")])
                for a in customer.addresses
                if a.country and a.city
            ]
        case "customer_tags":
            return list(customer.tags)
        case "companies":
            return list(customer.companies)
        case "rfm_group" | "predicted_spend_tier":
            return customer.scores.get(name)
    return getattr(customer, _FIELDS[name])


_FIELDS = {
    "created_by_app_id": "created_by_app_id",
    "customer_account_status": "state",
    "customer_language": "locale",
    "email_subscription_status": "email_marketing_consent",
    "sms_subscription_status": "sms_marketing_consent",
    "product_subscription_status": "product_subscription_status",
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
    rows = 0
    order_ids, amount, quantity = set(), Decimal(0), 0
    for position, order in enumerate(_orders(customer, shop, at)):
        if function == "orders_placed":
            candidates = [
                {
                    "date": order.created_at,
                    "amount": _spend(order, shop, at),
                    "location_id": order.location_id,
                    "app_id": order.app_id,
                    "units": 0,
                }
            ]
        else:
            candidates = [
                {
                    "date": order.created_at,
                    "id": line.product_id,
                    "tag": line.tags,
                    "category": line.category,
                    "quantity": line.quantity,
                    "units": line.quantity,
                }
                for line in order.lines
            ]
        for row in candidates:
            if all(_row_condition(row, p, shop, at) for p in parameters if p.name in row):
                rows += 1
                order_ids.add(position)
                amount += row.get("amount") or 0
                quantity += row["units"]
    totals = {"count": len(order_ids), "sum_amount": amount, "sum_quantity": quantity}
    aggregates = [p for p in parameters if p.name in totals]
    if not aggregates:
        return rows > 0
    return all(_compare(p.name, totals[p.name], p.operator, list(p.values), shop, at) for p in aggregates)


def _row_condition(row: dict[str, object], parameter: ast.Parameter, shop: Shop, at: datetime) -> bool:
    seen = row[parameter.name]
    if parameter.name != "tag":
        return _compare(parameter.name, seen, parameter.operator, list(parameter.values), shop, at)
    wanted = [value.value.lower() for value in parameter.values]
    found = any(tag.lower() in wanted for tag in seen)
    return found if parameter.operator in ("=", "IN") else not found


# Operators


def _compare(
    name: str, seen: object, operator: str, values: list[ast.Value], shop: Shop, at: datetime
) -> bool:
    if operator == "!=":
        return not _compare(name, seen, "=", values, shop, at)
    if operator == "NOT IN":
        return not _compare(name, seen, "IN", values, shop, at)
    if seen is None:
        return False
    if operator == "IN":
        return any(_compare(name, seen, "=", [value], shop, at) for value in values)
    if isinstance(seen, datetime):
        low, high = _bounds(values[0], shop.zone, at)[0], _bounds(values[-1], shop.zone, at)[1]
    else:
        low, high = values[0].value, values[-1].value
    if isinstance(seen, datetime):
        return {
            "=": low <= seen < high,
            "BETWEEN": low <= seen < high,
            ">": seen >= high,
            ">=": seen >= low,
            "<": seen < low,
            "<=": seen < high,
        }[operator]
    match operator:
        case "=":
            return seen == low or (name == "customer_language" and seen.startswith(low + "-"))
        case "BETWEEN":
            return low <= seen <= high
        case ">":
            return seen > low
        case ">=":
            return seen >= low
        case "<":
            return seen < low
        case "<=":
            return seen <= low
    raise AssertionError(operator)


# Dates, from what the clocks show


def _bounds(expression: ast.Value, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """The first instant of what the expression means at `at`, and the first one after it."""
    if isinstance(expression, ast.Moment):
        start = _first_shown(expression.local, zone)
        return start, start + timedelta(seconds=1)
    day = _day(expression, _today(at, zone))
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


@lru_cache(maxsize=None)
def _today(at: datetime, zone: ZoneInfo) -> date:
    """The latest date that the clocks have shown. They are set back by at most an hour or so since 1950."""
    shown = (at.astimezone(UTC) - timedelta(minutes=minute) for minute in range(150))
    return max(instant.astimezone(zone).date() for instant in shown)


@lru_cache(maxsize=None)
def _first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks show `local` or later, found minute by minute, then second by second."""
    instant = local.replace(tzinfo=UTC) - timedelta(hours=26)
    for step in (timedelta(minutes=1), timedelta(seconds=1)):
        while instant.astimezone(zone).replace(tzinfo=None) < local:
            instant += step
        instant -= step
    return instant + timedelta(seconds=1)
