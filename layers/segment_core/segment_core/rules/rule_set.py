"""All definitions of a shop, compiled together: one bitmap of rows, from which every column takes those it refutes.

Most of a customer is looked up once for all definitions, and what is left of the rows is folded into the definitions'
slots. Time is followed from one instant to the next at which any row's fate changes, until a definition's answer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from heapq import heapify, heappop, heapreplace
from operator import or_
from typing import TYPE_CHECKING, Final, NamedTuple

from segment_core.calendar import NEVER, day_start, local_date
from segment_core.errors import InvalidQuery
from segment_core.evaluator.rule import Rule, compile_query
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course
from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.rules.ages import BEYOND, EARLIEST, LATEST
from segment_core.rules.columns import BROKEN_OFF, ClauseColumn, CourseColumn, Still
from segment_core.rules.dates import DateColumn, Day
from segment_core.rules.formula import Formula, Row, TooManyRowsError, rows
from segment_core.rules.layout import Layout
from segment_core.rules.reading import AnyColumn, Reading
from segment_core.rules.views import Aging, DayClass, Moving, View, following, start_of
from segment_core.shop import Shop

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_VIEWS_KEPT: Final = 4

_MANY: Final = 2_000
"""So many definitions that one of them mostly changes at the next midnight, which is looked at first."""

_DAY: Final = timedelta(days=1)

_FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Until when time is followed by the scales of age, which do not know the end of the calendar: then it is time to
look again, which the evaluator does alone. Only what contradicts itself until offsets end with the calendar, as
`BETWEEN +86d AND +7d` does, is not looked at again.
"""

_FAR_DAY: Final = _FAR.toordinal()


class Answer(NamedTuple):
    """What all definitions say at one instant: the bits of those that hold, and when the first answer changes.

    `until` is UTC; None means that time alone changes none of them.
    """

    bits: int
    until: datetime | None


class RuleSet:
    """Definitions by their slots, ready to be asked about any number of customers.

    `refused` are those that cannot be evaluated, with why: they have no bit, and the others go on.
    """

    def __init__(self, definitions: Mapping[int, ast.Query]) -> None:
        self.definitions = definitions
        self.refused: dict[int, InvalidQuery] = {}
        self._rules: dict[int, Rule] = {}
        columns = self._columns()
        for column in columns:
            column.settle()
        self._still = [column for column in columns if isinstance(column, Still)]
        self._dates = [column for column in columns if isinstance(column, DateColumn)]
        self._moving = [column for column in columns if isinstance(column, CourseColumn)]
        self._clauses = [column for column in columns if isinstance(column, ClauseColumn)]
        self._views: dict[tuple[date, ZoneInfo], list[View]] = {}

    def _columns(self) -> list[AnyColumn]:
        reading = Reading()
        self._place(_rows(self._read(reading), self.definitions, reading))
        return [*reading.columns.values()]

    def _read(self, reading: Reading) -> dict[int, Formula]:
        formulas = {}
        for slot, query in self.definitions.items():
            try:
                formulas[slot] = reading.formula(query)
            except InvalidQuery as error:
                self.refused[slot] = error
        return formulas

    def _place(self, found: dict[int, list[Row]]) -> None:
        self._layout = Layout({slot: len(alternatives) for slot, alternatives in found.items() if alternatives})
        for slot in [*found]:
            for place, row in zip(self._layout.places(slot), found.pop(slot), strict=True):
                for variable, refuting in row.items():
                    variable.demand(refuting, place)
        self._layout.settle()

    def members(self, customer: Customer, shop: Shop, at: datetime) -> int:
        """The bits of the definitions that the customer is in at `at`. Raises ValueError for one without an offset."""
        if not _in_calendar(at):
            return self._plainly(customer, shop, at).bits
        subject = Subject(customer, shop, at)
        refuted, coming = self._looked_up(subject)
        for now, _ in coming:
            refuted |= now
        for view in self._seen_on(local_date(at, shop.zone), shop.zone):
            fact = view.read(subject)
            refuted |= view.seen(fact.now if isinstance(fact, Course) else fact).refuted
        every = self._layout.every
        for clause in self._clauses:
            # Nobody waits for an answer that can spare no row.
            if clause.rows & ~refuted:
                refuted |= clause.refuted(subject)
        return self._layout.fold(every ^ refuted)

    def answer(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """`members`, and the first instant at which time alone changes them.

        As with a single rule, a search that takes too many steps is broken off, and so is one that comes to the year
        9000: then it is the instant at which to look again. It is never late.
        """
        if not _in_calendar(at):
            return self._plainly(customer, shop, at)
        subject, zone = Subject(customer, shop, at), shop.zone
        refuted, coming = self._looked_up(subject)
        live = self._layout.every ^ refuted
        for clause in self._clauses:
            # Nobody waits for an answer that can spare no row.
            if clause.rows & live:
                course = clause.course(subject)
                if course.later:
                    coming.append(course)
                else:
                    live &= ~course.now
        today = local_date(at, zone)
        now, dates = reduce(or_, [refuted for refuted, _ in coming], 0), []
        for view in self._seen_on(today, zone):
            if view.rows & live:
                fact = view.read(subject)
                if isinstance(fact, Course):
                    if fact.later:
                        seen = view.seen(fact.now)
                        coming += following(fact, seen, subject, live)
                        now |= seen.refuted
                        continue
                    fact = fact.now
                seen = view.seen(fact)
                now |= seen.refuted
                dates.append((view, fact, seen))
        bits = self._layout.fold(live & ~now)
        if coming:
            coming += [moving for _, fact, seen in dates for moving in following(Course(fact), seen, subject, live)]
            until = self._until(bits, _changes(coming, live), live)
        else:
            until = self._midnight(bits, dates, today, subject, live)
        return Answer(bits, None if until is None else min(until, _FAR))

    def _midnight(
        self, bits: int, dates: Sequence[tuple[View, Day, DayClass]], today: date, subject: Subject, live: int
    ) -> datetime | None:
        """The midnight at which the members are others, if none of the dates is followed by another one."""
        zone = subject.shop.zone
        if len(self.definitions) >= _MANY:
            midnight = day_start(today + _DAY, zone)
            tomorrow = self._seen_on(local_date(midnight, zone), zone)
            refuted = reduce(or_, [tomorrow[view.number].seen(fact).refuted for view, fact, _ in dates], 0)
            if self._layout.fold(live & ~refuted) != bits:
                return midnight
        # Days, being whole numbers, are quicker to compare than instants.
        day = self._day(bits, dates, zone, live)
        if day is not None and start_of(day, zone) == start_of(day + 1, zone):
            # The zone skipped that date, which begins together with the next one: there is no such midnight.
            instants = [moving for _, fact, seen in dates for moving in following(Course(fact), seen, subject, live)]
            return self._until(bits, _changes(instants, live), live)
        return None if day is None else start_of(day, zone)

    def _day(self, bits: int, dates: Sequence[tuple[View, Day, DayClass]], zone: ZoneInfo, live: int) -> int | None:
        """The ordinal of the first day on which the members are others."""
        rest, aging = 0, []
        for view, fact, seen in dates:
            if fact is not None and view.moving & live:
                aging.append(Aging(fact, seen, zone, live))
            else:
                rest |= seen.refuted
        last = reduce(or_, [one.refuted for one in aging], rest)
        while (day := min([one.when for one in aging], default=BEYOND)) < BEYOND:
            if day >= _FAR_DAY:
                return day
            for one in aging:
                if one.when == day:
                    one.advance()
            refuted = reduce(or_, [one.refuted for one in aging], rest)
            if (refuted ^ last) & live and self._layout.fold(live & ~refuted) != bits:
                return day
            last = refuted
        return None

    def _looked_up(self, subject: Subject) -> tuple[int, list[Moving]]:
        """The rows that are refuted by what time does not change, and what single values that it does change refute."""
        refuted = 0
        coming: list[Moving] = []
        for column in self._still:
            refuted |= column.refuted(subject)
        for moving in self._moving:
            value = moving.read(subject)
            if not isinstance(value, Course):
                refuted |= moving.refuted(value)
            elif not value.later:
                refuted |= moving.refuted(value.now)
            else:
                coming.append(moving.course(value))
        return refuted, coming

    def _until(self, bits: int, coming: Iterable[tuple[datetime, int]], live: int) -> datetime | None:
        """The first of the changes at which the members are others, or at which the search has to end."""
        for when, refuted in coming:
            if refuted == BROKEN_OFF or self._layout.fold(live & ~refuted) != bits:
                return when
        return None

    def rule(self, slot: int) -> Rule | None:
        """The definition in the slot alone, compiled when it is first asked for; None if it cannot be evaluated."""
        if slot not in self._rules and slot in self.definitions and slot not in self.refused:
            self._rules[slot] = compile_query(self.definitions[slot])
        return self._rules.get(slot)

    def _seen_on(self, today: date, zone: ZoneInfo) -> list[View]:
        views = self._views.get((today, zone))
        if views is None:
            if len(self._views) >= _VIEWS_KEPT:
                self._views.clear()
            views = self._views[today, zone] = [View(*numbered, today, zone) for numbered in enumerate(self._dates)]
        return views

    def _plainly(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """The answer of the single rules, for instants at which the calendar's end may matter."""
        bits, until = 0, NEVER
        for slot in self.definitions:
            if (rule := self.rule(slot)) is not None:
                verdict = rule.evaluate(customer, shop, at)
                bits |= verdict.member << slot
                until = min(until, verdict.until or NEVER)
        return Answer(bits, until if until < NEVER else None)


def _rows(formulas: dict[int, Formula], queries: Mapping[int, ast.Query], reading: Reading) -> dict[int, list[Row]]:
    found = {}
    for slot in [*formulas]:
        try:
            # What has been taken apart is not kept: of many definitions it would be as much as all tables.
            found[slot] = rows(formulas.pop(slot))
        except TooManyRowsError:
            found[slot] = rows(reading.asked(queries[slot]))
    return found


def _changes(moving: Iterable[Moving], live: int) -> Iterator[tuple[datetime, int]]:
    """When the fate of a row changes that is `live`, with all rows that are refuted from then on."""
    now: list[int] = []
    heads: list[tuple[datetime, int, int, Iterator[tuple[datetime, int]]]] = []
    for number, (refuted, later) in enumerate(moving):
        now.append(refuted)
        coming = iter(later)
        if head := next(coming, None):
            heads.append((head[0], number, head[1], coming))
    heapify(heads)
    last = reduce(or_, now, 0)
    while heads:
        when, changed = heads[0][0], 0
        if when >= _FAR:
            yield when, BROKEN_OFF
            return
        while heads and heads[0][0] == when:
            _, number, refuted, coming = heads[0]
            if refuted == BROKEN_OFF:
                yield when, BROKEN_OFF
                return
            changed |= now[number] ^ refuted
            now[number] = refuted
            if head := next(coming, None):
                heapreplace(heads, (head[0], number, head[1], coming))
            else:
                heappop(heads)
        if changed & live:
            refuted = reduce(or_, now, 0)
            if (refuted ^ last) & live:
                yield when, refuted
            last = refuted


def _in_calendar(at: datetime) -> bool:
    return EARLIEST.year <= at.year < LATEST.year
