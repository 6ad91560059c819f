"""What was written to what is meant: names, operators and values are checked, old spellings replaced.

The result is the small tree of `ast`: one node per meaning, whichever dialect it was written in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from segment_core.language import ast
from segment_core.language.functions import check_function
from segment_core.language.lexer import Token
from segment_core.language.limits import STORE_CLAUSES, Limits
from segment_core.language.literals import read, warn_of_empty_range
from segment_core.language.problems import Report, alternatives, shown
from segment_core.language.suggestions import INVENTED_FILTERS, nearest
from segment_core.language.syntax import Clause, Fragment, Group, Leaf, Negation, Parsed, Tree
from segment_core.language.vocabulary import METAFIELD, Attribute, Entry, Function, Modifier, find, names


def check_tree(parsed: Parsed, limits: Limits, report: Report) -> ast.Query | None:
    """The tree of what is meant; None if the report holds problems."""
    meant = {leaf: _leaf(leaf, limits, report) for leaf in parsed.leaves}
    _check_number_of_clauses(parsed.leaves, limits, report)
    if parsed.tree is None or report.mark:
        return None
    return _lower(parsed.tree, {leaf: node for leaf, node in meant.items() if node is not None})


def _check_number_of_clauses(clauses: Sequence[Leaf], limits: Limits, report: Report) -> None:
    if len(clauses) > limits.clauses:
        first = clauses[limits.clauses].span
        message = f"The query has {len(clauses)} clauses (maximum is {limits.clauses})"
        report.meaning("too_many_clauses", first.start, first.end, message)
    elif len(clauses) > STORE_CLAUSES:
        first = clauses[STORE_CLAUSES].span
        message = f"The query has {len(clauses)} clauses; the store itself takes {STORE_CLAUSES}"
        report.warn("too_many_for_store", first.start, first.end, message)


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
    if entry is None and not METAFIELD.fullmatch(name.text):
        message = f"'{shown(name.text)}' filter cannot be found."
        report.meaning("unknown_filter", name.start, name.end, message, _advice_on_filter(name.text))
        return None
    if isinstance(leaf, Fragment):
        return None
    before = report.mark
    node = _clause(leaf, entry, limits, report)
    if report.mark == before and (entry is None or not entry.supported):
        report.meaning("not_supported_yet", name.start, name.end, f"'{shown(name.text)}' is not supported yet.")
    return node


def _clause(clause: Clause, entry: Entry | None, limits: Limits, report: Report) -> ast.Clause | None:
    if isinstance(entry, Attribute):
        return _attribute(clause, entry, report)
    if isinstance(entry, Function):
        return check_function(clause, entry, limits, report)
    if isinstance(entry, Modifier):
        _modifier(clause, entry, report)
    return None


def _advice_on_filter(name: str) -> str:
    invented = INVENTED_FILTERS.get(name.lower())
    if invented is not None:
        return f"write {invented}"
    near = nearest(name, names())
    return f"did you mean {near}?" if near else ""


def _attribute(clause: Clause, attribute: Attribute, report: Report) -> ast.Clause | None:
    if clause.arguments is not None:
        start, end = clause.name.end, clause.operator.span.start
        report.meaning("unexpected", start, end, f"{attribute.name} takes no parameters", "leave the parentheses out")
        return None
    written = clause.operator.name
    operator = attribute.spellings.get(written, written)
    if operator not in attribute.operators:
        _unsupported(clause, attribute.name, attribute.operators, report)
        return None
    values = [read(token, attribute.domain, attribute.name, report) for token in clause.values]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if operator == "BETWEEN":
        warn_of_empty_range(known, clause.span, report)
    return _NODES.get(operator, _comparison)(clause, operator, known)


def _unsupported(clause: Clause, name: str, operators: Sequence[str], report: Report) -> None:
    operator, span = clause.operator.name, clause.operator.span
    hint = f"write {alternatives(operators)}"
    if operator in ("IN", "NOT IN"):
        hint = "write one clause for each value, joined with OR or AND"
    report.meaning("unsupported_operator", span.start, span.end, f"{name} does not support operator '{operator}'", hint)


def _comparison(clause: Clause, operator: str, values: list[ast.Value]) -> ast.Clause:
    return ast.Comparison(clause.name.text, cast(ast.ComparisonOperator, operator), values[0], clause.span)


def _between(clause: Clause, operator: str, values: list[ast.Value]) -> ast.Clause:
    return ast.Between(clause.name.text, values[0], values[1], clause.span)


def _contains(clause: Clause, operator: str, values: list[ast.Value]) -> ast.Clause:
    return ast.Contains(clause.name.text, values[0], operator.startswith("NOT"), clause.span)


def _is_null(clause: Clause, operator: str, values: list[ast.Value]) -> ast.Clause:
    return ast.IsNull(clause.name.text, operator == "IS NOT NULL", clause.span)


_NODES: dict[str, Callable[[Clause, str, list[ast.Value]], ast.Clause]] = {
    "BETWEEN": _between,
    "CONTAINS": _contains,
    "NOT CONTAINS": _contains,
    "IS NULL": _is_null,
    "IS NOT NULL": _is_null,
}


def _modifier(clause: Clause, modifier: Modifier, report: Report) -> None:
    """`anniversary('metafields.facts.birth_date') = today`, also with the argument named."""
    if clause.operator.name not in modifier.operators:
        _unsupported(clause, modifier.name, modifier.operators, report)
        return
    if not _is_named_date(clause, modifier):
        message = f"{modifier.name} needs the name of one date"
        hint = f"write {modifier.name}('metafields.facts.birth_date')"
        report.meaning("wrong_type", clause.name.start, clause.name.end, message, hint)
    for token in clause.values:
        read(token, modifier.domain, modifier.name, report)


def _is_named_date(clause: Clause, modifier: Modifier) -> bool:
    arguments = clause.arguments or ()
    if len(arguments) != 1 or arguments[0].listed or len(arguments[0].values) != 1:
        return False
    name, operator = arguments[0].name, arguments[0].operator
    named_rightly = name is None or (name.text == modifier.argument and operator is not None and operator.name == ":")
    return named_rightly and _names_a_date(arguments[0].values[0])


def _names_a_date(token: Token) -> bool:
    if token.kind != "string":
        return False
    entry = find(token.value)
    return bool(METAFIELD.fullmatch(token.value)) or (isinstance(entry, Attribute) and entry.domain.type == "date")
