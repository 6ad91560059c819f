"""Queries as alternatives: rows, each a conjunction of what it demands of single variables.

AND within a row joins the classes that refute it, OR of two demands on one variable intersects them, and NOT takes
the complement; so what is asked of one variable stays one demand, and rows are few.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from segment_core.rules.variables import Variable

MOST_ROWS: Final = 16
"""What comes to more alternatives than this is asked as one clause: rows multiply where ORs meet in an AND."""


class Literal(NamedTuple):
    """The condition on the variable holds."""

    variable: Variable
    condition: Hashable


class Negation(NamedTuple):
    """The part does not hold."""

    part: Formula


class All(NamedTuple):
    """All parts hold."""

    parts: Sequence[Formula]


class Any(NamedTuple):
    """One of the parts holds."""

    parts: Sequence[Formula]


class Opposites(NamedTuple):
    """The first part holds, where the second one is what that means if it does not."""

    part: Formula
    opposite: Formula


Formula = Literal | Negation | All | Any | Opposites

Row = dict[Variable, int]
"""The classes of each variable that refute the row."""

_ALWAYS: Final[list[Row]] = [{}]


class TooManyRowsError(Exception):
    """The formula comes to more than MOST_ROWS alternatives."""


def rows(formula: Formula, wanted: bool = True) -> list[Row]:
    """The alternatives to which the formula, or its negation, comes. Raises TooManyRowsError."""
    match formula:
        case Literal(variable, condition):
            return _demanded(variable, variable.refuting(condition, wanted))
        case Negation(part):
            return rows(part, not wanted)
        case Opposites(part, opposite):
            return rows(part if wanted else opposite)
    conjunction = isinstance(formula, All) is wanted
    parts = [rows(part, wanted) for part in formula.parts]
    return _product(parts) if conjunction else _union(row for part in parts for row in part)


def _demanded(variable: Variable, refuting: int) -> list[Row]:
    if not refuting:
        return _ALWAYS
    return [] if refuting == variable.every else [{variable: refuting}]


def _product(parts: Iterable[list[Row]]) -> list[Row]:
    found = _ALWAYS
    for part in parts:
        joined = [both for row in found for other in part if (both := _both(row, other)) is not None]
        found = joined if len(joined) == 1 else _union(joined)
    return found


def _both(row: Row, other: Row) -> Row | None:
    """What both demand; None if that is never so."""
    joined = row | other
    for variable in row.keys() & other.keys():
        refuting = joined[variable] = row[variable] | other[variable]
        if refuting == variable.every:
            return None
    return joined


def _union(alternatives: Iterable[Row]) -> list[Row]:
    """The alternatives, with those that demand something of one and the same variable only as one."""
    found: list[Row] = []
    single: Row = {}
    for row in alternatives:
        if not row:
            return _ALWAYS
        if len(row) > 1:
            if row not in found:
                found.append(row)
            continue
        [(variable, refuting)] = row.items()
        single[variable] = single.get(variable, refuting) & refuting
        if not single[variable]:
            return _ALWAYS
    found += [{variable: refuting} for variable, refuting in single.items()]
    if len(found) > MOST_ROWS:
        raise TooManyRowsError
    return found
