"""Numbers in thousandths: nearly all are whole ones of them, and whole numbers are found more quickly than decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

PARTS: Final = 1_000
"""Into so many a whole is divided: money has three decimals at most."""


def in_parts(number: Decimal | int) -> int | None:
    """The number, which must be finite, in PARTS; None if it lies between two of them."""
    numerator, denominator = number.as_integer_ratio()
    whole, rest = divmod(numerator * PARTS, denominator)
    return None if rest else whole
