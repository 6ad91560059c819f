"""The replay's calendar against the zone data itself, instant by instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from .days import back, day_start, local_date, midnights

SECOND = timedelta(seconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "start", "what"),
    [
        ("Europe/Oslo", date(1997, 7, 1), "1997-06-30T22:00:00", "summer time"),
        ("Europe/Oslo", date(1997, 12, 1), "1997-11-30T23:00:00", "winter time"),
        ("America/Sao_Paulo", date(1997, 10, 6), "1997-10-06T03:00:00", "midnight is missing"),
        ("America/Sao_Paulo", date(1998, 3, 1), "1998-03-01T03:00:00", "the day before has 25 hours"),
        ("America/St_Johns", date(1997, 10, 26), "1997-10-26T02:30:00", "midnight comes twice: the first counts"),
        ("America/Havana", date(1997, 10, 12), "1997-10-12T04:00:00", "one o'clock becomes midnight again"),
        (
            "Pacific/Apia",
            date(2011, 12, 30),
            "2011-12-30T10:00:00",
            "a skipped date starts with its successor",
        ),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00", "the date after the skipped one"),
    ],
)
def test_a_day_starts_at_its_first_existing_instant(zone: str, day: date, start: str, what: str) -> None:
    assert day_start(ZoneInfo(zone), day) == utc(start), what


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/St_Johns", "America/Sao_Paulo"])
def test_the_start_of_a_day_is_the_first_minute_that_shows_it(zone: str) -> None:
    info = ZoneInfo(zone)
    for change in (date(1997, 4, 6), date(1997, 10, 6), date(1997, 10, 26), date(1998, 3, 1), date(1998, 3, 29)):
        for day in (change, change + timedelta(days=1)):
            walk = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
            while walk.astimezone(info).date() < day:
                walk += timedelta(minutes=1)
            assert day_start(info, day) == walk


def test_a_date_does_not_go_back_when_the_wall_clock_does() -> None:
    zone = ZoneInfo("America/St_Johns")
    # 00:01 on the 26th becomes 23:01 on the 25th.
    start = day_start(zone, date(1997, 10, 26))
    shown_again = start + timedelta(minutes=5)
    assert shown_again.astimezone(zone).date() == date(1997, 10, 25)
    assert local_date(zone, shown_again) == date(1997, 10, 26)
    assert local_date(zone, start) == date(1997, 10, 26)
    assert local_date(zone, start - SECOND) == date(1997, 10, 25)


@pytest.mark.parametrize(
    ("day", "count", "unit", "expected"),
    [
        (date(1998, 3, 31), 1, "m", date(1998, 2, 28)),
        (date(1998, 1, 15), 1, "m", date(1997, 12, 15)),
        (date(1998, 8, 31), 6, "m", date(1998, 2, 28)),
        (date(1996, 2, 29), 1, "y", date(1995, 2, 28)),
        (date(1998, 3, 1), 1, "d", date(1998, 2, 28)),
        (date(1998, 3, 1), 4, "w", date(1998, 2, 1)),
    ],
)
def test_going_back_counts_dates_and_clamps_to_the_end_of_the_month(
    day: date, count: int, unit: str, expected: date
) -> None:
    assert back(day, count, unit) == expected


def test_midnights_exclude_the_first_bound_and_include_the_last() -> None:
    zone = ZoneInfo("Europe/Oslo")
    first, last = day_start(zone, date(1997, 3, 30)), day_start(zone, date(1997, 4, 1))
    assert midnights(zone, first, last) == [day_start(zone, date(1997, 3, 31)), last]
    assert midnights(zone, first - SECOND, first) == [first]
