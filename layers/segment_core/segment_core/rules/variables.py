"""What rows are made of: variables, each in one of finitely many classes, and what rows demand of them.

A demand is the set of classes that refute a row, as the bits of an integer. So is a set of rows: a bitmap. For every
class of a variable there is a bitmap of the rows that it refutes, made by a walk along the classes that toggles only
the rows whose fate changes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Final

LARGEST_TABLE: Final = 1 << 19
"""Bytes of bitmaps that are kept ready for one variable; beyond it only some are, and the others come from them."""


class Variable(ABC):
    """Something of a customer that rows demand something of."""

    def __init__(self) -> None:
        self._demands: dict[int, list[int]] = {}
        self._holding: dict[Hashable, int] = {}

    @property
    @abstractmethod
    def count(self) -> int:
        """How many classes there are. Only known once everything that is asked was told to `note`."""

    def note(self, condition: Any) -> None:  # noqa: B027  (only some make their classes of what is asked)
        """Know of a condition that will be asked."""

    @abstractmethod
    def classes(self, condition: Any) -> int:
        """The classes in which the condition holds."""

    @property
    def every(self) -> int:
        """All classes."""
        return (1 << self.count) - 1

    def refuting(self, condition: Hashable, wanted: bool) -> int:
        """The classes in which the condition is not as wanted."""
        holding = self._holding.get(condition)
        if holding is None:
            holding = self._holding[condition] = self.classes(condition)
        return self.every ^ holding if wanted else holding

    def demand(self, refuting: int, row: int) -> None:
        """Refute the row in these classes."""
        self._demands.setdefault(refuting, []).append(row)

    def tables(self) -> Sequence[int]:
        """For every class the rows that it refutes. Ends the time in which demands are taken."""
        toggles: dict[int, list[int]] = {}
        for refuting, rows in self._demands.items():
            for edge in positions((refuting ^ (refuting << 1)) & self.every):
                toggles.setdefault(edge, []).extend(rows)
        self._demands, self._holding = {}, {}
        return _tables(toggles, self.count)


class Fact(Variable):
    """Yes (class 1) or no (class 0)."""

    count = 2

    def classes(self, condition: Any) -> int:
        """Where it holds: the only condition is that it does."""
        return 0b10


def bitmap(rows: Iterable[int]) -> int:
    """The rows as bits."""
    rows = list(rows)
    if len(rows) < 8:
        return sum(1 << row for row in set(rows))
    buffer = bytearray(max(rows) // 8 + 1)
    for row in rows:
        buffer[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(buffer, "little")


def positions(bits: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class Sparse(Sequence[int]):
    """Bitmaps of which only every so manieth is kept; those between are made from the one before them."""

    def __init__(self, toggles: dict[int, list[int]], count: int, stride: int) -> None:
        self._stride = stride
        self._toggles = [tuple(toggles.get(edge, ())) for edge in range(count)]
        self._kept = [mask for edge, mask in enumerate(_walk(toggles, count)) if edge % stride == 0]

    def __len__(self) -> int:
        return len(self._toggles)

    def __getitem__(self, index: Any) -> Any:
        nearest, beyond = divmod(index, self._stride)
        mask = self._kept[nearest]
        for edge in range(index - beyond + 1, index + 1):
            for row in self._toggles[edge]:
                mask ^= 1 << row
        return mask


def _walk(toggles: dict[int, list[int]], count: int) -> Iterator[int]:
    mask = 0
    for edge in range(count):
        if edge in toggles:
            mask ^= bitmap(toggles[edge])
        yield mask


def _tables(toggles: dict[int, list[int]], count: int) -> Sequence[int]:
    largest = max((row for rows in toggles.values() for row in rows), default=0)
    stride = -(-count * (largest // 8 + 1) // LARGEST_TABLE)
    return list(_walk(toggles, count)) if stride <= 1 else Sparse(toggles, count, stride)
