"""Totals compared with the same total over another window: `sum_amount > 1.2 * sum_amount(date BETWEEN ...)`.

The rows of the other window are chosen by the same conditions, but for the date. The comparison is one of the
difference with 0, which changes whenever a row enters or leaves either window; so its flips are as exact as any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from segment_core.evaluator.rows import Totals
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import ComparedTarget, Target
from segment_core.evaluator.timeline import Course, joined
from segment_core.language import ast
from segment_core.language.vocabulary import FUNCTIONS
from segment_core.record import record, replace

_ZERO = ast.Number(Decimal(0))


class Chosen(Protocol):
    """The compiled parameters of one MATCHES."""

    @property
    def targets(self) -> Sequence[Target]:
        """What is asked of the totals."""

    def course(self, subject: Subject) -> Course[Any]:
        """The totals over the chosen rows, now and later."""

    def holds(self, totals: Any) -> bool:
        """Whether the totals are as asked."""


@record
class ComparedWindows:
    """The choices of several windows, the clause's own first; targets read all of their totals."""

    choices: Sequence[Chosen]
    targets: Sequence[Target]

    def course(self, subject: Subject) -> Course[tuple[Totals, ...]]:
        """The totals of all windows, whenever those of one of them change."""
        return joined([choice.course(subject) for choice in self.choices])

    def holds(self, totals: tuple[Totals, ...]) -> bool:
        """Whether the totals are as asked."""
        return all(target.holds(totals) for target in self.targets)


def compile_windows(node: ast.Matches, compile_: Callable[[ast.Matches], Chosen]) -> Chosen:
    """The parameters of a MATCHES, ready to be asked; `compile_` does it for a single window."""
    aggregates = [parameter for parameter in node.parameters if _is_aggregate(node, parameter)]
    if not any(isinstance(parameter.values[0], ast.Total) for parameter in aggregates):
        return compile_(node)
    rows = tuple(parameter for parameter in node.parameters if parameter not in aggregates)
    choices, targets = [compile_(replace(node, parameters=rows))], list[Target]()
    for parameter in aggregates:
        bound = parameter.values[0]
        plain = replace(parameter, values=(_ZERO,)) if isinstance(bound, ast.Total) else parameter
        [target] = compile_(replace(node, parameters=(plain,))).targets
        if isinstance(bound, ast.Total):
            targets.append(_compared(target, len(choices), bound.factor.value if bound.factor else Decimal(1)))
            others = (one for one in rows if one.name != bound.window.name)
            choices.append(compile_(replace(node, parameters=(bound.window, *others))))
        else:
            targets.append(replace(target, read=_of_window(target, 0)))
    return ComparedWindows(choices, targets)


def _compared(target: Target, window: int, factor: Decimal) -> ComparedTarget:
    own, other = _of_window(target, 0), _of_window(target, window)
    return ComparedTarget(
        lambda seen: own(seen) - factor * other(seen),
        target.unit,
        target.operator,
        target.values,
        target.test,
        own,
        lambda seen: factor * other(seen),
    )


def _of_window(target: Target, window: int) -> Callable[[Any], Decimal | int]:
    read = target.read
    return lambda seen: read(seen[window])


def _is_aggregate(node: ast.Matches, parameter: ast.Parameter) -> bool:
    known = FUNCTIONS[node.function].parameter(parameter.name) if node.function in FUNCTIONS else None
    return known is not None and known.aggregate
