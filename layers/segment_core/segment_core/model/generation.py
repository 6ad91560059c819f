"""A generation: a numbered, immutable state of a shop's rules.

It says under which settings queries are answered, which definitions are live, which bit of a membership each of
them has, and which one of a segment readers see. A membership is always decoded with the generation that it
was written under.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import NamedTuple

from segment_core.record import record, replace
from segment_core.shop import OrderPolicy, Shop
from segment_core.zones import zone


class Settings(NamedTuple):
    """What governs every answer of a shop, apart from the queries."""

    zone: str
    currency: str
    orders: OrderPolicy

    @property
    def shop(self) -> Shop:
        """The shop as the evaluator wants it."""
        return Shop(zone(self.zone), self.currency, self.orders)


@record
class LiveDefinition:
    """A definition that every evaluation answers.

    `revision` is that of its text, `asks` are the segments that the text asks. A text that is built again, since
    settings or a segment that it asks changed, has another `edition`: the number of the generation that began with it.
    `slot` is its bit. `build` is the build that will publish it; empty: readers see it. Of a `silent` one the first
    publication is not told.
    """

    segment: str
    revision: int
    slot: int
    build: str = ""
    edition: int = 0
    silent: bool = False
    asks: tuple[str, ...] = ()

    @property
    def published(self) -> bool:
        """Whether readers see it."""
        return not self.build

    @property
    def id(self) -> str:
        """The definition's id, under which its members are listed and counted."""
        return f"{self.text}.{self.edition}" if self.edition else self.text

    @property
    def text(self) -> str:
        """The id of its text."""
        return definition_id(self.segment, self.revision)


def definition_id(segment: str, revision: int) -> str:
    """The id of one revision of a segment's query, and of its first definition."""
    return f"{segment}.{revision}"


@record
class Generation:
    """`at` is when it was saved.

    `pending` are settings that will govern when the one build there then is was published; what is being built is
    answered under them already. `retired` are definitions that are answered no longer and whose rows are still there.
    Their slots can be used again at once: a bit is never looked at under another generation than that which it was
    written under, but for `common` ones.
    """

    number: int
    at: datetime
    zone: str
    currency: str
    orders: OrderPolicy
    live: tuple[LiveDefinition, ...] = ()
    retired: tuple[str, ...] = ()
    pending: Settings | None = None

    # For what is worked out once.
    __slots__ = ("__dict__",)

    @property
    def settings(self) -> Settings:
        """What governs the answers that readers see."""
        return Settings(self.zone, self.currency, self.orders)

    @cached_property
    def shop(self) -> Shop:
        """The shop as the evaluator wants it, for what readers see."""
        return self.settings.shop

    @cached_property
    def published(self) -> dict[str, LiveDefinition]:
        """Segment id to the definition that readers see."""
        return {definition.segment: definition for definition in self.live if definition.published}

    @cached_property
    def builds(self) -> dict[str, list[LiveDefinition]]:
        """Build to the definitions that it will publish, together."""
        found: dict[str, list[LiveDefinition]] = {}
        for definition in self.live:
            if definition.build:
                found.setdefault(definition.build, []).append(definition)
        return found

    @cached_property
    def pending_of(self) -> dict[str, LiveDefinition]:
        """Segment id to its definition that is being built."""
        return {definition.segment: definition for definition in self.live if definition.build}

    @cached_property
    def newest(self) -> dict[str, LiveDefinition]:
        """Segment id to its newest definition: the one that is being built, else the one that readers see."""
        return self.published | self.pending_of

    @cached_property
    def by_id(self) -> dict[str, LiveDefinition]:
        """Id to definition."""
        return {definition.id: definition for definition in self.live}

    @cached_property
    def kept(self) -> frozenset[str]:
        """The ids of all definitions that have lists: live ones, and retired ones that were not cleared yet."""
        return frozenset((*self.by_id, *self.retired))

    def members_of(self, bits: int) -> Iterator[LiveDefinition]:
        """The live definitions whose bit is set. A bit of a definition that is gone means nothing."""
        return (definition for definition in self.live if bits >> definition.slot & 1)

    def find(self, definition: str) -> LiveDefinition | None:
        """The live definition with that id."""
        return self.by_id.get(definition)

    def common(self, other: Generation) -> int:
        """The bits that mean the same under both generations."""
        return sum(1 << one.slot for one in self.live if one.id in other.by_id)

    def building(
        self, wanted: Sequence[LiveDefinition], absorbed: Collection[str], pending: Settings | None, at: datetime
    ) -> Generation:
        """The next generation, in which the definitions of one build take the place of those of absorbed builds.

        One that is being built already keeps its slot and its list; what nobody wants any more is retired. The slots
        of `wanted` are given here.
        """
        before = {one.id: one.slot for one in self.live if one.build in absorbed}
        slots = self._free_slots()
        built = (replace(one, slot=before[one.id] if one.id in before else next(slots)) for one in wanted)
        live = (*(one for one in self.live if one.build not in absorbed), *built)
        return self._next(at, live=live, retired=self._retiring(live), pending=pending)

    def publishing(self, build: str, at: datetime) -> Generation:
        """The next generation, in which readers see what was built in place of what they saw."""
        read = {one.segment for one in self.builds[build]}
        kept = (one for one in self.live if one.segment not in read or one.build == build)
        live = tuple(replace(one, build="") if one.build == build else one for one in kept)
        return self._next(at, live=live, retired=self._retiring(live))

    def without(self, segment: str, at: datetime) -> Generation:
        """The next generation, in which the segment has no definition."""
        live = tuple(one for one in self.live if one.segment != segment)
        return self._next(at, live=live, retired=self._retiring(live))

    def freed(self, cleared: Collection[str], at: datetime) -> Generation:
        """The next generation, in which nothing is kept any more of those retired definitions."""
        return self._next(at, retired=tuple(gone for gone in self.retired if gone not in cleared))

    def _next(self, at: datetime, **changes: object) -> Generation:
        new = replace(self, number=self.number + 1, at=at, **changes)
        if new.pending is None or new.builds:
            return new
        # Nothing is left that would have to be built under the new settings first.
        return replace(new, **new.pending._asdict(), pending=None)

    def _retiring(self, live: Sequence[LiveDefinition]) -> tuple[str, ...]:
        return (*self.retired, *sorted(self.by_id.keys() - {one.id for one in live}))

    def _free_slots(self) -> Iterator[int]:
        taken = {one.slot for one in self.live}
        return (slot for slot in count() if slot not in taken)
