"""The customers of a shop, all of them or a sample that is the same each time it is drawn.

The roster's slices part customers by a hash of their id, so a slice is as good as a sample drawn by lot. Within what
was listed, customers are taken in the order of another hash: however early one stops, those before are such a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from math import sqrt

from segment_core.facts.customer import Customer
from segment_core.membership.budget import SecondsLeft
from segment_core.record import record
from segment_core.segments.estimates import Scope
from segment_core.store import facts, keys
from segment_core.store.tables import Tables

# Whole slices of the roster are listed until there are so many ids: a few pages of an index that holds keys only.
ENOUGH_LISTED = 20_000
# So many customers are read with all their facts, one query each; shops no larger are answered exactly.
MOST_READ = 2_000


@record
class Roster:
    """Ids of customers in the order in which they are taken; `slices` says how many of all slices they are."""

    ids: list[str]
    slices: int

    def scope(self, looked_at: int) -> Scope:
        """Of how many customers so many were looked at: counted, or worked out from the slices that were listed."""
        part = self.slices / keys.ROSTER_SLICES
        if part == 1:
            return Scope(len(self.ids), looked_at)
        return Scope(round(len(self.ids) / part), looked_at, spread=2 * sqrt((1 - part) / len(self.ids)))


def roster(tables: Tables, shop: str, enough: int = ENOUGH_LISTED) -> Roster:
    """Whole slices of the shop's roster, as many as it takes for `enough` ids."""
    ids: list[str] = []
    for number in range(keys.ROSTER_SLICES):
        ids += facts.of_slice(tables.customers, shop, number)
        if len(ids) >= enough:
            return Roster(by_lot(ids), number + 1)
    return Roster(by_lot(ids), keys.ROSTER_SLICES)


def by_lot(ids: Iterable[str]) -> list[str]:
    """The ids in the order in which they are taken: the first of them are a sample, whatever they are."""
    return sorted(ids, key=_lot)


class Look:
    """A walk through the shop's customers with their facts: all, or as many as there is room and time for.

    The time is looked at as they are taken, so it bounds what is made of them as well as the reading. Who was erased
    or is only known by an order counts as nobody; they are found when they are read.
    """

    def __init__(self, tables: Tables, shop: str, seconds_left: SecondsLeft, most: int = MOST_READ) -> None:
        self._tables, self._shop, self._seconds_left, self._most = tables, shop, seconds_left, most
        self.customers = 0
        self._scope: Scope | None = None

    def __iter__(self) -> Iterator[Customer]:
        listed, read = roster(self._tables, self._shop), 0
        for loaded in facts.load_all(self._tables.customers, self._shop, listed.ids[: self._most], self._seconds_left):
            read += 1
            if loaded.customer is not None:
                self.customers += 1
                yield loaded.customer
        self._scope = listed.scope(read)

    @property
    def scope(self) -> Scope:
        """Of how many customers how many were looked at, once the walk has ended."""
        if self._scope is None:
            raise AssertionError("the walk has not ended")
        # Whoever the roster still names and is gone is not one of the customers.
        return Scope(self.customers, self.customers) if self._scope.exact else self._scope


def _lot(customer: str) -> tuple[bytes, str]:
    # Another hash than that of the slices, or a slice's customers would all be drawn alike.
    return blake2b(customer.encode(), digest_size=8, person=b"sample").digest(), customer
