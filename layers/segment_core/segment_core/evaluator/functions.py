"""`function MATCHES (...)`: which rows are chosen, and what must hold for their totals.

One table from a function's parameters to what they look at. Parameters of orders and lines choose rows, dates and
amounts choose when a row is in, totals are then compared, even over no rows; without a condition on totals at
least one row must be left. To add a parameter, add its row to FUNCTIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from segment_core.evaluator.conditions import ALWAYS, DateCondition, Test, date_condition, element_test, value_test
from segment_core.evaluator.rows import NOTHING, Stretch, Totals, spending, tally
from segment_core.evaluator.subject import CountedOrder, Subject
from segment_core.evaluator.targets import Target, Unit, target
from segment_core.evaluator.timeline import Course, Window
from segment_core.facts.customer import Order, OrderLine
from segment_core.language import ast


@dataclass(frozen=True, slots=True)
class OrderDate:
    """The order's creation, compared by its date in the shop's zone."""


@dataclass(frozen=True, slots=True)
class OrderAmount:
    """What was paid and kept of the order, in the shop's currency."""


@dataclass(frozen=True, slots=True)
class OfOrder:
    """Something of the order that time does not change."""

    read: Callable[[Order], str | None]


@dataclass(frozen=True, slots=True)
class OfLine:
    """Something of an order line."""

    read: Callable[[OrderLine], str | int | None]


@dataclass(frozen=True, slots=True)
class LineElements:
    """A list on an order line; whole elements are looked for, whatever their case."""

    read: Callable[[OrderLine], Collection[str]]


@dataclass(frozen=True, slots=True)
class OfTotals:
    """A total over the chosen rows; `unit` is what it counts, `money` stands for the shop's currency."""

    read: Callable[[Totals], Decimal | int]
    unit: Unit


Source = OrderDate | OrderAmount | OfOrder | OfLine | LineElements | OfTotals

ORDERS_PLACED: Final[dict[str, Source]] = {
    "date": OrderDate(),
    "amount": OrderAmount(),
    "location_id": OfOrder(lambda order: order.location_id),
    "app_id": OfOrder(lambda order: order.app_id),
    "count": OfTotals(lambda totals: totals.orders, "orders"),
    "sum_amount": OfTotals(lambda totals: totals.amount, "money"),
}
PRODUCTS_PURCHASED: Final[dict[str, Source]] = {
    "date": OrderDate(),
    "id": OfLine(lambda line: line.product_id),
    "tag": LineElements(lambda line: line.tags),
    "category": OfLine(lambda line: line.category),
    "quantity": OfLine(lambda line: line.quantity),
    "count": OfTotals(lambda totals: totals.orders, "orders"),
    "sum_quantity": OfTotals(lambda totals: totals.units, "units"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The compiled parameters of one MATCHES. A row is an order or, `by_line`, an order line."""

    by_line: bool
    order_tests: Sequence[Test]
    line_tests: Sequence[Test]
    date: DateCondition | None
    amount: Test | None
    targets: Sequence[Target]

    def course(self, subject: Subject) -> Course[Totals]:
        """The totals over the chosen rows, now and later."""
        return tally(subject.at, self._stretches(subject))

    def holds(self, totals: Totals) -> bool:
        """Whether the totals are as asked."""
        return all(target.holds(totals) for target in self.targets)

    def _stretches(self, subject: Subject) -> Iterator[Stretch]:
        zone = subject.shop.zone
        for counted in subject.orders:
            if all(test(counted.order) for test in self.order_tests):
                yield from self._by_line(counted, zone) if self.by_line else self._by_order(counted, zone)

    def _by_order(self, counted: CountedOrder, zone: ZoneInfo) -> Iterator[Stretch]:
        windows = self._windows(counted, zone)
        if not windows:
            return
        for since, until, amount in spending(counted):
            if self.amount is None or self.amount(amount):
                totals = Totals(1, NOTHING if amount is None else amount)
                yield from _clipped(windows, (since, until), totals)

    def _by_line(self, counted: CountedOrder, zone: ZoneInfo) -> Iterator[Stretch]:
        chosen = [line for line in counted.order.lines if all(test(line) for test in self.line_tests)]
        if chosen:
            totals = Totals(1, NOTHING, sum(line.quantity for line in chosen))
            yield from _clipped(self._windows(counted, zone), (counted.start, counted.end), totals)

    def _windows(self, counted: CountedOrder, zone: ZoneInfo) -> Sequence[Window]:
        return ALWAYS if self.date is None else self.date.windows(counted.order.created_at, zone)


FUNCTIONS: Final[dict[str, dict[str, Source]]] = {
    "orders_placed": ORDERS_PLACED,
    "products_purchased": PRODUCTS_PURCHASED,
}

_AT_LEAST_ONE_ROW: Final = target(lambda totals: totals.orders, "orders", ">=", (ast.Number(Decimal(1)),))


def compile_choice(node: ast.Matches) -> Choice:
    """The parameters of a MATCHES, ready to be asked. Raises KeyError and TypeError for what is not in the table."""
    sources = FUNCTIONS[node.function]
    order_tests: list[Test] = []
    line_tests: list[Test] = []
    targets: list[Target] = []
    date: DateCondition | None = None
    amount: Test | None = None
    for parameter in node.parameters:
        match sources[parameter.name]:
            case OrderDate():
                date = date_condition(parameter.operator, parameter.values)
            case OrderAmount():
                amount = value_test(parameter.operator, parameter.values)
            case OfOrder(read):
                order_tests.append(_on(read, value_test(parameter.operator, parameter.values)))
            case OfLine(read):
                line_tests.append(_on(read, value_test(parameter.operator, parameter.values)))
            case LineElements(read):
                line_tests.append(_on(read, element_test(parameter.operator, parameter.values, str.casefold)))
            case OfTotals(read, unit):
                targets.append(target(read, unit, parameter.operator, parameter.values))
    return Choice(
        sources is PRODUCTS_PURCHASED, order_tests, line_tests, date, amount, targets or (_AT_LEAST_ONE_ROW,)
    )


def _on(read: Callable[[Any], Any], test: Test) -> Test:
    return lambda row: test(read(row))


def _clipped(windows: Sequence[Window], within: Window, totals: Totals) -> Iterator[Stretch]:
    for start, end in windows:
        start, end = max(start, within[0]), min(end, within[1])
        if start < end:
            yield Stretch(start, end, totals)
