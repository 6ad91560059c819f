"""A tree to its canonical text: current dialect, one spelling, single spaces, no needless parentheses.

Parsing the text gives the same tree again.
"""

from __future__ import annotations

from segment_core.language import ast
from segment_core.language.vocabulary import FUNCTIONS, MODIFIERS, Domain, domain_of
from segment_core.language.vocabulary.domains import TEXT

_DAY = MODIFIERS["anniversary"].domain


def canonical(query: ast.Query) -> str:
    """The one text of `query`."""
    if isinstance(query, ast.And):
        return " AND ".join(_within(child, ast.Or) for child in query.children)
    if isinstance(query, ast.Or):
        return " OR ".join(_within(child) for child in query.children)
    if isinstance(query, ast.Not):
        return f"NOT {_within(query.child, ast.And, ast.Or)}"
    return _clause(query)


def _within(child: ast.Query, *binding_less: type[ast.Query]) -> str:
    text = canonical(child)
    return f"({text})" if isinstance(child, binding_less) else text


def _clause(clause: ast.Clause) -> str:
    if isinstance(clause, ast.Matches):
        parameters = ", ".join(_parameter(clause.function, parameter) for parameter in clause.parameters)
        function = FUNCTIONS[clause.function]
        argument = f"({_value(ast.Text(clause.event), TEXT)})" if function.argument else ""
        return f"{clause.function}{argument} {_not(clause.negated)}MATCHES ({parameters})"
    if isinstance(clause, ast.Anniversary):
        values = " AND ".join(_value(value, _DAY) for value in clause.values)
        return f"anniversary('{clause.attribute}') {clause.operator} {values}"
    if isinstance(clause, ast.InSegment):
        return f"in_segment({_value(ast.Text(clause.segment), TEXT)})"
    name, domain = clause.attribute, domain_of(clause.attribute)
    if isinstance(clause, ast.Comparison):
        return f"{name} {clause.operator} {_value(clause.value, domain)}"
    if isinstance(clause, ast.Between):
        return f"{name} BETWEEN {_value(clause.low, domain)} AND {_value(clause.high, domain)}"
    if isinstance(clause, ast.Contains):
        return f"{name} {_not(clause.negated)}CONTAINS {_value(clause.value, domain)}"
    if isinstance(clause, ast.In):
        return f"{name} {_not(clause.negated)}IN ({', '.join(_value(value, domain) for value in clause.values)})"
    if isinstance(clause, ast.StartsWith):
        return f"{name} {_not(clause.negated)}STARTS WITH {_value(clause.value, domain)}"
    return f"{name} IS {_not(clause.negated)}NULL"


def _parameter(function: str, parameter: ast.Parameter) -> str:
    known = FUNCTIONS[function].parameter(parameter.name)
    if known is None and not FUNCTIONS[function].argument:
        raise KeyError(f"{function} has no parameter {parameter.name}")
    domain = known.domain if known else TEXT
    values = [
        _total(function, value) if isinstance(value, ast.Total) else _value(value, domain) for value in parameter.values
    ]
    if parameter.operator in ("IN", "NOT IN"):
        return f"{parameter.name} {parameter.operator} ({', '.join(values)})"
    return f"{parameter.name} {parameter.operator} {' AND '.join(values)}"


def _total(function: str, total: ast.Total) -> str:
    factor = f"{total.factor.value:f} * " if total.factor else ""
    return f"{factor}{total.name}({_parameter(function, total.window)})"


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def quoted(text: str) -> str:
    """A text as it is written in a query."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _value(value: ast.Value, domain: Domain) -> str:
    match value:
        case ast.Text(text) if domain.type == "id":
            return text
        case ast.Text(text):
            return quoted(text)
        case ast.Number(number):
            return format(number, "f")
        case ast.Truth(truth):
            return "true" if truth else "false"
        case ast.Day(day):
            return day.isoformat()
        case ast.Moment(local):
            return local.isoformat(timespec="seconds")
        case ast.Offset(count, unit):
            return f"{count:+d}{unit}" if count else f"-0{unit}"
        case ast.Named(name):
            return name
        case ast.Total():
            raise TypeError("a total stands only in parameters")
