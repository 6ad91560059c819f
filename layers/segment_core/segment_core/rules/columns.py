"""Columns: what is read of a customer once, and which rows it refutes, now and as time passes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from functools import reduce
from operator import or_
from typing import Any, Final

from segment_core.evaluator.conditions import Test
from segment_core.evaluator.metafields import KINDS
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, Timeline
from segment_core.facts.customer import Metafield
from segment_core.rules.formula import Literal
from segment_core.rules.values import Value
from segment_core.rules.variables import Fact, Variable, bitmap

_REMEMBERED: Final = 4_096
"""Values whose rows are kept, for each column that would otherwise have to read or test a value anew."""


class Still:
    """A column that time does not change."""

    def settle(self) -> None:
        """Make the tables: all demands have been made."""
        raise NotImplementedError

    def refuted(self, subject: Subject) -> int:
        """The rows that what is read refutes."""
        raise NotImplementedError


class ValueColumn(Still):
    """A single value that time does not change."""

    def __init__(self, read: Callable[[Subject], object]) -> None:
        self.variable = Value()
        self._read = read

    def settle(self) -> None:
        """Make the tables."""
        self._lookup = self.variable.lookup()

    def refuted(self, subject: Subject) -> int:
        """The rows that the value refutes."""
        return self._lookup.refuted(self._read(subject))


class CourseColumn:
    """A single value that changes when facts that are known already come true."""

    def __init__(self, read: Callable[[Subject], Course[Any]]) -> None:
        self.variable = Value()
        self._read = read

    def settle(self) -> None:
        """Make the tables."""
        self._lookup = self.variable.lookup()

    def refuted(self, subject: Subject) -> int:
        """The rows that the value at `at` refutes."""
        return self._lookup.refuted(self._read(subject).now)

    def course(self, subject: Subject) -> Course[int]:
        """The rows that it refutes, now and later."""
        now, later = self._read(subject)
        find = self._lookup.refuted
        return Course(find(now), [(since, find(value)) for since, value in later] if later else ())


class MetafieldColumn(Still):
    """A metafield that is compared with texts, numbers, true and false. What was read once is not parsed again."""

    def __init__(self, key: str) -> None:
        self.variable = Value()
        self._key = key
        self._known: dict[Hashable, int] = {}

    def settle(self) -> None:
        """Make the tables."""
        self._lookup = self.variable.lookup()
        self._missing = self._lookup.refuted(None)

    def refuted(self, subject: Subject) -> int:
        """The rows that the value refutes."""
        metafield = subject.customer.metafields.get(self._key)
        if metafield is None:
            return self._missing
        written = metafield.value
        # Told apart by its class as well: True is 1 for a dict.
        key = (metafield.type, written, written.__class__)
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._find(metafield)
            return found
        except TypeError:  # a list, which cannot be a key
            return self._find(metafield)

    def _find(self, metafield: Metafield) -> int:
        kind = KINDS.get(metafield.type)
        return self._lookup.refuted(kind(metafield.value)) if kind else self._missing


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
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[value] = reduce(or_, (tables[test(value)] for test, tables in self._tables))
        return found


class ListColumn(Still):
    """A list of which whole elements are looked for. `keys` is what a list comes down to."""

    def __init__(self, keys: Callable[[Subject], Collection[Hashable]]) -> None:
        self._keys = keys
        self._variables: dict[Hashable, _Element] = {}

    def contains(self, key: Hashable) -> Literal:
        """The list has the element."""
        if key not in self._variables:
            self._variables[key] = _Element()
        return Literal(self._variables[key], True)

    def settle(self) -> None:
        """Make the tables."""
        self._refuted_by: dict[Hashable, int] = {}
        needing: dict[int, list[Hashable]] = {}
        for key, element in self._variables.items():
            if element.refuted_with:
                self._refuted_by[key] = bitmap(element.refuted_with)
            for row in element.refuted_without:
                needing.setdefault(row, []).append(key)
        # A row that needs several elements is in a layer for each, of which all must spare it.
        depth = max(map(len, needing.values()), default=0)
        layers: list[dict[Hashable, list[int]]] = [{} for _ in range(depth)]
        for row, keys in needing.items():
            for layer, key in zip(layers, keys, strict=False):
                layer.setdefault(key, []).append(row)
        self._layers = [
            (bitmap(row for rows in layer.values() for row in rows), {key: bitmap(rows) for key, rows in layer.items()})
            for layer in layers
        ]
        self._variables = {}

    def refuted(self, subject: Subject) -> int:
        """The rows that the list refutes."""
        keys = self._keys(subject)
        refuted = 0
        for key in keys:
            refuted |= self._refuted_by.get(key, 0)
        for rows, spared_by in self._layers:
            spared = 0
            for key in keys:
                spared |= spared_by.get(key, 0)
            refuted |= rows ^ spared
        return refuted


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
        self._otherwise, self._so = self.variable.tables()
        self.rows = self._otherwise | self._so

    def refuted(self, subject: Subject) -> int:
        """The rows that the answer refutes."""
        return self._so if self._timeline(subject).value else self._otherwise

    def course(self, subject: Subject) -> Course[int]:
        """The rows that the answer refutes, now and later."""
        value, flips = self._timeline(subject)
        return Course(self._so if value else self._otherwise, self._later(value, flips))

    def _later(self, value: bool, flips: Iterator[Any]) -> Iterator[tuple[Any, int]]:
        for flip in flips:
            value = not value
            yield flip, self._so if value else self._otherwise
