"""How columns find what they read of a customer: expressions in the code that looks all of them up.

They refer to the `subject`, and to what is found of it once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from segment_core.evaluator.settled import settled as settled_orders
from segment_core.evaluator.subject import Subject
from segment_core.rules.program import Program

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
    find = program.constant(settled_orders)
    return program.local("settled", f"{find}({_customer(program)}, subject.shop, subject.at)")


def _said(program: Program) -> str:
    return program.local("said", f"{_customer(program)}.metafield_values.get")
