"""What a segment may be called. A name that is taken gets a number, as the store's own segments do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from segment_core.errors import Conflict, InvalidRequest
from segment_core.language.spelling import composed
from segment_core.store import keys

LIMIT = 255

# The store gives up there too.
_LAST_NUMBER = 99

_NUMBERED = re.compile(r"(.*) \((\d{1,9})\)", re.DOTALL)


def valid(name: str) -> str:
    """The name as it is kept: composed, without space around it. Raises InvalidRequest (`invalid_name`)."""
    name = composed(name.strip())
    if not name:
        raise InvalidRequest("Name can't be blank", code="invalid_name")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise InvalidRequest("Name can't hold control characters, such as ends of lines", code="invalid_name")
    if len(name) > LIMIT:
        raise InvalidRequest(f"Name is too long (maximum is {LIMIT} characters)", code="invalid_name")
    keys.segment_name(name)
    return name


def candidates(name: str) -> Iterator[str]:
    """The name, then the names it gets where that is taken: `Foo`, `Foo (2)`, `Foo (3)`; `Foo (0)`, `Foo (1)`.

    Raises Conflict (`segment_name_taken`) when there are no more.
    """
    yield name
    numbered = _NUMBERED.fullmatch(name)
    stem, number = (numbered[1], int(numbered[2])) if numbered else (name, 1)
    for following in range(number + 1, _LAST_NUMBER + 1):
        candidate = f"{stem} ({following})"
        if len(candidate) <= LIMIT and keys.fits_as_name(candidate):
            yield candidate
    raise taken()


def taken() -> Conflict:
    """The refusal of a name that another segment has."""
    return Conflict("Name has already been taken", code="segment_name_taken")
