"""Days, moments and offsets as instants, in zones whose clocks do odd things."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from segment_core.calendar import (
    BEGINNING,
    NEVER,
    Passing,
    covers_a_year,
    day_end,
    day_start,
    first_day_reaching,
    is_leap,
    local_date,
    month_length,
    passing,
    resolve,
    span,
)
from segment_core.instants import parse as instant
from segment_core.language.ast import DateExpression, Day, DayExpression, Moment, Named, Offset, OffsetUnit

UTC_ZONE = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        pytest.param("Asia/Kolkata", "2026-01-05", "2026-01-04T18:30:00Z", id="an ordinary day"),
        pytest.param("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", id="two midnights: the first"),
        pytest.param("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", id="no midnight: the change"),
        pytest.param("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", id="no midnight, south"),
        pytest.param("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", id="set back after midnight"),
        pytest.param("America/St_Johns", "2010-03-14", "2010-03-14T03:30:00Z", id="set forward after midnight"),
        pytest.param("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", id="the day before the skipped one"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", id="a skipped day starts with the next"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", id="the day after the skipped one"),
        pytest.param("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z", id="skipped from 23:30 to 00:30"),
    ],
)
def test_a_day_starts_at_its_first_existing_instant(zone: str, day: str, start: str) -> None:
    began = instant(start)
    assert day_start(date.fromisoformat(day), ZoneInfo(zone)) == began
    assert local_date(began, ZoneInfo(zone)) >= date.fromisoformat(day)
    assert local_date(began - SECOND, ZoneInfo(zone)) < date.fromisoformat(day)


def test_a_skipped_day_is_empty() -> None:
    assert day_start(date(2011, 12, 30), APIA) == day_end(date(2011, 12, 30), APIA)
    assert local_date(day_start(date(2011, 12, 30), APIA), APIA) == date(2011, 12, 31)


def test_a_day_that_began_is_not_undone_by_clocks_set_back() -> None:
    zone = ZoneInfo("America/St_Johns")
    shown_again = instant("2010-11-07T03:00:00Z")
    assert shown_again.astimezone(zone).date() == date(2010, 11, 6)
    assert local_date(shown_again, zone) == date(2010, 11, 7)


@pytest.mark.parametrize(
    ("local", "start"),
    [
        pytest.param("2026-03-08T01:59:59", "2026-03-08T06:59:59Z", id="the last second before the gap"),
        pytest.param("2026-03-08T02:00:00", "2026-03-08T07:00:00Z", id="the first second in the gap"),
        pytest.param("2026-03-08T02:59:59", "2026-03-08T07:00:00Z", id="the last second in the gap"),
        pytest.param("2026-03-08T03:00:00", "2026-03-08T07:00:00Z", id="the first second after the gap"),
        pytest.param("2026-11-01T01:30:00", "2026-11-01T05:30:00Z", id="shown twice: the first"),
        pytest.param("2026-11-01T02:00:00", "2026-11-01T07:00:00Z", id="after what is shown twice"),
    ],
)
def test_a_moment_is_the_first_second_at_which_clocks_show_it_or_more(local: str, start: str) -> None:
    shown = Moment(datetime.fromisoformat(local))
    assert span(shown, date(2026, 1, 1), NEW_YORK) == (instant(start), instant(start) + SECOND)


@pytest.mark.parametrize(
    ("expression", "today", "day"),
    [
        (Named("today"), "2026-03-01", "2026-03-01"),
        (Named("yesterday"), "2026-03-01", "2026-02-28"),
        (Day(date(2024, 2, 29)), "2026-03-01", "2024-02-29"),
        (Offset(-7, "d"), "2021-05-15", "2021-05-08"),
        (Offset(-2, "w"), "2026-03-01", "2026-02-15"),
        (Offset(1, "w"), "2026-12-28", "2027-01-04"),
        (Offset(-1, "m"), "2026-03-31", "2026-02-28"),
        (Offset(-1, "m"), "2024-03-31", "2024-02-29"),
        (Offset(-3, "m"), "2026-01-15", "2025-10-15"),
        (Offset(1, "m"), "2026-12-31", "2027-01-31"),
        (Offset(-12, "m"), "2024-02-29", "2023-02-28"),
        (Offset(-1, "y"), "2024-02-29", "2023-02-28"),
        (Offset(4, "y"), "2024-02-29", "2028-02-29"),
        (Offset(-2025, "y"), "2026-03-05", "0001-03-05"),
        (Offset(7973, "y"), "2026-03-05", "9999-03-05"),
        (Offset(-(10**12), "d"), "2026-03-01", "0001-01-01"),
        (Offset(10**12, "w"), "2026-03-01", "9999-12-31"),
        (Offset(-(10**12), "m"), "2026-03-01", "0001-01-01"),
        (Offset(10**12, "y"), "2026-03-01", "9999-12-31"),
    ],
    ids=str,
)
def test_what_an_expression_means_on_a_day(expression: Day | Offset | Named, today: str, day: str) -> None:
    assert resolve(expression, date.fromisoformat(today)).isoformat() == day


def test_what_an_expression_means_lasts_for_its_day() -> None:
    """2026-03-08 has 23 hours in New York."""
    began, over = instant("2026-03-08T05:00:00Z"), instant("2026-03-09T04:00:00Z")
    for expression in (Day(date(2026, 3, 8)), Named("yesterday"), Offset(-1, "d")):
        assert span(expression, date(2026, 3, 9), NEW_YORK) == (began, over)


@pytest.mark.parametrize(
    ("expression", "reached", "passed"),
    [
        pytest.param(Offset(-1, "d"), NEVER, NEVER, id="the day after the last is never"),
        pytest.param(Named("today"), instant("9999-12-31T00:00:00Z"), NEVER, id="the last day is never over"),
        pytest.param(Offset(1, "d"), instant("9999-12-30T00:00:00Z"), NEVER, id="the last day, from the day before"),
        pytest.param(Offset(1, "y"), instant("9998-12-31T00:00:00Z"), NEVER, id="from a year before"),
    ],
)
def test_the_last_day_there_is(expression: Offset | Named, reached: datetime, passed: datetime) -> None:
    assert passing(expression, date.max, UTC_ZONE) == Passing(reached, passed)


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Etc/GMT-14"])
def test_days_that_utc_cannot_show_begin_at_the_ends_of_time(zone: str) -> None:
    """The first day began before UTC tells where clocks are ahead; where they are behind, the last is over after it."""
    start = day_start(date(1, 1, 2), ZoneInfo(zone))
    assert start == instant("0001-01-01T10:00:00Z" if "-14" in zone else "0001-01-02T12:00:00Z")
    assert span(Moment(datetime(1, 1, 1, 3)), date.min, ZoneInfo("Etc/GMT-14"))[0] == BEGINNING
    assert span(Moment(datetime(9999, 12, 31, 20)), date.min, ZoneInfo("Etc/GMT+12"))[0] == NEVER


@pytest.mark.parametrize("count", [-13, -1, 0, 1, 25])
@pytest.mark.parametrize("unit", ["d", "w", "m", "y"])
def test_first_day_reaching_is_the_first_that_a_search_finds(count: int, unit: OffsetUnit) -> None:
    expression = Offset(count, unit)
    todays = [date(2024, 1, 25) + timedelta(days=day) for day in range(70)]
    for day in {resolve(expression, today) for today in todays[10:]} | {
        resolve(expression, today) + timedelta(days=1) for today in todays[10:-5]
    }:
        first = next(today for today in todays if resolve(expression, today) >= day)
        assert first_day_reaching(expression, day) == first


@pytest.mark.parametrize(
    ("expression", "day", "first"),
    [
        pytest.param(Offset(-1, "d"), date.max, None, id="after the last day that there is"),
        pytest.param(Offset(-1, "m"), date.max, None, id="after the last month that there is"),
        pytest.param(Offset(1, "d"), date.max, date(9999, 12, 30), id="the last day"),
        pytest.param(Offset(10**12, "y"), date(2026, 1, 1), date.min, id="always"),
        pytest.param(Offset(10**12, "d"), date(2026, 1, 1), date.min, id="always, in days"),
        pytest.param(Offset(-1, "y"), date.min, date.min, id="the first day"),
        pytest.param(Offset(-1, "y"), date(9998, 5, 5), date(9999, 5, 5), id="in the last year that there is"),
        pytest.param(Offset(-1, "m"), date(9999, 10, 31), date(9999, 12, 1), id="November has no 31st"),
        pytest.param(Offset(1, "y"), date(2, 5, 5), date(1, 5, 5), id="in the first year that there is"),
    ],
)
def test_first_day_reaching_at_the_ends_of_the_calendar(expression: Offset, day: date, first: date | None) -> None:
    assert first_day_reaching(expression, day) == first


@pytest.mark.parametrize(
    ("expression", "reached", "passed"),
    [
        (Offset(-7, "d"), "2026-01-13T05:00:00Z", "2026-01-14T05:00:00Z"),
        (Named("today"), "2026-01-06T05:00:00Z", "2026-01-07T05:00:00Z"),
        (Day(date(2026, 1, 5)), None, None),
        (Day(date(2026, 1, 6)), "always", None),
        (Day(date(2026, 1, 7)), "always", "always"),
        (Moment(datetime(2026, 1, 6, 6, 59, 59)), None, None),
        (Moment(datetime(2026, 1, 6, 7, 0, 0)), "always", None),
        (Moment(datetime(2026, 1, 6, 7, 0, 1)), "always", "always"),
    ],
    ids=str,
)
def test_when_time_reaches_and_passes_a_fact(
    expression: DateExpression, reached: str | None, passed: str | None
) -> None:
    when = [NEVER if at is None else BEGINNING if at == "always" else instant(at) for at in (reached, passed)]
    assert passing(expression, instant("2026-01-06T12:00:00.5Z"), NEW_YORK) == Passing(*when)


@pytest.mark.parametrize(
    ("beside", "reached", "passed"),
    [(-1, BEGINNING, BEGINNING), (0, BEGINNING, NEVER), (999_999, BEGINNING, NEVER), (1_000_000, NEVER, NEVER)],
    ids=["the microsecond before", "as it starts", "its last microsecond", "as it is over"],
)
def test_a_fact_within_the_second_of_a_moment(beside: int, reached: datetime, passed: datetime) -> None:
    fact = instant("2026-01-06T12:00:00Z") + timedelta(microseconds=beside)
    assert passing(Moment(datetime(2026, 1, 6, 7)), fact, NEW_YORK) == Passing(reached, passed)


@pytest.mark.parametrize("zone", [UTC_ZONE, ZoneInfo("Pacific/Kiritimati"), NEW_YORK], ids=str)
def test_the_ends_of_the_calendar_are_no_error(zone: ZoneInfo) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert local_date(last, zone) == date.max
    assert local_date(datetime(1, 1, 1, tzinfo=UTC), zone) == date.min
    assert day_start(date.min, zone) == BEGINNING
    assert day_end(date.max, zone) == NEVER
    assert span(Moment(datetime(9999, 12, 31, 23, 59, 59)), date.max, zone)[1] <= NEVER
    assert span(Moment(datetime(1, 1, 1)), date.min, zone)[0] <= datetime(1, 1, 2, tzinfo=UTC)


def test_months_are_as_long_as_the_calendar_says() -> None:
    for year in (1, 1900, 2000, 2023, 2024, 2100, 9999):
        assert is_leap(year) == calendar.isleap(year)
        for month in range(1, 13):
            assert month_length(year, month) == calendar.monthrange(year, month)[1]


# From a common year over 29 February to the next, and over a century's year without one.
DATES = [
    *(date(2027, 1, 1) + timedelta(days=n) for n in range(800)),
    *(date(2099, 12, 1) + timedelta(days=n) for n in range(460)),
]
COMES_ROUND = ((1, 1), (2, 28), (2, 29), (3, 1), (6, 15), (12, 31))


@pytest.mark.parametrize(("unit", "year"), [("d", 365), ("w", 53), ("m", 12), ("y", 1)])
@pytest.mark.parametrize("shift", [-14, -1, 0, 3])
@pytest.mark.parametrize("less", [0, 1])
def test_from_one_end_to_the_other_every_day_of_the_year_comes_round(
    unit: OffsetUnit, year: int, shift: int, less: int
) -> None:
    low, high = Offset(shift - year + less, unit), Offset(shift, unit)
    ends = [(resolve(low, today), resolve(high, today)) for today in DATES]
    always = all(
        any(first <= kept(month, day, one) <= last for one in range(first.year, last.year + 1))
        for first, last in ends
        for month, day in COMES_ROUND
    )
    assert covers_a_year(low, high) == always == (less == 0)


def kept(month: int, day: int, year: int) -> date:
    """The day in that year, 29 February on the 28th where there is none."""
    return date(year, month, 28 if (month, day) == (2, 29) and not calendar.isleap(year) else day)


@pytest.mark.parametrize(
    ("low", "high", "covered"),
    [
        (Offset(-1, "y"), Named("today"), True),
        (Offset(-365, "d"), Named("today"), True),
        (Offset(-366, "d"), Named("yesterday"), True),
        (Offset(-365, "d"), Named("yesterday"), False),
        (Offset(-6, "m"), Offset(6, "m"), True),
        (Offset(-11, "m"), Offset(1, "y"), True),
        (Offset(-2, "y"), Named("yesterday"), False),
        (Offset(1, "y"), Offset(-1, "y"), False),
        (Day(date(2020, 1, 1)), Named("today"), False),
        (Named("today"), Day(date(2090, 1, 1)), False),
    ],
    ids=str,
)
def test_what_covers_a_year(low: DayExpression, high: DayExpression, covered: bool) -> None:
    assert covers_a_year(low, high) == covered
