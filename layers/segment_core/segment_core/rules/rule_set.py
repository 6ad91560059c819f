"""All definitions of a shop, compiled together: one bitmap of rows, from which every column takes those it refutes.

Most of a customer is looked up once for all definitions, and what is left of the rows is folded into the definitions'
slots. Time is followed from one instant to the next at which any row's fate changes, until a definition's answer does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from segment_core.calendar import NEVER, local_date
from segment_core.errors import InvalidQuery
from segment_core.evaluator.rule import Rule, compile_query
from segment_core.evaluator.subject import Subject
from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.rules.ages import BEYOND, EARLIEST, LATEST
from segment_core.rules.aging import Kept
from segment_core.rules.changes import FAR, Now, first_day, first_instant
from segment_core.rules.columns import ClauseColumn, Column
from segment_core.rules.dates import DateColumn
from segment_core.rules.formula import Formula, Row, TooManyRowsError, rows
from segment_core.rules.layout import Layout
from segment_core.rules.ordinals import midnight
from segment_core.rules.program import Program
from segment_core.rules.reading import AnyColumn, Reading
from segment_core.rules.views import DayClass, Moving, View, following
from segment_core.shop import Shop

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DATES_KEPT: Final = 4
"""Local dates of which it is kept how old days are on them."""

Looking = Callable[[Subject, Sequence[View], list[Moving]], tuple[int, int, list[object], list[DayClass]]]
"""The rows that are refuted whatever the day, and by dates; those dates, and their classes."""

_OF_DATES: Final = "view", "fact", "seen"

_FIRST_YEAR, _LAST_YEAR = EARLIEST.year, LATEST.year


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
        self._dates = [column for column in columns if isinstance(column, DateColumn)]
        self._looked_up = _looking([column for column in columns if isinstance(column, Column)], self._dates)
        self._clauses = [column for column in columns if isinstance(column, ClauseColumn)]
        for clause in self._clauses:
            clause.settle()
        self._views: dict[tuple[date, ZoneInfo], list[View]] = {}
        self._kept = Kept()
        self._last_views: tuple[datetime | None, ZoneInfo | None, list[View] | None] = None, None, None

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
        subject, views = Subject(customer, shop, at), self._seen_at(at, shop.zone)
        if views is None:
            return self._plainly(customer, shop, at).bits
        coming: list[Moving] = []
        still, refuted, _, _ = self._looked_up(subject, views, coming)
        refuted |= still
        for those, _ in coming:
            refuted |= those
        every = self._layout.every
        for clause in self._clauses:
            # Nobody waits for an answer that can spare no row.
            if clause.rows & ~refuted:
                refuted |= clause.refuted(subject)
        return self._layout.fold(every ^ refuted)

    def answer(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """`members`, and the first instant at which time alone changes them.

        As with a single rule, a search that takes too many steps is broken off, and so is one that comes to the year
        9000: then it is the instant at which to look again. It is never late, but for what `changes.FAR` says.
        """
        subject, views = Subject(customer, shop, at), self._seen_at(at, shop.zone)
        if views is None:
            return self._plainly(customer, shop, at)
        coming: list[Moving] = []
        still, refuted, facts, classes = self._looked_up(subject, views, coming)
        live = self._layout.every ^ still
        for clause in self._clauses:
            # Nobody waits for an answer that can spare no row.
            if clause.rows & live:
                course = clause.course(subject)
                if course.later:
                    coming.append(course)
                else:
                    live &= ~course.now
        for those, _ in coming:
            refuted |= those
        bits = self._layout.fold(live & ~refuted)
        now = Now(self._layout, live, refuted, bits, facts, views, classes)
        until = self._until(now, coming, subject)
        return Answer(bits, None if until is None else min(until, FAR))

    def _until(self, now: Now, coming: list[Moving], subject: Subject) -> datetime | None:
        """When what is coming, or the dates as they get older, make the members others for the first time."""
        if not coming and (day := first_day(now)) is not None:
            if day >= BEYOND:
                return None
            if (start := midnight(day, subject.shop.zone)) is not None:
                return start
        each = zip(self._dates, now.facts, strict=True)
        followed = (moving for column, fact in each for moving in following(fact, column, subject, now.live))
        return first_instant(now, [*coming, *followed])

    def rule(self, slot: int) -> Rule | None:
        """The definition in the slot alone, compiled when it is first asked for; None if it cannot be evaluated."""
        if slot not in self._rules and slot in self.definitions and slot not in self.refused:
            self._rules[slot] = compile_query(self.definitions[slot])
        return self._rules.get(slot)

    def _seen_at(self, at: datetime, zone: ZoneInfo) -> list[View] | None:
        """How dates are seen at an instant; None where they cannot be, since the calendar's end may matter."""
        # Customers of one batch, build or sweep are asked about at one instant.
        last, last_zone, views = self._last_views
        if at is not last or zone is not last_zone:
            views = self._seen_on(local_date(at, zone), zone) if _FIRST_YEAR <= at.year < _LAST_YEAR else None
            self._last_views = at, zone, views
        return views

    def _seen_on(self, today: date, zone: ZoneInfo) -> list[View]:
        views = self._views.get((today, zone))
        if views is None:
            if len(self._views) >= _DATES_KEPT:
                self._views.clear()
                self._kept = Kept()
            views = [View(column, today, zone, self._kept) for column in self._dates]
            self._views[today, zone] = views
        return views

    def _plainly(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """The answer of the single rules."""
        bits, until = 0, NEVER
        for slot in self.definitions:
            if (rule := self.rule(slot)) is not None:
                verdict = rule.evaluate(customer, shop, at)
                bits |= verdict.member << slot
                until = min(until, verdict.until or NEVER)
        return Answer(bits, until if until < NEVER else None)


def _looking(columns: Sequence[Column], dates: Sequence[DateColumn]) -> Looking:
    """Looks all columns up, of a subject and the views of the dates.

    What time changes, dates aside, is appended to `coming`.
    """
    views, facts, classes = (", ".join(f"{one}{number}" for number in range(len(dates))) for one in _OF_DATES)
    program = Program("subject", "views", "coming")
    program.add("refuted = dated = 0")
    program.add(f"[{views}] = views")
    for column in columns:
        column.settle(program)
    for number, date_column in enumerate(dates):
        date_column.settle(program, number)
    program.add(f"return refuted, dated, [{facts}], [{classes}]")
    return program.compiled()


def _rows(formulas: dict[int, Formula], queries: Mapping[int, ast.Query], reading: Reading) -> dict[int, list[Row]]:
    found = {}
    for slot in [*formulas]:
        try:
            # What has been taken apart is not kept: of many definitions it would be as much as all tables.
            found[slot] = rows(formulas.pop(slot))
        except TooManyRowsError:
            found[slot] = rows(reading.asked(queries[slot]))
    return found
