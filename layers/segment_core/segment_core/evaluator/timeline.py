"""Answers as functions of time: a value now, and what becomes of it later if no new fact arrives.

The flips of every clause are known exactly, so AND, OR and NOT can merge them and stay exact: the next flip of a
whole query is the first instant in the merged order at which its answer differs. All is lazy: what cannot change the
answer is never computed, and a search that takes too many steps is broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace, merge
from itertools import chain, count, groupby
from operator import itemgetter, not_
from typing import Any, Final, Generic, NamedTuple, TypeVar

from segment_core.calendar import NEVER

T = TypeVar("T")
U = TypeVar("U")

Window = tuple[datetime, datetime]
"""Instants `[start, end)`."""


class Course(NamedTuple, Generic[T]):
    """A value at `at`, and what it becomes: pairs of an instant after `at` and the value from then on, in order."""

    now: T
    later: Iterable[tuple[datetime, T]] = ()


Timeline = Course[bool]
"""Yes or no at `at`, and when that flips. Where a search was broken off, what comes later repeats the value: nothing
has flipped until that instant, and the search goes on from there when it is asked for more.
"""


MOST_STEPS: Final = 64
"""How many steps without a flip are taken before a search is broken off."""


class Patience:
    """Counts steps that brought no flip. One for all parts of a query, however they are nested, bounds their work."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def renew(self) -> None:
        """Begin anew, as the next flip is asked for."""
        self._left = MOST_STEPS

    def spent(self) -> bool:
        """Count a step; True when it is time to break off."""
        self._left -= 1
        return self._left <= 0


def mapped(course: Course[T], change: Callable[[T], U]) -> Course[U]:
    """The course of what `change` makes of every value."""
    if not course.later:
        return Course(change(course.now))
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
    return Course(value)


def inverted(timeline: Timeline) -> Timeline:
    """The exact complement."""
    return mapped(timeline, not_) if timeline.later else constant(not timeline.now)


def stepwise(course: Course[T], test: Callable[[T], bool]) -> Timeline:
    """Whether `test` holds for the value of the course."""
    value = test(course.now)
    return Course(value, _changes(value, course.later, test)) if course.later else constant(value)


def during(at: datetime, windows: Iterable[Window]) -> Timeline:
    """Yes within the windows, which are in order and do not overlap; they may touch and may be empty."""
    value = False
    flips: list[tuple[datetime, bool]] = []
    for start, end in windows:
        if end <= at or start >= end:
            continue
        if start <= at:
            value = True
        elif flips and flips[-1][0] == start:
            flips.pop()
        else:
            flips.append((start, True))
        if end != NEVER:
            flips.append((end, False))
    return Course(value, flips)


def recurring(at: datetime, windows: Iterable[Window], patience: Patience) -> Timeline:
    """Yes within the windows, which come in order; of windows without end only those are made that are asked for."""
    flips = _flips(at, windows, patience)
    first = next(flips, None)
    if first is None:
        return constant(False)
    return Course(True, flips) if first[0] <= at else Course(False, chain((first,), flips))


def _flips(at: datetime, windows: Iterable[Window], patience: Patience) -> Iterator[tuple[datetime, bool]]:
    """The flips, first to yes, which may lie before `at`; and where the search is broken off."""
    closing: datetime | None = None
    for start, end in windows:
        if end <= at:
            continue
        if closing is not None and start > closing:
            yield closing, False
            closing = None
        if start >= end:
            if closing is None and start < NEVER and patience.spent():
                yield start, False
        elif closing is None:
            yield start, True
            closing = end
        elif end > closing:
            if patience.spent():
                yield closing, True
            closing = end
    if closing is not None and closing < NEVER:
        yield closing, False


def merged(children: Iterable[Timeline], decisive: bool, patience: Patience | None = None) -> Timeline:
    """The answer that is `decisive` while any child's is: False makes an AND, True an OR.

    Exact without `patience`; with it, broken off when that is spent.
    """
    moving = []
    for child in children:
        if child.later:
            moving.append(child)
        elif child.now is decisive:
            return child
    if not moving:
        return constant(not decisive)
    if len(moving) == 1:
        return moving[0]
    value = any(child.now is decisive for child in moving) is decisive
    return Course(value, _merge(moving, decisive, patience))


def _changes(
    value: bool, later: Iterable[tuple[datetime, T]], test: Callable[[T], bool]
) -> Iterator[tuple[datetime, bool]]:
    for since, seen in later:
        if test(seen) is not value:
            value = not value
            yield since, value


def _merge(children: list[Timeline], decisive: bool, patience: Patience | None) -> Iterator[tuple[datetime, bool]]:
    deciding = [child.now is decisive for child in children]
    following = [iter(child.later) for child in children]
    heads = []
    for index, steps in enumerate(following):
        step = next(steps, None)
        if step is not None:
            heads.append((step[0], index, step[1]))
        elif deciding[index]:
            return  # it decides for ever
    heapify(heads)
    decided, settled = any(deciding), False
    while heads and not settled:
        instant = heads[0][0]
        while heads and heads[0][0] == instant:
            _, index, value = heads[0]
            deciding[index] = value is decisive
            step = next(following[index], None)
            if step is not None:
                heapreplace(heads, (step[0], index, step[1]))
            else:
                heappop(heads)
                settled = settled or deciding[index]
        if any(deciding) is not decided:
            decided = not decided
            yield instant, decided is decisive
        elif patience is not None and patience.spent() and heads and not settled:
            yield instant, decided is decisive
