"""Columns: what is read of a customer once, and which rows it refutes, now and as time passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, Final

from segment_core.evaluator.conditions import Test
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, Timeline
from segment_core.facts.metafields import Seen
from segment_core.rules.formula import Literal
from segment_core.rules.program import Program
from segment_core.rules.sources import Source, metafield
from segment_core.rules.values import Lookup, Value, Words
from segment_core.rules.variables import Fact, Variable, bitmap

BROKEN_OFF: Final = -1
"""In place of rows: nothing has changed until then, and the search has to go on from there another time."""

_REMEMBERED: Final = 4_096
"""Values whose rows are kept, for each column that would otherwise have to read or test a value anew."""


class Column(ABC):
    """What is looked up of a customer, whatever the instant."""

    @abstractmethod
    def settle(self, program: Program) -> None:
        """Make the tables, and write how they add to what is `refuted`: all demands have been made.

        What time changes is `coming` instead: the rows that are refuted now, and from when on which others are.
        """


class TextColumn(Column):
    """A text that is only compared as a whole: one look."""

    def __init__(self, source: Source) -> None:
        self.variable = Value()
        self._source = source

    def settle(self, program: Program) -> None:
        """Make the table."""
        _known(program, "refuted |=", self.variable.lookup().words(), self._source(program))


class CourseColumn(Column):
    """A single value; one that changes when facts that are known already come true is found as a course."""

    def __init__(self, source: Source, parts: Source | None = None) -> None:
        """`parts`: finds it in PARTS, if it can."""
        self.variable = Value()
        self._source, self._parts = source, parts

    def settle(self, program: Program) -> None:
        """Make the table."""
        lookup = self.variable.lookup()
        self._refuted = lookup.refuted
        rest = f"{program.constant(self._now)}({self._source(program)}, coming)"
        if self._parts:
            program.add(f"seen = {self._parts(program)}")
            rest = f"{_searched(program, lookup)} if seen is not None else {rest}"
        program.add(f"refuted |= {rest}")

    def _now(self, value: Any, coming: list[Course[int]]) -> int:
        if not isinstance(value, Course):
            return self._refuted(value)
        now, later = value
        if not later:
            return self._refuted(now)
        coming.append(Course(self._refuted(now), [(since, self._refuted(value)) for since, value in later]))
        return 0


class _Element(Fact):
    """Whether an element is in a list; keeps the rows as numbers, of which the column makes what it needs."""

    def __init__(self) -> None:
        super().__init__()
        self.refuted_with: list[int] = []
        self.refuted_without: list[int] = []

    def demand(self, refuting: int, row: int) -> None:
        """Refute the row with the element, or without it."""
        (self.refuted_with if refuting == 0b10 else self.refuted_without).append(row)


class MetafieldColumn(Column):
    """A metafield that is compared, or one of whose elements is."""

    def __init__(self, key: str) -> None:
        self.variable = Value()
        self._key = key
        self._elements: dict[Hashable, tuple[_Element, Test]] = {}

    def unless_list(self, name: Hashable, test: Callable[[], Test]) -> Literal:
        """It is no list, or one that passes the test of that name; `test` makes it if it is new."""
        if name not in self._elements:
            self._elements[name] = _Element(), test()
        return Literal(self._elements[name][0], True)

    def settle(self, program: Program) -> None:
        """Make the tables. What a metafield mostly is comes first, `_refuted` knows the rest."""
        self._lookup = found = self.variable.lookup()
        constant = program.constant
        if found.texts and not found.numbers:
            _known(program, "refuted |=", found.words(self._refuted), metafield(self._key)(program))
            return
        program.add(f"seen = {metafield(self._key)(program)}")
        rest = f"{constant(found.refuted(None))} if seen is None else {constant(self._refuted)}(seen)"
        if found.numbers:
            program.add(f"refuted |= {_searched(program, found)} if seen.__class__ is {constant(int)} else {rest}")
        else:
            true, false = constant(found.refuted(True)), constant(found.refuted(False))
            program.add(f"refuted |= {true} if seen is True else {false} if seen is False else {rest}")

    def _refuted(self, seen: Seen | int | None) -> int:
        # A number in PARTS is only asked about where no number is: all of them are answered alike.
        refuted = self._lookup.refuted(seen)
        if isinstance(seen, tuple):
            # Few metafields are lists, so that bitmaps for each element would mostly lie idle.
            rows = [one.refuted_with if test(seen) else one.refuted_without for one, test in self._elements.values()]
            refuted |= bitmap(chain.from_iterable(rows))
        return refuted


class TestedColumn(Column):
    """A text of which more is asked than whether it is another one: the evaluator's own tests, once for each value."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tests: dict[Hashable, tuple[Variable, Test]] = {}

    def holds(self, name: Hashable, test: Callable[[], Test]) -> Literal:
        """The test of that name passes; `test` makes it if it is new."""
        if name not in self._tests:
            self._tests[name] = Fact(), test()
        return Literal(self._tests[name][0], True)

    def settle(self, program: Program) -> None:
        """Make the tables."""
        self._tables = [(test, variable.tables()) for variable, test in self._tests.values()]
        words = Words({None: self._refuted(None)}, self._refuted, _REMEMBERED)
        _known(program, "refuted |=", words, self._source(program))

    def _refuted(self, value: str | None) -> int:
        return reduce(or_, (tables[test(value)] for test, tables in self._tables), 0)


class ListColumn(Column):
    """A list of which whole elements are looked for. `keys` are those that an element comes down to."""

    def __init__(self, source: Source, keys: Callable[[str], Collection[Hashable]]) -> None:
        self._source = source
        self._keys = keys
        self._variables: dict[Hashable, _Element] = {}

    def contains(self, key: Hashable) -> Literal:
        """The list has the element."""
        if key not in self._variables:
            self._variables[key] = _Element()
        return Literal(self._variables[key], True)

    def settle(self, program: Program) -> None:
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
        self._variables = {}
        self._write(program, [reduce(or_, layer.values(), 0) for layer in self._layers[1:]])

    def _write(self, program: Program, needy: Sequence[int]) -> None:
        """Go through the elements, which refute rows and spare some of those that are `needy`."""
        spared = [f"spared{number}" for number in range(len(needy))]
        more = [f"more{number}" for number in range(len(needy))]
        program.add(f"elements = {self._source(program)}")
        program.add("if elements:")
        program.add(f"    {' = '.join(spared)} = 0")
        program.add("    for element in elements:")
        _known(program, f"also, {', '.join(more)} =", Words({}, self._find, _REMEMBERED), "element", within=2)
        program.add("        refuted |= also")
        for one, sparing in zip(spared, more, strict=True):
            program.add(f"        {one} |= {sparing}")
        for rows, one in zip(needy, spared, strict=True):
            program.add(f"    refuted |= {program.constant(rows)} ^ {one}")
        # A row that needs any element is in the first layer.
        program.add(f"else: refuted |= {program.constant(needy[0])}")

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


def _known(program: Program, so: str, words: Words[Any], value: str, within: int = 0) -> None:
    """Do `so` with what the words have for the value."""
    known, rest, indent = program.constant(words.known), program.constant(words.new), "    " * within
    program.add(f"{indent}value = {value}")
    # To try costs nothing if it is known, as it mostly is.
    program.add(f"{indent}try: {so} {known}[value]")
    program.add(f"{indent}except KeyError: {so} {rest}(value)")


def _searched(program: Program, lookup: Lookup) -> str:
    """The expression for the rows that a number refutes that is `seen` in PARTS."""
    tables, search, starts = map(program.constant, (lookup.tables, bisect_right, lookup.starts))
    return f"{tables}[{search}({starts}, seen)]"
