"""Columns: what is read of a customer once, and which rows it refutes, now and as time passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, Final, TypeVar

from segment_core.evaluator.conditions import Test
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, Timeline
from segment_core.facts.metafields import Seen
from segment_core.rules.formula import Literal
from segment_core.rules.values import SHORT, Value
from segment_core.rules.variables import Fact, Variable, bitmap

BROKEN_OFF: Final = -1
"""In place of rows: nothing has changed until then, and the search has to go on from there another time."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_REMEMBERED: Final = 4_096
"""Values whose rows are kept, for each column that would otherwise have to read or test a value anew."""


def remember(known: dict[K, V], key: K, value: V) -> V:
    """Keep what was found, among as much as is worth keeping."""
    if isinstance(key, str) and len(key) > SHORT:
        return value
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
    return value


class Still(ABC):
    """A column that time does not change."""

    @abstractmethod
    def settle(self) -> None:
        """Make the tables: all demands have been made."""

    @abstractmethod
    def refuted(self, subject: Subject) -> int:
        """The rows that what is read refutes."""


class TextColumns(Still):
    """All texts that are only compared as a whole: one look for each of them."""

    def __init__(self) -> None:
        self._columns: dict[Callable[[Subject], str | None], Value] = {}

    def variable(self, read: Callable[[Subject], str | None]) -> Value:
        """The text that `read` finds."""
        return self._columns.setdefault(read, Value())

    def settle(self) -> None:
        """Make the tables."""
        self._tables = [(read, variable.lookup().words()) for read, variable in self._columns.items()]

    def refuted(self, subject: Subject) -> int:
        """The rows that the texts refute."""
        refuted = 0
        for read, words in self._tables:
            refuted |= words[read(subject)]
        return refuted


class CourseColumn:
    """A single value; one that changes when facts that are known already come true is read as a course."""

    def __init__(self, read: Callable[[Subject], Any]) -> None:
        self.variable = Value()
        self.read = read

    def settle(self) -> None:
        """Make the tables."""
        self.refuted = self.variable.lookup().refuted

    def course(self, values: Course[Any]) -> Course[int]:
        """The rows that are refuted by the values, now and later."""
        now, later = values
        return Course(self.refuted(now), [(since, self.refuted(value)) for since, value in later])


class _Element(Fact):
    """Whether an element is in a list; keeps the rows as numbers, of which the column makes what it needs."""

    def __init__(self) -> None:
        super().__init__()
        self.refuted_with: list[int] = []
        self.refuted_without: list[int] = []

    def demand(self, refuting: int, row: int) -> None:
        """Refute the row with the element, or without it."""
        (self.refuted_with if refuting == 0b10 else self.refuted_without).append(row)


class MetafieldColumn:
    """A metafield that is compared, or one of whose elements is."""

    def __init__(self) -> None:
        self.variable = Value()
        self._elements: dict[Hashable, tuple[_Element, Test]] = {}

    def unless_list(self, name: Hashable, test: Callable[[], Test]) -> Literal:
        """It is no list, or one that passes the test of that name; `test` makes it if it is new."""
        if name not in self._elements:
            self._elements[name] = _Element(), test()
        return Literal(self._elements[name][0], True)

    def settle(self) -> None:
        """Make the tables."""
        self.lookup = self.variable.lookup()

    def refuted(self, seen: Seen | None) -> int:
        """The rows that the metafield refutes."""
        refuted = self.lookup.refuted(seen)
        if isinstance(seen, tuple):
            # Few metafields are lists, so that bitmaps for each element would mostly lie idle.
            rows = [one.refuted_with if test(seen) else one.refuted_without for one, test in self._elements.values()]
            refuted |= bitmap(chain.from_iterable(rows))
        return refuted


class MetafieldColumns(Still):
    """All metafields: one look for each of them."""

    def __init__(self) -> None:
        self._columns: dict[str, MetafieldColumn] = {}

    def column(self, key: str) -> MetafieldColumn:
        """The metafield of that key."""
        return self._columns.setdefault(key, MetafieldColumn())

    def settle(self) -> None:
        """Make the tables."""
        self._words, self._truths, self._numbers = [], [], []
        for key, column in self._columns.items():
            column.settle()
            found, other = column.lookup, column.refuted
            if found.numbers:
                self._numbers.append((key, found.numbers, found.between, found.equal, found.tables, other))
            elif found.texts:
                self._words.append((key, found.words(other)))
            else:
                self._truths.append((key, other(True), other(False), other))

    def refuted(self, subject: Subject) -> int:
        """The rows that the metafields refute. Each loop is for what they mostly are; `other` knows the rest."""
        refuted, find = 0, subject.customer.metafield_values.get
        for key, words in self._words:
            refuted |= words[find(key)]
        for key, numbers, between, equal, tables, other in self._numbers:
            seen = find(key)
            if seen.__class__ is Decimal:
                place = bisect_right(numbers, seen)
                refuted |= tables[equal[place - 1] if place and numbers[place - 1] == seen else between[place]]
            else:
                refuted |= other(seen)
        for key, true, false, other in self._truths:
            seen = find(key)
            refuted |= true if seen is True else false if seen is False else other(seen)
        return refuted


class TestedColumn(Still):
    """A text of which more is asked than whether it is another one: the evaluator's own tests, once for each value."""

    def __init__(self, read: Callable[[Subject], str | None]) -> None:
        self._read = read
        self._tests: dict[Hashable, tuple[Variable, Test]] = {}
        self._known: dict[str | None, int] = {}

    def holds(self, name: Hashable, test: Callable[[], Test]) -> Literal:
        """The test of that name passes; `test` makes it if it is new."""
        if name not in self._tests:
            self._tests[name] = Fact(), test()
        return Literal(self._tests[name][0], True)

    def settle(self) -> None:
        """Make the tables."""
        self._tables = [(test, variable.tables()) for variable, test in self._tests.values()]

    def refuted(self, subject: Subject) -> int:
        """The rows that the text refutes."""
        value = self._read(subject)
        found = self._known.get(value)
        if found is None:
            found = reduce(or_, (tables[test(value)] for test, tables in self._tables), 0)
            remember(self._known, value, found)
        return found


class ListColumn(Still):
    """A list of which whole elements are looked for. `keys` are those that an element comes down to."""

    def __init__(self, read: Callable[[Subject], Collection[str]], keys: Callable[[str], Collection[Hashable]]) -> None:
        self._read = read
        self._keys = keys
        self._variables: dict[Hashable, _Element] = {}
        self._known: dict[str, tuple[int, ...]] = {}

    def contains(self, key: Hashable) -> Literal:
        """The list has the element."""
        if key not in self._variables:
            self._variables[key] = _Element()
        return Literal(self._variables[key], True)

    def settle(self) -> None:
        """Make the tables."""
        refuting: dict[Hashable, list[int]] = {}
        needing: dict[int, list[Hashable]] = {}
        for key, element in self._variables.items():
            refuting[key] = element.refuted_with
            for row in element.refuted_without:
                needing.setdefault(row, []).append(key)
        # A row that needs several elements is in a layer for each, of which all must spare it.
        layers: list[dict[Hashable, list[int]]] = [{} for _ in range(max(map(len, needing.values()), default=1))]
        for row, keys in needing.items():
            for layer, key in zip(layers, keys, strict=False):
                layer.setdefault(key, []).append(row)
        self._layers = [{key: bitmap(rows) for key, rows in layer.items()} for layer in (refuting, *layers)]
        self._needy = [reduce(or_, layer.values(), 0) for layer in self._layers[1:]]
        self._without = reduce(or_, self._needy, 0)
        self._variables = {}

    def refuted(self, subject: Subject) -> int:
        """The rows that the list refutes."""
        elements = self._read(subject)
        if not elements:
            return self._without
        known, refuted, spared = self._known, 0, 0
        for element in elements:
            masks = known.get(element) or remember(known, element, self._find(element))
            refuted |= masks[0]
            spared |= masks[1]
        refuted |= self._needy[0] ^ spared
        if len(self._needy) > 1:
            found = [known.get(element) or self._find(element) for element in elements]
            for layer, rows in enumerate(self._needy[1:], 2):
                refuted |= rows ^ reduce(or_, [masks[layer] for masks in found])
        return refuted

    def _find(self, element: str) -> tuple[int, ...]:
        """The rows that the element refutes, and those that it spares in each layer."""
        keys = self._keys(element)
        return tuple(reduce(or_, (layer.get(key, 0) for key in keys), 0) for layer in self._layers)


class ClauseColumn:
    """A clause that no table holds, asked as it is."""

    def __init__(self, timeline: Callable[[Subject], Timeline]) -> None:
        self.variable = Fact()
        self._timeline = timeline

    def settle(self) -> None:
        """Make the tables."""
        self._refuted = self.variable.tables()
        self.rows = self._refuted[False] | self._refuted[True]

    def refuted(self, subject: Subject) -> int:
        """The rows that the answer refutes."""
        return self._refuted[self._timeline(subject).now]

    def course(self, subject: Subject) -> Course[int]:
        """The rows that the answer refutes, now and later; BROKEN_OFF where the search for a flip was."""
        value, later = self._timeline(subject)
        return Course(self._refuted[value], self._later(value, later) if later else ())

    def _later(self, value: bool, later: Iterable[tuple[datetime, bool]]) -> Iterator[tuple[datetime, int]]:
        for since, following in later:
            yield since, BROKEN_OFF if following is value else self._refuted[following]
            value = following
