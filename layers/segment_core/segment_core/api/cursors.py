"""Cursors: where the next page begins, as a text that callers hand back and need not understand.

A cursor is signed for the shop, the list with its filters and the definition that it was made for, and is refused
anywhere else. What it holds is a place that the page itself has shown, so it is signed and not encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json

from segment_core.errors import InvalidRequest
from segment_core.record import record
from segment_core.runtime import signing
from segment_core.runtime.environment import ApiEnvironment, environment

# Longer than any that is made here: a name's place has at most 1,024 bytes, each of them six characters in JSON.
MOST_CHARACTERS = 10_000

_MAC_BYTES = 16


@record
class Place:
    """What a cursor is bound to: a shop, one of its lists, for example `segments/<id>/members`, and its filters."""

    shop: str
    list: str
    filters: str = ""

    @classmethod
    def of(cls, shop: str, of_list: str, **filters: object) -> Place:
        """A list with filters; those that are None were not asked for."""
        given = {name: str(value) for name, value in sorted(filters.items()) if value is not None}
        return cls(shop, of_list, json.dumps(given, separators=(",", ":")))


@record
class Position:
    """What a page ended with: an id, or a place in an order; and the definition whose members were read."""

    after: str
    definition: str = ""


def write(place: Place, position: Position) -> str:
    """The cursor of that position."""
    text = json.dumps([position.definition, position.after], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(place, text) + text).decode().rstrip("=")


def read(place: Place, cursor: str | None) -> Position | None:
    """The position that a cursor of this place stands for; None for none, which is the beginning.

    Raises InvalidRequest (`invalid_cursor`) if the text is no cursor of ours for this very list.
    """
    if cursor is None:
        return None
    if len(cursor) > MOST_CHARACTERS:
        raise _invalid("the cursor is too long")
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid("the text is not a cursor") from error
    mac, text = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(place, text)):
        raise _invalid("the text is not a cursor of this list with these filters")
    definition, after = json.loads(text)
    return Position(after, definition)


def check_definition(position: Position | None, definition: str) -> None:
    """Refuse to go on in the members of another definition than the one that the first page was of."""
    if position is not None and position.definition != definition:
        raise InvalidRequest(
            "the segment's members are those of a newer definition now; begin again without a cursor",
            code="cursor_expired",
        )


def next_cursor(place: Place, after: str | None, definition: str = "") -> str | None:
    """The cursor of the next page; None after the last."""
    return None if after is None else write(place, Position(after, definition))


def _mac(place: Place, text: bytes) -> bytes:
    # Each part with its length, so that none can be read as another's.
    parts = [part.encode() for part in (place.shop, place.list, place.filters)]
    signed = b"".join(len(part).to_bytes(4) + part for part in (*parts, text))
    return hmac.digest(_key(), signed, "sha256")[:_MAC_BYTES]


def _key() -> bytes:
    return signing.key(environment(ApiEnvironment).cursor_key)


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(f"{message}; send the next_cursor of the page before as it is", code="invalid_cursor")
