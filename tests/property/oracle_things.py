"""Events, accounts of store credit and places for the oracle."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from segment_core.facts.customer import Address, Customer, Event
from segment_core.language import ast
from segment_core.shop import Shop

from .oracle_compare import compare, plain, row_condition, today_at


def things_chosen(
    function: str, name: str, parameters: tuple[ast.Parameter, ...], customer: Customer, shop: Shop, at: datetime
) -> int:
    """How many events or accounts the parameters choose; `name` is that of `event('name')`."""
    if name:
        return sum(
            event.type == name and event.at <= at and all(_event_holds(event, p, shop, at) for p in parameters)
            for event in customer.events
        )
    if function == "store_credit_accounts":
        today = today_at(at, shop.zone)
        rows: list[dict[str, Any]] = [
            {
                "balance": account.balance,
                "currency": account.currency,
                "next_expiry_date": account.next_expiry_date,
                "last_credit_date": account.last_credit_date
                if account.last_credit_date is not None and account.last_credit_date <= today
                else None,
            }
            for account in customer.store_credit_accounts
        ]
    else:
        rows = [
            {
                "date": event.at,
                "activity_id": _id(event.properties.get("activity_id")),
                "id": _id(event.properties.get("id")),
                "tag": _tags(event.properties.get("tag")),
            }
            for event in customer.events
            if event.type == function and event.at <= at
        ]
    return sum(all(row_condition(row, p, shop, at) for p in parameters) for row in rows)


def _event_holds(event: Event, parameter: ast.Parameter, shop: Shop, at: datetime) -> bool:
    operator, values = parameter.operator, parameter.values
    if parameter.name == "date":
        return compare("date", event.at, operator, values, shop, at)
    positive = {"!=": "=", "NOT IN": "IN", "NOT STARTS WITH": "STARTS WITH"}.get(operator, operator)
    value = event.properties.get(parameter.name.removeprefix("properties."))
    is_date = isinstance(values[0], ast.DateExpression)
    elements = [_taken_for(values[0], one) for one in (value if isinstance(value, list) and not is_date else [value])]
    found = any(one is not None and compare("", one, positive, values, shop, at) for one in elements)
    return found == (positive == operator)


def _taken_for(wanted: ast.Value, value: Any) -> Any:
    """The value as what it is compared with; None if it is not of that kind."""
    try:
        if isinstance(wanted, ast.DateExpression):
            text = value if isinstance(value, str) else ""
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        if isinstance(wanted, ast.Number):
            return None if isinstance(value, bool) or value is None else Decimal(str(value))
    except (ValueError, ArithmeticError):
        return None
    if isinstance(wanted, ast.Truth):
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(value)
    return value if isinstance(value, str) else None


def _id(value: object) -> str | None:
    return str(value) if type(value) in (str, int) else None


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def near_enough(address: Address, parameters: tuple[ast.Parameter, ...]) -> bool:
    """Whether an address lies in all the circles."""
    if address.latitude is None or address.longitude is None:
        return False
    given = {parameter.name: plain(parameter.values[0]) for parameter in parameters}
    if not given:
        return True
    latitude, longitude = given["coordinates"].split(",")
    a, b = _vector(float(latitude), float(longitude)), _vector(float(address.latitude), float(address.longitude))
    across = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    kilometres = 6371.0088 * math.atan2(across, sum(x * y for x, y in zip(a, b, strict=True)))
    limits = [given["distance_km"]] if "distance_km" in given else []
    limits += [given["distance_mi"] * Decimal("1.609344")] if "distance_mi" in given else []
    return all(Decimal(f"{kilometres:.6f}") <= limit for limit in limits)


def _vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
