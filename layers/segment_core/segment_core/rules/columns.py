"""Columns: what is read of a customer once, and which rows it refutes, now and as time passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final, TypeVar

from segment_core.evaluator.conditions import Test
from segment_core.evaluator.metafields import KINDS
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, Timeline
from segment_core.facts.customer import Metafield
from segment_core.rules.formula import Literal
from segment_core.rules.values import Value, other_spelling
from segment_core.rules.variables import Fact, Variable, bitmap

BROKEN_OFF: Final = -1
"""In place of rows: nothing has changed until then, and the search has to go on from there another time."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_REMEMBERED: Final = 4_096
"""Values whose rows are kept, for each column that would otherwise have to read or test a value anew."""


def written(metafield: Metafield) -> Hashable:
    """What a metafield says, as a key: with the value's class, since True is 1 for a dict."""
    value = metafield.value
    return metafield.type, value, value.__class__


def remember(known: dict[K, V], key: K, value: V) -> V:
    """Keep what was found, among as much as is worth keeping."""
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
        self._looks = [(read, *variable.texts()) for read, variable in self._columns.items()]

    def refuted(self, subject: Subject) -> int:
        """The rows that the texts refute."""
        refuted = 0
        for read, classes, tables in self._looks:
            value = read(subject)
            found = classes.get(value)
            refuted |= tables[other_spelling(value, classes) if found is None else found]
        return refuted


class CourseColumn:
    """A single value that changes when facts that are known already come true."""

    def __init__(self, read: Callable[[Subject], Course[Any]]) -> None:
        self.variable = Value()
        self._read = read

    def settle(self) -> None:
        """Make the tables."""
        self._lookup = self.variable.lookup()
        self.rows = self._lookup.rows

    def refuted(self, subject: Subject) -> int:
        """The rows that the value at `at` refutes."""
        return self._lookup.refuted(self._read(subject).now)

    def course(self, subject: Subject) -> Course[int]:
        """The rows that it refutes, now and later."""
        now, later = self._read(subject)
        find = self._lookup.refuted
        return Course(find(now), [(since, find(value)) for since, value in later] if later else ())


class MetafieldColumn:
    """A metafield that is compared, or one of whose elements is. What was read once is not parsed again."""

    def __init__(self) -> None:
        self.variable = Value()
        self._elements: dict[Hashable, tuple[Variable, Test]] = {}

    def unless_list(self, name: Hashable, test: Callable[[], Test]) -> Literal:
        """It is no list, or one that passes the test of that name; `test` makes it if it is new."""
        if name not in self._elements:
            self._elements[name] = Fact(), test()
        return Literal(self._elements[name][0], True)

    def settle(self) -> None:
        """Make the tables."""
        self._lookup = self.variable.lookup()
        self._tables = [(test, variable.tables()) for variable, test in self._elements.values()]

    def refuted(self, metafield: Metafield | None) -> int:
        """The rows that the metafield refutes."""
        kind = KINDS.get(metafield.type) if metafield else None
        seen = kind(metafield.value) if metafield and kind else None
        refuted = self._lookup.refuted(seen)
        if isinstance(seen, tuple):
            refuted = reduce(or_, (tables[test(seen)] for test, tables in self._tables), refuted)
        return refuted


class MetafieldColumns(Still):
    """All metafields: one look for each of them, if what it says was met before."""

    def __init__(self) -> None:
        self._columns: dict[str, MetafieldColumn] = {}

    def column(self, key: str) -> MetafieldColumn:
        """The metafield of that key."""
        return self._columns.setdefault(key, MetafieldColumn())

    def settle(self) -> None:
        """Make the tables."""
        self._looks: list[tuple[str, MetafieldColumn, int, dict[Hashable, int]]] = []
        for key, column in self._columns.items():
            column.settle()
            self._looks.append((key, column, column.refuted(None), {}))

    def refuted(self, subject: Subject) -> int:
        """The rows that the metafields refute."""
        refuted, find = 0, subject.customer.metafields.get
        for key, column, missing, known in self._looks:
            metafield = find(key)
            if metafield is None:
                refuted |= missing
                continue
            value = metafield.value
            written = metafield.type, value, value.__class__  # True is 1 for a dict
            try:
                refuted |= known[written]
            except KeyError:
                refuted |= remember(known, written, column.refuted(metafield))
            except TypeError:  # a list, which cannot be a key
                refuted |= column.refuted(metafield)
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
        layers: list[dict[Hashable, list[int]]] = [{} for _ in range(max(map(len, needing.values()), default=0))]
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
        known, refuted = self._known, 0
        found = [known.get(element) or remember(known, element, self._find(element)) for element in elements]
        for masks in found:
            refuted |= masks[0]
        for layer, rows in enumerate(self._needy, 1):
            spared = 0
            for masks in found:
                spared |= masks[layer]
            refuted |= rows ^ spared
        return refuted

    def _find(self, element: str) -> tuple[int, ...]:
        """The rows that the element refutes, and those that it spares in each layer."""
        keys = self._keys(element)
        return tuple(reduce(or_, (layer.get(key, 0) for key in keys), 0) for layer in self._layers)


class _Element(Fact):
    """Whether an element is in a list; keeps the rows as numbers, which the column orders itself."""

    def __init__(self) -> None:
        super().__init__()
        self.refuted_with: list[int] = []
        self.refuted_without: list[int] = []

    def demand(self, refuting: int, row: int) -> None:
        """Refute the row with the element, or without it."""
        (self.refuted_with if refuting == 0b10 else self.refuted_without).append(row)


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
