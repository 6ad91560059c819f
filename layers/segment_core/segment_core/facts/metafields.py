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


Said = tuple[Seen, Seen | int]
"""What a value says, and the same in PARTS if it is a number that is whole in them."""


def _said(type_: str, value: object) -> Said | None:
    """What a value of that type says; nothing if the type is none that is compared, or the value not of it."""
    alike = isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _SHORT)
    return _remembered(type_, value) if alike else _read(type_, value)


def _read(type_: str, value: object) -> Said | None:
    kind = KINDS.get(type_)
    seen = kind(value) if kind else None
    if seen is None:
        return None
    parts = in_parts(seen) if isinstance(seen, Decimal) else None
    return seen, seen if parts is None else parts


# Customers mostly say what others say too. Typed, since True is 1 for a dict.
_remembered: Final = lru_cache(maxsize=8_192, typed=True)(_read)


@record
class Metafield:
    """A typed value that the store keeps on the customer, as the store writes it."""

    type: str
    value: object


@lru_cache(maxsize=4_096)
def same(key: str) -> str:
    """The key as one object for all customers, as which it is found without comparing characters."""
    return key


def readings_of(metafields: Mapping[str, Metafield]) -> tuple[Mapping[str, Seen], Mapping[str, Seen | int]]:
    """What those say that can be compared, and the same with whole numbers in PARTS where numbers are that."""
    values, parts = {}, {}
    for key, one in metafields.items():
        said = _said(one.type, one.value)
        if said is not None:
            key = same(key)
            values[key], parts[key] = said
    return values, parts
