"""The parameters of one clause on what happened: which there are, with which operators and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from segment_core.language import ast
from segment_core.language.ast import Span
from segment_core.language.extensions import check_extension
from segment_core.language.lexer import Token
from segment_core.language.limits import Limits
from segment_core.language.literals import few_enough, read, read_coordinates, warn_of_empty_range
from segment_core.language.problems import Report, alternatives, shown
from segment_core.language.properties import find_property
from segment_core.language.suggestions import INVENTED_PARAMETERS
from segment_core.language.syntax import Argument, Operator, Total
from segment_core.language.vocabulary import Function, LegacyParameter, Parameter
from segment_core.language.vocabulary.domains import NUMBER
from segment_core.nearest import nearest

_INSTEAD_OF_TOTALS = "write one clause for each window, with amounts in place of the comparison"


class Parameters:
    """Reads the parameters of one clause."""

    def __init__(self, function: Function, legacy: bool, negated: bool, limits: Limits, report: Report) -> None:
        self._function = function
        self._legacy = legacy
        self._negated = negated
        self._has_totals = False
        self._limits = limits
        self._report = report
        self._before = report.mark

    def read(self, arguments: Sequence[Argument]) -> tuple[ast.Parameter, ...]:
        """The parameters that are right, in canonical order."""
        found: dict[str, ast.Parameter] = {}
        known = (self._function.parameter(one.name.text) for one in arguments if one.name)
        self._has_totals = any(one is not None and one.aggregate for one in known)
        for argument in arguments:
            parameter = self._parameter(argument)
            if parameter is None:
                continue
            earlier = found.get(parameter.name)
            joined = _joined(earlier, parameter) if earlier and self._legacy else None
            if earlier is not None and joined is None:
                self._refuse_twice(argument, parameter.name)
                continue
            if joined is not None:
                warn_of_empty_range(joined.values, joined.span, self._report)
            found[parameter.name] = joined or parameter
        self._refuse_incomplete(found)
        return tuple(self._in_order(found))

    def _in_order(self, found: Mapping[str, ast.Parameter]) -> Iterator[ast.Parameter]:
        """The parameters of rows as in the vocabulary, properties by name, then the aggregates."""
        known = self._function.parameters
        yield from (found[one.name] for one in known if one.name in found and not one.aggregate)
        yield from (found[name] for name in sorted(found) if self._function.parameter(name) is None)
        yield from (found[one.name] for one in known if one.name in found and one.aggregate)

    def _refuse_incomplete(self, found: Mapping[str, ast.Parameter]) -> None:
        """A radius without its centre, and the like; not beside other problems, which may explain it."""
        if self._report.mark != self._before:
            return
        for known in self._function.parameters:
            if known.name in found and known.needs and not any(name in found for name in known.needs):
                span = found[known.name].span
                message = f"'{known.name}' means nothing without {alternatives(known.needs)}"
                hint = f"write {self._function.example}"
                self._report.meaning("missing_parameter", span.start, span.end, message, hint)

    def _refuse_twice(self, argument: Argument, name: str) -> None:
        message = f"'{name}' is given twice; each parameter may stand only once"
        hint = "write BETWEEN, or several clauses"
        self._report.meaning("duplicate_parameter", argument.span.start, argument.span.end, message, hint)

    def _parameter(self, argument: Argument) -> ast.Parameter | None:
        if argument.name is None or argument.operator is None:
            message = f"{self._function.name} needs the name of the parameter"
            hint = f"for example {self._function.parameters[0].name} = ..."
            self._report.meaning("unexpected", argument.span.start, argument.span.end, message, hint)
            return None
        written = argument.name.text
        legacy = next((old for old in self._function.legacy if old.name == written), None) if self._legacy else None
        known = self._function.parameter(legacy.parameter if legacy else written)
        if known is None and self._function.argument:
            known = find_property(self._function, written, argument.operator.name, argument.values)
        if known is None:
            self._refuse_unknown(argument.name)
            return None
        operator = self._operator(argument.operator, argument, legacy, known)
        if operator is not None and argument.total is not None:
            return self._compared(argument, argument.total, known, operator)
        if operator is None or not few_enough(argument.values, self._limits, self._report):
            return None
        self._check_extensions(argument, operator, known)
        values = self._values(argument, known)
        return None if values is None else ast.Parameter(known.name, operator, values, argument.span)

    def _refuse_unknown(self, name: Token) -> None:
        function, written = self._function, name.text
        names = [parameter.name for parameter in function.parameters]
        old = next((old for old in function.legacy if old.name == written), None)
        meant = next((one for one in INVENTED_PARAMETERS.get(written.lower(), ()) if one in names), None)
        near = f"{old.parameter} {old.operator} ..." if old else meant or nearest(written, names)
        hint = f"did you mean {near}?" if near else f"the parameters are {', '.join(names)}"
        message = f"'{shown(written)}' is not a parameter of {function.name}"
        self._report.meaning("unknown_parameter", name.start, name.end, message, hint)

    def _operator(
        self, operator: Operator, argument: Argument, legacy: LegacyParameter | None, known: Parameter
    ) -> ast.ParameterOperator | None:
        """The operator in the current dialect; a colon is `=`, or IN before a list."""
        if (operator.name == ":") != self._legacy:
            self._refuse_dialect(operator, known)
            return None
        name = operator.name
        if self._legacy:
            listed = argument.listed and known.domain.type != "coordinates"
            name = "IN" if listed else legacy.operator if legacy else "="
        elif argument.listed and name not in ("IN", "NOT IN") and known.domain.type != "coordinates":
            self._refuse_list(operator, known)
            return None
        if name not in known.operators or (legacy and argument.listed):
            span = argument.span if self._legacy else operator.span
            message = f"{known.name} does not support operator '{name}'"
            hint = f"write {alternatives(known.operators)}"
            if known.domain.type == "distance" and argument.values:
                hint = f"write {known.name} = {shown(argument.values[0].text)}: all that is no farther away is meant"
            self._report.meaning("unsupported_operator", span.start, span.end, message, hint)
            return None
        return cast(ast.ParameterOperator, name)

    def _compared(
        self, argument: Argument, total: Total, known: Parameter, operator: ast.ParameterOperator
    ) -> ast.Parameter | None:
        """The aggregate compared with itself over another window."""
        check_extension(f"{known.name}(...)", _INSTEAD_OF_TOTALS, total.span.place, self._limits, self._report)
        if not known.aggregate or total.name.text != known.name:
            message = f"{known.name} is not compared with {shown(total.name.text)}(...)"
            hint = f"write {known.name} {operator} {known.name}(date ...)" if known.aggregate else "write a value"
            self._report.meaning("wrong_type", *total.name.place, message, hint)
            return None
        before = self._report.mark
        windows = [self._parameter(one) for one in total.arguments]
        [window] = windows if len(windows) == 1 else [None]
        factor = self._factor(total.factor) if total.factor else None
        if self._report.mark != before:
            return None
        if window is None or window.name != "date":
            message = f"{known.name}(...) needs a date, and nothing else: the other conditions are the same"
            hint = f"write {known.name}(date BETWEEN -180d AND -91d)"
            self._report.meaning("missing_parameter", *total.span.place, message, hint)
            return None
        return ast.Parameter(known.name, operator, (ast.Total(known.name, window, factor),), argument.span)

    def _factor(self, token: Token) -> ast.Number | None:
        number = read(token, NUMBER, "the factor", self._report)
        if isinstance(number, ast.Number) and number.value > 0:
            return number
        if number is not None:
            message = f"the factor needs to be above 0, not {shown(token.text)}"
            self._report.meaning("wrong_type", *token.place, message, "write a positive number, such as 1.2")
        return None

    def _check_extensions(self, argument: Argument, operator: str, known: Parameter) -> None:
        if self._function.instead or argument.name is None or argument.operator is None:
            return
        check_extension(known.name, known.instead, argument.name.place, self._limits, self._report)
        if operator in known.extensions and not known.instead:
            word = f"{known.name}: (...)" if self._legacy else operator
            place = argument.operator.span.place
            check_extension(word, self._instead_of(operator), place, self._limits, self._report)

    def _instead_of(self, operator: str) -> str:
        """Clauses for single values choose the same rows, but one by one: they are not counted or excluded together."""
        if self._has_totals or operator.startswith("NOT"):
            return "the store compares one whole text here; several clauses would not mean the same"
        each = "whole text" if operator == "STARTS WITH" else "value"
        return f"write one clause for each {each}, joined with {'AND' if self._negated else 'OR'}"

    def _refuse_list(self, operator: Operator, known: Parameter) -> None:
        listing = {"=": "IN", "!=": "NOT IN"}.get(operator.name)
        hint = f"write {known.name} {listing} (...)" if listing in known.operators else "write several clauses"
        span, message = operator.span, f"'{operator.name}' takes one value, not a list"
        self._report.meaning("unsupported_operator", span.start, span.end, message, hint)

    def _refuse_dialect(self, operator: Operator, known: Parameter) -> None:
        right = f"{known.name}: ..." if self._legacy else f"{known.name} = ..."
        span = operator.span
        self._report.meaning("unexpected", span.start, span.end, f"'{operator.name}' is unexpected.", f"write {right}")

    def _values(self, argument: Argument, known: Parameter) -> tuple[ast.Value, ...] | None:
        if known.domain.type == "coordinates":
            point = read_coordinates(argument.values, known.name, self._report)
            return None if point is None else (point,)
        values = [read(token, known.domain, known.name, self._report) for token in argument.values]
        right = tuple(value for value in values if value is not None)
        if len(right) < len(values):
            return None
        if len(right) == 2 and not argument.listed:
            warn_of_empty_range(right, argument.span, self._report)
        return right


def _joined(earlier: ast.Parameter, later: ast.Parameter) -> ast.Parameter | None:
    """`since` and `until` together, in either order, as one BETWEEN."""
    ends = {earlier.operator: earlier.values, later.operator: later.values}
    if set(ends) != {">=", "<="}:
        return None
    span = Span(earlier.span.start, later.span.end)
    return ast.Parameter(earlier.name, "BETWEEN", (*ends[">="], *ends["<="]), span)
