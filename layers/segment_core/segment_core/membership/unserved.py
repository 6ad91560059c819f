"""Time that passed before the newest generation was saved, and was not served: each part of it has rules of its own.

So nobody moves before what they move in was published, and an outage that ends after a change of zone moves people at
the midnights that they had then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from segment_core.facts.customer import Customer
from segment_core.membership.rules import Rules, rules_then
from segment_core.membership.steps import served
from segment_core.model.generation import Generation
from segment_core.model.membership import Membership
from segment_core.record import replace
from segment_core.store import generations


class Part(NamedTuple):
    """The time of one generation: until the next one was saved."""

    generation: Generation
    rules: Rules
    until: datetime


def parts(table: str, shop: str, membership: Membership | None, newest: Generation) -> list[Part]:
    """The parts, oldest first, from the one in which the membership became due; none if that is the newest's."""
    found: list[Part] = []
    if membership is None or membership.due is None or membership.erased:
        return found
    until = newest.at
    for number in range(newest.number - 1, membership.generation - 1, -1):
        if membership.due >= until:
            break
        generation = generations.numbered(table, shop, number)
        found.append(Part(generation, rules_then(table, shop, number), until))
        until = generation.at
    return found[::-1]


def caught_up(
    table: str, shop: str, membership: Membership, unserved: Sequence[Part], customer: Customer
) -> list[Membership]:
    """The commits by time alone of these parts, each under the generation that it fell into."""
    found: list[Membership] = []
    for generation, rules, until in unserved:
        last = taken_over(table, shop, found[-1] if found else membership, generation, until)
        if last.due is not None and last.due < until:
            found += served(last, generation.number, rules, customer, until)
    return found


def taken_over(table: str, shop: str, membership: Membership, generation: Generation, until: datetime) -> Membership:
    """The membership as a generation finds it, which serves time up to `until`.

    A bit that has been given to another definition since says nothing of that one. If the membership becomes due, it
    is looked at from the first instant on: what moves when is for the generation's own rules to say.
    """
    if membership.generation == generation.number:
        return membership
    same = generations.common(table, shop, membership.generation, generation.number)
    due = membership.due
    if due is not None and due <= until:
        due = max(generation.at, membership.effective_at)
    return replace(membership, bits=membership.bits & same, due=due)
