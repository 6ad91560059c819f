"""A compiled query: its answer for one customer at one instant or over a period, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, assert_never

from segment_core.calendar import BEGINNING, TICK
from segment_core.evaluator.clauses import Clause, compile_clause
from segment_core.evaluator.explanation import Explanation, explained_clause, explained_group, explained_segment
from segment_core.evaluator.segments import answer_of, obstacle
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Patience, Timeline, inverted, merged
from segment_core.facts.customer import Customer
from segment_core.language import ast
from segment_core.language.segments import clauses
from segment_core.record import record
from segment_core.shop import Shop
from segment_core.verdict import Verdict


@record
class _Leaf:
    node: ast.Clause
    clause: Clause
    negated: bool

    def timeline(self, subject: Subject) -> Timeline:
        answer = self.clause.timeline(subject)
        return inverted(answer) if self.negated else answer

    def explain(self, subject: Subject) -> Explanation:
        return explained_clause(self.node, self.negated, self.clause, _verdict(self, subject), subject)


@record
class _Negation:
    node: ast.Not
    child: _Node

    def timeline(self, subject: Subject) -> Timeline:
        return inverted(self.child.timeline(subject))

    def explain(self, subject: Subject) -> Explanation:
        return explained_group(self.node, _verdict(self, subject), (self.child.explain(subject),))


@record
class _Group:
    node: ast.And | ast.Or
    decisive: bool
    children: Sequence[_Node]

    def timeline(self, subject: Subject) -> Timeline:
        return merged((child.timeline(subject) for child in self.children), self.decisive, subject.patience)

    def explain(self, subject: Subject) -> Explanation:
        children = tuple(child.explain(subject) for child in self.children)
        return explained_group(self.node, _verdict(self, subject), children)


@record
class _Segment:
    """Another segment, asked through the shop."""

    node: ast.InSegment

    def timeline(self, subject: Subject) -> Timeline:
        return answer_of(self.node.segment, subject)

    def explain(self, subject: Subject) -> Explanation:
        segments = subject.shop.segments
        hindered = obstacle(self.node.segment, segments)
        children = () if hindered else (segments[self.node.segment].root.explain(subject),)
        return explained_segment(self.node, _verdict(self, subject), hindered, children)


_Node = _Leaf | _Negation | _Group | _Segment


class Flip(NamedTuple):
    """From `at` on, the customer is a `member` or is not one."""

    at: datetime
    member: bool


@record
class Rule:
    """A compiled query. Compile once, ask for any number of customers. `asks` are the segments that it names."""

    query: ast.Query
    root: _Node
    asks: frozenset[str]

    def evaluate(self, customer: Customer, shop: Shop, at: datetime) -> Verdict:
        """Whether the customer belongs at `at`, and the first instant at which that changes by time alone.

        The flips of all clauses are known and merged in order, so `until` is exact; but if MOST_STEPS of them do not
        flip the answer it is the instant that the search came to, at which to look again. It is never late. Raises
        ValueError for an `at` without an offset.
        """
        return _verdict(self.root, Subject(customer, shop, at))

    def timeline(self, customer: Customer, shop: Shop, start: datetime, end: datetime) -> Iterator[Flip]:
        """Every flip in `[start, end)` if no new fact arrives, in order, each found when it is asked for.

        A flip at `start` itself is among them, so the flips of one period and of the next are those of both.
        Raises ValueError for a `start` or an `end` without an offset.
        """
        if end.tzinfo is None:
            raise ValueError("`end` must be an aware datetime: an instant without an offset means nothing")
        before = start if start.tzinfo is None or start <= BEGINNING + TICK else start - TICK
        subject = Subject(customer, shop, before)
        return _flips(self.root.timeline(subject), end, subject.patience)

    def explain(self, customer: Customer, shop: Shop, at: datetime) -> Explanation:
        """The verdict of every part of the query, with the values seen."""
        return self.root.explain(Subject(customer, shop, at))


def compile_query(query: ast.Query) -> Rule:
    """The query, ready to be asked. Raises InvalidQuery if a part of it cannot be evaluated."""
    asks = (clause.segment for clause in clauses(query) if isinstance(clause, ast.InSegment))
    return Rule(query, _compiled(query), frozenset(asks))


def evaluate(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Verdict:
    """`Rule.evaluate` for a query that is asked once."""
    return compile_query(query).evaluate(customer, shop, at)


def timeline(query: ast.Query, customer: Customer, shop: Shop, start: datetime, end: datetime) -> Iterator[Flip]:
    """`Rule.timeline` for a query that is asked once."""
    return compile_query(query).timeline(customer, shop, start, end)


def explain(query: ast.Query, customer: Customer, shop: Shop, at: datetime) -> Explanation:
    """`Rule.explain` for a query that is asked once."""
    return compile_query(query).explain(customer, shop, at)


def _verdict(node: _Node, subject: Subject) -> Verdict:
    subject.patience.renew()
    member, later = node.timeline(subject)
    step = next(iter(later), None)
    return Verdict(member, step and step[0])


def _flips(answer: Timeline, end: datetime, patience: Patience) -> Iterator[Flip]:
    member, steps = answer.now, iter(answer.later)
    # However often the search is broken off, it goes on until the end.
    while (step := next(steps, None)) is not None and step[0] < end:
        patience.renew()
        if step[1] is not member:
            member = step[1]
            yield Flip(step[0], member)


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
