"""What was written to what is meant: names, operators and values are checked, old spellings replaced.

The result is the small tree of `ast`: one node per meaning, whichever dialect it was written in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import cast

from segment_core.language import ast
from segment_core.language.arguments import quoted_argument
from segment_core.language.extensions import check_extension
from segment_core.language.functions import check_function
from segment_core.language.limits import STORE_CLAUSES, Limits
from segment_core.language.literals import few_enough, read, warn_of_empty_range
from segment_core.language.metafields import find_metafield
from segment_core.language.problems import Report, alternatives, shown
from segment_core.language.segments import check_ancestors, check_segment
from segment_core.language.suggestions import INVENTED_FILTERS
from segment_core.language.syntax import Clause, Fragment, Group, Leaf, Negation, Parsed, Tree
from segment_core.language.vocabulary import (
    INSTEAD_OF_OPERATORS,
    Attribute,
    Function,
    Modifier,
    Predicate,
    find,
    names,
)
from segment_core.language.vocabulary.metafields import key_of
from segment_core.nearest import nearest


def check_tree(parsed: Parsed, limits: Limits, report: Report) -> ast.Query | None:
    """The tree of what is meant; None if the report holds problems."""
    meant = {leaf: _leaf(leaf, limits, report) for leaf in parsed.leaves}
    _check_number_of_clauses(parsed.leaves, limits, report)
    if parsed.tree is None or report.mark:
        return None
    query = _lower(parsed.tree, {leaf: node for leaf, node in meant.items() if node is not None})
    return query if check_ancestors(query, limits, report) else None


def _check_number_of_clauses(clauses: Sequence[Leaf], limits: Limits, report: Report) -> None:
    numbers = [*accumulate(map(_windows, clauses))]
    if numbers and numbers[-1] > limits.clauses:
        first = clauses[bisect_right(numbers, limits.clauses)].span
        counted = " with the windows that totals are compared with" if numbers[-1] > len(clauses) else ""
        message = f"The query has {numbers[-1]} clauses{counted} (maximum is {limits.clauses})"
        report.meaning("too_many_clauses", first.start, first.end, message)
    elif len(clauses) > STORE_CLAUSES:
        first = clauses[STORE_CLAUSES].span
        message = f"The query has {len(clauses)} clauses; the store itself takes {STORE_CLAUSES}"
        report.warn("too_many_for_store", first.start, first.end, message)


def _windows(leaf: Leaf) -> int:
    """Over how many windows rows are looked at: each is as much work as a clause."""
    return 1 + sum(one.total is not None for one in leaf.parameters) if isinstance(leaf, Clause) else 1


# The tree


def _lower(tree: Tree, meant: dict[Leaf, ast.Clause]) -> ast.Query:
    """The same tree over checked clauses; AND directly in AND, and OR in OR, become one node."""
    if isinstance(tree, Negation):
        return ast.Not(_lower(tree.child, meant), tree.span)
    if isinstance(tree, Group):
        children = [_lower(child, meant) for child in tree.children]
        node = ast.And if tree.word == "AND" else ast.Or
        return node(_flattened(node, children), tree.span)
    return meant[tree]


def _flattened(node: type[ast.And | ast.Or], children: list[ast.Query]) -> tuple[ast.Query, ...]:
    flat: list[ast.Query] = []
    for child in children:
        flat.extend(child.children if isinstance(child, node) else (child,))
    return tuple(flat)


# Clauses


def _leaf(leaf: Leaf, limits: Limits, report: Report) -> ast.Clause | None:
    name = leaf.name
    entry = find(name.text)
    if key_of(name.text):
        clause = leaf if isinstance(leaf, Clause) else None
        entry = find_metafield(name, clause, limits.metafields, report)
    elif entry is None:
        message = f"'{shown(name.text)}' filter cannot be found."
        report.meaning("unknown_filter", name.start, name.end, message, _advice_on_filter(name.text))
    if isinstance(leaf, Fragment):
        return None
    match entry:
        case Attribute():
            return _attribute(leaf, entry, limits, report)
        case Function():
            return check_function(leaf, entry, limits, report)
        case Modifier():
            return _modifier(leaf, entry, limits, report)
        case Predicate():
            return check_segment(leaf, entry, limits, report)
    return None


def _advice_on_filter(name: str) -> str:
    invented = INVENTED_FILTERS.get(name.lower())
    if invented is not None:
        return f"write {invented}"
    near = nearest(name, names())
    return f"did you mean {near}?" if near else ""


def _attribute(clause: Clause, attribute: Attribute, limits: Limits, report: Report) -> ast.Clause | None:
    if clause.arguments is not None:
        start, end = clause.name.end, clause.operator.span.start
        report.meaning("unexpected", start, end, f"{attribute.name} takes no parameters", "leave the parentheses out")
        return None
    written = clause.operator.name
    operator = attribute.spellings.get(written, written)
    if operator not in attribute.operators:
        _unsupported(clause, attribute.name, attribute.operators, report)
        return None
    if not few_enough(clause.values, limits, report):
        return None
    check_extension(attribute.name, attribute.instead, clause.name.place, limits, report)
    if operator in attribute.extensions and not attribute.instead:
        check_extension(operator, INSTEAD_OF_OPERATORS[operator], clause.operator.span.place, limits, report)
    values = [read(token, attribute.domain, attribute.name, report) for token in clause.values]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if operator == "BETWEEN":
        warn_of_empty_range(known, clause.span, report)
    return _NODES.get(operator, _comparison)(attribute.name, operator, known, clause.span)


def _unsupported(clause: Clause, name: str, operators: Sequence[str], report: Report) -> None:
    operator, span = clause.operator.name, clause.operator.span
    hint = f"write {alternatives(operators)}"
    if operator in INSTEAD_OF_OPERATORS:
        hint = INSTEAD_OF_OPERATORS[operator]
    report.meaning("unsupported_operator", span.start, span.end, f"{name} does not support operator '{operator}'", hint)


def _comparison(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.Comparison(name, cast(ast.ComparisonOperator, operator), values[0], span)


def _between(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.Between(name, values[0], values[1], span)


def _contains(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.Contains(name, values[0], operator.startswith("NOT"), span)


def _in(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.In(name, tuple(values), operator.startswith("NOT"), span)


def _starts_with(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.StartsWith(name, values[0], operator.startswith("NOT"), span)


def _is_null(name: str, operator: str, values: list[ast.Value], span: ast.Span) -> ast.Clause:
    return ast.IsNull(name, operator == "IS NOT NULL", span)


_NODES: dict[str, Callable[[str, str, list[ast.Value], ast.Span], ast.Clause]] = {
    "BETWEEN": _between,
    "CONTAINS": _contains,
    "NOT CONTAINS": _contains,
    "IN": _in,
    "NOT IN": _in,
    "STARTS WITH": _starts_with,
    "NOT STARTS WITH": _starts_with,
    "IS NULL": _is_null,
    "IS NOT NULL": _is_null,
}


def _modifier(clause: Clause, modifier: Modifier, limits: Limits, report: Report) -> ast.Clause | None:
    """`anniversary('metafields.facts.birth_date') = today`, also with the argument named."""
    if clause.operator.name not in modifier.operators:
        _unsupported(clause, modifier.name, modifier.operators, report)
        return None
    date = _named_date(clause, modifier, limits, report)
    read_values = [read(token, modifier.domain, modifier.name, report) for token in clause.values]
    values = [value for value in read_values if isinstance(value, ast.DayExpression)]
    if date is None or len(values) < len(read_values):
        return None
    if clause.operator.name == "BETWEEN":
        warn_of_empty_range(values, clause.span, report)
    operator = cast(ast.AnniversaryOperator, clause.operator.name)
    return ast.Anniversary(date.name, operator, tuple(values), clause.span)


def _named_date(clause: Clause, modifier: Modifier, limits: Limits, report: Report) -> Attribute | None:
    """The date that stands in the modifier's parentheses; None if there is none, which is then in the report."""
    token = quoted_argument(clause, modifier.argument)
    entry = find(token.value) if token else None
    if token is not None and key_of(token.value):
        entry = find_metafield(token, None, limits.metafields, report)
        if entry is None:
            return None
    if isinstance(entry, Attribute) and entry.domain.type == "date":
        return entry
    message = f"{modifier.name} needs the name of one date"
    hint = f"write {modifier.name}('metafields.facts.birth_date')"
    report.meaning("wrong_type", clause.name.start, clause.name.end, message, hint)
    return None
