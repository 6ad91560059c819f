"""Rows that come and go, and their totals as time passes.

A row is in for stretches of time. Adding up the stretches that are open at `at` and walking along the edges of all
of them gives the totals at every later instant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from segment_core.calendar import NEVER
from segment_core.evaluator.timeline import Course

NOTHING = Decimal(0)


class Totals(NamedTuple):
    """Over the rows that are in: orders, money in the shop's currency, units, and different products."""

    orders: int
    amount: Decimal
    units: int
    products: int = 0


class Stretch(NamedTuple):
    """Instants `[start, end)`, not over at `at`, in which an order is in, and what it then adds to the totals."""

    start: datetime
    end: datetime
    amount: Decimal
    units: int
    products: Collection[str] = ()


_Change = tuple[datetime, int, Stretch]


def tally(at: datetime, stretches: Iterable[Stretch]) -> Course[Totals]:
    """The totals over the stretches that are open, now and later."""
    orders, amount, units, held = 0, NOTHING, 0, dict[str, int]()
    changes: list[_Change] = []
    for stretch in stretches:
        start, end, more, quantity, products = stretch
        if start <= at:
            orders += 1
            amount += more
            units += quantity
            if products:
                _hold(held, products, 1)
        else:
            changes.append((start, 1, stretch))
        if end != NEVER:
            changes.append((end, -1, stretch))
    now = Totals(orders, amount, units, len(held))
    return Course(now, _running(now, held, changes) if changes else ())


def _running(now: Totals, held: dict[str, int], changes: list[_Change]) -> Iterator[tuple[datetime, Totals]]:
    orders, amount, units, _ = now
    changes.sort(key=itemgetter(0))
    for since, at_once in groupby(changes, key=itemgetter(0)):
        for _, sign, stretch in at_once:
            orders += sign
            amount += stretch.amount if sign > 0 else -stretch.amount
            units += sign * stretch.units
            _hold(held, stretch.products, sign)
        yield since, Totals(orders, amount, units, len(held))


def _hold(held: dict[str, int], products: Collection[str], sign: int) -> None:
    """One more row, or one less, holds the products; those that none holds are left out."""
    for product in products:
        held[product] = held.get(product, 0) + sign
        if not held[product]:
            del held[product]
