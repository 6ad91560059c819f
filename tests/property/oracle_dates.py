"""Metafields and anniversaries for the oracle."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.shop import Shop

from .oracle_compare import caseless, compare, day_of, plain, today_at


def metafield_member(
    clause: ast.Comparison | ast.Between | ast.Contains | ast.In | ast.StartsWith | ast.IsNull,
    customer: Customer,
    shop: Shop,
    at: datetime,
) -> bool:
    """Whether a clause on a metafield holds."""
    stored = customer.metafields.get(clause.attribute.removeprefix("metafields."))
    seen = _typed(stored.type, stored.value) if stored is not None else None
    match clause:
        case ast.IsNull(_, negated):
            return (stored is None or stored.value is None or seen == []) != negated
        case ast.Contains(_, value, negated):
            wanted = plain(value)
            elements = seen if isinstance(seen, list) else []
            found = wanted in elements if isinstance(wanted, Decimal) else caseless(wanted) in map(_caseless, elements)
            return bool(found) != negated
        case ast.In(name, values, negated):
            ways: list[ast.Clause] = [ast.Comparison(name, "=", value) for value in values]
            ways += [ast.Contains(name, value) for value in values if isinstance(value, ast.Text | ast.Number)]
            return any(metafield_member(way, customer, shop, at) for way in ways) != negated  # type: ignore[arg-type]
        case ast.StartsWith(_, value, negated):
            wanted = plain(value)
            if isinstance(seen, list):
                return any(str(_caseless(element)).startswith(caseless(wanted)) for element in seen) != negated
            return (isinstance(seen, str) and seen.startswith(wanted)) != negated
        case ast.Comparison(name, "!=", value):
            return not metafield_member(ast.Comparison(name, "=", value), customer, shop, at)
        case ast.Comparison(_, operator, value):
            return _metafield_compared(clause.attribute, seen, operator, (value,), shop, at)
        case ast.Between(_, low, high):
            return _metafield_compared(clause.attribute, seen, "BETWEEN", (low, high), shop, at)
    raise AssertionError(clause)


def _metafield_compared(
    name: str, seen: Any, operator: str, values: tuple[ast.Value, ...], shop: Shop, at: datetime
) -> bool:
    if isinstance(seen, date) and all(isinstance(value, ast.Text) for value in values):
        try:
            values = tuple(_written_date(plain(value)) for value in values)
        except ValueError:
            return False
    alike = (
        isinstance(seen, date) if isinstance(values[0], ast.DateExpression) else type(seen) is type(plain(values[0]))
    )
    return alike and compare(name, seen, operator, values, shop, at)


def _written_date(text: str) -> ast.Day | ast.Moment:
    return ast.Moment(datetime.fromisoformat(text)) if "T" in text else ast.Day(date.fromisoformat(text))


def _caseless(element: object) -> str | None:
    return caseless(element) if isinstance(element, str) else None


def _typed(kind: str, value: Any) -> Any:
    """The value as its type says, or None."""
    try:
        if kind.startswith("list."):
            elements = json.loads(value) if isinstance(value, str) else value
            return [_typed(kind.removeprefix("list."), element) for element in elements]
        if kind in ("number_integer", "number_decimal"):
            return None if value is None else Decimal(str(value))
        if kind == "boolean":
            return {"true": True, "false": False}.get(str(value).lower())
        if kind == "date":
            return date.fromisoformat(value)
        if kind == "date_time":
            instant = datetime.fromisoformat(value)
            return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    except ValueError:
        return None
    return value if kind == "single_line_text_field" else None


def local_day(name: str, attribute: Any, customer: Customer, shop: Shop) -> date | None:
    """The day of the metafield of that name, or else of the attribute, in the shop's zone; None if it is no date."""
    stored = customer.metafields.get(name.removeprefix("metafields."))
    seen = _typed(stored.type, stored.value) if stored is not None else attribute
    if isinstance(seen, datetime):
        return today_at(seen, shop.zone)
    return seen if isinstance(seen, date) else None


def anniversary_member(fact: date | None, operator: str, values: tuple[ast.Value, ...], today: date) -> bool:
    """Whether a date without its year is as asked."""
    if operator == "!=":
        return not anniversary_member(fact, "=", values, today)
    if fact is None:
        return False
    low, high = day_of(values[0], today), day_of(values[-1], today)
    if operator == "BETWEEN":
        # After 366 days every day of the year was there.
        days = range(min((high - low).days + 1, 366))
        return any(_comes_round(fact, low + timedelta(days=n)) for n in days)
    if operator == "=":
        return _comes_round(fact, low)
    in_year = next(day for n in range(366) if _comes_round(fact, day := date(low.year, 1, 1) + timedelta(days=n)))
    return {">": in_year > low, ">=": in_year >= low, "<": in_year < low, "<=": in_year <= low}[operator]


def _comes_round(fact: date, day: date) -> bool:
    if (fact.month, fact.day) == (2, 29) and (day.month, day.day) == (2, 28):
        return (day + timedelta(days=1)).day != 29
    return (fact.month, fact.day) == (day.month, day.day)
