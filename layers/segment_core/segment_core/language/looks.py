"""What values look like, where the filter does not say of which type they are."""

from __future__ import annotations

from collections.abc import Sequence

from segment_core.language.lexer import Token
from segment_core.language.literals import written_number, written_whole_number
from segment_core.language.vocabulary import Domain
from segment_core.language.vocabulary.domains import DATE, INTEGER, NUMBER, OPAQUE, TEXT, TRUTH

_OF_LISTS = ("CONTAINS", "NOT CONTAINS")
_OF_TEXTS = ("=", "!=", "IN", "NOT IN", "STARTS WITH", "NOT STARTS WITH")


def looks_like(values: Sequence[Token], operator: str) -> tuple[Domain, bool]:
    """The domain of values after the operator, and whether they are elements of a list."""
    many = operator in _OF_LISTS
    if not values:
        return OPAQUE, many
    token = values[0]
    # A number in quotes is a text where texts can be compared, and a slip where they cannot.
    ordered = not many and operator not in _OF_TEXTS
    if written_number(token) and (token.kind == "literal" or ordered):
        # A whole number may be larger than one with decimals.
        return INTEGER if all(map(written_whole_number, values)) else NUMBER, many
    if many or (token.kind == "string" and not ordered):
        return TEXT, many
    if token.kind == "word" and token.text.lower() in ("true", "false"):
        return TRUTH, many
    if token.kind == "word" and token.text.lower() not in ("today", "yesterday"):
        return TEXT, many
    return DATE, many
