"""Laws of the calendar, for any instant and date near where clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segment_core.calendar import day_end, day_start, first_day_reaching, local_date, passing, resolve, span
from segment_core.language import ast

from .generate import Scene, date_expression, near, scenes

DAY = timedelta(days=1)


@st.composite
def bounds(draw: st.DrawFn) -> tuple[Scene, datetime, ast.DateExpression]:
    """A scene, another instant near it, and a date expression."""
    scene = draw(scenes())
    return scene, near(draw, scene.at, scene.shop.zone, days=40), date_expression(draw, scene.today)


@given(scenes())
def test_every_instant_is_within_its_date_and_dates_follow_each_other(scene: Scene) -> None:
    zone = scene.shop.zone
    day = local_date(scene.at, zone)
    assert day_start(day, zone) <= scene.at < day_end(day, zone)
    assert day_start(day - DAY, zone) <= day_end(day - DAY, zone) == day_start(day, zone)


@given(scenes())
def test_a_day_starts_when_its_date_is_first_shown(scene: Scene) -> None:
    zone, day = scene.shop.zone, local_date(scene.at, scene.shop.zone)
    start = day_start(day, zone)
    assert start.astimezone(zone).date() == day
    assert all((start - timedelta(minutes=minutes)).astimezone(zone).date() < day for minutes in range(1, 180))


@given(bounds())
def test_passing_agrees_with_the_span_of_the_expression_at_any_instant(
    case: tuple[Scene, datetime, ast.DateExpression],
) -> None:
    scene, fact, expression = case
    zone = scene.shop.zone
    start, end = span(expression, local_date(scene.at, zone), zone)
    found = passing(expression, fact, zone)
    reached, passed = found.reached, found.passed
    assert (scene.at >= reached) == (fact < end)
    assert (scene.at >= passed) == (fact < start)


@given(
    st.dates(date(1999, 1, 1), date(2030, 1, 1)),
    st.integers(-60, 60),
    st.sampled_from(["d", "w", "m", "y"]),
)
def test_first_day_reaching_reaches_and_the_day_before_does_not(day: date, count: int, unit: ast.OffsetUnit) -> None:
    offset = ast.Offset(count, unit)
    first = first_day_reaching(offset, day)
    assert first is not None
    assert resolve(offset, first - DAY) < day <= resolve(offset, first)
