"""`MATCHES` over what a customer has several of besides orders: events, refunds and accounts of store credit.

One table from a function's parameters to what they look at in one thing. Texts and numbers choose things, dates
choose when a thing is in, totals are then compared, as with orders. To add a parameter, add its row to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, NamedTuple

from segment_core.calendar import BEGINNING, NEVER, day_start
from segment_core.evaluator.conditions import (
    DateCondition,
    Test,
    any_test,
    date_condition,
    element_test,
    every,
    on,
    value_test,
)
from segment_core.evaluator.rows import NOTHING, Stretch, Totals, tally
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target, Unit, target
from segment_core.evaluator.timeline import Course, Window
from segment_core.language import ast


class Value(NamedTuple):
    """A text or a number of a thing."""

    read: Callable[[Any], str | Decimal | None]


class Elements(NamedTuple):
    """A list of a thing; whole elements are looked for, whatever their case."""

    read: Callable[[Any], Collection[str]]


class Listed(NamedTuple):
    """Values of a thing, of which one is to be as asked."""

    read: Callable[[Any], Collection[Any]]


class When(NamedTuple):
    """A date of a thing; of one that `happened` nothing is known before it comes."""

    read: Callable[[Any], datetime | date | None]
    happened: bool = False


class Count(NamedTuple):
    """How many things are chosen."""


class Amount(NamedTuple):
    """What the chosen things come to, in the shop's currency."""


Source = Value | Elements | Listed | When | Count | Amount


class Things(NamedTuple):
    """What a function asks about: the things, since and until when each is there, and its parameters.

    `amount` is what a thing adds to sums of money.
    """

    rows: Callable[[Subject], Iterable[Any]]
    start: Callable[[Any], datetime]
    unit: Unit
    sources: Mapping[str, Source]
    end: Callable[[Any], datetime] = lambda thing: NEVER
    amount: Callable[[Any], Decimal | None] = lambda thing: None


CREDIT_ACCOUNTS: Final = Things(
    rows=lambda subject: subject.customer.store_credit_accounts,
    start=lambda account: BEGINNING,
    unit="accounts",
    sources={
        "balance": Value(attrgetter("balance")),
        "currency": Value(attrgetter("currency")),
        "next_expiry_date": When(attrgetter("next_expiry_date")),
        "last_credit_date": When(attrgetter("last_credit_date"), happened=True),
    },
)


@dataclass(frozen=True, slots=True)
class ChosenThings:
    """The compiled parameters of one MATCHES over things."""

    things: Things
    test: Test | None
    dates: Sequence[tuple[When, DateCondition]]
    targets: Sequence[Target]

    def course(self, subject: Subject) -> Course[Totals]:
        """The totals over the chosen things, now and later."""
        return tally(subject.at, self._stretches(subject))

    def holds(self, totals: Totals) -> bool:
        """Whether the totals are as asked."""
        return all(target.holds(totals) for target in self.targets)

    def _stretches(self, subject: Subject) -> Iterator[Stretch]:
        for thing in self.things.rows(subject):
            if self.test is None or self.test(thing):
                windows: Iterable[Window] = ((self.things.start(thing), self.things.end(thing)),)
                for when, condition in self.dates:
                    windows = _both(windows, _windows(when, condition, thing, subject))
                for start, end in windows:
                    if end > subject.at:
                        yield Stretch(start, end, self.things.amount(thing) or NOTHING, 0)


def _windows(when: When, condition: DateCondition, thing: object, subject: Subject) -> Iterable[Window]:
    fact, zone = when.read(thing), subject.shop.zone
    windows = condition.windows(fact, zone)
    if fact is None or not when.happened:
        return windows
    known = fact if isinstance(fact, datetime) else day_start(fact, zone)
    return [*_both(condition.windows(None, zone), ((BEGINNING, known),)), *_both(windows, ((known, NEVER),))]


def _both(some: Iterable[Window], others: Iterable[Window]) -> list[Window]:
    """The instants that lie in one window of each."""
    others = tuple(others)
    return [
        (max(start, other_start), min(end, other_end))
        for start, end in some
        for other_start, other_end in others
        if max(start, other_start) < min(end, other_end)
    ]


def at_least_one(unit: Unit) -> Target:
    """What is asked of the totals where nothing is: that something is left."""
    return target(lambda totals: totals.orders, unit, ">=", (ast.Number(Decimal(1)),))


def compile_things(things: Things, node: ast.Matches) -> ChosenThings:
    """The parameters of a MATCHES, ready to be asked. Raises KeyError and TypeError for what is not in the table."""
    tests: list[Test] = []
    dates: list[tuple[When, DateCondition]] = []
    targets: list[Target] = []
    for parameter in node.parameters:
        operator, values = parameter.operator, parameter.values
        source = things.sources[parameter.name]
        match source:
            case Value(read):
                tests.append(on(read, value_test(operator, values)))
            case Elements(read):
                tests.append(on(read, element_test(operator, values, str.casefold)))
            case Listed(read):
                tests.append(on(read, any_test(operator, values)))
            case When():
                dates.append((source, date_condition(operator, values)))
            case Count():
                targets.append(target(lambda totals: totals.orders, things.unit, operator, values))
            case Amount():
                targets.append(target(lambda totals: totals.amount, "money", operator, values))
    return ChosenThings(things, every(tests), dates, targets or (at_least_one(things.unit),))
