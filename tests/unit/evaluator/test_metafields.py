"""How a metafield's value is read, whichever way the store wrote it; what is not of its type is not read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from segment_core.facts.metafields import KINDS


@pytest.mark.parametrize(
    ("type_", "value", "seen"),
    [
        ("boolean", True, True),
        ("boolean", "false", False),
        ("boolean", "yes", None),
        ("boolean", 1, None),
        ("date", "2026-03-01", date(2026, 3, 1)),
        ("date", "20260301", None),
        ("date", "2026-02-30", None),
        ("date", 20260301, None),
        ("date_time", "2026-03-01T10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("date_time", "2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("date_time", "9999-12-31T23:00:00-12:00", None),
        ("date_time", "soon", None),
        ("date_time", None, None),
        ("number_integer", "12", Decimal(12)),
        ("number_integer", -3, Decimal(-3)),
        ("number_decimal", "1.50", Decimal("1.50")),
        ("number_decimal", 0.1, Decimal("0.1")),
        ("number_decimal", 1e-7, Decimal("0.0000001")),
        ("number_decimal", "1e5", None),
        ("number_decimal", "", None),
        ("number_decimal", "9" * 41, None),
        ("number_decimal", True, None),
        ("single_line_text_field", "", ""),
        ("single_line_text_field", 5, None),
        ("url", "https://example.com", "https://example.com"),
        ("list.single_line_text_field", ["a", 5, "b"], ("a", "b")),
        ("list.single_line_text_field", '["a", "b"]', ("a", "b")),
        ("list.single_line_text_field", "a", ()),
        ("list.single_line_text_field", '{"a": 1}', ()),
        ("list.number_integer", '[1, "2"]', (Decimal(1), Decimal(2))),
        ("list.number_decimal", [0.5, None], (Decimal("0.5"),)),
    ],
)
def test_a_value(type_: str, value: object, seen: object) -> None:
    assert KINDS[type_](value) == seen
    assert type(KINDS[type_](value)) is type(seen)
