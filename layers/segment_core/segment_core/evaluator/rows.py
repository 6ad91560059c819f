"""Rows that come and go, and their totals as time passes.

A row is in for stretches of time, each with what it then adds to the totals. Summing the stretches that are open
at `at` and walking along the edges of the others gives the totals at every later instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from segment_core.calendar import NEVER
from segment_core.evaluator.subject import CountedOrder
from segment_core.evaluator.timeline import Course

NOTHING = Decimal(0)


class Totals(NamedTuple):
    """Over the rows that are in: how many orders, money in the shop's currency, and units."""

    orders: int = 0
    amount: Decimal = NOTHING
    units: int = 0

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(self.orders + other.orders, self.amount + other.amount, self.units + other.units)

    def minus(self, other: Totals) -> Totals:
        """What is left without the other."""
        return Totals(self.orders - other.orders, self.amount - other.amount, self.units - other.units)


class Stretch(NamedTuple):
    """Instants `[start, end)` in which a row adds `totals`."""

    start: datetime
    end: datetime
    totals: Totals


def spending(counted: CountedOrder) -> Iterator[tuple[datetime, datetime, Decimal | None]]:
    """The stretches of an order's existence, from `at` on, in which its spend stays the same."""
    start, amount = counted.start, counted.spend.now
    for since, next_amount in counted.spend.later:
        if start < since < counted.end:
            yield start, since, amount
            start = since
        if since < counted.end:
            amount = next_amount
    yield start, counted.end, amount


def tally(at: datetime, stretches: Iterable[Stretch]) -> Course[Totals]:
    """The totals over the stretches that are open, now and later."""
    now = Totals()
    changes: dict[datetime, Totals] = {}
    for start, end, totals in stretches:
        if end <= at:
            continue
        if start <= at:
            now = now.plus(totals)
        else:
            changes[start] = changes.get(start, Totals()).plus(totals)
        if end != NEVER:
            changes[end] = changes.get(end, Totals()).minus(totals)
    return Course(now, _running(now, changes) if changes else ())


def _running(totals: Totals, changes: dict[datetime, Totals]) -> Iterator[tuple[datetime, Totals]]:
    for since in sorted(changes):
        totals = totals.plus(changes[since])
        yield since, totals
