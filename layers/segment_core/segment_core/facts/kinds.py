"""Kinds of values in a customer document: each takes a JSON value and returns the fact, or refuses.

A refusal collects its place from the inside out, so that reading what is right costs nothing for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from segment_core import instants
from segment_core.nearest import nearest

T = TypeVar("T")
Kind = Callable[[object], T]

TEXT_LIMIT = 4096
LIST_LIMIT = 250_000
DEPTH_LIMIT = 16
_SHOWN = 64
QUANTITY_LIMIT = 1_000_000_000

# Facts are about stores: what lies outside is a mistake, and arithmetic on it would leave the calendar.
EARLIEST_YEAR = 1900
LATEST_YEAR = 9990

# What can be part of a key of the store, see `store.keys.entity_id`.
_KEY_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,128}")
_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class Refused(Exception):
    """A value is not of its kind. `place` is its path in the document, as far as it is known."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = ""

    def under(self, key: str) -> Refused:
        """The same refusal, one object further out."""
        self.place = key if not self.place else f"{key}{'' if self.place.startswith('[') else '.'}{self.place}"
        return self


def _shown(key: object) -> str:
    """A key that somebody chose, short enough for a message, and of characters that every channel takes."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(key)[:_SHOWN]
    )


def text(value: object) -> str:
    """Text of at most 4,096 characters that can be written as UTF-8."""
    if not isinstance(value, str):
        raise Refused("must be text")
    if len(value) > TEXT_LIMIT:
        raise Refused(f"is longer than {TEXT_LIMIT} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("holds half a surrogate pair, which is no character") from None
    return value


def said(value: object) -> str:
    """Text that is not blank."""
    if not text(value).strip():
        raise Refused("is empty")
    return str(value)


def truth(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Refused("must be true or false")
    return value


def identifier(value: object) -> str:
    """An id: text, or a whole number as stores write them."""
    # bool first: in Python a bool is an int.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise Refused("must be an id: text or a whole number")
    return text(value)


def key_identifier(value: object) -> str:
    """An id under which we store something."""
    identified = identifier(value)
    if not _KEY_ID.fullmatch(identified):
        raise Refused("must be an id of letters, digits and _ . : - only, at most 128")
    return identified


def money(value: object) -> Decimal:
    """An amount, written as text so that no digit is lost."""
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise Refused('must be an amount as text, such as "12.50": at most 15 digits, a point and 8 more')
    return Decimal(value)


def paid_back(value: object) -> Decimal:
    """An amount that is not negative."""
    amount = money(value)
    if amount < 0:
        raise Refused("must not be negative: what went back is counted upwards")
    return amount


def currency(value: object) -> str:
    """An ISO 4217 code."""
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise Refused("must be a currency code of three capital letters, such as USD")
    return value


def country(value: object) -> str:
    """An ISO 3166-1 alpha-2 code."""
    if not isinstance(value, str) or not _COUNTRY.fullmatch(value):
        raise Refused("must be a country code of two capital letters, such as US")
    return value


def quantity(value: object) -> int:
    """A whole number of units."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= QUANTITY_LIMIT:
        raise Refused(f"must be a whole number from 0 to {QUANTITY_LIMIT}")
    return value


def degrees(limit: int) -> Kind[Decimal]:
    """An angle from `-limit` to `limit`."""

    def angle(value: object) -> Decimal:
        if not isinstance(value, int | float | Decimal) or isinstance(value, bool) or not -limit <= value <= limit:
            raise Refused(f"must be a number from -{limit} to {limit}")
        # Through text: the shortest decimal that names the float, not its binary expansion.
        return Decimal(str(value))

    return angle


def instant(value: object) -> datetime:
    """An instant: ISO 8601 with an offset."""
    if not isinstance(value, str):
        raise Refused("must be an instant as text, such as 2026-03-01T09:30:00Z")
    try:
        parsed = instants.parse(value)
    except (ValueError, OverflowError):
        raise Refused("must be an instant with its offset, such as 2026-03-01T09:30:00Z") from None
    if not EARLIEST_YEAR <= parsed.year < LATEST_YEAR:
        raise Refused(f"must be an instant from {EARLIEST_YEAR} on and before {LATEST_YEAR}")
    return parsed


def day(value: object) -> date:
    """A calendar date."""
    # fromisoformat alone would also take `20260301` and `2026-W09-7`.
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise Refused("must be a date, such as 2026-03-01")


def anything(value: object, depth: int = 0) -> object:
    """Any JSON value of finite numbers and bounded depth."""
    if depth > DEPTH_LIMIT:
        raise Refused(f"is nested more than {DEPTH_LIMIT} deep")
    if isinstance(value, Mapping):
        for key, part in value.items():
            text(key)
            anything(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            anything(part, depth + 1)
    elif isinstance(value, str):
        text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Refused("must be a finite number")
    return value


def properties(value: object) -> Mapping[str, object]:
    """An object of anything."""
    if not isinstance(value, Mapping):
        raise Refused("must be an object")
    anything(value)
    return MappingProxyType(dict(value))


def optional(kind: Kind[T]) -> Kind[T | None]:
    """That kind, or null for what is known not to be there."""
    return lambda value: None if value is None else kind(value)


def many(kind: Kind[T]) -> Kind[tuple[T, ...]]:
    """A list of that kind."""

    def items(value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise Refused("must be a list; leave the key out if it is not known")
        if len(value) > LIST_LIMIT:
            raise Refused(f"holds more than {LIST_LIMIT} elements")
        made = []
        for number, part in enumerate(value):
            try:
                made.append(kind(part))
            except Refused as refused:
                raise refused.under(f"[{number}]") from None
        return tuple(made)

    return items


def by_name(kind: Kind[T]) -> Kind[Mapping[str, T]]:
    """An object with free keys and values of that kind."""

    def values(value: object) -> Mapping[str, T]:
        if not isinstance(value, Mapping):
            raise Refused("must be an object; leave the key out if it is not known")
        made = {}
        for key, part in value.items():
            try:
                made[text(key)] = kind(part)
            except Refused as refused:
                raise refused.under(f'["{_shown(key)}"]') from None
        return MappingProxyType(made)

    return values


def one_of(*words: str) -> Kind[str]:
    """One of these words, in capitals as they are."""
    listed = ", ".join(words)

    def word(value: object) -> str:
        if value not in words:
            raise Refused(f"must be one of {listed}")
        return str(value)

    return word


def _unknown(key: object, known: Iterable[str]) -> Refused:
    meant = nearest(str(key), known)
    return Refused(f"is not known here; did you mean {meant}?" if meant else "is not known here")


def structure(make: Callable[..., T], fields: Mapping[str, Kind[object]], required: tuple[str, ...] = ()) -> Kind[T]:
    """An object with these keys and no others; what is absent takes the default of `make`."""

    def record(value: object) -> T:
        if not isinstance(value, Mapping):
            raise Refused("must be an object")
        made: dict[str, object] = {}
        for key, part in value.items():
            kind = fields.get(key)
            if kind is None:
                raise _unknown(key, fields).under(_shown(key))
            try:
                made[key] = kind(part)
            except Refused as refused:
                raise refused.under(key) from None
        for key in required:
            if key not in made:
                raise Refused("is missing").under(key)
        return make(**made)

    return record
