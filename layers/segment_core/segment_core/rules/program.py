"""Straight-line code: what is looked up of every customer, written once for all columns and compiled.

A loop over columns takes longer to go round than to look a value up. Only what is written here and in the columns
becomes code; whatever merchants and stores choose (values, names of metafields) is a constant that it refers to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from segment_core.evaluator.settled import settled as settled_orders
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course

_NAMES: Final[dict[str, Any]] = {
    "Course": Course,
    "bisect_right": bisect_right,
    "date": date,
    "datetime": datetime,
    "settled_orders": settled_orders,
}


class Program:
    """The lines of a function of `arguments`, of which one is the `subject`."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._known = dict(_NAMES)
        self._lines: list[str] = []
        self._used: set[str] = set()

    def constant(self, value: object) -> str:
        """The name by which lines know the value."""
        name = f"c{len(self._known)}"
        self._known[name] = value
        return name

    def local(self, name: str, expression: str) -> str:
        """The name of what the expression comes to, which is found once."""
        if name not in self._used:
            self._used.add(name)
            self.add(f"{name} = {expression}")
        return name

    def add(self, line: str) -> None:
        """Go on with this statement."""
        self._lines.append(line)

    def compiled(self) -> Callable[..., Any]:
        """The function."""
        head = f"def program({', '.join(self._arguments)}):"
        exec("\n    ".join((head, *self._lines)), self._known)  # noqa: S102 - of our own lines, see above
        made: Callable[..., Any] = self._known["program"]
        return made


Source = Callable[[Program], str]
"""Writes the expression by which a value is found, for the program that it stands in."""


def called(read: Callable[[Subject], object]) -> Source:
    """What the function finds."""
    return lambda program: f"{program.constant(read)}(subject)"


def field(name: str) -> Source:
    """The customer's field."""
    return lambda program: f"{_customer(program)}.{name}"


def score(name: str) -> Source:
    """The customer's score."""
    return lambda program: f"{_customer(program)}.scores.get({program.constant(name)})"


def metafield(key: str) -> Source:
    """What the metafield says."""
    return lambda program: f"{_said(program)}({program.constant(key)})"


def metafield_parts(key: str) -> Source:
    """The number that it says, in PARTS."""
    return lambda program: (
        f"{program.local('said_parts', f'{_customer(program)}.metafield_parts.get')}({program.constant(key)})"
    )


def metafield_date(key: str) -> Source:
    """The date or the instant that it says."""
    return lambda program: (
        f"said_date if isinstance(said_date := {_said(program)}({program.constant(key)}), date) else None"
    )


def happened(name: str, read: Callable[[Subject], object]) -> Source:
    """The instant in the customer's field; what `read` finds if that is still to come."""
    return lambda program: (
        f"happened if (happened := {_customer(program)}.{name}) is None or happened <= subject.at"
        f" else {program.constant(read)}(subject)"
    )


def settled(name: str, read: Callable[[Subject], object]) -> Source:
    """What orders come to; what `read` finds if time changes that."""
    return lambda program: f"{_settled(program)}.{name} if settled is not None else {program.constant(read)}(subject)"


def settled_parts(name: str) -> Source:
    """The same, in PARTS."""
    return lambda program: f"{_settled(program)}.{name}_parts if settled is not None else None"


def _customer(program: Program) -> str:
    return program.local("customer", "subject.customer")


def _settled(program: Program) -> str:
    # Not the subject's own: finding it again is quicker than keeping it.
    return program.local("settled", f"settled_orders({_customer(program)}, subject.shop, subject.at)")


def _said(program: Program) -> str:
    return program.local("said", f"{_customer(program)}.metafield_values.get")
