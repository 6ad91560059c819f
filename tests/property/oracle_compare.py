"""Operators and dates for the oracle, the plain way: dates come from looking at what the clocks of the zone showed."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from segment_core.language import ast
from segment_core.shop import Shop


def row_condition(row: dict[str, Any], parameter: ast.Parameter, shop: Shop, at: datetime) -> bool:
    """Whether one parameter holds for a row."""
    seen = row[parameter.name]
    if not isinstance(seen, list | tuple):
        return compare(parameter.name, seen, parameter.operator, parameter.values, shop, at)
    wanted = [caseless(plain(value)) for value in parameter.values]
    if parameter.operator.endswith("STARTS WITH"):
        found = any(caseless(tag).startswith(wanted[0]) for tag in seen)
    else:
        found = any(caseless(tag) in wanted for tag in seen)
    return found if parameter.operator in ("=", "IN", "STARTS WITH") else not found


def _compare_day(seen: date, operator: str, values: tuple[ast.Value, ...], shop: Shop, at: datetime) -> bool:
    """A date of the calendar; its first instant where it is compared with a time of day."""

    def compared(value: ast.Value) -> int:
        """Below, equal or above: -1, 0 or 1."""
        if isinstance(value, ast.Moment):
            start, end = _bounds(value, shop.zone, at)
            instant = midnight(seen, shop.zone)
            return -1 if instant < start else 1 if instant >= end else 0
        day = day_of(value, today_at(at, shop.zone))
        return (seen > day) - (seen < day)

    low, high = compared(values[0]), compared(values[-1])
    return {
        "=": low == 0,
        ">": low > 0,
        ">=": low >= 0,
        "<": low < 0,
        "<=": low <= 0,
        "BETWEEN": low >= 0 and high <= 0,
    }[operator]


def compare(name: str, seen: Any, operator: str, values: tuple[ast.Value, ...], shop: Shop, at: datetime) -> bool:
    """Whether the operator holds for what was seen."""
    if operator in ("!=", "NOT IN", "NOT STARTS WITH"):
        opposite = {"!=": "=", "NOT IN": "IN", "NOT STARTS WITH": "STARTS WITH"}[operator]
        return not compare(name, seen, opposite, values, shop, at)
    if seen is None:
        return False
    if operator == "IN":
        return any(compare(name, seen, "=", (value,), shop, at) for value in values)
    if operator == "STARTS WITH":
        return isinstance(seen, str) and seen[: len(plain(values[0]))] == plain(values[0])
    if isinstance(seen, date) and not isinstance(seen, datetime):
        return _compare_day(seen, operator, values, shop, at)
    if isinstance(seen, datetime):
        # From the first instant of the (low) bound to the first after the (high) bound.
        low, high = _bounds(values[0], shop.zone, at)[0], _bounds(values[-1], shop.zone, at)[1]
        from_low, to_high = seen >= low, seen < high
    else:
        exact: Any = Fraction if isinstance(seen, Fraction) else lambda bound: bound
        low, high = exact(plain(values[0])), exact(plain(values[-1]))
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


def caseless(text: str) -> str:
    """A tag and its like, as Unicode compares texts without regard to case."""
    return unicodedata.normalize("NFC", text).casefold()


def plain(value: ast.Value) -> Any:
    """The value of a literal that is no date."""
    assert isinstance(value, ast.Text | ast.Number | ast.Truth)
    return value.value


# Dates, from what the clocks show


def _bounds(expression: ast.Value, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """The first instant of what the expression means at `at`, and the first one after it."""
    return _bounds_on(expression, today_at(at, zone), zone)


@cache
def _bounds_on(expression: ast.Value, today: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if isinstance(expression, ast.Moment):
        start = _first_shown(expression.local, zone)
        return start, start + timedelta(seconds=1)
    day = day_of(expression, today)
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return _first_shown(datetime(day.year, day.month, day.day), zone)


def day_of(expression: ast.Value, today: date) -> date:
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
def today_at(at: datetime, zone: ZoneInfo) -> date:
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
