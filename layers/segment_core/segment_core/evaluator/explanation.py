"""Why: the tree of a query with, for each part, the value seen, the verdict, when it flips and what is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from segment_core.evaluator.clauses import Clause, DateClause
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Timeline
from segment_core.language import ast
from segment_core.language.printer import canonical

Kind = Literal["clause", "and", "or", "not"]
_KINDS: dict[type[ast.And | ast.Or | ast.Not], Kind] = {ast.And: "and", ast.Or: "or", ast.Not: "not"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a query. `children` are the parts of an AND, OR or NOT; a clause has none.

    `seen` is the value that a clause found, dates as the shop's clocks show them; None if nothing is on file, and
    for groups. `missing` says how far totals fall short ("2 of 3 orders"), or is empty.
    """

    kind: Kind
    text: str
    member: bool
    until: datetime | None
    seen: str | None = None
    missing: str = ""
    children: tuple[Explanation, ...] = ()


def explained_group(
    node: ast.And | ast.Or | ast.Not, answer: Timeline, children: tuple[Explanation, ...]
) -> Explanation:
    """The explanation of an AND, OR or NOT over those of its parts."""
    return Explanation(_KINDS[type(node)], canonical(node), answer.value, next(answer.flips, None), children=children)


def explained_clause(
    node: ast.Clause, negated: bool, clause: Clause, answer: Timeline, subject: Subject
) -> Explanation:
    """The explanation of a clause; `answer` is that of the whole node, after its negation if it is `negated`."""
    value, currency = clause.read(subject).now, subject.shop.currency
    targets = () if isinstance(clause, DateClause) else clause.targets
    short = [] if answer.value or negated else [target.shortfall(value, currency) for target in targets]
    return Explanation(
        kind="clause",
        text=canonical(node),
        member=answer.value,
        until=next(answer.flips, None),
        seen=", ".join(target.seen(value, currency) for target in targets) or _seen(value, subject),
        missing=", ".join(filter(None, short)),
    )


def _seen(value: object, subject: Subject) -> str | None:
    match value:
        case None:
            return None
        case datetime():
            return value.astimezone(subject.shop.zone).replace(tzinfo=None).isoformat(timespec="seconds")
        case Decimal():
            return f"{value:f}"
        case int() | str():
            return str(value)
        case Collection():
            return ", ".join(sorted(value)) or None
        case _:
            raise TypeError(f"a value of type {type(value).__name__} cannot be shown")
