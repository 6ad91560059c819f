"""Where the rows of definitions stand in a bitmap, so that they can be folded into the bits of slots.

The first row of a definition stands at its slot. Its second row stands in a region beyond all slots, which is as long
as a part of them: where the slot is in its part, or a little farther. Its other rows stand a little beyond the second
one. So folding takes a few shifts that bring other rows to the second ones, and a few for each part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from segment_core.rules.program import Program
from segment_core.rules.variables import bitmap, positions

_NARROW: Final = 4_096
"""So many slots get as much room for other rows as for the first ones."""

_TRIED: Final = 128
"""Neighbouring distances of which the best one is taken."""

_FEW: Final = 16
"""What part of rows a distance must find room for: each takes a step of its own."""


class Layout:
    """The places of rows.

    `every` has all of them, `alone` those of definitions that have only one, and `fold` makes slots of them.
    """

    def __init__(self, numbers: Mapping[int, int]) -> None:
        """`numbers`: how many rows the definition of a slot has; those of one without rows are not there."""
        self._width = max(numbers, default=-1) + 1
        self._slots = bitmap(numbers)
        self.alone = bitmap(slot for slot, number in numbers.items() if number == 1)
        self._places: dict[int, list[int]] = {slot: [slot] for slot in numbers}
        self._taken, self._near = 0, [0]
        seconds = [slot for slot, number in numbers.items() if number > 1]
        self._parts = [(start, [*self._second(slots, start)]) for start, slots in self._parted(seconds, numbers)]
        self._others = [*self._rest({slot: numbers[slot] - 2 for slot in seconds if numbers[slot] > 2})]
        self.every = self._slots | self._taken << self._width
        self.fold = self._folding()
        """The slots of which at least one row is among these."""

    def _parted(self, seconds: list[int], numbers: Mapping[int, int]) -> Iterator[tuple[int, list[int]]]:
        """Where each part begins, and its slots that have second rows."""
        # With as much room as for the first rows a part is all; many slots get less, for memory.
        room = self._width if self._width <= _NARROW else self._width // 4
        region = max(room, 3 * (sum(numbers.values()) - len(numbers)) // 2)
        for start in range(0, self._width, region or 1):
            if slots := [slot for slot in seconds if start <= slot < start + region]:
                yield start, slots

    def _second(self, slots: list[int], start: int) -> Iterator[tuple[int, int]]:
        """Place the second rows of a part."""
        waiting = bitmap(slot - start for slot in slots)
        while waiting:
            distance, placed = self._fitting(waiting)
            for place in positions(placed):
                self._places[start + place - distance].append(self._width + place)
            waiting &= ~(placed >> distance)
            yield distance, placed

    def _rest(self, left: dict[int, int]) -> Iterator[tuple[int, int]]:
        """Place the other rows of slots that have so many."""
        seconds = {self._places[slot][1] - self._width: slot for slot in left}
        while left:
            distance, placed = self._fitting(bitmap(place for place, slot in seconds.items() if slot in left))
            for place in positions(placed):
                slot = seconds[place - distance]
                self._places[slot].append(self._width + place)
                left[slot] -= 1
                if not left[slot]:
                    del left[slot]
            yield distance, placed

    def _fitting(self, waiting: int) -> tuple[int, int]:
        """Take the places that are free at the distance at which most are, from those at which rows would be."""
        tried = [near + beside for near in self._near for beside in range(_TRIED)]
        fitting = [(waiting << distance & ~self._taken, distance) for distance in tried]
        placed, distance = max(fitting, key=lambda fit: fit[0].bit_count())
        if placed.bit_count() * _FEW < waiting.bit_count():
            # It is crowded there: beyond all that is taken there is room for all.
            lowest = (waiting & -waiting).bit_length() - 1
            distance = max(self._taken.bit_length() - lowest, 0)
            placed = waiting << distance
            self._near.append(distance)
        self._taken |= placed
        return distance, placed

    def places(self, slot: int) -> list[int]:
        """Where the rows of the slot's definition stand."""
        return self._places.get(slot, [])

    def settle(self) -> None:
        """Forget the places: all demands have been made."""
        self._places = {}

    def _folding(self) -> Callable[[int], int]:
        program = Program("rows")
        program.add(f"slots, others = rows & {program.constant(self._slots)}, rows >> {self._width}")
        for distance, mask in self._others:
            program.add(f"others |= (others & {program.constant(mask)}) >> {distance}")
        for start, steps in self._parts:
            moved = [
                f"(others & {program.constant(mask)}){f' >> {distance}' * (distance > 0)}" for distance, mask in steps
            ]
            program.add(f"part = {moved[0]}")
            for one in moved[1:]:
                program.add(f"part |= {one}")
            program.add(f"slots |= part{f' << {start}' * (start > 0)}")
        program.add("return slots")
        return program.compiled()
