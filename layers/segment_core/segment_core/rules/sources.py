"""How columns find what they read of a customer: expressions in the code that looks all of them up.

They refer to the `subject`, and to what is found of it once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from segment_core.evaluator.settled import settled as settled_orders
from segment_core.evaluator.subject import Subject
from segment_core.facts.customer import Customer
from segment_core.facts.ledger import Settled
from segment_core.facts.metafields import same
from segment_core.rules.program import Program

Source = Callable[[Program], str]
"""Writes the expression by which a value is found, for the program that it stands in."""


def called(read: Callable[[Subject], object]) -> Source:
    """What the function finds."""
    return lambda program: f"{program.constant(read)}(subject)"


def field(name: str) -> Source:
    """The customer's field."""
    return lambda program: _field(program, name)


def score(name: str) -> Source:
    """The customer's score."""
    return lambda program: f"{_field(program, 'scores')}.get({program.constant(name)})"


def metafield(key: str) -> Source:
    """What the metafield says, numbers in PARTS if they are whole in them."""
    return lambda program: f"{_metafields(program)}({program.constant(same(key))})"


def happened(name: str, read: Callable[[Subject], object]) -> Source:
    """The instant in the customer's field; what `read` finds if that is still to come."""
    return lambda program: (
        f"happened if (happened := {_field(program, name)}) is None or happened <= subject.at"
        f" else {program.constant(read)}(subject)"
    )


def settled(name: str, read: Callable[[Subject], object]) -> Source:
    """What orders come to; what `read` finds if time changes that."""
    return lambda program: (
        f"{_settled(program)}.{_of(Settled, name)} if {_settled(program)} is not None"
        f" else {program.constant(read)}(subject)"
    )


def settled_parts(name: str) -> Source:
    """The same, in PARTS."""
    return lambda program: (
        f"{_settled(program)}.{_of(Settled, f'{name}_parts')} if {_settled(program)} is not None else None"
    )


def _field(program: Program, name: str) -> str:
    return f"{program.local('customer', 'subject.customer')}.{_of(Customer, name)}"


def _metafields(program: Program) -> str:
    return program.local("metafield", f"{_field(program, 'metafield_parts')}.get")


def _settled(program: Program) -> str:
    # Not the subject's own: finding it again is quicker than keeping it.
    customer = program.local("customer", "subject.customer")
    return program.local("settled", f"{program.constant(settled_orders)}({customer}, subject.shop, subject.at)")


def _of(record: type, name: str) -> str:
    """The name, which becomes code, of an attribute that the record has."""
    if not hasattr(record, name):
        raise AttributeError(f"{record.__name__} has no {name}")
    return name
