"""Who enters and leaves a segment by time alone, day by day, if nothing else happens.

Every customer is asked for all flips of the period, members and others alike: who is out may age into a segment. It is
what the sweep would do, instant by instant, if the clock ran and no store said a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from segment_core.calendar import local_date
from segment_core.evaluator import Flip
from segment_core.facts.customer import Customer
from segment_core.membership.budget import SecondsLeft
from segment_core.record import record
from segment_core.segments import asking, population
from segment_core.segments.asking import Question
from segment_core.segments.estimates import Count, Scope
from segment_core.store.tables import Tables

MOST_DAYS = 365


@record
class Day:
    """A date of the shop: how many enter and leave on it, and how many are in when it ends."""

    date: date
    entered: Count
    left: Count
    size: Count


@record
class Forecast:
    """The days from the one of `as_of` on; the last one ends with the period."""

    segment_id: str
    definition_id: str
    as_of: datetime
    until: datetime
    scope: Scope
    size: Count
    days: list[Day]


def forecast(
    tables: Tables,
    shop: str,
    segment: str,
    at: datetime,
    days: int,
    seconds_left: SecondsLeft,
    most: int = population.MOST_READ,
) -> Forecast:
    """The next `days` times 24 hours of a segment. Raises as `asking.of_segment` does."""
    question, definition = asking.of_segment(tables, shop, segment)
    until = at + timedelta(days=days)
    seen = population.Look(tables, shop, seconds_left, most)
    size, moves = run(question, seen, at, until)
    return Forecast(
        segment_id=segment,
        definition_id=definition.id,
        as_of=at,
        until=until,
        scope=seen.scope,
        size=seen.scope.count(size),
        days=list(by_day(question.shop.zone, moves, size, at, until, seen.scope)),
    )


def run(question: Question, customers: Iterable[Customer], at: datetime, until: datetime) -> tuple[int, list[Flip]]:
    """How many of those customers are in at `at`, and all their flips after it and before `until`."""
    size, moves = 0, []
    for customer in customers:
        size += question.rule.evaluate(customer, question.shop, at).member
        moves += [flip for flip in question.rule.timeline(customer, question.shop, at, until) if flip.at > at]
    return size, moves


def by_day(
    zone: ZoneInfo, moves: Iterable[Flip], size: int, at: datetime, until: datetime, scope: Scope
) -> Iterator[Day]:
    """The moves by the date on which they happen, with the size that each date ends with."""
    moved = Counter((local_date(flip.at, zone), flip.member) for flip in moves)
    day, last = local_date(at, zone), local_date(until - timedelta(microseconds=1), zone)
    while day <= last:
        entered, left = moved[day, True], moved[day, False]
        size += entered - left
        yield Day(day, scope.count(entered), scope.count(left), scope.count(size))
        day += timedelta(days=1)
