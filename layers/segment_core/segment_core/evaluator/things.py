"""`MATCHES` over what a customer has several of: orders, their lines, refunds, events, accounts, addresses.

One way for all of them: texts, numbers and lists choose rows, dates and amounts choose when a row is in, totals are
then compared, even over no rows; without a condition on totals at least one row must be left. What differs is a table
for each function, from its parameters to what they look at. To add a parameter, add its row there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
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
from segment_core.evaluator.timeline import Course, Window, parts, replayed
from segment_core.facts.customer import OrderLine
from segment_core.language import ast
from segment_core.language.spelling import folded
from segment_core.record import record


@record
class Value:
    """A text or a number of a row, which time does not change."""

    read: Callable[[Any], str | Decimal | int | None]


@record
class Elements:
    """A list of a row; whole elements are looked for, whatever their case."""

    read: Callable[[Any], Collection[str]]


@record
class Listed:
    """Values of a row, of which one is to be as asked."""

    read: Callable[[Any], Collection[Any]]


@record
class OfLine:
    """Something of the lines that a row is made of; those that are as asked are chosen."""

    source: Value | Elements


@record
class When:
    """A date of a row; of one that `happened` nothing is known before it comes."""

    read: Callable[[Any], datetime | date | None]
    happened: bool = False


@record
class Worth:
    """What a row comes to, in the shop's currency, as refunds fall due."""


@record
class OfTotals:
    """A total over the chosen rows; `unit` is what it counts, `money` stands for the shop's currency."""

    read: Callable[[Totals], Decimal | int]
    unit: Unit


Source = Value | Elements | Listed | OfLine | When | Worth | OfTotals

_UNKNOWN_WORTH: Final = Course[Decimal | None](None)


@record
class Things:
    """What a function asks about: the rows, since and until when each is there, and the function's parameters.

    `unit` is what there must be at least one of, `worth` what a row comes to. With `lines`, a row is in only by those
    of its lines that are chosen.
    """

    rows: Callable[[Subject], Iterable[Any]]
    unit: Unit
    sources: Mapping[str, Source]
    start: Callable[[Any], datetime] = lambda row: BEGINNING
    end: Callable[[Any], datetime] = lambda row: NEVER
    worth: Callable[[Any], Course[Decimal | None]] = lambda row: _UNKNOWN_WORTH
    lines: Callable[[Any], Sequence[OrderLine]] | None = None


@record
class Choice:
    """The compiled parameters of one MATCHES.

    Choices by the same parameters share what they find: `rows_key` is for those that choose rows, whenever they are
    in, `course_key` for those and the ones that say when.
    """

    things: Things
    test: Test | None
    line_test: Test | None
    dates: Sequence[tuple[When, DateCondition]]
    worth: Test | None
    targets: Sequence[Target]
    rows_key: object
    course_key: object

    def course(self, subject: Subject) -> Course[Totals]:
        """The totals over the chosen rows, now and later."""
        known: Course[Totals] | None = subject.derived.get(self.course_key)
        if known is None:
            known = subject.derived[self.course_key] = replayed(tally(subject.at, self._stretches(subject)))
        return known

    def holds(self, totals: Totals) -> bool:
        """Whether the totals are as asked."""
        return all(target.holds(totals) for target in self.targets)

    def _rows(self, subject: Subject) -> Sequence[_Row]:
        """The rows that are as asked whenever they are in."""
        known: Sequence[_Row] | None = subject.derived.get(self.rows_key)
        if known is None:
            known = subject.derived[self.rows_key] = [*self._chosen(self.things.rows(subject))]
        return known

    def _chosen(self, rows: Iterable[Any]) -> Iterator[_Row]:
        things, test, line_test = self.things, self.test, self.line_test
        for row in rows:
            if test is not None and not test(row):
                continue
            window, worth = (things.start(row), things.end(row)), things.worth(row)
            if things.lines is None:
                yield _Row(row, window, worth)
            elif lines := [line for line in things.lines(row) if line_test is None or line_test(line)]:
                products = {line.product_id for line in lines if line.product_id is not None}
                yield _Row(row, window, worth, sum(line.quantity for line in lines), products)

    def _stretches(self, subject: Subject) -> Iterator[Stretch]:
        at, asked = subject.at, self.worth
        for row, window, worth, units, products in self._rows(subject):
            windows: Iterable[Window] = (window,)
            for when, condition in self.dates:
                windows = _both(windows, _as_asked(when, condition, row, subject))
            for opened, closed in windows:
                if closed > at and closed > opened:
                    for since, until, amount in parts(worth, opened, closed):
                        if asked is None or asked(amount):
                            yield Stretch(since, until, NOTHING if amount is None else amount, units, products)


class _Row(NamedTuple):
    """A row, the window in which it is there, and what it adds to the totals."""

    row: Any
    window: Window
    worth: Course[Decimal | None]
    units: int = 0
    products: Collection[str] = ()


def _as_asked(when: When, condition: DateCondition, row: object, subject: Subject) -> Iterable[Window]:
    fact, zone = when.read(row), subject.shop.zone
    if fact is None or not when.happened:
        return condition.windows_after(subject.at, fact, zone)
    windows, known = condition.windows(fact, zone), fact if isinstance(fact, datetime) else day_start(fact, zone)
    return [*_both(condition.windows(None, zone), ((BEGINNING, known),)), *_both(windows, ((known, NEVER),))]


def _both(some: Iterable[Window], others: Iterable[Window]) -> list[Window]:
    """The instants that lie in one window of each; windows may be empty."""
    return [
        (start if start > other_start else other_start, end if end < other_end else other_end)
        for start, end in some
        for other_start, other_end in others
    ]


def at_least_one(unit: Unit) -> Target:
    """What is asked of the totals where nothing is: that something is left."""
    return target(lambda totals: totals.orders, unit, ">=", (ast.Number(Decimal(1)),))


def compile_things(things: Things, node: ast.Matches) -> Choice:
    """The parameters of a MATCHES, ready to be asked. Raises KeyError and TypeError for what is not in the table."""
    given = [(parameter, things.sources[parameter.name]) for parameter in node.parameters]
    timeless = tuple(one for one, source in given if isinstance(source, Value | Elements | Listed | OfLine))
    of_rows = tuple(one for one, source in given if not isinstance(source, OfTotals))
    totals = [
        target(source.read, source.unit, one.operator, one.values)
        for one, source in given
        if isinstance(source, OfTotals)
    ]
    return Choice(
        things=things,
        test=every([_test(source, one) for one, source in given if isinstance(source, Value | Elements | Listed)]),
        line_test=every([_test(source.source, one) for one, source in given if isinstance(source, OfLine)]),
        dates=[(source, date_condition(one.operator, one.values)) for one, source in given if isinstance(source, When)],
        worth=every([value_test(one.operator, one.values) for one, source in given if isinstance(source, Worth)]),
        targets=totals or (at_least_one(things.unit),),
        rows_key=key("rows", node, timeless),
        course_key=key("course", node, of_rows),
    )


def _test(source: Value | Elements | Listed, parameter: ast.Parameter) -> Test:
    operator, values = parameter.operator, parameter.values
    match source:
        case Value(read):
            return on(read, value_test(operator, values))
        case Elements(read):
            return on(read, element_test(operator, values, folded))
        case Listed(read):
            return on(read, any_test(operator, values))


def key(kind: str, node: ast.Matches, parameters: tuple[ast.Parameter, ...]) -> object:
    """What stands for the parameters of the clause among what is derived: the same object for the same ones."""
    return _key(kind, node.function, node.event, parameters)


# A syntax tree is costly to hash: once, as a clause is compiled. One that is dropped is only not shared any more.
@lru_cache(maxsize=4096)
def _key(*parts: object) -> object:
    return object()
