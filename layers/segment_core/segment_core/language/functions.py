"""Clauses on things that happened, in both dialects: `fn MATCHES (param op value)` and `fn(param: value) = true`."""

from __future__ import annotations

from segment_core.language import ast
from segment_core.language.arguments import quoted_argument
from segment_core.language.extensions import check_extension
from segment_core.language.limits import Limits
from segment_core.language.parameters import Parameters
from segment_core.language.problems import Report, shown
from segment_core.language.spelling import composed
from segment_core.language.syntax import Clause
from segment_core.language.vocabulary import FUNCTION_OPERATORS, Function


def check_function(clause: Clause, function: Function, limits: Limits, report: Report) -> ast.Matches | None:
    """What the clause means; None if it is wrong, which is then in the report."""
    check_extension(function.name, function.instead, clause.name.place, limits, report)
    event = _event(clause, function, report) if function.argument else ""
    negated = _negated(clause, function, report)
    legacy = clause.arguments is not None and not function.argument and clause.operator.name not in FUNCTION_OPERATORS
    arguments = (clause.arguments or ()) if legacy else clause.parameters
    before = report.mark
    parameters = Parameters(function, legacy, bool(negated), limits, report).read(arguments)
    if negated is None or event is None or report.mark != before:
        return None
    node = ast.Matches(function.name, parameters, negated, clause.span, event)
    if legacy:
        _warn_of_old_form(clause, negated, function, report)
    return node


def _event(clause: Clause, function: Function, report: Report) -> str | None:
    """The name in `event('name')`; None if there is none, which is then in the report."""
    token = quoted_argument(clause, function.argument)
    if token is not None:
        return composed(token.value)
    start, end = clause.name.place
    message = f"{function.name} needs the {function.argument} of one in quotes"
    report.meaning("missing_parameter", start, end, message, f"write {function.example}")
    return None


def _warn_of_old_form(clause: Clause, negated: bool, function: Function, report: Report) -> None:
    operator = FUNCTION_OPERATORS[negated]
    span, hint = clause.span, f"write {function.name} {operator} (...)"
    message = f"'{function.name}(...)' compared with true or false is the old form."
    report.warn("deprecated_form", span.start, span.end, message, hint)


def _negated(clause: Clause, function: Function, report: Report) -> bool | None:
    """Whether the clause holds for those to whom it did not happen; None if it cannot be told."""
    operator, span = clause.operator.name, clause.operator.span
    if clause.arguments is None or function.argument:
        if operator in _CURRENT:
            return _CURRENT[operator]
        message = f"{function.name} does not support operator '{operator}'"
        name = f"{function.name}('{function.argument}')" if function.argument else function.name
        hint = f"write {name} MATCHES (...) or {name} NOT MATCHES (...)"
        report.meaning("unsupported_operator", span.start, span.end, message, hint)
        return None
    if operator not in ("=", "!="):
        hint = f"write {function.name} MATCHES (...), without other parentheses before"
        report.meaning("unexpected", span.start, span.end, f"'{operator}' is unexpected.", hint)
        return None
    truth = clause.values[0]
    if truth.kind != "word" or truth.text.lower() not in ("true", "false"):
        message = f"{function.name}(...) is compared with true or false, not '{shown(truth.text)}'"
        hint = f"write {function.name} MATCHES (...)"
        report.meaning("wrong_type", truth.start, truth.end, message, hint)
        return None
    return (operator == "=") == (truth.text.lower() == "false")


# IS NULL on a function: it never happened.
_CURRENT = {"MATCHES": False, "NOT MATCHES": True, "IS NOT NULL": False, "IS NULL": True}
