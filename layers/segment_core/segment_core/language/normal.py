"""One tree for what means the same: numbers without needless zeros, `today` for no days at all, each value of a list
once, and NOT only where there is no opposite to say it with.

What people would not call the same text stays as it was written: the order of clauses, `-7d` and `-1w`, `yesterday`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

from segment_core.language import ast
from segment_core.language.ast import (
    Anniversary,
    Between,
    Comparison,
    Contains,
    In,
    InSegment,
    IsNull,
    Matches,
    StartsWith,
)
from segment_core.record import replace

_OPPOSITES: Final[dict[str, Literal["=", "!="]]] = {"=": "!=", "!=": "="}


def normal(query: ast.Query) -> ast.Query:
    """The one tree of all that mean what `query` does by the laws of this module."""
    match query:
        case ast.And(children, span):
            return ast.And(tuple(_flattened(ast.And, children)), span)
        case ast.Or(children, span):
            return ast.Or(tuple(_flattened(ast.Or, children)), span)
        case ast.Not(child, span):
            inner = normal(child)
            return opposite(inner, span) or ast.Not(inner, span)
        case _:
            return _clause(query)


def opposite(query: ast.Query, span: ast.Span) -> ast.Query | None:
    """The exact complement of a query, without NOT in front; None if there is none. It stands at `span`."""
    match query:
        case ast.Not(child):
            return child
        case Contains() | In() | StartsWith() | IsNull() | Matches():
            return replace(query, negated=not query.negated, span=span)
        case Comparison(operator="=" | "!=") | Anniversary(operator="=" | "!="):
            return replace(query, operator=_OPPOSITES[query.operator], span=span)
        case _:
            return None


def _flattened(node: type[ast.And | ast.Or], children: tuple[ast.Query, ...]) -> list[ast.Query]:
    """The normal children; those of a child that only lost its NOTs are children too."""
    flat: list[ast.Query] = []
    for child in map(normal, children):
        flat.extend(child.children if isinstance(child, node) else (child,))
    return flat


def _clause(clause: ast.Clause) -> ast.Clause:
    match clause:
        case Comparison() | Contains() | StartsWith():
            return replace(clause, value=_value(clause.value))
        case Between():
            return replace(clause, low=_value(clause.low), high=_value(clause.high))
        case In():
            return replace(clause, values=_each_once(clause.values))
        case Anniversary():
            days = (value for value in map(_value, clause.values) if isinstance(value, ast.DayExpression))
            return replace(clause, values=tuple(days))
        case Matches():
            return replace(clause, parameters=tuple(map(_parameter, clause.parameters)))
        case IsNull() | InSegment():
            return clause


def _parameter(parameter: ast.Parameter) -> ast.Parameter:
    listed = parameter.operator in ("IN", "NOT IN")
    return replace(parameter, values=_each_once(parameter.values) if listed else tuple(map(_value, parameter.values)))


def _each_once(values: tuple[ast.Value, ...]) -> tuple[ast.Value, ...]:
    return tuple(dict.fromkeys(map(_value, values)))


def _value(value: ast.Value) -> ast.Value:
    match value:
        case ast.Number(number):
            return ast.Number(_shortest(number))
        case ast.Offset(count=0):
            return ast.Named("today")
        case ast.Total(_, window, factor):
            times = None if factor is None or factor.value == 1 else ast.Number(_shortest(factor.value))
            return replace(value, window=_parameter(window), factor=times)
        case _:
            return value


def _shortest(number: Decimal) -> Decimal:
    """The same without zeros at the end of its decimals, and without the sign of nothing."""
    whole = number == number.to_integral_value()
    return Decimal(int(number)) if whole else number.normalize()
