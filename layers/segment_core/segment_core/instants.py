"""Instants as text: one spelling, whose order as text is the order in time.

Stored and shown instants are ISO 8601 in UTC with a `Z`. Seconds are always written; microseconds
only in keys and stamps (`sortable`), where every text must have the same width.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Stores send up to nanoseconds; datetime holds microseconds.
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse(text: str) -> datetime:
    """The instant that an ISO 8601 text with an offset names.

    Raises ValueError without an offset, and if the calendar has no such instant in UTC.
    """
    instant = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text.strip()))
    if instant.tzinfo is None:
        raise ValueError(f"'{text}' has no offset: write it with Z or +hh:mm")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"'{text}' is beyond the calendar in UTC") from None


def iso(instant: datetime) -> str:
    """The instant as shown to people and services, for example `2026-03-01T00:00:00Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sortable(instant: datetime) -> str:
    """The instant with fixed width, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
