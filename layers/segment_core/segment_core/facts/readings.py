"""Values as other systems write them, read as what they are taken for; None for what they are not."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite

from segment_core import instants

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def text(value: object) -> str | None:
    """A text."""
    return value if isinstance(value, str) else None


def number(value: object) -> Decimal | None:
    """A number, which the store also writes as text."""
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    # A bool is an int in Python, but no number; nor is a float that JSON does not know.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    # Through text: the shortest decimal that names the float.
    return Decimal(str(value))


def truth(value: object) -> bool | None:
    """True or false, which the store also writes as text."""
    words = {"true": True, "false": False}
    return value if isinstance(value, bool) else words.get(value) if isinstance(value, str) else None


def day(value: object) -> date | None:
    """A date of the calendar."""
    with suppress(ValueError):
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    return None


def instant(value: object) -> datetime | None:
    """An instant; without an offset it is in UTC, as the store says."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError, OverflowError):
        return instants.parse(value)
    with suppress(ValueError):
        written = datetime.fromisoformat(value)
        return written.replace(tzinfo=UTC) if written.tzinfo is None else None
    return None


def elements(value: object) -> list[object]:
    """A list, which the store also writes as JSON in a text."""
    if isinstance(value, str):
        from segment_core.facts import strict_json

        try:
            value = strict_json.loads(value)
        except strict_json.NotJson:
            return []
    return list(value) if isinstance(value, list | tuple) else []
