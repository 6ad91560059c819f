"""Ours: queries about facts that lie ready as after reading a customer; relative dates are its own work."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from segment_core.language import ast, parse
from segment_core.rules import RuleSet
from segment_core.shop import OrderPolicy, Shop
from segment_core.zones import zone

from ..attributes import BY_NAME
from ..customers import AT, customers
from ..rules import Clause, Rule
from . import Engine

# A checkout counts at once: the other engines know nothing of waiting for its order.
SHOP = Shop(zone("UTC"), "USD", OrderPolicy(abandoned_after_minutes=0))


def written(rule: Rule) -> str:
    """The rule as a query."""
    if isinstance(rule, Clause):
        return _clause(rule)
    parts = [f"({written(part)})" for part in rule.parts]
    return f"NOT {parts[0]}" if rule.operator == "not" else f" {rule.operator.upper()} ".join(parts)


def _clause(clause: Clause) -> str:
    attribute = BY_NAME[clause.attribute]
    values = list(clause.written) or [_value(clause, value) for value in clause.values]
    if attribute.name == "companies":
        return f"companies CONTAINS {clause.values[0]}"
    if clause.operator == "BETWEEN":
        return f"{clause.attribute} BETWEEN {values[0]} AND {values[1]}"
    if clause.operator == "IN":
        return f"{clause.attribute} IN ({', '.join(values)})"
    return f"{clause.attribute} {clause.operator} {values[0]}"


def _value(clause: Clause, value: int | str) -> str:
    attribute = BY_NAME[clause.attribute]
    if attribute.kind == "truth":
        return "true" if value else "false"
    if attribute.money:
        return f"{Decimal(value) / 100:.2f}"
    if attribute.kind == "number" or attribute.name == "created_by_app_id":
        return str(value)
    return f"'{value}'"


def queries(rules: Sequence[Rule]) -> dict[int, ast.Query]:
    """The rules by their slots."""
    return {slot: parse(written(rule)) for slot, rule in enumerate(rules)}


def build(rules: Sequence[Rule]) -> Engine:
    """The members only."""
    rule_set = RuleSet(queries(rules))
    return Engine(customers, lambda customer: rule_set.members(customer, SHOP, AT), int)


def build_with_change(rules: Sequence[Rule]) -> Engine:
    """The members, and the first instant at which time changes them."""
    rule_set = RuleSet(queries(rules))
    return Engine(customers, lambda customer: rule_set.answer(customer, SHOP, AT), lambda answer: answer.bits)
