"""Evaluate customers and commit the results, whoever woke us.

Customers of one shop who come together share what one read can tell of all: their memberships, and the
shop's generation before and after. Each is then evaluated and committed alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from segment_core.membership import reach
from segment_core.membership.budget import SecondsLeft, unlimited
from segment_core.membership.reach import joined
from segment_core.membership.rules import Rules, rules_of
from segment_core.membership.steps import erased, steps
from segment_core.membership.unserved import Part, caught_up, parts, taken_over
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.model.membership import Cause, Membership
from segment_core.store import clearing, facts, generations, memberships
from segment_core.store.client import backoff
from segment_core.store.facts import Loaded
from segment_core.store.needed import Needed
from segment_core.store.tables import Tables


class Outcome(NamedTuple):
    """What stands after an evaluation, and under which generation it was looked at."""

    membership: Membership | None
    generation: Generation

    def definitions(self, tables: Tables, shop: str) -> list[LiveDefinition]:
        """The live definitions that the customer is in, whatever generation the membership was written under."""
        if self.membership is None:
            return []
        same = generations.common(tables.segments, shop, self.membership.generation, self.generation.number)
        return [*self.generation.members_of(self.membership.bits & same)]


@dataclass(slots=True)
class Round:
    """Evaluations of one shop's customers at one instant: `begin`, then `evaluate` each, then `settle`.

    Reads consistently and in this order: memberships, generation, facts. Facts that are newer than the
    membership read can only make the commit better; the other way round they could be lost.
    """

    tables: Tables
    shop: str
    at: datetime
    _read: dict[str, Membership | None]
    _generation: Generation
    _committed: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, tables: Tables, shop: str, customers: Collection[str], at: datetime) -> Self:
        """Read what the customers' evaluations share. Raises NotFound if there is no such shop."""
        found = memberships.read_all(tables.memberships, shop, customers)
        read = {customer: found.get(customer) for customer in customers}
        return cls(tables, shop, at, read, generations.newest(tables.segments, shop))

    def evaluate(self, customer: str, cause: Cause, *, restamp: bool = False) -> Outcome:
        """Bring the customer's membership up to the instant; starts over whenever somebody else commits first.

        For cause `clock` that is nothing if time has already been served. Raises Contention if others never give way.
        """
        for pause in backoff():
            if customer in self._read:
                previous = self._read.pop(customer)
            else:
                previous = memberships.read(self.tables.memberships, self.shop, customer)
                self._generation = generations.newest(self.tables.segments, self.shop)
            generation = self._generation
            # The sweep names who is due once a minute, also who waits to be looked at: that must not cost more waiting.
            if cause == "clock" and not restamp and not _is_due(previous, self.at):
                return Outcome(previous, generation)
            rules = rules_of(self.tables.segments, self.shop, generation)
            unserved = parts(self.tables.segments, self.shop, previous, generation)
            read = joined([rules.reaches, *(part.rules.reaches for part in unserved)])
            needed = reach.needed(read, _earliest(previous, self.at))
            loaded = self._load(customer, needed)
            # Evaluations that were under way when the generation was saved are no older than what they answer.
            at = max(self.at, generation.at)
            commits = _commits(
                self.tables, self.shop, previous, generation, rules, loaded, at, cause, restamp, unserved
            )
            if _commit_all(self.tables, self.shop, customer, previous, commits):
                if commits:
                    self._committed[customer] = generation.number
                if loaded.erased and loaded.rests_until is None:
                    clearing.clear(self.tables.customers, self.shop, customer)
                return Outcome(commits[-1] if commits else previous, generation)
            pause()
        raise AssertionError("backoff raises when it ends")

    def _load(self, customer: str, needed: Needed) -> Loaded:
        loaded = facts.load(self.tables.customers, self.shop, customer, needed)
        if loaded.rests_until is None or loaded.rests_until > self.at:
            return loaded
        clearing.bury(self.tables.customers, self.shop, customer)
        return facts.load(self.tables.customers, self.shop, customer, needed)

    def settle(self) -> dict[str, Outcome]:
        """Evaluate again whoever was committed under a generation that is not the newest; returns their outcomes.

        It was saved while we worked: its walk may have passed these customers before our commits, so it is our turn.
        """
        if not self._committed:
            return {}
        newest = generations.newest(self.tables.segments, self.shop)
        late = [customer for customer, number in self._committed.items() if number != newest.number]
        return evaluate_all(self.tables, self.shop, late, self.at, "definition", restamp=True)


def evaluate_all(
    tables: Tables,
    shop: str,
    customers: Collection[str],
    at: datetime,
    cause: Cause,
    *,
    restamp: bool = False,
    seconds_left: SecondsLeft = unlimited,
) -> dict[str, Outcome]:
    """Bring the memberships of these customers up to `at`, in their order and as far as there is time for.

    The first has its turn always. Raises as `Round` does.
    """
    if not customers:
        return {}
    together = Round.begin(tables, shop, customers, at)
    outcomes = {}
    for customer in customers:
        outcomes[customer] = together.evaluate(customer, cause, restamp=restamp)
        if seconds_left() <= 0:
            break
    return outcomes | together.settle()


def _is_due(membership: Membership | None, at: datetime) -> bool:
    return membership is not None and membership.due is not None and membership.due <= at


def _earliest(membership: Membership | None, at: datetime) -> datetime:
    """The first instant that the customer is asked about: time that was not served yet is caught up."""
    return at if membership is None or membership.due is None else min(at, membership.due)


def _commits(
    tables: Tables,
    shop: str,
    previous: Membership | None,
    generation: Generation,
    rules: Rules,
    loaded: Loaded,
    at: datetime,
    cause: Cause,
    restamp: bool,
    unserved: Sequence[Part],
) -> list[Membership]:
    if loaded.erased:
        tombstone = erased(previous, generation.number, at, loaded.into, loaded.rests_until)
        return [tombstone] if tombstone else []
    if loaded.customer is None or (previous is not None and previous.erased):
        return []
    # Whose turn the restamping was may have ended before it, and its page is done again without.
    restamp = restamp or (cause != "fact" and _is_untold(tables, shop, previous, generation))
    earlier: list[Membership] = []
    if previous is not None:
        earlier = caught_up(tables.segments, shop, previous, unserved, loaded.customer)
        previous = taken_over(tables.segments, shop, earlier[-1] if earlier else previous, generation, at)
    restamp = restamp or bool(earlier)
    return [*earlier, *steps(previous, generation.number, rules, loaded.customer, at, cause, restamp)]


def _is_untold(tables: Tables, shop: str, membership: Membership | None, newest: Generation) -> bool:
    """Whether readers see the customer in other segments than the item says: nobody has heard of that yet."""
    if membership is None or not membership.bits or membership.generation == newest.number:
        return False
    written = generations.numbered(tables.segments, shop, membership.generation)
    return _read(written, membership.bits) != _read(newest, membership.bits & written.common(newest))


def _read(generation: Generation, bits: int) -> set[str]:
    return {definition.id for definition in generation.members_of(bits) if definition.published}


def _commit_all(
    tables: Tables,
    shop: str,
    customer: str,
    previous: Membership | None,
    commits: list[Membership],
) -> bool:
    for commit in commits:
        if not memberships.commit(tables.memberships, shop, customer, previous, commit):
            return False
        previous = commit
    return True
