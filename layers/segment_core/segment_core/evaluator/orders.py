"""`MATCHES` over orders and their lines: which rows are chosen, and what must hold for their totals.

One table from a function's parameters to what they look at. Parameters of orders and lines choose rows, dates and
amounts choose when a row is in, totals are then compared, even over no rows; without a condition on totals at
least one row must be left. To add a parameter, add its row to ORDERS_PLACED or PRODUCTS_PURCHASED.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from segment_core.evaluator.conditions import (
    ALWAYS,
    DateCondition,
    Test,
    date_condition,
    element_test,
    every,
    on,
    value_test,
)
from segment_core.evaluator.rows import NOTHING, Stretch, Totals, tally
from segment_core.evaluator.subject import CountedOrder, Subject
from segment_core.evaluator.targets import Target, Unit, target
from segment_core.evaluator.timeline import Course
from segment_core.facts.customer import Order, OrderLine
from segment_core.language import ast


class OrderDate(NamedTuple):
    """The order's creation, compared by its date in the shop's zone."""


class OrderAmount(NamedTuple):
    """What was paid and kept of the order, in the shop's currency."""


class OfOrder(NamedTuple):
    """Something of the order that time does not change."""

    read: Callable[[Order], str | None]


class OrderCurrency(NamedTuple):
    """The order's currency; the shop's, if the order has none."""


class OrderElements(NamedTuple):
    """A list on the order; whole elements are looked for, whatever their case."""

    read: Callable[[Order], Collection[str]]


class OfLine(NamedTuple):
    """Something of an order line."""

    read: Callable[[OrderLine], str | int | None]


class LineElements(NamedTuple):
    """A list on an order line; whole elements are looked for, whatever their case."""

    read: Callable[[OrderLine], Collection[str]]


class OfTotals(NamedTuple):
    """A total over the chosen rows; `unit` is what it counts, `money` stands for the shop's currency."""

    read: Callable[[Totals], Decimal | int]
    unit: Unit


Source = OrderDate | OrderAmount | OfOrder | OrderCurrency | OrderElements | OfLine | LineElements | OfTotals
Sources = Mapping[str, Source]

ORDERS_PLACED: Final[Sources] = {
    "date": OrderDate(),
    "amount": OrderAmount(),
    "location_id": OfOrder(lambda order: order.location_id),
    "app_id": OfOrder(lambda order: order.app_id),
    "channel": OfOrder(lambda order: order.channel),
    "currency": OrderCurrency(),
    "discount_code": OrderElements(lambda order: order.discount_codes),
    "tag": OrderElements(lambda order: order.tags),
    "count": OfTotals(lambda totals: totals.orders, "orders"),
    "sum_amount": OfTotals(lambda totals: totals.amount, "money"),
}
PRODUCTS_PURCHASED: Final[Sources] = {
    "date": OrderDate(),
    "id": OfLine(lambda line: line.product_id),
    "tag": LineElements(lambda line: line.tags),
    "category": OfLine(lambda line: line.category),
    "variant_id": OfLine(lambda line: line.variant_id),
    "sku": OfLine(lambda line: line.sku),
    "vendor": OfLine(lambda line: line.vendor),
    "product_type": OfLine(lambda line: line.product_type),
    "quantity": OfLine(lambda line: line.quantity),
    "count": OfTotals(lambda totals: totals.orders, "orders"),
    "sum_quantity": OfTotals(lambda totals: totals.units, "units"),
    "distinct_products": OfTotals(lambda totals: totals.products, "products"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The compiled parameters of one MATCHES. A row is an order or, `by_line`, an order line."""

    by_line: bool
    order_test: Test | None
    line_test: Test | None
    date: DateCondition | None
    amount: Test | None
    currency: Test | None
    targets: Sequence[Target]

    def course(self, subject: Subject) -> Course[Totals]:
        """The totals over the chosen rows, now and later."""
        return tally(subject.at, self._stretches(subject))

    def holds(self, totals: Totals) -> bool:
        """Whether the totals are as asked."""
        return all(target.holds(totals) for target in self.targets)

    def _stretches(self, subject: Subject) -> Iterator[Stretch]:
        at, zone = subject.at, subject.shop.zone
        for counted in subject.orders:
            order, start, end, _ = counted
            if self.order_test is not None and not self.order_test(order):
                continue
            if self.currency is not None and not self.currency(order.currency or subject.shop.currency):
                continue
            windows = ALWAYS if self.date is None else self.date.windows(order.created_at, zone)
            for opened, closed in windows:
                if opened < start:
                    opened = start
                if closed > end:
                    closed = end
                if closed > at and closed > opened:
                    yield from self._rows(counted, opened, closed)

    def _rows(self, counted: CountedOrder, opened: datetime, closed: datetime) -> Iterator[Stretch]:
        """The stretches of one order within `[opened, closed)`."""
        if self.by_line:
            chosen = [line for line in counted.order.lines if self.line_test is None or self.line_test(line)]
            if chosen:
                units = sum(line.quantity for line in chosen)
                products = {line.product_id for line in chosen if line.product_id is not None}
                yield Stretch(opened, closed, NOTHING, units, products)
            return
        for since, until, amount in counted.parts(opened, closed):
            if self.amount is None or self.amount(amount):
                yield Stretch(since, until, NOTHING if amount is None else amount, 0)


_AT_LEAST_ONE_ROW: Final = target(lambda totals: totals.orders, "orders", ">=", (ast.Number(Decimal(1)),))


def compile_orders(sources: Sources, node: ast.Matches) -> Choice:
    """The parameters of a MATCHES, ready to be asked. Raises KeyError and TypeError for what is not in the table."""
    order_tests: list[Test] = []
    line_tests: list[Test] = []
    targets: list[Target] = []
    date: DateCondition | None = None
    amount: Test | None = None
    currency: Test | None = None
    for parameter in node.parameters:
        match sources[parameter.name]:
            case OrderDate():
                date = date_condition(parameter.operator, parameter.values)
            case OrderAmount():
                amount = value_test(parameter.operator, parameter.values)
            case OfOrder(read):
                order_tests.append(on(read, value_test(parameter.operator, parameter.values)))
            case OrderCurrency():
                currency = value_test(parameter.operator, parameter.values)
            case OrderElements(read):
                order_tests.append(on(read, element_test(parameter.operator, parameter.values, str.casefold)))
            case OfLine(read):
                line_tests.append(on(read, value_test(parameter.operator, parameter.values)))
            case LineElements(read):
                line_tests.append(on(read, element_test(parameter.operator, parameter.values, str.casefold)))
            case OfTotals(read, unit):
                targets.append(target(read, unit, parameter.operator, parameter.values))
    return Choice(
        by_line=sources is PRODUCTS_PURCHASED,
        order_test=every(order_tests),
        line_test=every(line_tests),
        date=date,
        amount=amount,
        currency=currency,
        targets=targets or (_AT_LEAST_ONE_ROW,),
    )
