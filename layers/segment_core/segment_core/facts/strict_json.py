"""JSON as it must be when it comes from outside: one meaning, finite numbers, bounded depth.

The standard reader takes `NaN`, numbers that overflow to infinity and repeated keys; none of them is a fact.
"""

from __future__ import annotations

import json
import math

_NUMBER_CHARACTERS = 64


class NotJson(ValueError):
    """The text is not JSON, or not of this strict kind. The message never quotes the text."""


def loads(text: str, *, repeated_keys: bool = False) -> object:
    """The value that the text holds. Raises NotJson.

    With `repeated_keys` the last of equal keys counts, as most readers of JSON have it; without,
    such an object is refused.
    """
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=None if repeated_keys else _distinct,
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise NotJson("is nested too deeply") from None


def _refuse_constant(name: str) -> object:
    raise NotJson(f"holds {name}, which is not a JSON number")


def _float(text: str) -> float:
    number = float(text) if len(text) <= _NUMBER_CHARACTERS else math.inf
    if not math.isfinite(number):
        raise NotJson("holds a number that is too large or too long")
    return number


def _int(text: str) -> int:
    if len(text) > _NUMBER_CHARACTERS:
        raise NotJson("holds a number that is too large or too long")
    return int(text)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotJson("holds an object in which a key stands twice")
    return made
