"""Which property of an event a parameter asks about, and what its values are taken for."""

from __future__ import annotations

import re

from segment_core.language.lexer import KEYWORDS, Token
from segment_core.language.looks import looks_like
from segment_core.language.spelling import composed
from segment_core.language.vocabulary import Function, Property
from segment_core.language.vocabulary.properties import PREFIX, key_of

_WORD = r"[^\W\d]"


def find_property(function: Function, written: str, operator: str, values: tuple[Token, ...]) -> Property:
    """The property of that name, with the type that the values look like."""
    key = composed(key_of(written))
    plain = re.match(_WORD, key) and key.upper() not in KEYWORDS and not key.startswith(PREFIX)
    name = key if plain and function.parameter(key) is None else f"{PREFIX}{key}"
    domain, _ = looks_like(values, operator)
    return Property(name, domain, "A property of the event.")
