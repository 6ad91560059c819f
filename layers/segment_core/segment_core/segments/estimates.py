"""Numbers about all customers, worked out from some: an estimate and the bounds between which it lies.

The bounds hold 19 times in 20. Those of a count are Wilson's score interval, which stays honest for shares near
nought and one; those of a sum are the normal approximation. Both are narrowed by how large a part was looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from math import ceil, floor, sqrt

from segment_core.record import record

# The normal distribution's bounds for 19 times in 20.
_Z = 1.959964

# With fewer amounts the normal approximation promises more than it keeps: a textbook's rule of thumb.
_ENOUGH = 30

# Averages and estimates are told to the hundredth, whatever the currency's own coin is.
_CENT = Decimal("0.01")


@record
class Count:
    """How many customers; `low` and `high` are the same if all were looked at."""

    value: int
    low: int
    high: int


@record
class Money:
    """An amount in the shop's currency, between `low` and `high`; None where too few were found to say."""

    value: Decimal
    low: Decimal | None
    high: Decimal | None


@record
class Scope:
    """Of how many customers how many were looked at. `spread`: by what part `customers` itself may be off."""

    customers: int
    looked_at: int
    spread: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether all were looked at."""
        return self.looked_at == self.customers

    @property
    def _unseen(self) -> float:
        """What the part that was not looked at leaves of the uncertainty."""
        return sqrt(max(0.0, 1 - self.looked_at / self.customers)) if self.customers else 0.0

    def count(self, found: int) -> Count:
        """How many of all customers there are, if so many were found."""
        if self.exact or not self.looked_at:
            return Count(found, found, found)
        n, share = self.looked_at, found / self.looked_at
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        reach = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n) * self._unseen
        low = (min(share, middle - reach)) * (1 - self.spread)
        high = (max(share, middle + reach)) * (1 + self.spread)
        return Count(
            round(share * self.customers),
            max(found, floor(low * self.customers)),
            max(found, min(self.customers, ceil(high * self.customers))),
        )

    def total(self, amounts: Iterable[Decimal]) -> Money:
        """What the amounts of all customers come to; `amounts` are those found, everybody else has none."""
        found = list(amounts)
        total = sum(found, Decimal(0))
        if self.exact or not self.looked_at:
            return _rounded(total, total, total)
        n, factor = self.looked_at, Decimal(self.customers) / self.looked_at
        if len(found) < _ENOUGH:
            return _rounded(total * factor, None, None)
        mean = total / n
        squares = sum(((amount - mean) ** 2 for amount in found), Decimal(0)) + mean**2 * (n - len(found))
        deviation = float((squares / max(1, n - 1)).sqrt())
        relative = float(abs(total * factor)) * self.spread
        reach = Decimal(_Z * self.customers * deviation / sqrt(n) * self._unseen + relative)
        return _rounded(total * factor, total * factor - reach, total * factor + reach)


def average(amounts: Iterable[Decimal], scope: Scope) -> Money | None:
    """The average of amounts that a sample found; None of none."""
    found = list(amounts)
    if not found:
        return None
    n = len(found)
    mean = sum(found, Decimal(0)) / n
    if scope.exact:
        return _rounded(mean, mean, mean)
    if n < _ENOUGH:
        return _rounded(mean, None, None)
    deviation = (sum(((amount - mean) ** 2 for amount in found), Decimal(0)) / max(1, n - 1)).sqrt()
    reach = Decimal(_Z) * deviation / Decimal(n).sqrt()
    return _rounded(mean, mean - reach, mean + reach)


def _rounded(value: Decimal, low: Decimal | None, high: Decimal | None) -> Money:
    bounds = (None if bound is None else bound.quantize(_CENT, ROUND_HALF_EVEN) for bound in (low, high))
    return Money(value.quantize(_CENT, ROUND_HALF_EVEN), *bounds)
