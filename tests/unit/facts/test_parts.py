"""Numbers in thousandths are the same numbers, or none."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from segment_core.facts.parts import PARTS, in_parts


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_a_number_is_whole_in_parts_or_lies_between_two(number: Decimal) -> None:
    numerator, denominator = number.as_integer_ratio()
    parts = in_parts(number)
    assert (parts is None) == (numerator * PARTS % denominator != 0)
    assert parts is None or parts * denominator == numerator * PARTS
