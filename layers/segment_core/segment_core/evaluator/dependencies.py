"""Which facts a query reads, and how far back, so that whoever fetches facts can leave the others out.

The vocabulary says what an attribute reads, and what the rows of a function are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from segment_core.language import ast
from segment_core.language.segments import clauses
from segment_core.language.vocabulary import ATTRIBUTES, FUNCTIONS, Fact
from segment_core.language.vocabulary.metafields import PREFIX

if TYPE_CHECKING:
    from segment_core.evaluator.rule import Rule

Reach = int | None
"""How far back: local dates before that of `at`, that date itself always being read; None: for ever."""


NEWEST: Final = ("abandoned_checkout_date", "last_order_date")
"""Attributes that are the date of the newest fact: one older than all that is asked for might as well be missing."""

HAPPENED: Final = "date"
"""The parameter that compares when the facts of a row happened."""

LATER: Final = ("orders_refunded",)
"""Functions whose rows are dated later than the facts that they are made of, by any time."""

# Operators that fail a date for being too early.
_SINCE: Final = ("=", ">", ">=", "BETWEEN")
_DAYS_AT_MOST: Final[Mapping[ast.OffsetUnit, int]] = {"d": 1, "w": 7, "m": 31, "y": 366}


def depends_on(query: ast.Query, segments: Mapping[str, Rule] = MappingProxyType({})) -> dict[Fact, Reach]:
    """The facts that can change the answer, each with the number of local dates that it looks back at most.

    Facts that are older, or of another kind, can be left out: the verdict stays the same, at that instant and until it
    flips. A date that stands still, like 2026-01-01, counts as for ever. What segments that are asked read is looked up
    in `segments`, as in a shop's. Raises KeyError for filters that the tables do not hold.
    """
    found: dict[Fact, Reach] = {}
    waiting, asked = [query], set[str]()
    while waiting:
        for clause in clauses(waiting.pop()):
            if isinstance(clause, ast.InSegment):
                # A segment that several ask is looked at once.
                waiting += [segments[name].query for name in {clause.segment} - asked if name in segments]
                asked.add(clause.segment)
            for fact, reach in _read(clause):
                found[fact] = _farther(found[fact], reach) if fact in found else reach
    return found


def _read(clause: ast.Clause) -> Iterator[tuple[Fact, Reach]]:
    if isinstance(clause, ast.InSegment):
        yield Fact("segment", clause.segment), None
    elif isinstance(clause, ast.Matches):
        yield from _rows(clause)
    else:
        reach = _reach(clause)
        yield from ((fact, reach) for fact in _facts(clause.attribute))


def _rows(clause: ast.Matches) -> Iterator[tuple[Fact, Reach]]:
    reach = None if clause.function in LATER else _farthest_window(clause)
    for fact in FUNCTIONS[clause.function].reads:
        yield Fact("event", clause.event) if clause.event else fact, reach


def _farthest_window(clause: ast.Matches) -> Reach:
    """How far back the clause's own window goes, or another one that its totals are compared with."""
    windows = [parameter for parameter in clause.parameters if parameter.name == HAPPENED]
    if not windows:
        return None
    windows += [one.window for known in clause.parameters for one in known.values if isinstance(one, ast.Total)]
    return reduce(_farther, (_since(window.operator, window.values[0]) for window in windows))


def _facts(name: str) -> tuple[Fact, ...]:
    return (Fact("metafield", name.removeprefix(PREFIX)),) if name.startswith(PREFIX) else ATTRIBUTES[name].reads


def _reach(
    clause: ast.Comparison | ast.Between | ast.Contains | ast.In | ast.StartsWith | ast.IsNull | ast.Anniversary,
) -> Reach:
    if clause.attribute not in NEWEST:
        return None
    match clause:
        case ast.Comparison(operator="!=", value=value):
            # The complement of `=`, so it needs the same facts.
            return _since("=", value)
        case ast.Comparison(operator=operator, value=value):
            return _since(operator, value)
        case ast.Between(low=low):
            return _since("BETWEEN", low)
        case ast.In(values=values):
            return reduce(_farther, (_since("=", value) for value in values))
        case _:
            return None


def _since(operator: str, low: ast.Value) -> Reach:
    """How far before today a date can lie and still be as asked."""
    match low:
        case _ if operator not in _SINCE:
            return None
        case ast.Named("yesterday"):
            return 1
        case ast.Named():
            return 0
        case ast.Offset(count, unit):
            return max(0, -count) * _DAYS_AT_MOST[unit]
        case _:
            return None


def _farther(one: Reach, other: Reach) -> Reach:
    return None if one is None or other is None else max(one, other)
