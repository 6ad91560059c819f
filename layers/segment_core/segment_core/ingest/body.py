"""Reading a webhook's body: what a store's notation holds, in the notation of the customer document.

Nothing is checked here that the customer document checks; a body is refused only where its notation
cannot be read. Messages name fields, never what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from segment_core import instants
from segment_core.errors import NotUnderstood
from segment_core.facts import registers
from segment_core.facts.registers import Stamp
from segment_core.record import record

Body = Mapping[str, object]

# As many digits as money in a customer document has: such amounts can be written out, and added up exactly.
_WHOLE_DIGITS = 15
_DECIMALS = 8
# Longer texts are not even looked at.
_AMOUNT_CHARACTERS = 64

_GLOBAL_ID = re.compile(r"gid://[a-z]+/[A-Za-z]+/([A-Za-z0-9-]+)(\?.*)?")


@record
class Delivery:
    """When a message reached us, and when the store says that it triggered it."""

    received_at: datetime
    triggered_at: datetime | None

    def time(self, told: datetime | None) -> datetime:
        """The store time of a message: what its body tells, else when it was triggered, else received."""
        return told or self.triggered_at or self.received_at

    def stamp(self, store_time: datetime, content: object) -> Stamp:
        """The stamp of what was told at `store_time`."""
        return registers.stamp(store_time, self.triggered_at, content)


def identity(body: Body, key: str = "id", global_key: str = "admin_graphql_api_id") -> str | None:
    """The id of what the body describes, or None if it has none.

    The global id wins: it is text, while numbers may have lost their last digits in another reader of JSON.
    """
    for value in (body.get(global_key), body.get(key)):
        if isinstance(value, str) and (named := _GLOBAL_ID.fullmatch(value)):
            return named[1]
    return number_or_text(body, key)


def required_identity(body: Body, key: str = "id", global_key: str = "admin_graphql_api_id") -> str:
    """The id of what the body describes. Raises NotUnderstood without one."""
    found = identity(body, key, global_key)
    if found is None:
        raise NotUnderstood(f"there is no '{key}'")
    return found


def number_or_text(body: Body, key: str) -> str | None:
    """An id of something that the body only refers to."""
    value = body.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise NotUnderstood(f"'{key}' is neither a whole number nor text")
    return str(value)


def text(body: Body, key: str) -> str | None:
    """Text; empty text is none, as stores send it for what is not filled in."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotUnderstood(f"'{key}' is not text")
    # Half a surrogate pair is valid JSON, but no text: keep the rest of it.
    return value.encode("utf-8", "replace").decode() or None


def word(body: Body, key: str) -> str | None:
    """A word of a closed vocabulary, in capitals as the customer document has it."""
    value = text(body, key)
    return value.upper() if value else None


def truth(body: Body, key: str) -> bool | None:
    """true or false."""
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise NotUnderstood(f"'{key}' is neither true nor false")
    return value


def instant(body: Body, key: str) -> datetime | None:
    """An instant with an offset."""
    value = text(body, key)
    if value is None:
        return None
    try:
        return instants.parse(value)
    except (ValueError, OverflowError):
        raise NotUnderstood(f"'{key}' is not an instant with an offset") from None


def words(body: Body, key: str) -> list[str]:
    """A list that stores write as one text with commas, or as a list."""
    value = body.get(key)
    parts = value.split(",") if isinstance(value, str) else value
    if parts is None:
        return []
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise NotUnderstood(f"'{key}' is neither text nor a list of texts")
    return [cleaned for part in parts if (cleaned := part.encode("utf-8", "replace").decode().strip())]


def amount(body: Body, key: str) -> Decimal | None:
    """An amount of money, which stores write as text and sometimes as a number.

    It has at most 15 digits before the point and 8 after it: `1E999999999` is a short text, and a number
    that no memory holds.
    """
    value = body.get(key)
    if value is None:
        return None
    number = None if isinstance(value, bool) or not isinstance(value, str | int | float) else _decimal(value)
    if number is None:
        raise NotUnderstood(f"'{key}' is not an amount")
    return number


def _decimal(value: str | float) -> Decimal | None:
    """The number, if it is one of few digits."""
    try:
        text = str(value)
        number = Decimal(text) if len(text) <= _AMOUNT_CHARACTERS else None
    except (InvalidOperation, ValueError):
        return None
    if number is None or not number.is_finite():
        return None
    exponent = int(number.as_tuple().exponent)
    # Of zero, too: its exponent may be anything.
    return number if max(number.adjusted(), exponent) < _WHOLE_DIGITS and exponent >= -_DECIMALS else None


def degrees(body: Body, key: str) -> float | int | None:
    """An angle, which stores write as a number and sometimes as text."""
    value = body.get(key)
    try:
        number = float(value) if isinstance(value, str) and len(value) <= _AMOUNT_CHARACTERS else value
    except ValueError:
        number = value
    if number is None or (isinstance(number, int | float) and not isinstance(number, bool)):
        return number
    raise NotUnderstood(f"'{key}' is not an angle in degrees")


def part(body: Body, key: str) -> Body | None:
    """An object inside of the body; None if it is null or absent."""
    value = body.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise NotUnderstood(f"'{key}' is not an object")
    return value


def parts(body: Body, key: str) -> list[Body]:
    """A list of objects inside of the body; empty if it is null or absent."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(element, Mapping) for element in value):
        raise NotUnderstood(f"'{key}' is not a list of objects")
    return value
