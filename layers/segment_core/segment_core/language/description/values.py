"""Numbers, texts and dates as a language says them, after operators."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from segment_core.language import ast
from segment_core.language.description.words import Measure, Noun, Unit, Words

# Between a number and what it is of: they stay on one line.
_TIED = "\N{NO-BREAK SPACE}"


def quoted(text: str, words: Words) -> str:
    """A text of the merchant's, in quotes; what cannot be seen is written as its code."""
    legible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return legible.join(words.quotes)


def listed(elements: Sequence[str], words: Words) -> str:
    """`1, 2 or 3`."""
    return words.or_.join(filter(None, (", ".join(elements[:-1]), elements[-1])))


def number(value: Decimal, words: Words) -> str:
    """The number with its digits parted."""
    return f"{value:,f}".translate({ord(","): words.group, ord("."): words.point})


def quantity(operator: str, values: Sequence[Decimal], unit: Unit, words: Words, currency: str | None) -> str:
    """`at least 3 orders`, `from 100 to 200 USD`."""
    first, last = values[0], values[-1]
    if operator == "IN":
        return _one_of(values, unit, words, currency)
    if unit == "radius":
        return number(first, words)
    if isinstance(unit, Measure):
        told = words.amounts[operator].format(*(number(value, words) for value in values))
        return f"{told} {unit.one if last == 1 else unit.many}"
    if not isinstance(unit, Noun):
        suffix = f"{_TIED}{currency}" if unit == "money" and currency else ""
        return words.amounts[operator].format(*(number(value, words) for value in values)) + suffix
    if operator == ">" and first == 0:
        operator, first, last = ">=", Decimal(1), Decimal(1)
    told = words.counts[operator].format(number(first, words), number(last, words))
    return f"{told} {unit.one if last == 1 else unit.many}"


def _one_of(values: Sequence[Decimal], unit: Unit, words: Words, currency: str | None) -> str:
    """`exactly 1, 2 or 3 orders`."""
    numbers = listed([number(value, words) for value in values], words)
    if isinstance(unit, Noun):
        return f"{words.counts['='].format(numbers)} {unit.one if values[-1] == 1 else unit.many}"
    return words.amounts["="].format(numbers) + (f"{_TIED}{currency}" if unit == "money" and currency else "")


def when(operator: str, values: Sequence[ast.DateExpression], words: Words, ahead: bool = False) -> str:
    """`in the last 30 days`, `on March 1, 2026`: what the operator and the dates mean.

    `>= -30d` is the store's own "in the last 30 days": today and the 30 dates before it. Of a date that may lie `ahead`
    it is any day from the one 30 days ago on.
    """
    if operator == "BETWEEN":
        return _between(values[0], values[-1], words)
    value, dates = values[0], words.dates
    distance = _distance(value, words)
    if distance is None or not isinstance(value, ast.Offset):
        return _on(value, words) if operator == "=" else dates.fixed[operator].format(_noun(value, words))
    if ahead and value.count < 0 and operator in (">", ">="):
        return dates.fixed[operator].format(_noun(value, words))
    if value.count > 0:
        return dates.future[operator].format(distance)
    if operator == ">=":
        return _period(value, words)
    return dates.past[operator].format(distance)


def comes_round(operator: str, values: Sequence[ast.DateExpression], words: Words) -> str:
    """As `when`, for a day that comes every year: order means order within that year."""
    if operator in words.dates.in_any_year:
        return words.dates.in_any_year[operator].format(_noun(values[0], words))
    return when(operator, values, words)


def _between(low: ast.DateExpression, high: ast.DateExpression, words: Words) -> str:
    early, late = _distance(low, words), _distance(high, words)
    if isinstance(low, ast.Offset) and low.count < 0 and early:
        if _is_today(high):
            return _period(low, words)
        if isinstance(high, ast.Offset) and high.count < 0 and late:
            return words.dates.past_between.format(early, late)
    if _is_today(low) and isinstance(high, ast.Offset) and high.count > 0 and late:
        return _period(high, words)
    return words.dates.between.format(_noun(low, words), _noun(high, words))


def _is_today(value: ast.DateExpression) -> bool:
    return value == ast.Named("today") or (isinstance(value, ast.Offset) and value.count == 0)


def _distance(value: ast.DateExpression, words: Words) -> str | None:
    """`30 days`, for offsets that have no name of their own."""
    if not isinstance(value, ast.Offset) or value.count == 0 or (value.unit == "d" and abs(value.count) == 1):
        return None
    period, count = words.dates.periods[value.unit], abs(value.count)
    return f"{number(Decimal(count), words)} {period.one if count == 1 else period.many}"


def _period(offset: ast.Offset, words: Words) -> str:
    """The period from that day to today, or from today to that day."""
    period, count = words.dates.periods[offset.unit], abs(offset.count)
    one, several = (period.last, period.lasts) if offset.count < 0 else (period.next, period.nexts)
    return one if count == 1 else several.format(number(Decimal(count), words))


def _on(value: ast.DateExpression, words: Words) -> str:
    absolute = isinstance(value, ast.Day | ast.Moment)
    return words.dates.on.format(_noun(value, words)) if absolute else _noun(value, words)


def _noun(value: ast.DateExpression, words: Words) -> str:
    dates = words.dates
    match value:
        case ast.Day(day):
            return dates.day.format(day=day.day, month=dates.months[day.month - 1], year=day.year)
        case ast.Moment(local):
            clock = dates.clock_with_seconds if local.second else dates.clock
            return dates.moment.format(date=_noun(ast.Day(local.date()), words), time=local.strftime(clock))
        case ast.Named(name):
            return {"today": dates.today, "yesterday": dates.yesterday}[name]
        case ast.Offset(count):
            distance = _distance(value, words)
            if distance is None:
                return {-1: dates.yesterday, 0: dates.today, 1: dates.tomorrow}[count]
            return (dates.future_noun if count > 0 else dates.past_noun).format(distance)
