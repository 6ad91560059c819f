"""Totals against what a query asks of them: the test, and in words how much was seen and how much is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from segment_core.evaluator.conditions import Literal as Bound
from segment_core.evaluator.conditions import Test, literal, value_test
from segment_core.language import ast
from segment_core.record import record
from segment_core.shop import NO_CURRENCY

Unit = Literal["orders", "units", "products", "refunds", "events", "accounts", "addresses", "money"]
"""What a total counts; money is in the shop's currency."""

_ONE: Final[dict[Unit, str]] = {
    "orders": "order",
    "units": "unit",
    "products": "product",
    "refunds": "refund",
    "events": "event",
    "accounts": "account",
    "addresses": "address",
}

_MISSED_FROM_BELOW = ("=", ">", ">=", "BETWEEN")
"""Operators that fail a total for being too small."""


@record
class Target:
    """One condition on a total. `read` takes it from the value that the clause reads."""

    read: Callable[[Any], Decimal | int]
    unit: Unit
    operator: str
    values: Sequence[ast.Value]
    test: Test

    def holds(self, value: object) -> bool:
        """Whether the total is as asked."""
        return self.test(self.read(value))

    def seen(self, value: object, currency: str) -> str:
        """The total in words: `2 orders`, `120.00 USD`."""
        return quantity(self.read(value), self.unit, currency)

    def shortfall(self, value: object, currency: str) -> str:
        """How far the total is below what is asked, as in `2 of 3 orders`; empty if it is not too small."""
        return self._shortfall(Decimal(self.read(value)), literal(self.values[0]), currency)

    def _shortfall(self, total: Decimal, bound: Bound, currency: str) -> str:
        if self.operator not in _MISSED_FROM_BELOW or not isinstance(bound, Decimal):
            return ""
        more = "more than " if self.operator == ">" and self.unit == "money" else ""
        needed = bound // 1 + 1 if self.operator == ">" and not more else bound
        if total > needed or (total == needed and not more):
            return ""
        return f"{total:f} of {more}{quantity(needed, self.unit, currency)}"


@record
class ComparedTarget(Target):
    """A condition on a total whose bound is another total: `read` is the difference, which is compared with 0."""

    total: Callable[[Any], Decimal | int]
    bound: Callable[[Any], Decimal]

    def seen(self, value: object, currency: str) -> str:
        """Both totals in words: `120.00 USD against 80.00 USD`."""
        total, bound = self.total(value), self.bound(value)
        return f"{quantity(total, self.unit, currency)} against {quantity(bound, self.unit, currency)}"

    def shortfall(self, value: object, currency: str) -> str:
        """How far the total is below the other one; empty if it is not too small."""
        return self._shortfall(Decimal(self.total(value)), self.bound(value), currency)


def target(read: Callable[[Any], Decimal | int], unit: Unit, operator: str, values: Sequence[ast.Value]) -> Target:
    """The condition, ready to be asked. Raises as `value_test` does."""
    return Target(read, unit, operator, values, value_test(operator, values))


def quantity(total: Decimal | int, unit: Unit, currency: str) -> str:
    """The total with what it counts: `1 order`, `120.00 USD`, or `120.00` where no currency is known."""
    if unit == "money" and currency == NO_CURRENCY:
        return f"{Decimal(total):f}"
    named = currency if unit == "money" else _ONE[unit] if total == 1 else unit
    return f"{Decimal(total):f} {named}"
