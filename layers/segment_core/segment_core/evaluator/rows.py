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
    running, changes = _Running(), list[_Change]()
    for stretch in stretches:
        if stretch.start <= at:
            running.change(1, stretch)
        else:
            changes.append((stretch.start, 1, stretch))
        if stretch.end != NEVER:
            changes.append((stretch.end, -1, stretch))
    return Course(running.totals, _walk(running, changes) if changes else ())


def _walk(running: _Running, changes: list[_Change]) -> Iterator[tuple[datetime, Totals]]:
    changes.sort(key=itemgetter(0))
    for since, at_once in groupby(changes, key=itemgetter(0)):
        for _, sign, stretch in at_once:
            running.change(sign, stretch)
        yield since, running.totals


class _Running:
    """Totals while stretches come and go."""

    __slots__ = ("amount", "orders", "products", "units")

    def __init__(self) -> None:
        self.orders, self.amount, self.units = 0, NOTHING, 0
        self.products: dict[str, int] = {}

    @property
    def totals(self) -> Totals:
        return Totals(self.orders, self.amount, self.units, len(self.products))

    def change(self, sign: int, stretch: Stretch) -> None:
        """The stretch opens (1) or closes (-1)."""
        _, _, amount, units, products = stretch
        self.orders += sign
        self.amount += amount if sign > 0 else -amount
        self.units += units if sign > 0 else -units
        for product in products:
            held = self.products.get(product, 0) + sign
            if held:
                self.products[product] = held
            else:
                del self.products[product]
