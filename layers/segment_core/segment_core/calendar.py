"""The one place where (instant, zone, date expression) become instants.

The local date of an instant is the latest date that had begun by then, so dates never run backwards, whatever
the clocks do. A date begins at its first existing instant: the transition itself where midnight is missing,
the first midnight where it comes twice, together with its successor where the whole date was skipped.
Arithmetic stops at the ends of what `date` can hold instead of failing.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from segment_core.language.ast import DateExpression, Day, DayExpression, Moment, Named, Offset
from segment_core.record import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before every fact."""
NEVER = datetime.max.replace(tzinfo=UTC)
"""After every fact; an answer that holds until then never changes."""

TICK = timedelta(microseconds=1)
"""The shortest time there is between two instants."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NAMED = {"today": Offset(0, "d"), "yesterday": Offset(-1, "d")}
_DAYS_IN_UNIT = {"d": 1, "w": 7}
_MONTHS_IN_UNIT = {"m": 1, "y": 12}
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@record
class Passing:
    """When a date expression, moving with time, arrives at a fact and leaves it behind.

    From `reached` on the fact is not after the expression, from `passed` on it is before it. For an expression
    that stands still both are BEGINNING or NEVER.
    """

    reached: datetime
    passed: datetime


@lru_cache(maxsize=16_384)
def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The date in `zone` at the instant `at`: the latest one that had begun."""
    try:
        day = at.astimezone(zone).date()
    except OverflowError:
        return date.max if at.year == date.max.year else date.min
    # Clocks set back over midnight show a date whose successor has begun already.
    while day < date.max and day_start(day + _DAY, zone) <= at:
        day += _DAY
    return day


@lru_cache(maxsize=65_536)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, UTC."""
    if day == date.min:
        return BEGINNING
    return _first_instant(datetime(day.year, day.month, day.day), zone)


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after `day` in `zone`, UTC; NEVER for the last date there is."""
    return NEVER if day == date.max else day_start(day + _DAY, zone)


def span(expression: DateExpression, today: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What the expression means on the local date `today`, as instants `[start, end)`: a day, or one second."""
    if isinstance(expression, Moment):
        start = _first_instant(expression.local, zone)
        return start, start + _SECOND if start < NEVER - _SECOND else NEVER
    day = resolve(expression, today)
    return day_start(day, zone), day_end(day, zone)


def resolve(expression: Day | Offset | Named, today: date) -> date:
    """The date that the expression means on the local date `today`.

    Months and years keep the day of the month, cut to the month's length.
    """
    if isinstance(expression, Day):
        return expression.date
    offset = _offset(expression)
    if offset.unit in _DAYS_IN_UNIT:
        ordinal = today.toordinal() + offset.count * _DAYS_IN_UNIT[offset.unit]
        return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))
    year, month = _month(today, offset.count * _MONTHS_IN_UNIT[offset.unit])
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month, min(today.day, month_length(year, month)))


def first_day_reaching(expression: Offset | Named, day: date) -> date | None:
    """The first local date on which the expression means `day` or a later date; None if none does.

    The first on which it means a date after `day` is the one that reaches `day`'s successor.
    """
    if day == date.min:
        return date.min
    offset = _offset(expression)
    if offset.unit in _DAYS_IN_UNIT:
        ordinal = day.toordinal() - offset.count * _DAYS_IN_UNIT[offset.unit]
        return None if ordinal > date.max.toordinal() else date.fromordinal(max(ordinal, 1))
    year, month = _month(day, -offset.count * _MONTHS_IN_UNIT[offset.unit])
    if date.min.year <= year <= date.max.year and day.day > month_length(year, month):
        # All of this shorter month falls before `day`, even its last date.
        year, month, first = *_month(date(year, month, 1), 1), 1
    else:
        first = day.day
    if year > date.max.year:
        return None
    return date.min if year < date.min.year else date(year, month, first)


def covers_a_year(low: DayExpression, high: DayExpression) -> bool:
    """Whether on every date all days of the year come round from `low` to `high`, both included: 29 February too.

    No, where they are counted in different units and so their distance depends on the date.
    """
    if isinstance(low, Day) or isinstance(high, Day):
        return False
    ends = (_offset(low), _offset(high))
    return any(
        all(end.unit in units or end.count == 0 for end in ends)
        and ends[1].count * units.get(ends[1].unit, 0) - ends[0].count * units.get(ends[0].unit, 0) >= year
        for units, year in ((_MONTHS_IN_UNIT, 12), (_DAYS_IN_UNIT, 365))
    )


def passing(expression: DateExpression, fact: datetime | date, zone: ZoneInfo) -> Passing:
    """When the expression reaches and passes the instant, or the date in `zone`, that is `fact`, as time goes by."""
    if isinstance(expression, Moment):
        start, end = span(expression, date.min, zone)
        instant = fact if isinstance(fact, datetime) else day_start(fact, zone)
        return Passing(_always(instant < end), _always(instant < start))
    day = local_date(fact, zone) if isinstance(fact, datetime) else fact
    if isinstance(expression, Day):
        return Passing(_always(expression.date >= day), _always(expression.date > day))
    reached = first_day_reaching(expression, day)
    passed = None if day == date.max else first_day_reaching(expression, day + _DAY)
    return Passing(
        NEVER if reached is None else day_start(reached, zone),
        NEVER if passed is None else day_start(passed, zone),
    )


def month_length(year: int, month: int) -> int:
    """How many days the month has."""
    return 29 if month == 2 and is_leap(year) else _MONTH_LENGTHS[month - 1]


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _always(holds: bool) -> datetime:
    return BEGINNING if holds else NEVER


def _offset(expression: Offset | Named) -> Offset:
    return expression if isinstance(expression, Offset) else _NAMED[expression.name]


def _month(day: date, months: int) -> tuple[int, int]:
    """The year, which may be out of range, and the month that lie `months` after the one of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _first_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks of `zone` show `local` or, where it is skipped, a later time."""
    try:
        instant = local.replace(tzinfo=zone).astimezone(UTC)
        if _wall_clock(instant, zone) == local:
            return instant
        # Skipped: read with the offsets before and after, it lies on either side of the transition.
        early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        return NEVER if local.year == date.max.year else BEGINNING
    seconds = range(int((instant - early).total_seconds()) + 1)
    return early + _SECOND * bisect_left(
        seconds, True, key=lambda second: _wall_clock(early + _SECOND * second, zone) >= local
    )


def _wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
