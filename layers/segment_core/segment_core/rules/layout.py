"""Where the rows of definitions stand in a bitmap, so that they can be folded into the bits of slots.

The first row of a definition stands at its slot. Its other rows stand in a region beyond all slots, at one of a few
distances from it. Distances that bring the same stretch of slots there are folded together, in numbers as short as the
region, before they are moved to their slots; there are as many stretches as regions fit into the slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from typing import Final

from segment_core.rules.variables import bitmap, positions

_NARROW: Final = 4_096
"""So many slots get as much room for other rows as for the first ones."""

_TRIED: Final = 32
"""Distances of which the best one is taken."""


class Layout:
    """The places of rows; `every` has all of them, `fold` makes slots of them.

    `_stretches`: where the slots of a stretch begin, and how far each mask of the region is from a region beyond them.
    """

    def __init__(self, numbers: Mapping[int, int]) -> None:
        """`numbers`: how many rows the definition of a slot has; those of one without rows are not there."""
        slots = max(numbers, default=-1) + 1
        self._slots = bitmap(numbers)
        self._width = slots
        self._stretches: dict[int, list[tuple[int, int]]] = {}
        self._places: dict[int, list[int]] = {slot: [slot] for slot in numbers}
        self.every = self._slots | self._place(numbers, slots)

    def _place(self, numbers: Mapping[int, int], slots: int) -> int:
        """Find a place for all rows but the first ones; returns those that are taken."""
        left = {slot: number - 1 for slot, number in numbers.items() if number > 1}
        # With as much room as for the first rows most second ones are at one distance; many slots get less, for memory.
        region = max(slots if slots <= _NARROW else slots // 4, 3 * sum(left.values()) // 2)
        inside, taken = ((1 << region) - 1) << slots, 0
        distances = _distances(slots, region)
        while left:
            waiting = bitmap(left)
            # Of the next few distances the one that most rows fit at: folding costs a step for each.
            tried = [(regions * region + beside, regions, beside) for regions, beside in islice(distances, _TRIED)]
            fitting = [(((waiting << shift) & inside & ~taken) >> shift, shift, *rest) for shift, *rest in tried]
            placed, shift, regions, beside = max(fitting, key=lambda fit: fit[0].bit_count())
            if not placed:
                continue
            taken |= placed << shift
            steps = self._stretches.setdefault(slots - (regions + 1) * region, [])
            steps.append((region - beside, (placed << shift) >> slots))
            for slot in positions(placed):
                self._places[slot].append(slot + shift)
                left[slot] -= 1
                if not left[slot]:
                    del left[slot]
        return taken

    def places(self, slot: int) -> list[int]:
        """Where the rows of the slot's definition stand."""
        return self._places.get(slot, [])

    def settle(self) -> None:
        """Forget the places: all demands have been made."""
        self._places = {}

    def fold(self, rows: int) -> int:
        """The slots of which at least one row is among these."""
        found, others = rows & self._slots, rows >> self._width
        for start, steps in self._stretches.items():
            gathered = 0
            for shift, mask in steps:
                gathered |= (others & mask) << shift
            found |= gathered << start if start >= 0 else gathered >> -start
        return found


def _distances(slots: int, region: int) -> Iterator[tuple[int, int]]:
    """Distances, as regions and places beside them, that bring every slot to every place, in few; over and over."""
    for beside in cycle(range(region)):
        for regions in range(-(-slots // region) + 1):
            yield regions, beside
