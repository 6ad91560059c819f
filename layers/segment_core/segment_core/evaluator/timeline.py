"""Answers as functions of time: a value now, and what becomes of it later if no new fact arrives.

Every clause has finitely many flips, known exactly, so AND, OR and NOT can merge them and stay exact: the next
flip of a whole query is the first instant in the merged order at which its answer differs. All is lazy: what
cannot change the answer is never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace, merge
from itertools import chain, count, groupby
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from segment_core.calendar import NEVER

T = TypeVar("T")
U = TypeVar("U")

Window = tuple[datetime, datetime]
"""Instants `[start, end)`."""


class Course(NamedTuple, Generic[T]):
    """A value at `at`, and what it becomes: pairs of an instant after `at` and the value from then on, in order."""

    now: T
    later: Iterable[tuple[datetime, T]] = ()


class Timeline(NamedTuple):
    """Yes or no at `at`, and the instants after `at` at which that flips, in order."""

    value: bool
    flips: Iterator[datetime]


_NO_FLIPS: Iterator[datetime] = iter(())


def mapped(course: Course[T], change: Callable[[T], U]) -> Course[U]:
    """The course of what `change` makes of every value."""
    return Course(change(course.now), ((since, change(value)) for since, value in course.later))


def parts(course: Course[T], opened: datetime, closed: datetime) -> Iterator[tuple[datetime, datetime, T]]:
    """The parts of `[opened, closed)`, not over at `at`, in which the value stays the same, with it."""
    value, later = course
    for since, following in later:
        if since >= closed:
            break
        if since > opened:
            yield opened, since, value
            opened = since
        value = following
    yield opened, closed, value


class Replay(Generic[T]):
    """What an iterator yields, for any number of loops; each element is made when the first of them asks for it."""

    def __init__(self, source: Iterable[T]) -> None:
        self._source = iter(source)
        self._made: list[T] = []

    def __iter__(self) -> Iterator[T]:
        made, source = self._made, self._source
        for number in count():
            if number == len(made):
                try:
                    made.append(next(source))
                except StopIteration:
                    return
            yield made[number]


def replayed(course: Course[T]) -> Course[T]:
    """The same, for any number of readers."""
    return Course(course.now, Replay(course.later)) if course.later else course


def joined(courses: Sequence[Course[Any]]) -> Course[tuple[Any, ...]]:
    """All values side by side, whenever one of them changes."""
    now = tuple(course.now for course in courses)
    changes = merge(*(_numbered(number, course) for number, course in enumerate(courses)), key=itemgetter(0))
    return Course(now, _side_by_side([*now], changes))


def _numbered(number: int, course: Course[Any]) -> Iterator[tuple[datetime, int, Any]]:
    return ((since, number, value) for since, value in course.later)


def _side_by_side(
    values: list[Any], changes: Iterable[tuple[datetime, int, Any]]
) -> Iterator[tuple[datetime, tuple[Any, ...]]]:
    for since, at_once in groupby(changes, key=itemgetter(0)):
        for _, number, value in at_once:
            values[number] = value
        yield since, tuple(values)


def constant(value: bool) -> Timeline:
    """The same answer for ever."""
    return Timeline(value, _NO_FLIPS)


def inverted(timeline: Timeline) -> Timeline:
    """The exact complement."""
    return Timeline(not timeline.value, timeline.flips)


def stepwise(course: Course[T], test: Callable[[T], bool]) -> Timeline:
    """Whether `test` holds for the value of the course."""
    value = test(course.now)
    return Timeline(value, _changes(value, course.later, test)) if course.later else constant(value)


def during(at: datetime, windows: Iterable[Window]) -> Timeline:
    """Yes within the windows, which are in order and do not overlap; they may touch and may be empty."""
    value = False
    edges: list[datetime] = []
    for start, end in windows:
        if end <= at or start >= end:
            continue
        if start <= at:
            value = True
        elif edges and edges[-1] == start:
            edges.pop()
        else:
            edges.append(start)
        if end != NEVER:
            edges.append(end)
    return Timeline(value, iter(edges)) if edges else constant(value)


def recurring(at: datetime, windows: Iterable[Window]) -> Timeline:
    """Yes within the windows, as `during` has it; of windows without end only those are made that are asked for."""
    edges = _edges(at, windows)
    first = next(edges, NEVER)
    return Timeline(True, edges) if first <= at else Timeline(False, chain((first,) if first < NEVER else (), edges))


def _edges(at: datetime, windows: Iterable[Window]) -> Iterator[datetime]:
    """When the answer flips, first to yes; the first flip may lie before `at`."""
    closing: datetime | None = None
    for start, end in windows:
        if end <= at or start >= end:
            continue
        if closing is None:
            yield start
        elif start > closing:
            yield closing
            yield start
        closing = end if closing is None else max(closing, end)
    if closing is not None and closing < NEVER:
        yield closing


def merged(children: Iterable[Timeline], decisive: bool) -> Timeline:
    """The answer that is `decisive` while any child's is: False makes an AND, True an OR."""
    moving = []
    for child in children:
        if child.flips is not _NO_FLIPS:
            moving.append(child)
        elif child.value is decisive:
            return child
    if not moving:
        return constant(not decisive)
    if len(moving) == 1:
        return moving[0]
    value = any(child.value is decisive for child in moving) is decisive
    return Timeline(value, _merge(moving, decisive))


def _changes(value: bool, later: Iterable[tuple[datetime, T]], test: Callable[[T], bool]) -> Iterator[datetime]:
    for since, seen in later:
        if test(seen) is not value:
            value = not value
            yield since


def _merge(children: list[Timeline], decisive: bool) -> Iterator[datetime]:
    deciding = [child.value is decisive for child in children]
    heads = []
    for index, child in enumerate(children):
        flip = next(child.flips, None)
        if flip is not None:
            heads.append((flip, index))
        elif deciding[index]:
            return  # it decides for ever
    heapify(heads)
    decided, settled = any(deciding), False
    while heads and not settled:
        instant = heads[0][0]
        while heads and heads[0][0] == instant:
            index = heads[0][1]
            deciding[index] = not deciding[index]
            flip = next(children[index].flips, None)
            if flip is not None:
                heapreplace(heads, (flip, index))
            else:
                heappop(heads)
                settled = settled or deciding[index]
        if any(deciding) is not decided:
            decided = not decided
            yield instant
