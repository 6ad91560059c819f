"""EventBridge patterns, as filters of event sources and rules use them.

A pattern is compiled once; an operator that is not known here is an error when the stack starts.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidemark.stack.errors import TemplateError

Matches = Callable[[Any], bool]
Values = Sequence[Any]
_ABSENT = object()

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_pattern(pattern: Mapping[str, Any], place: str) -> Matches:
    """A function that says whether an event matches. Raises TemplateError for what is not supported."""
    if not pattern:
        raise TemplateError(place, "a pattern is an object that is not empty")
    fields = [_field(name, wanted, f"{place}.{name}") for name, wanted in pattern.items()]
    return lambda event: all(matches(event) for matches in fields)


def _field(name: str, wanted: Any, place: str) -> Matches:
    if name == "$or":
        ways = [compile_pattern(way, f"{place}[{n}]") for n, way in enumerate(wanted)]
        return lambda event: any(way(event) for way in ways)
    if isinstance(wanted, Mapping):
        inner = compile_pattern(wanted, place)
        return lambda event: any(isinstance(value, Mapping) and inner(value) for value in _values(_child(event, name)))
    if not isinstance(wanted, list) or not wanted:
        raise TemplateError(place, "the values of a pattern are a list that is not empty")
    tests = [_test(one, place) for one in wanted]
    return lambda event: any(test(_child(event, name)) for test in tests)


def _child(event: Any, name: str) -> Any:
    return event.get(name, _ABSENT) if isinstance(event, Mapping) else _ABSENT


def _values(value: Any) -> list[Any]:
    """A list matches if one of its values does; what is absent has none."""
    if value is _ABSENT:
        return []
    return value if isinstance(value, list) else [value]


def _test(wanted: Any, place: str) -> Matches:
    if not isinstance(wanted, Mapping):
        return lambda value: any(_same(one, wanted) for one in _values(value))
    if len(wanted) != 1 or next(iter(wanted)) not in _OPERATORS:
        raise TemplateError(place, f"the local stack does not know the pattern {dict(wanted)}")
    ((name, argument),) = wanted.items()
    return _OPERATORS[name](argument, place)


def _same(value: Any, wanted: Any) -> bool:
    # In Python True == 1; in JSON they differ.
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _exists(argument: Any, place: str) -> Matches:
    return lambda value: (value is not _ABSENT and not isinstance(value, Mapping)) == argument


def _text(holds: Callable[[str, str], bool]) -> Callable[[Any, str], Matches]:
    def test(argument: Any, place: str) -> Matches:
        if not isinstance(argument, str):
            raise TemplateError(place, "the local stack compares this with text only")
        return lambda value: any(isinstance(one, str) and holds(one, argument) for one in _values(value))

    return test


def _anything_but(argument: Any, place: str) -> Matches:
    excluded = [_test(one, place) for one in (argument if isinstance(argument, list) else [argument])]
    return lambda value: any(not any(test(one) for test in excluded) for one in _values(value))


def _numeric(argument: Any, place: str) -> Matches:
    pairs = list(zip(argument[::2], argument[1::2], strict=True))
    if any(comparison not in _COMPARISONS for comparison, _ in pairs):
        raise TemplateError(place, f"the local stack does not know the comparison {argument}")

    def holds(one: Any) -> bool:
        number = isinstance(one, int | float) and not isinstance(one, bool)
        return number and all(_COMPARISONS[comparison](one, limit) for comparison, limit in pairs)

    return lambda value: any(map(holds, _values(value)))


_OPERATORS: Mapping[str, Callable[[Any, str], Matches]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _text(lambda value, wanted: value.casefold() == wanted.casefold()),
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
}
