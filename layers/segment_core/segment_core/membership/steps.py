"""Which commits bring a membership up to date: pure, so that every order of events can be tried.

Time is caught up first: from one due instant to the next, one commit each, with cause `clock` and that
very instant. Whatever still differs at `at` has another cause. So neither a backlog nor an outage loses
a flip, and none is blamed on the fact that happened to reveal it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from segment_core.facts.customer import Customer
from segment_core.membership.rules import Rules
from segment_core.model.membership import Cause, Membership


def steps(
    previous: Membership | None,
    generation: int,
    rules: Rules,
    customer: Customer,
    at: datetime,
    cause: Cause,
    restamp: bool = False,
) -> Iterator[Membership]:
    """The commits, in order; each has the version after the one before.

    `cause` is why we look. For `fact` there is always a commit, so that a slower evaluation that read
    older facts fails on the version; for other causes one that would change nothing is left out, unless
    `restamp` asks for it and the item is of an older generation.
    """
    last = previous
    if last is not None:
        # Clocks of machines differ a little; history must not run backwards for that.
        at = max(at, last.effective_at)
        for commit in _overdue(last, generation, rules, customer, at):
            last = commit
            yield commit
    answer = rules.answer(customer, at)
    if last is None:
        changed = answer.bits != 0 or answer.due is not None
    else:
        changed = (answer.bits, answer.due) != (last.bits, last.due)
    stale = restamp and last is not None and last.generation < generation
    if changed or stale or cause == "fact":
        # Time has been caught up, so what is left to a sweep is a fact that its own wake-up will confirm.
        yield Membership(
            bits=answer.bits,
            due=answer.due,
            generation=generation,
            version=last.version + 1 if last else 1,
            cause="fact" if cause == "clock" else cause,
            effective_at=at,
        )


def _overdue(
    previous: Membership,
    generation: int,
    rules: Rules,
    customer: Customer,
    at: datetime,
) -> Iterator[Membership]:
    due, bits, version = previous.due, previous.bits, previous.version
    while due is not None and due <= at:
        answer = rules.answer(customer, due)
        reached, due = due, answer.due
        # An early wake-up that flips nothing needs no commit of its own, only the last one's new due.
        if answer.bits == bits and due is not None and due <= at:
            continue
        bits, version = answer.bits, version + 1
        yield Membership(bits, due, generation, version, "clock", reached)


def erased(
    previous: Membership | None, generation: int, at: datetime
) -> Membership | None:
    """The commit that takes an erased customer out of everything; None if it is out already.

    The item stays as a tombstone: it never vanishes, so nothing late can begin it anew.
    """
    if previous is not None and previous.erased:
        return None
    version = previous.version + 1 if previous else 1
    at = max(at, previous.effective_at) if previous else at
    return Membership(0, None, generation, version, "erasure", at, erased=True)
