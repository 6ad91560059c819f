"""Schedule expressions: the first instant after another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segment_core.instants import iso, parse
from tidemark.stack import ClockError, TemplateError, expressions
from tidemark.stack.schedules import parse_duration


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("rate(1 minute)", "2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z"),
        ("rate(1 minute)", "2026-03-01T12:00:00.000001Z", "2026-03-01T12:01:00Z"),
        ("rate(5 minutes)", "2026-03-01T12:01:00Z", "2026-03-01T12:05:00Z"),
        ("rate(1 day)", "2026-03-01T12:01:00Z", "2026-03-02T00:00:00Z"),
        ("cron(0 3 * * ? *)", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
        ("cron(0 3 * * ? *)", "2026-03-01T02:59:59Z", "2026-03-01T03:00:00Z"),
        ("cron(0/15 * * * ? *)", "2026-03-01T02:46:00Z", "2026-03-01T03:00:00Z"),
        ("cron(30 8-10 ? * MON-FRI *)", "2026-02-27T11:00:00Z", "2026-03-02T08:30:00Z"),
        ("cron(0 0 ? * 1 *)", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z"),
        ("cron(0 0 1 JAN,JUL ? *)", "2026-03-02T00:00:00Z", "2026-07-01T00:00:00Z"),
        ("cron(0 0 29 2 ? *)", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("cron(0 0 31 12 ? 2027)", "2026-03-01T00:00:00Z", "2027-12-31T00:00:00Z"),
    ],
)
def test_the_next_instant(expression: str, after: str, expected: str) -> None:
    assert iso(expressions.parse(expression, "Schedule")(parse(after))) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(1 week)", "at(2026-03-01T00:00:00)", "every day",
        "cron(0 3 * * * *)", "cron(0 3 ? * ? *)", "cron(60 3 * * ? *)", "cron(0 3 L * ? *)", "cron(0 3 ? * 6#3 *)",
        "cron(0 3 * * ?)",
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(TemplateError, match=r"^Schedule"):
        expressions.parse(expression, "Schedule")


def test_a_day_that_never_comes() -> None:
    with pytest.raises(TemplateError, match="matches on no day"):
        expressions.parse("cron(0 0 30 2 ? *)", "Schedule")(parse("2026-03-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30d", timedelta(days=30)),
        ("P30D", timedelta(days=30)),
        ("PT5M", timedelta(minutes=5)),
        ("12h", timedelta(hours=12)),
    ],
)
def test_a_span(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "d", "1", "P1M", "P1Y", "-1d", "1.5d", "1w"])
def test_a_span_that_is_none(text: str) -> None:
    with pytest.raises(ClockError):
        parse_duration(text)
