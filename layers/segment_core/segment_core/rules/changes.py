"""When the members are others for the first time: what time changes is followed until a definition's answer does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from segment_core.rules.ages import BEYOND
from segment_core.rules.columns import BROKEN_OFF
from segment_core.rules.layout import Layout
from segment_core.rules.views import Aging, DayClass, Moving, View, following, getting_older, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from segment_core.evaluator.subject import Subject

FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Until when time is followed by the scales of age, which do not know the end of the calendar: then it is time to
look again, which the evaluator does alone. Only what contradicts itself until offsets end with the calendar, as
`BETWEEN +86d AND +7d` does, is not looked at again.
"""

_FAR_DAY: Final = FAR.toordinal()


class Now(NamedTuple):
    """What holds now: the rows that time can still refute or spare are `live`, some of which it has `refuted`.

    `bits` are those of the definitions that hold.
    """

    layout: Layout
    live: int
    refuted: int
    bits: int

    def differs(self, refuted: int) -> bool:
        """Whether other definitions hold if these rows are refuted instead."""
        changed = (refuted ^ self.refuted) & self.live
        if not changed:
            return False
        # A definition with one row holds if that does.
        return changed & self.layout.alone != 0 or self.layout.fold(self.live & ~refuted) != self.bits


class Dates(NamedTuple):
    """The dates of a customer, or what is there in their place, and the classes that they are in today."""

    facts: Sequence[Any]
    classes: Sequence[DayClass]

    def following(self, subject: Subject, live: int) -> list[Moving]:
        """What each refutes, and from when on something else."""
        each = zip(self.facts, self.classes, strict=True)
        return [moving for fact, seen in each for moving in following(fact, seen, subject, live)]

    def refuted_in(self, views: Sequence[View]) -> int:
        """The rows that they refute on another date."""
        refuted = 0
        for view, fact in zip(views, self.facts, strict=True):
            refuted |= view.seen(fact).refuted
        return refuted


def first_day(now: Now, dates: Dates, zone: ZoneInfo) -> int | None:
    """The ordinal of the first local date on which the members are others, if the dates only get older.

    The first one of the year 9000 stands for all after it.
    """
    aging, rest = _aging(now, dates, zone)
    while True:
        day = BEYOND
        for one in aging:
            if one.when < day:
                day = one.when
        if day >= _FAR_DAY:
            return None if day >= BEYOND else day
        refuted = rest
        for one in aging:
            if one.when == day:
                one.advance()
            refuted |= one.refuted
        if now.differs(refuted):
            return day


def _aging(now: Now, dates: Dates, zone: ZoneInfo) -> tuple[list[Aging], int]:
    """The dates that will refute other rows than now, and the rows that the rest of them refutes for good."""
    rest = 0
    for seen in dates.classes:
        if not seen.ahead:
            rest |= seen.refuted
    live, aging = now.live & ~rest, []
    for fact, seen in zip(dates.facts, dates.classes, strict=True):
        if seen.ahead:
            # A date: what is none has nothing ahead.
            one = getting_older(fact, seen, zone, live)
            if one is None:
                rest |= seen.refuted
            else:
                aging.append(one)
    return aging, rest


def first_midnight(now: Now, dates: Dates, subject: Subject) -> datetime | None:
    """The midnight that begins that day."""
    zone = subject.shop.zone
    # Days, being whole numbers, are quicker to compare than instants.
    day = first_day(now, dates, zone)
    if day is None:
        return None
    midnight = start_of(day, zone)
    if midnight == start_of(day + 1, zone):
        # The zone skipped that date, which begins together with the next one: there is no such midnight.
        return first_instant(now, dates.following(subject, now.live))
    return midnight


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
