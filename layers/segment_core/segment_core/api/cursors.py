"""Cursors: where the next page begins, as a text that callers hand back and need not understand.

A cursor names the shop, the list and the definition it was made for, and is refused anywhere else. It is not
authenticated, so whoever decodes it may write another one. That gains them nothing: the shop of every
read is the token's, never the cursor's, and the position is only a place within the list that was asked for.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from segment_core.errors import InvalidRequest
from segment_core.store import keys

# Longer than any that is made here: ids have at most 128 characters.
MOST_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor is bound to: a shop, and one of its lists, for example `segments/<id>/members`."""

    shop: str
    list: str


@dataclass(frozen=True, slots=True)
class Position:
    """The id that a page ended with, and the definition whose members were read."""

    after: str
    definition: str = ""


def write(place: Place, position: Position) -> str:
    """The cursor of that position."""
    parts = [place.shop, place.list, position.definition, position.after]
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(place: Place, cursor: str | None) -> Position | None:
    """The position that a cursor of this place stands for; None for none, which is the beginning.

    Raises InvalidRequest if the text is no cursor, or one of another shop or list.
    """
    if cursor is None:
        return None
    shop, of_list, definition, after = _parts(cursor)
    if (shop, of_list) != (place.shop, place.list):
        raise _invalid("the cursor belongs to another list")
    return Position(_id(after), definition)


def check_definition(position: Position | None, definition: str) -> None:
    """Refuse to go on in the members of another definition than the one that the first page was of."""
    if position is not None and position.definition != definition:
        raise InvalidRequest(
            "the segment's members are those of a newer definition now; begin again without a cursor",
            code="cursor_expired",
        )


def _parts(cursor: str) -> list[str]:
    if len(cursor) > MOST_CHARACTERS:
        raise _invalid("the cursor is too long")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid("the text is not a cursor") from error
    if not (isinstance(parts, list) and len(parts) == 4 and all(isinstance(part, str) for part in parts)):
        raise _invalid("the text is not a cursor")
    return parts


def _id(text: str) -> str:
    try:
        return keys.entity_id(text)
    except InvalidRequest as error:
        raise _invalid("the text is not a cursor") from error


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(f"{message}; send the next_cursor of the page before as it is", code="invalid_cursor")
