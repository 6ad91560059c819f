"""When the members are others for the first time: what time changes is followed until a definition's answer does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from heapq import heapify, heappop, heapreplace
from typing import Any, Final, NamedTuple

from segment_core.evaluator.timeline import Course
from segment_core.rules.ages import BEYOND
from segment_core.rules.aging import Aging
from segment_core.rules.columns import BROKEN_OFF
from segment_core.rules.layout import Layout
from segment_core.rules.views import DayClass, Moving, View

FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Until when time is followed by the scales of age, which do not know the end of the calendar: then it is time to
look again, which the evaluator does alone. Only what contradicts itself until offsets end with the calendar, as
`BETWEEN +86d AND +7d` does, is not looked at again.
"""

_FAR_DAY: Final = FAR.toordinal()

_FEW: Final = 16
"""Days that are looked at. Who is followed farther mostly is refuted anyhow for years, of which many ages are asked."""


class Now(NamedTuple):
    """What holds now: the rows that time can still refute or spare are `live`, some of which it has `refuted`.

    `bits` are those of the definitions that hold. `facts` are the customer's dates, or what is there in their place,
    which are seen through `views` today, as `classes`.
    """

    layout: Layout
    live: int
    refuted: int
    bits: int
    facts: Sequence[Any]
    views: Sequence[View]
    classes: Sequence[DayClass]

    def differs(self, refuted: int) -> bool:
        """Whether other definitions hold if these rows are refuted instead."""
        changed = (refuted ^ self.refuted) & self.live
        if not changed:
            return False
        # A definition with one row holds if that does.
        return changed & self.layout.alone != 0 or self.layout.fold(self.live & ~refuted) != self.bits


def first_day(now: Now) -> int | None:
    """The ordinal of the first local date on which the members are others, if the dates only get older.

    BEYOND if there is none; the first date of the year 9000 stands for all after it. None if that is not so, or has
    not been found in a few steps.
    """
    live, aging, rest = now.live, [], 0
    for fact, view, seen in zip(now.facts, now.views, now.classes, strict=True):
        if not seen.moving & live:
            rest |= seen.refuted
        elif fact.__class__ is Course:
            return None
        else:
            aging.append(view.aging.of(fact))
    for _ in range(_FEW):
        day, changed = _soonest(aging), 0
        if day >= _FAR_DAY:
            return day
        for place, one in enumerate(aging):
            if one.when == day:
                aging[place] = later = one.later()
                changed |= one.refuted ^ later.refuted
        if changed & live and now.differs(rest | _all([one.refuted for one in aging])):
            return day
    return None


def _soonest(aging: Sequence[Aging]) -> int:
    # A loop is quicker than min() for a handful.
    day = BEYOND
    for one in aging:
        if one.when < day:
            day = one.when
    return day


def first_instant(now: Now, moving: Iterable[Moving]) -> datetime | None:
    """The first of the changes at which the members are others, or at which the search has to end."""
    for when, refuted in _changes(moving, now.live):
        if refuted == BROKEN_OFF or now.differs(refuted):
            return when
    return None


def _changes(moving: Iterable[Moving], live: int) -> Iterator[tuple[datetime, int]]:
    """When the fate of a row changes that is `live`, with all rows that are refuted from then on."""
    now: list[int] = []
    heads: list[tuple[datetime, int, int, Iterator[tuple[datetime, int]]]] = []
    for number, (refuted, later) in enumerate(moving):
        now.append(refuted)
        coming = iter(later)
        if head := next(coming, None):
            heads.append((head[0], number, head[1], coming))
    heapify(heads)
    last = _all(now)
    while heads:
        when, changed = heads[0][0], 0
        if when >= FAR:
            yield when, BROKEN_OFF
            return
        while heads and heads[0][0] == when:
            _, number, refuted, coming = heads[0]
            if refuted == BROKEN_OFF:
                yield when, BROKEN_OFF
                return
            changed |= now[number] ^ refuted
            now[number] = refuted
            if head := next(coming, None):
                heapreplace(heads, (head[0], number, head[1], coming))
            else:
                heappop(heads)
        if changed & live:
            refuted = _all(now)
            if (refuted ^ last) & live:
                yield when, refuted
            last = refuted


def _all(several: Iterable[int]) -> int:
    refuted = 0
    for one in several:
        refuted |= one
    return refuted
