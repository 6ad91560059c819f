"""Why: the tree of a query with, for each part, the value seen, the verdict, when it flips, what is missing and
what time will bring.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from segment_core.calendar import local_date
from segment_core.evaluator.clauses import Clause, DateClause
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import ComparedTarget, Target, quantity
from segment_core.evaluator.timeline import Course
from segment_core.language import ast
from segment_core.language.printer import canonical
from segment_core.language.problems import shown
from segment_core.record import record
from segment_core.verdict import Verdict

Kind = Literal["clause", "segment", "and", "or", "not"]
_KINDS: dict[type[ast.And | ast.Or | ast.Not], Kind] = {ast.And: "and", ast.Or: "or", ast.Not: "not"}


_ELEMENTS_SHOWN = 5
_DECIMALS_SHOWN = 9


@record
class Explanation:
    """One part of a query. `children` are the parts of an AND, OR or NOT, and the query of a segment that is asked.

    `seen` is the value that a clause found: an instant as it is, all else as text, long lists shortened; None if
    nothing is on file, and for groups. `missing` says how far totals fall short ("2 of 3 orders"), `ahead` what time
    alone brings next, on which date in the shop's zone: the next change of a total ("the window loses one on
    2026-03-04"), or when a date will be as asked ("next on 2026-05-01"). `obstacle` says why a segment cannot be asked.
    All three are empty where there is nothing to say.
    """

    kind: Kind
    text: str
    member: bool
    until: datetime | None
    seen: datetime | str | None = None
    missing: str = ""
    ahead: str = ""
    obstacle: str = ""
    children: tuple[Explanation, ...] = ()


def explained_group(
    node: ast.And | ast.Or | ast.Not, answer: Verdict, children: tuple[Explanation, ...]
) -> Explanation:
    """The explanation of an AND, OR or NOT over those of its parts."""
    return Explanation(_KINDS[type(node)], canonical(node), answer.member, answer.until, children=children)


def explained_segment(
    node: ast.InSegment, answer: Verdict, obstacle: str, children: tuple[Explanation, ...]
) -> Explanation:
    """The explanation of a segment that is asked, over its own; `obstacle` says why it cannot be asked."""
    return Explanation("segment", canonical(node), answer.member, answer.until, obstacle=obstacle, children=children)


def explained_clause(node: ast.Clause, negated: bool, clause: Clause, answer: Verdict, subject: Subject) -> Explanation:
    """The explanation of a clause; `answer` is that of the whole node, after its negation if it is `negated`."""
    course, currency = clause.read(subject), subject.shop.currency
    targets: Sequence[Target] = () if isinstance(clause, DateClause) else clause.targets
    short = [] if answer.member or negated else [target.shortfall(course.now, currency) for target in targets]
    return Explanation(
        kind="clause",
        text=canonical(node),
        member=answer.member,
        until=answer.until,
        seen=", ".join(target.seen(course.now, currency) for target in targets) or _seen(course.now),
        missing=", ".join(filter(None, short)),
        ahead=_next_change(node, course, targets, subject) if targets else _next_time(answer, subject),
    )


def _next_change(node: ast.Clause, course: Course[Any], targets: Sequence[Target], subject: Subject) -> str:
    """The first change of any of the totals: `the window loses one on 2026-03-04`."""
    for instant, value in course.later:
        changes = [
            _change(target, Decimal(target.read(value)) - target.read(course.now), len(targets) == 1, subject)
            for target in targets
            if target.read(value) != target.read(course.now)
        ]
        if changes:
            compared = any(isinstance(target, ComparedTarget) for target in targets)
            window = "the difference " if compared else "the window " if _has_window(node) else ""
            return f"{window}{', '.join(changes)} on {local_date(instant, subject.shop.zone)}"
    return ""


def _change(target: Target, difference: Decimal, alone: bool, subject: Subject) -> str:
    verb = "gains" if difference > 0 else "loses"
    if alone and target.unit != "money":
        return f"{verb} {'one' if abs(difference) == 1 else f'{abs(difference):f}'}"
    return f"{verb} {quantity(abs(difference), target.unit, subject.shop.currency)}"


def _has_window(node: ast.Clause) -> bool:
    """Whether rows come and go as a relative date moves on."""
    return isinstance(node, ast.Matches) and any(
        isinstance(value, ast.Offset | ast.Named) for parameter in node.parameters for value in parameter.values
    )


def _next_time(answer: Verdict, subject: Subject) -> str:
    member, until = answer
    return "" if member or until is None else f"next on {local_date(until, subject.shop.zone)}"


def _seen(value: object) -> datetime | str | None:
    match value:
        case None | datetime():
            return value
        case date():
            return value.isoformat()
        case Decimal():
            # An average can have any number of decimals.
            return f"{value if int(value.as_tuple().exponent) >= -_DECIMALS_SHOWN else round(value, 2):f}"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return shown(value)
        case Collection():
            return _listed(sorted(map(str, value)))
        case _:
            raise TypeError(f"a value of type {type(value).__name__} cannot be shown")


def _listed(elements: Sequence[str]) -> str | None:
    more = len(elements) - _ELEMENTS_SHOWN
    listed = ", ".join(map(shown, elements[:_ELEMENTS_SHOWN]))
    return f"{listed} and {more} more" if more > 0 else listed or None
