"""Which commits bring a membership up to date: pure, so that every order of events can be tried.

Time is caught up first: from one due instant to the next, one commit each, with cause `clock` and that
very instant. Whatever still differs at `at` has another cause. So neither a backlog nor an outage loses
a flip, and none is blamed on the fact that happened to reveal it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from segment_core.facts.customer import Customer
from segment_core.membership.rules import Rules
from segment_core.model.membership import Cause, Membership

# What differs when time has been caught up: a sweep or a build was only the first to see a fact whose own
# wake-up is under way. That a definition was published shows in the generations, whatever the cause says.
_CAUSE_BESIDE: dict[Cause, Cause] = {"clock": "fact", "definition": "fact"}

_JUST_BEFORE = timedelta(microseconds=1)


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
    bits = answer.bits | (last.bits & rules.unanswered if last else 0)
    # A customer of whom nothing is stored is in nothing and waits for nothing.
    stored = (last.bits, last.due) if last else (0, None)
    changed = (bits, answer.until) != stored
    stale = restamp and last is not None and last.generation < generation
    if changed or stale or cause == "fact":
        yield Membership(
            bits=bits,
            due=answer.until,
            generation=generation,
            version=last.version + 1 if last else 1,
            cause=_CAUSE_BESIDE.get(cause, cause) if bits != stored[0] else cause,
            effective_at=at,
        )


def served(
    previous: Membership, generation: int, rules: Rules, customer: Customer, until: datetime
) -> Iterator[Membership]:
    """The commits by time alone before `until`, of a membership that is due before it."""
    return _overdue(previous, generation, rules, customer, until - _JUST_BEFORE)


def _overdue(
    previous: Membership, generation: int, rules: Rules, customer: Customer, at: datetime
) -> Iterator[Membership]:
    due, bits, version = previous.due, previous.bits, previous.version
    while due is not None and due <= at:
        answer = rules.answer(customer, due)
        # Only what time moves at that instant: what else differs has its own cause, and comes later.
        moved = answer.bits ^ rules.members(customer, due - _JUST_BEFORE)
        moved_to = (bits & ~moved) | (answer.bits & moved)
        reached, due = due, answer.until
        # An early wake-up that flips nothing needs no commit of its own, only the last one's new due.
        if moved_to == bits and due is not None and due <= at:
            continue
        bits, version = moved_to, version + 1
        yield Membership(bits, due, generation, version, "clock", reached)


def erased(
    previous: Membership | None,
    generation: int,
    at: datetime,
    into: str | None = None,
    rests_until: datetime | None = None,
) -> Membership | None:
    """The commit that takes an erased customer out of everything; None if the item says all that already.

    The item stays as a tombstone: it never vanishes, so nothing late can begin it anew. `into` is who the
    customer was merged into, `rests_until` when the sweep must look again.
    """
    if previous is not None and previous.erased and (previous.into, previous.due) == (into, rests_until):
        return None
    version = previous.version + 1 if previous else 1
    at = max(at, previous.effective_at) if previous else at
    return Membership(0, rests_until, generation, version, "merge" if into else "erasure", at, erased=True, into=into)
