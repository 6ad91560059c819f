"""Schedule expressions of EventBridge, in UTC: `rate(1 minute)` and `cron(0 3 * * ? *)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from tidemark.stack.errors import TemplateError

NextAfter = Callable[[datetime], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# A cron that matches on no day of a leap cycle never does.
_LONGEST_SEARCH_DAYS = 366 * 8


def parse(expression: str, place: str) -> NextAfter:
    """A function that gives the first scheduled instant after another. Raises TemplateError."""
    if match := _RATE.fullmatch(expression):
        number, unit, plural = int(match[1]), match[2], match[3]
        # AWS refuses `rate(1 minutes)` and `rate(5 minute)`.
        if number < 1 or (number == 1) == bool(plural):
            raise TemplateError(place, f"'{expression}' is not a rate: write rate(1 minute) or rate(5 minutes)")
        return _every(_UNITS[unit] * number)
    if match := _CRON.fullmatch(expression):
        return _Cron(match.groups(), place).next_after
    raise TemplateError(place, f"the local stack does not know the schedule '{expression}'")


def _every(period: timedelta) -> NextAfter:
    """Multiples of the period since 1970: on AWS a rate counts from when it was made, which has no meaning here."""
    return lambda instant: _EPOCH + ((instant - _EPOCH) // period + 1) * period


class _Cron:
    """Minutes, hours, day of month, month, day of week, year; one of the two days is `?`."""

    def __init__(self, fields: tuple[str, ...], place: str) -> None:
        self._place = place
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") == (weekdays == "?"):
            raise TemplateError(place, "one of day of month and day of week is '?', the other is not")
        self._minutes = self._values(minutes, 0, 59)
        self._hours = self._values(hours, 0, 23)
        self._days = self._values(days, 1, 31)
        self._months = self._values(months, 1, 12, _MONTHS)
        self._weekdays = self._values(weekdays, 1, 7, _DAYS)
        self._years = self._values(years, 1970, 2199)

    def next_after(self, instant: datetime) -> datetime:
        """The first instant that matches, after the given one."""
        earliest = instant.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for offset in range(_LONGEST_SEARCH_DAYS):
            day = earliest.date() + timedelta(days=offset)
            if not self._on(day):
                continue
            for hour in sorted(self._hours):
                for minute in sorted(self._minutes):
                    candidate = datetime.combine(day, time(hour, minute), UTC)
                    if candidate >= earliest:
                        return candidate
        raise TemplateError(self._place, "matches on no day that comes")

    def _on(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return (
            day.year in self._years
            and day.month in self._months
            and day.day in self._days
            and weekday in self._weekdays
        )

    def _values(self, field: str, low: int, high: int, names: list[str] | None = None) -> set[int]:
        """The numbers that a field stands for."""
        values: set[int] = set()
        for part in field.split(","):
            span, _, step = part.partition("/")
            first, _, last = span.partition("-")
            if span in ("*", "?"):
                start, end = low, high
            else:
                start = self._number(first, names)
                end = self._number(last, names) if last else (high if step else start)
            if not low <= start <= end <= high or (step and not step.isdigit()) or step == "0":
                raise TemplateError(self._place, f"the local stack does not know the cron field '{field}'")
            values.update(range(start, end + 1, int(step or 1)))
        return values

    def _number(self, text: str, names: list[str] | None) -> int:
        if names and text.upper() in names:
            return names.index(text.upper()) + 1
        if not text.isdigit():
            raise TemplateError(self._place, f"the local stack does not know '{text}' in a cron expression")
        return int(text)
