"""What a metafield says, by the type that the store gave it. To read another type, add its row to KINDS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from segment_core.facts import readings
from segment_core.facts.parts import in_parts
from segment_core.record import record

Seen = str | Decimal | bool | date | datetime | tuple[str, ...] | tuple[Decimal, ...]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(element for element in map(readings.text, readings.elements(value)) if element is not None)


def _numbers(value: object) -> tuple[Decimal, ...]:
    return tuple(element for element in map(readings.number, readings.elements(value)) if element is not None)


KINDS: Final[dict[str, Callable[[object], Seen | None]]] = {
    "boolean": readings.truth,
    "color": readings.text,
    "date": readings.day,
    "date_time": readings.instant,
    "id": readings.text,
    "list.color": _texts,
    "list.number_decimal": _numbers,
    "list.number_integer": _numbers,
    "list.single_line_text_field": _texts,
    "list.url": _texts,
    "multi_line_text_field": readings.text,
    "number_decimal": readings.number,
    "number_integer": readings.number,
    "single_line_text_field": readings.text,
    "url": readings.text,
}


_SHORT: Final = 64
"""Characters of a text that others are likely to have too."""


def _said(type_: str, value: object) -> Seen | None:
    """What a value of that type says; None if the type is none that is compared, or the value not of it."""
    alike = isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _SHORT)
    return _remembered(type_, value) if alike else _read(type_, value)


def _read(type_: str, value: object) -> Seen | None:
    kind = KINDS.get(type_)
    return kind(value) if kind else None


# Customers mostly say what others say too. Typed, since True is 1 for a dict.
_remembered: Final = lru_cache(maxsize=8_192, typed=True)(_read)


@record
class Metafield:
    """A typed value that the store keeps on the customer, as the store writes it."""

    type: str
    value: object


def values(metafields: Mapping[str, Metafield]) -> Mapping[str, Seen]:
    """What those say that can be compared."""
    said = ((key, _said(one.type, one.value)) for key, one in metafields.items())
    return {key: value for key, value in said if value is not None}


def parts(seen: Mapping[str, Seen]) -> Mapping[str, int]:
    """The numbers among what metafields say, in PARTS; without those that lie between two of them."""
    found = ((key, in_parts(value)) for key, value in seen.items() if isinstance(value, Decimal))
    return {key: value for key, value in found if value is not None}
