"""One clause as a verb phrase: `have placed at least 3 orders in the last 30 days`.

Raises KeyError where the table has no words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from segment_core.language import ast
from segment_core.language.description.values import comes_round, listed, number, quantity, quoted, when
from segment_core.language.description.words import AttributeWords, FunctionWords, Noun, ParameterWords, Unit, Words
from segment_core.language.vocabulary import ATTRIBUTES, FUNCTIONS, Domain
from segment_core.language.vocabulary.domains import INTEGER
from segment_core.language.vocabulary.properties import key_of
from segment_core.record import replace

_METAFIELD: Final = "metafields."
_ZERO: Final = ast.Number(Decimal(0))
_COMPLEMENTS: Final = {"!=": "=", "NOT CONTAINS": "CONTAINS", "NOT IN": "IN", "NOT STARTS WITH": "STARTS WITH"}
_OPPOSITES: Final[dict[str, ast.ParameterOperator]] = {
    "=": "!=", "!=": "=", ">": "<=", "<=": ">", ">=": "<", "<": ">=",
}  # fmt: skip
_PROPERTY: Final = Domain("text", ahead=True)
# What `count` can ask that only means that there are rows, or that there are none.
_SOME: Final = {(">=", Decimal(1)), (">", Decimal(0)), ("!=", Decimal(0))}
_NONE: Final = {("=", Decimal(0)), ("<", Decimal(1)), ("<=", Decimal(0))}
_HOLDS_FOR_NOTHING: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "=": lambda bound, _: bound == 0,
    "!=": lambda bound, _: bound != 0,
    ">": lambda bound, _: bound < 0,
    ">=": lambda bound, _: bound <= 0,
    "<": lambda bound, _: bound > 0,
    "<=": lambda bound, _: bound >= 0,
    "BETWEEN": lambda low, high: low <= 0 <= high,
}


def phrase(clause: ast.Clause, words: Words, currency: str | None) -> str:
    """The clause in the words; money is in the currency if that is given."""
    match clause:
        case ast.Matches():
            return _matches(_plainer(clause), words, currency)
        case ast.InSegment(segment):
            return words.segment.holds.format(quoted(segment, words))
        case ast.Anniversary(attribute, operator, values):
            said = comes_round(_COMPLEMENTS.get(operator, operator), values, words)
            return _template(words.anniversary, operator).format(said, name=_name(attribute, words))
        case ast.IsNull(attribute, negated):
            entry = _attribute(attribute, None, words)
            return _told(entry.known if negated else entry.unknown).format(name=_name(attribute, words))
        case ast.Contains(attribute, value, negated):
            return _compared(attribute, "NOT CONTAINS" if negated else "CONTAINS", (value,), words, currency)
        case ast.In(attribute, values, negated):
            return _compared(attribute, "NOT IN" if negated else "IN", values, words, currency)
        case ast.StartsWith(attribute, value, negated):
            return _compared(attribute, "NOT STARTS WITH" if negated else "STARTS WITH", (value,), words, currency)
        case ast.Between(attribute, low, high):
            return _compared(attribute, "BETWEEN", (low, high), words, currency)
        case ast.Comparison(attribute, operator, value):
            return _compared(attribute, operator, (value,), words, currency)


def _compared(name: str, operator: str, values: Sequence[ast.Value], words: Words, currency: str | None) -> str:
    kind = "list" if operator in ("CONTAINS", "NOT CONTAINS") else _kind(values[0])
    entry = _attribute(name, kind, words)
    if type(entry.unit) is Noun and operator in ("=", "!=") and values[0] == _ZERO:
        if operator == "!=":
            return _compared(name, ">", values, words, currency)
        return _told(entry.fails).format(f"{words.any_} {entry.unit.many}")
    known = ATTRIBUTES.get(name)
    is_id = known is not None and known.domain.type == "id"
    if operator == "BETWEEN" and values[0] == values[-1]:
        return _compared(name, "=", values[:1], words, currency)
    said = _value(
        _COMPLEMENTS.get(operator, operator), values, words, unit=entry.unit, currency=currency, names=entry.values,
        is_id=is_id, ahead=name.startswith(_METAFIELD),
    )  # fmt: skip
    return _template(entry, operator).format(said, name=_name(name, words))


def _attribute(name: str, kind: str | None, words: Words) -> AttributeWords:
    if name.startswith(_METAFIELD):
        return words.metafields[kind or "text"]
    return words.attributes[name]


def _name(attribute: str, words: Words) -> str:
    """What a metafield or the date of an anniversary is called."""
    if attribute.startswith(_METAFIELD):
        return quoted(attribute.removeprefix(_METAFIELD), words)
    return words.names.get(attribute, attribute)


def _kind(value: ast.Value) -> str:
    match value:
        case ast.Text():
            return "text"
        case ast.Number():
            return "number"
        case ast.Truth():
            return "truth"
        case _:
            return "date"


def _template(entry: AttributeWords, operator: str) -> str:
    return _told(entry.fails if operator in _COMPLEMENTS else entry.holds)


def _told(template: str) -> str:
    if not template:
        raise KeyError("there are no words for this operator")
    return template


def _value(
    operator: str,
    values: Sequence[ast.Value],
    words: Words,
    *,
    unit: Unit,
    currency: str | None,
    names: Mapping[str, str],
    is_id: bool,
    ahead: bool,
) -> str:
    """What is compared with, after the operator."""
    numbers = [value.value for value in values if isinstance(value, ast.Number)]
    dates = [value for value in values if isinstance(value, ast.DateExpression)]
    if dates:
        several = operator == "IN"
        return (
            listed([when("=", (one,), words) for one in dates], words)
            if several
            else when(operator, dates, words, ahead)
        )
    if numbers and operator != "CONTAINS":
        return quantity(operator, numbers, unit, words, currency)
    if operator not in ("=", "CONTAINS", "IN", "STARTS WITH"):
        raise KeyError(operator)
    said = listed([_literal(value, words, names, is_id) for value in values], words)
    return words.prefix.format(said) if operator == "STARTS WITH" else said


def _literal(value: ast.Value, words: Words, names: Mapping[str, str], is_id: bool) -> str:
    match value:
        case ast.Truth(truth):
            return words.truth[truth]
        case ast.Number(amount):
            return number(amount, words)
        case ast.Text(text):
            return text if is_id else quoted(names.get(text, text), words)
        case _:
            raise KeyError(f"a date in a list: {value}")


# MATCHES


def _matches(clause: ast.Matches, words: Words, currency: str | None) -> str:
    function, entry = FUNCTIONS[clause.function], words.functions[clause.function]
    given = {parameter.name: parameter for parameter in clause.parameters}
    totals = [given[known.name] for known in function.parameters if known.aggregate and known.name in given]
    counted = given.pop("count", None) if entry.counted and not _is_compared(given.get("count")) else None
    conditions = [
        _condition(clause.function, given.pop(name), known, words, currency)
        for name, known in entry.parameters.items()
        if name in given
    ]
    if entry.counted and "count" in given:
        conditions.append(_compared_with(given.pop("count"), ParameterWords(words.in_number), INTEGER, words, currency))
    if given and not function.argument:
        raise KeyError(next(iter(given)))
    conditions += [_property(parameter, words, currency) for parameter in given.values()]
    head = _head(entry, counted, bool(totals), words)
    if function.argument:
        head = head.format(name=quoted(clause.event, words))
    said = "".join(condition if condition.startswith(",") else f" {condition}" for condition in conditions)
    note = f" {words.none_at_all}" if totals and not counted and all(map(_holds_for_nothing, totals)) else ""
    if clause.negated and totals:
        # Totals that are not as asked do not mean that there is nothing.
        return words.not_among.format(f"{entry.holds.format(head)}{said}{note}")
    return f"{(entry.fails if clause.negated else entry.holds).format(head)}{said}{note}"


def _head(entry: FunctionWords, counted: ast.Parameter | None, totals: bool, words: Words) -> str:
    if counted is not None:
        return quantity(counted.operator, _numbers(counted), entry.counted, words, None)
    return entry.many if totals else entry.one


def _property(parameter: ast.Parameter, words: Words, currency: str | None) -> str:
    name = quoted(key_of(parameter.name), words)
    return _compared_with(parameter, words.event_property, _PROPERTY, words, currency, name)


def _condition(
    function: str, parameter: ast.Parameter, known: ParameterWords, words: Words, currency: str | None
) -> str:
    entry = FUNCTIONS[function].parameter(parameter.name)
    if entry is None:
        raise KeyError(parameter.name)
    return _compared_with(parameter, known, entry.domain, words, currency)


def _compared_with(
    parameter: ast.Parameter, known: ParameterWords, domain: Domain, words: Words, currency: str | None, name: str = ""
) -> str:
    template = known.holds
    operator: str = parameter.operator
    if isinstance(parameter.values[0], ast.Total):
        return template.format(words.amounts[operator].format(_other_window(parameter.values[0], words)))
    if operator in _COMPLEMENTS and (operator != "!=" or not _numbers(parameter)):
        operator, template = _COMPLEMENTS[operator], _told(known.fails)
    values, is_id = parameter.values, domain.type in ("id", "coordinates")
    if operator == "BETWEEN" and values[0] == values[-1]:
        operator, values = "=", values[:1]
    said = _value(
        operator, values, words, unit=known.unit, currency=currency, names={}, is_id=is_id, ahead=domain.ahead
    )
    return template.format(said, name=name)


def _is_compared(parameter: ast.Parameter | None) -> bool:
    """Whether it is compared with the same total of another window."""
    return parameter is not None and isinstance(parameter.values[0], ast.Total)


def _other_window(total: ast.Total, words: Words) -> str:
    dates = [value for value in total.window.values if isinstance(value, ast.DateExpression)]
    operator: str = total.window.operator
    said = when(_COMPLEMENTS.get(operator, operator), dates, words)
    said = words.other_window.format(words.any_time_but.format(said) if operator in _COMPLEMENTS else said)
    return words.times.format(number(total.factor.value, words), said) if total.factor else said


def _plainer(clause: ast.Matches) -> ast.Matches:
    """The same as a merchant would say it: without a `count` that only says that there are rows, or none; and with the
    opposite of its only total in place of a negation.
    """
    clause = _without_negation(clause)
    others = tuple(parameter for parameter in clause.parameters if parameter.name != "count")
    count = next((parameter for parameter in clause.parameters if parameter.name == "count"), None)
    function = FUNCTIONS[clause.function]
    aggregates = {known.name for known in function.parameters if known.aggregate}
    if count is None or _is_compared(count) or any(parameter.name in aggregates for parameter in others):
        return clause
    bounds = _numbers(count)
    if (count.operator, bounds[0]) in _SOME:
        return replace(clause, parameters=others)
    if (count.operator, bounds[-1]) in _NONE or (count.operator == "BETWEEN" and bounds == [0, 0]):
        return replace(clause, parameters=others, negated=not clause.negated)
    return clause


def _without_negation(clause: ast.Matches) -> ast.Matches:
    function = FUNCTIONS[clause.function]
    totals = [one for one in clause.parameters if (known := function.parameter(one.name)) and known.aggregate]
    if not clause.negated or len(totals) != 1 or totals[0].operator not in _OPPOSITES:
        return clause
    opposite = replace(totals[0], operator=_OPPOSITES[totals[0].operator])
    parameters = tuple(opposite if one is totals[0] else one for one in clause.parameters)
    return replace(clause, parameters=parameters, negated=False)


def _holds_for_nothing(total: ast.Parameter) -> bool:
    """Whether the condition on a total holds where nothing is chosen."""
    if _is_compared(total):
        # Less than there was before is also nothing.
        return total.operator in ("<", "<=", "!=")
    bounds = _numbers(total)
    return _HOLDS_FOR_NOTHING[total.operator](bounds[0], bounds[-1])


def _numbers(parameter: ast.Parameter) -> list[Decimal]:
    return [value.value for value in parameter.values if isinstance(value, ast.Number)]
