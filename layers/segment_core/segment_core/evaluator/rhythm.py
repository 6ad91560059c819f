"""Averages over a customer's orders, and how late the next order is by the customer's own rhythm.

The gap between orders is counted in dates of the shop's zone, from the first order to the last. Somebody is overdue by
the dates since the last order less the average gap, which is negative until that many dates have gone by. Without two
dated orders there is no gap, and neither number is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from segment_core.calendar import BEGINNING, NEVER, day_start, local_date
from segment_core.evaluator.conditions import COMPLEMENTS, literal
from segment_core.evaluator.extremes import extreme
from segment_core.evaluator.rows import NOTHING, Stretch, tally
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target
from segment_core.evaluator.timeline import Course, Timeline, Window, during, inverted, joined, mapped, parts
from segment_core.language import ast
from segment_core.record import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@record
class Rhythm:
    """The date of the last order, and how many dates lie between two orders on average."""

    last: date
    gap: Decimal


def average_order_value(subject: Subject) -> Course[Decimal | None]:
    """What an order comes to on average, over orders of which that is known in the shop's currency."""
    priced = (
        Stretch(since, until, amount, 0)
        for counted in subject.orders
        for since, until, amount in parts(counted.spend, counted.start, counted.end)
        if amount is not None
    )
    return mapped(tally(subject.at, priced), lambda totals: totals.amount / totals.orders if totals.orders else None)


def average_gap(subject: Subject) -> Course[Decimal | None]:
    """How many dates lie between two orders on average."""
    return mapped(_rhythm(subject), lambda seen: seen.gap if seen else None)


def overdue(subject: Subject) -> Course[Decimal | None]:
    """By how many dates the customer is overdue, now and when orders come and go; it also grows with every date."""
    now, later = _rhythm(subject)
    zone = subject.shop.zone

    def days(seen: Rhythm | None, at: datetime) -> Decimal | None:
        return (local_date(at, zone) - seen.last).days - seen.gap if seen else None

    return Course(days(now, subject.at), ((since, days(seen, since)) for since, seen in later))


def _rhythm(subject: Subject) -> Course[Rhythm | None]:
    at, zone = subject.at, subject.shop.zone
    windows = [(counted.start, counted.end) for counted in subject.orders if counted.order.created_at]
    counts = tally(at, (Stretch(start, end, NOTHING, 0) for start, end in windows))

    def found(seen: Sequence[Any]) -> Rhythm | None:
        first, last, totals = seen
        if totals.orders < 2:
            return None
        end = local_date(last, zone)
        return Rhythm(end, Decimal((end - local_date(first, zone)).days) / (totals.orders - 1))

    return mapped(joined((extreme(at, windows, newest=False), extreme(at, windows, newest=True), counts)), found)


Days = tuple[int | None, int | None]
"""Ordinals of dates: from the first on, and before the second; None: without end."""

_DAYS: Final[dict[str, Callable[[Decimal, Decimal], Days]]] = {
    # From the low and the high bound, as ordinals with a fraction, to the dates on which the condition holds.
    "=": lambda low, high: (_ceiling(low), _floor(high) + 1),
    "BETWEEN": lambda low, high: (_ceiling(low), _floor(high) + 1),
    ">": lambda low, high: (_floor(low) + 1, None),
    ">=": lambda low, high: (_ceiling(low), None),
    "<": lambda low, high: (None, _ceiling(low)),
    "<=": lambda low, high: (None, _floor(low) + 1),
}


@record
class OverdueClause:
    """How many dates the customer is overdue, compared: a window of dates for every rhythm there is for a while."""

    operator: str
    bounds: Sequence[tuple[Decimal, Decimal]]
    negated: bool
    targets: Sequence[Target] = ()

    def read(self, subject: Subject) -> Course[Decimal | None]:
        """The number, now and when orders come and go."""
        return overdue(subject)

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        answer = during(subject.at, self._windows(subject))
        return inverted(answer) if self.negated else answer

    def _windows(self, subject: Subject) -> Iterator[Window]:
        seen, later = _rhythm(subject)
        since, zone, days = subject.at, subject.shop.zone, _DAYS[self.operator]
        for until, following in chain(later, ((NEVER, None),)):
            if seen is not None:
                due = seen.last.toordinal() + seen.gap
                for low, high in self.bounds:
                    first, past = days(due + low, due + high)
                    yield max(_start(first, BEGINNING, zone), since), min(_start(past, NEVER, zone), until)
            since, seen = until, following


def compile_overdue(operator: str, values: Sequence[ast.Value]) -> OverdueClause:
    """The comparison, ready to be asked. Raises TypeError for values that are no numbers, KeyError for the operator."""
    numbers = [value for value in map(literal, values) if isinstance(value, Decimal)]
    if len(numbers) < len(values):
        raise TypeError("a number is compared with a number")
    positive = COMPLEMENTS.get(operator, operator)
    # In order, since windows have to be.
    one_by_one = [(number, number) for number in sorted(set(numbers))]
    bounds = one_by_one if positive == "IN" else [(numbers[0], numbers[-1])]
    positive = "=" if positive == "IN" else positive
    if positive not in _DAYS:
        raise KeyError(operator)
    return OverdueClause(positive, bounds, operator in COMPLEMENTS)


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def _ceiling(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def _start(ordinal: int | None, endless: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of a date, which the calendar may not reach."""
    if ordinal is None:
        return endless
    if ordinal > date.max.toordinal():
        return NEVER
    return day_start(date.fromordinal(max(ordinal, 1)), zone)
