"""A compiled query: its answer for one customer at one instant, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from segment_core.evaluator import timeline
from segment_core.evaluator.clauses import Clause, compile_clause
from segment_core.evaluator.explanation import Explanation, explained_clause, explained_group
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Timeline
from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.shop import Shop
from segment_core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class _Leaf:
    node: ast.Clause
    clause: Clause
    negated: bool

    def timeline(self, subject: Subject) -> Timeline:
        answer = self.clause.timeline(subject)
        return timeline.inverted(answer) if self.negated else answer

    def explain(self, subject: Subject) -> Explanation:
        return explained_clause(self.node, self.negated, self.clause, self.timeline(subject), subject)


@dataclass(frozen=True, slots=True)
class _Negation:
    node: ast.Not
    child: _Node

    def timeline(self, subject: Subject) -> Timeline:
        return timeline.inverted(self.child.timeline(subject))

    def explain(self, subject: Subject) -> Explanation:
        return explained_group(self.node, self.timeline(subject), (self.child.explain(subject),))


@dataclass(frozen=True, slots=True)
class _Group:
    node: ast.And | ast.Or
    decisive: bool
    children: Sequence[_Node]

    def timeline(self, subject: Subject) -> Timeline:
        return timeline.merged((child.timeline(subject) for child in self.children), self.decisive)

    def explain(self, subject: Subject) -> Explanation:
        children = tuple(child.explain(subject) for child in self.children)
        return explained_group(self.node, self.timeline(subject), children)


_Node = _Leaf | _Negation | _Group


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled query. Compile once, ask for any number of customers."""

    query: ast.Query
    root: _Node

    def evaluate(self, customer: Customer, shop: Shop, at: datetime) -> Verdict:
        """Whether the customer belongs at `at`, and the first instant at which that changes by time alone.

        `until` is exact for every query, not only for single clauses: the flips of all clauses are known and
        merged in order. Raises ValueError for an `at` without an offset.
        """
        member, flips = self.root.timeline(Subject(customer, shop, at))
        return Verdict(member, next(flips, None))

    def explain(self, customer: Customer, shop: Shop, at: datetime) -> Explanation:
        """The verdict of every part of the query, with the values seen."""
        return self.root.explain(Subject(customer, shop, at))


def compile_query(query: ast.Query) -> Rule:
    """The query, ready to be asked. Raises InvalidQuery if a part of it cannot be evaluated."""
    return Rule(query, _compiled(query))


def evaluate(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Verdict:
    """`Rule.evaluate` for a query that is asked once."""
    return compile_query(query).evaluate(customer, shop, at)


def explain(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Explanation:
    """`Rule.explain` for a query that is asked once."""
    return compile_query(query).explain(customer, shop, at)


def _compiled(node: ast.Query) -> _Node:
    match node:
        case ast.And(children):
            return _Group(node, False, tuple(map(_compiled, children)))
        case ast.Or(children):
            return _Group(node, True, tuple(map(_compiled, children)))
        case ast.Not(child):
            return _Negation(node, _compiled(child))
        case ast.Contains() | ast.IsNull() | ast.Matches():
            return _Leaf(node, compile_clause(node), node.negated)
        case ast.Comparison() | ast.Between():
            return _Leaf(node, compile_clause(node), False)
        case _:
            assert_never(node)
