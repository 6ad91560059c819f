"""Instants as text: what is read is an instant of the calendar in UTC, or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segment_core.instants import iso, parse, sortable


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T05:00:00Z", datetime(2026, 3, 1, 5, tzinfo=UTC)),
        (" 2026-03-01T05:00:00.123456789+02:00 ", datetime(2026, 3, 1, 3, 0, 0, 123456, tzinfo=UTC)),
        ("0001-01-01T14:00:00+14:00", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T11:59:59-12:00", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc(text: str, instant: datetime) -> None:
    assert parse(text) == instant
    assert parse(iso(instant)) == parse(sortable(instant)) == instant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-01T05:00:00", "has no offset"),
        ("0001-01-01T00:00:00+14:00", "beyond the calendar"),
        ("9999-12-31T23:59:59-12:00", "beyond the calendar"),
        ("yesterday", "isoformat"),
    ],
)
def test_what_is_no_instant_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(text)
