"""Numbers in thousandths are the same numbers, or none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment_core.facts import readings
from segment_core.facts.parts import PARTS, in_parts


@pytest.mark.parametrize(
    ("number", "parts"),
    [("0", 0), ("-0.001", -1), ("12.3400", 12_340), ("1E+2", 100_000), ("0.0005", None), (f"1.{'0' * 40}1", None)],
)
def test_a_number_is_whole_in_parts_or_lies_between_two(number: str, parts: int | None) -> None:
    assert in_parts(Decimal(number)) == parts


@given(st.integers(-(10**24), 10**24))
def test_thousandths_are_whole(parts: int) -> None:
    assert in_parts(Decimal(parts) / PARTS) == parts


def test_a_whole_number_that_no_float_can_hold_is_one() -> None:
    assert readings.number(10**400) == 10**400
    assert in_parts(Decimal(10**400)) == 10**400 * PARTS


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), True])
def test_what_is_no_number_is_read_as_none(value: object) -> None:
    assert readings.number(value) is None
