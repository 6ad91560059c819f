"""A compiled query: its answer for one customer at one instant or over a period, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple, assert_never

from segment_core.calendar import BEGINNING, TICK
from segment_core.evaluator.clauses import Clause, compile_clause
from segment_core.evaluator.explanation import Explanation, explained_clause, explained_group, explained_segment
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Timeline, constant, inverted, merged
from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.language.limits import DEEPEST_SEGMENTS
from segment_core.language.problems import shown
from segment_core.shop import Shop
from segment_core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class _Leaf:
    node: ast.Clause
    clause: Clause
    negated: bool

    def timeline(self, subject: Subject) -> Timeline:
        answer = self.clause.timeline(subject)
        return inverted(answer) if self.negated else answer

    def explain(self, subject: Subject) -> Explanation:
        return explained_clause(self.node, self.negated, self.clause, self.timeline(subject), subject)


@dataclass(frozen=True, slots=True)
class _Negation:
    node: ast.Not
    child: _Node

    def timeline(self, subject: Subject) -> Timeline:
        return inverted(self.child.timeline(subject))

    def explain(self, subject: Subject) -> Explanation:
        return explained_group(self.node, self.timeline(subject), (self.child.explain(subject),))


@dataclass(frozen=True, slots=True)
class _Group:
    node: ast.And | ast.Or
    decisive: bool
    children: Sequence[_Node]

    def timeline(self, subject: Subject) -> Timeline:
        return merged((child.timeline(subject) for child in self.children), self.decisive)

    def explain(self, subject: Subject) -> Explanation:
        children = tuple(child.explain(subject) for child in self.children)
        return explained_group(self.node, self.timeline(subject), children)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Another segment, asked through the shop. Nobody is in one that there is not, or that leads back to itself."""

    node: ast.InSegment

    def timeline(self, subject: Subject) -> Timeline:
        obstacle, rule = self._rule(subject)
        return constant(False) if obstacle or not rule else rule.root.timeline(subject.within(self.node.segment))

    def explain(self, subject: Subject) -> Explanation:
        obstacle, rule = self._rule(subject)
        asked = not obstacle and rule is not None
        children = (rule.root.explain(subject.within(self.node.segment)),) if rule and asked else ()
        return explained_segment(self.node, self.timeline(subject), obstacle, children)

    def _rule(self, subject: Subject) -> tuple[str, Rule | None]:
        """The segment's rule, or why it cannot be asked."""
        name = self.node.segment
        rule = subject.shop.segments.get(name)
        if rule is None:
            return f"there is no segment '{shown(name)}'", None
        if name in subject.path:
            return f"the segment '{shown(name)}' leads back to itself", rule
        if len(subject.path) >= DEEPEST_SEGMENTS:
            return f"segments ask segments more than {DEEPEST_SEGMENTS} deep", rule
        return "", rule


_Node = _Leaf | _Negation | _Group | _Segment


class Flip(NamedTuple):
    """From `at` on, the customer is a `member` or is not one."""

    at: datetime
    member: bool


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

    def timeline(self, customer: Customer, shop: Shop, start: datetime, end: datetime) -> Iterator[Flip]:
        """Every flip in `[start, end)` if no new fact arrives, in order, each found when it is asked for.

        A flip at `start` itself is among them, so the flips of one period and of the next are those of both.
        Raises ValueError for a `start` or an `end` without an offset.
        """
        if end.tzinfo is None:
            raise ValueError("`end` must be an aware datetime: an instant without an offset means nothing")
        before = start if start.tzinfo is None or start <= BEGINNING + TICK else start - TICK
        member, flips = self.root.timeline(Subject(customer, shop, before))
        return _flips(member, takewhile(lambda instant: instant < end, flips))

    def explain(self, customer: Customer, shop: Shop, at: datetime) -> Explanation:
        """The verdict of every part of the query, with the values seen."""
        return self.root.explain(Subject(customer, shop, at))


def compile_query(query: ast.Query) -> Rule:
    """The query, ready to be asked. Raises InvalidQuery if a part of it cannot be evaluated."""
    return Rule(query, _compiled(query))


def evaluate(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Verdict:
    """`Rule.evaluate` for a query that is asked once."""
    return compile_query(query).evaluate(customer, shop, at)


def timeline(query: ast.Query, customer: Customer, shop: Shop, start: datetime, end: datetime) -> Iterator[Flip]:
    """`Rule.timeline` for a query that is asked once."""
    return compile_query(query).timeline(customer, shop, start, end)


def explain(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Explanation:
    """`Rule.explain` for a query that is asked once."""
    return compile_query(query).explain(customer, shop, at)


def _flips(member: bool, instants: Iterator[datetime]) -> Iterator[Flip]:
    for instant in instants:
        member = not member
        yield Flip(instant, member)


def _compiled(node: ast.Query) -> _Node:
    match node:
        case ast.And(children):
            return _Group(node, False, tuple(map(_compiled, children)))
        case ast.Or(children):
            return _Group(node, True, tuple(map(_compiled, children)))
        case ast.Not(child):
            return _Negation(node, _compiled(child))
        case ast.Contains() | ast.In() | ast.StartsWith() | ast.IsNull() | ast.Matches():
            return _Leaf(node, compile_clause(node), node.negated)
        case ast.InSegment():
            return _Segment(node)
        case ast.Comparison() | ast.Between() | ast.Anniversary():
            return _Leaf(node, compile_clause(node), False)
        case _:
            assert_never(node)
