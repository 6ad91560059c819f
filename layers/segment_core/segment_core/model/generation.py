"""A generation: a numbered, immutable state of a shop's rules.

It says under which zone, currency and order policy queries are answered, which definitions are live,
which bit of a membership each of them has, and which one of a segment readers see. A membership is
always decoded with the generation that it was written under.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from segment_core.shop import OrderPolicy, Shop
from segment_core.zones import zone


@dataclass(frozen=True, slots=True)
class LiveDefinition:
    """A definition that every evaluation answers. `slot` is its bit; readers see the published one."""

    segment: str
    revision: int
    slot: int
    published: bool

    @property
    def id(self) -> str:
        """The definition's id."""
        return definition_id(self.segment, self.revision)


def definition_id(segment: str, revision: int) -> str:
    """The id of one revision of a segment's query."""
    return f"{segment}.{revision}"


@dataclass(frozen=True)
class Generation:
    """`at` is when it was saved. Slots are never used twice: `next_slot` only grows."""

    number: int
    at: datetime
    zone: str
    currency: str
    orders: OrderPolicy
    live: tuple[LiveDefinition, ...] = ()
    next_slot: int = 0

    @cached_property
    def shop(self) -> Shop:
        """The shop as the evaluator wants it."""
        return Shop(zone(self.zone), self.currency, self.orders)

    @cached_property
    def published(self) -> dict[str, LiveDefinition]:
        """Segment id to the definition that readers see."""
        return {definition.segment: definition for definition in self.live if definition.published}

    @cached_property
    def by_slot(self) -> dict[int, LiveDefinition]:
        """Slot to definition."""
        return {definition.slot: definition for definition in self.live}

    def members_of(self, bits: int) -> Iterator[LiveDefinition]:
        """The live definitions whose bit is set. A bit of a definition that is gone means nothing."""
        return (definition for definition in self.live if bits >> definition.slot & 1)

    def find(self, definition: str) -> LiveDefinition | None:
        """The live definition with that id."""
        return next((live for live in self.live if live.id == definition), None)

    def adding(self, segment: str, revision: int, at: datetime) -> Generation:
        """The next generation, with one more definition that is being built."""
        new = LiveDefinition(segment, revision, self.next_slot, published=False)
        return replace(
            self,
            number=self.number + 1,
            at=at,
            live=(*self.live, new),
            next_slot=self.next_slot + 1,
        )

    def publishing(self, segment: str, revision: int, at: datetime) -> Generation:
        """The next generation, in which that definition is the only one of its segment, and read."""
        kept = tuple(live for live in self.live if live.segment != segment or live.revision == revision)
        live = tuple(replace(one, published=True) if one.segment == segment else one for one in kept)
        return replace(self, number=self.number + 1, at=at, live=live)

    def without(self, segment: str, at: datetime) -> Generation:
        """The next generation, in which the segment has no definition."""
        live = tuple(one for one in self.live if one.segment != segment)
        return replace(self, number=self.number + 1, at=at, live=live)

    def governed_by(self, zone: str, currency: str, orders: OrderPolicy, at: datetime) -> Generation:
        """The next generation, under other settings of the shop."""
        return replace(
            self,
            number=self.number + 1,
            at=at,
            zone=zone,
            currency=currency,
            orders=orders,
        )
