"""Rows that come and go, and their totals as time passes.

A row is in for stretches of time. Adding up the stretches that are open at `at` and walking along the edges of all
of them gives the totals at every later instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from segment_core.calendar import NEVER
from segment_core.evaluator.timeline import Course

NOTHING = Decimal(0)


class Totals(NamedTuple):
    """Over the rows that are in: orders, money in the shop's currency, and units."""

    orders: int
    amount: Decimal
    units: int


class Stretch(NamedTuple):
    """Instants `[start, end)`, not over at `at`, in which an order is in, and what it then adds to the totals."""

    start: datetime
    end: datetime
    amount: Decimal
    units: int


_Change = tuple[datetime, int, Decimal, int]


def tally(at: datetime, stretches: Iterable[Stretch]) -> Course[Totals]:
    """The totals over the stretches that are open, now and later."""
    orders, amount, units = 0, NOTHING, 0
    changes: list[_Change] = []
    for start, end, more, quantity in stretches:
        if start <= at:
            orders += 1
            amount += more
            units += quantity
        else:
            changes.append((start, 1, more, quantity))
        if end != NEVER:
            changes.append((end, -1, -more, -quantity))
    now = Totals(orders, amount, units)
    return Course(now, _running(now, changes) if changes else ())


def _running(now: Totals, changes: list[_Change]) -> Iterator[tuple[datetime, Totals]]:
    orders, amount, units = now
    changes.sort(key=itemgetter(0))
    for since, at_once in groupby(changes, key=itemgetter(0)):
        for _, count, more, quantity in at_once:
            orders += count
            amount += more
            units += quantity
        yield since, Totals(orders, amount, units)
