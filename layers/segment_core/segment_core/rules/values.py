"""Variables that are single values: a text, a number, true or false, or nothing.

Texts that nobody asks for are one class. Numbers are cut at the bounds that are asked for: between two of them all
numbers are answered alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, NamedTuple, TypeVar

from segment_core.facts.parts import PARTS
from segment_core.language.spelling import composed
from segment_core.rules.variables import Variable

T = TypeVar("T")

Bound = tuple[Decimal, bool]
"""A number from which on all are another class: the number itself as well, or (True) only those above it."""

_KEPT: Final = 256
"""Texts that nobody asks for whose rows are kept, for each variable: what customers share comes up again."""

SHORT: Final = 64
"""Characters of a text that other customers are likely to have too."""

_MISSING, _LIST, _FALSE, _TRUE, _OTHER_TEXT, _FIRST_TEXT = range(6)


class Condition(NamedTuple):
    """One of the evaluator's comparisons; IN also stands for `=`. Without values: there is none.

    `or_list`: any list will do as well. `truth`: the value is true or false, which as keys are the same as 1 and 0.
    """

    operator: str
    values: tuple[str | Decimal | bool, ...] = ()
    or_list: bool = False
    truth: bool = False


MISSING: Final = Condition("IN")

_RANGES: Final[Mapping[str, Callable[[Decimal, Decimal], tuple[Bound | None, Bound | None]]]] = {
    # From the low and the high bound to where the numbers begin that are as asked, and where they end.
    "IN": lambda low, high: ((low, False), (high, True)),
    "BETWEEN": lambda low, high: ((low, False), (high, True)),
    ">": lambda low, high: ((low, True), None),
    ">=": lambda low, high: ((low, False), None),
    "<": lambda low, high: (None, (low, False)),
    "<=": lambda low, high: (None, (low, True)),
}


class Value(Variable):
    """A value that is compared. Classes: numbers, from bound to bound; missing, a list, false, true, texts."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str, int] = {}
        self._bounds: dict[Bound, int] = {}
        self._sorted = False

    @property
    def count(self) -> int:
        """How many classes there are."""
        return self._others + _FIRST_TEXT + len(self._texts)

    @property
    def _others(self) -> int:
        """Where the classes begin that are no numbers."""
        return len(self._bounds) + 1

    def note(self, condition: Condition) -> None:
        """Know of a condition that will be asked."""
        for start, end in _ranges(condition):
            self._bounds.update((bound, 0) for bound in (start, end) if bound)
        for value in condition.values:
            if isinstance(value, str):
                self._texts.setdefault(value, _FIRST_TEXT + len(self._texts))
        self._sorted = False

    def classes(self, condition: Condition) -> int:
        """The classes in which the condition holds."""
        if not self._sorted:
            self._bounds = {bound: number for number, bound in enumerate(sorted(self._bounds), 1)}
            self._sorted = True
        if condition == MISSING:
            return 1 << self._others + _MISSING
        found = 1 << self._others + _LIST if condition.or_list else 0
        for start, end in _ranges(condition):
            first = self._bounds[start] if start else 0
            last = self._bounds[end] if end else self._others
            found |= ((1 << max(last - first, 0)) - 1) << first
        for value in condition.values:
            if isinstance(value, str):
                found |= 1 << self._others + self._texts[value]
            elif isinstance(value, bool):
                found |= 1 << self._others + (_TRUE if value else _FALSE)
        return found

    def lookup(self) -> Lookup:
        """Ends the time in which demands are taken."""
        return Lookup(self.tables(), self._texts, sorted(self._bounds))


def _ranges(condition: Condition) -> list[tuple[Bound | None, Bound | None]]:
    numbers = [value for value in condition.values if isinstance(value, Decimal)]
    if condition.operator == "IN":
        return [_RANGES["IN"](number, number) for number in numbers]
    return [_RANGES[condition.operator](numbers[0], numbers[-1])]


def _start(bound: Bound) -> int:
    """The first of PARTS that is of the class that begins at the bound."""
    number, above = bound
    numerator, denominator = number.as_integer_ratio()
    return numerator * PARTS // denominator + 1 if above else -(-numerator * PARTS // denominator)


class Words(Generic[T]):
    """From values to what is known of them; `find` finds it out of others, of which short texts are kept.

    What is `known` is looked up there; `new` is for the rest.
    """

    def __init__(self, always: Mapping[Any, T], find: Callable[[Any], T], kept: int = _KEPT) -> None:
        """`kept`: how many others than those that are known `always`, at most."""
        self.known: dict[Any, T] = {**always}
        self._always = always
        self._find = find
        self._most = len(always) + kept

    def new(self, value: Any) -> T:
        """What is known of a value that was not."""
        known, found = self.known, self._find(value)
        # Others that have the value too will be asked about; no number or truth is kept, since 1 and True are one key.
        if value.__class__ is str and len(value) <= SHORT:
            if len(known) >= self._most:
                # What many have comes back at once, whatever was met before it.
                known.clear()
                known.update(self._always)
            if len(known) < self._most:
                known[value] = found
        return found


class Lookup:
    """From a value to the rows that it refutes.

    A number is equal to one of `numbers` or lies between two of them. Of one that is told in PARTS a search in `starts`
    finds the place in `tables`.
    """

    def __init__(self, tables: Sequence[int], texts: Mapping[str, int], bounds: Sequence[Bound]) -> None:
        self.tables = tables
        self.numbers = sorted({number for number, _ in bounds})
        self.starts = [*map(_start, bounds)]
        self._between = [bisect_left(bounds, (number, False)) for number in self.numbers]
        self._between.append(len(bounds))
        self._equal = [bisect_left(bounds, (number, True)) for number in self.numbers]
        self._others = len(bounds) + 1
        self.texts = {text: self._others + place for text, place in texts.items()}

    def refuted(self, value: Any) -> int:
        """The rows that the value refutes; values of types that are not compared are as good as missing."""
        kind = value.__class__
        if kind is int:
            return self.tables[bisect_right(self.starts, value * PARTS)]
        if kind is Decimal:
            place = bisect_right(self.numbers, value)
            among = place and self.numbers[place - 1] == value
            return self.tables[self._equal[place - 1] if among else self._between[place]]
        if kind is str:
            return self._text(value)
        if kind is bool:
            return self.tables[self._others + (_TRUE if value else _FALSE)]
        return self.tables[self._others + (_LIST if kind is tuple else _MISSING)]

    def words(self, refuted: Callable[[Any], int] | None = None) -> Words[int]:
        """The same for what mostly is a text, or missing: those that are asked for are ready, and others come to be.

        `refuted` finds what those refute if that is more.
        """
        # Tables that are not kept whole are made anew for each value, so that keeping them would be what was avoided.
        ready = isinstance(self.tables, list)
        classes = [(None, self._others + _MISSING), *self.texts.items()] if ready else []
        known = {text: self.tables[found] for text, found in classes}
        return Words(known, refuted or self.refuted, _KEPT if ready else 0)

    def _text(self, value: str) -> int:
        found = self.texts.get(value)
        if found is None:
            other = self._others + _OTHER_TEXT
            # What is written otherwise may still be the same characters.
            found = other if value.isascii() else self.texts.get(composed(value), other)
        return self.tables[found]
