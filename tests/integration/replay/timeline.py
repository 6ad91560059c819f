"""Enter and leave events against brute force: what each did, why, and at which exact instant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol, Self

from .brute_force import BruteForce
from .days import midnights
from .history import Shop

MICROSECOND = timedelta(microseconds=1)


class Noting(Protocol):
    """Where differences go."""

    def compare(self, where: str, got: Iterator[str] | set[str], expected: Iterator[str] | set[str]) -> None: ...
    def expect(self, where: str, got: object, expected: object) -> None: ...


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One enter or leave, ordered as one customer went through them."""

    shop: str
    segment: str
    customer: str
    version: int
    effective_at: datetime
    change: str
    cause: str
    id: str

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Self:
        """The event from the detail that consumers get."""
        return cls(
            detail["shop"],
            detail["segment_id"],
            detail["customer_id"],
            detail["version"],
            datetime.fromisoformat(detail["effective_at"]),
            detail["change"],
            detail["cause"],
            detail["id"],
        )


def compare_events(
    events: Sequence[Event],
    report: Noting,
    *,
    shop: Shop,
    brute: BruteForce,
    names: Mapping[str, str],
    live_since: Mapping[str, datetime],
    told_at: Mapping[tuple[str, str], set[datetime]],
    until: datetime,
) -> None:
    """Note every event that should not be, should be and is not, or says something wrong."""
    once = _delivered_once(events, report)
    _alternate(once, report)
    for event in once:
        allowed: object
        if event.cause == "fact":
            allowed = event.effective_at in told_at.get((event.shop, event.customer), ())
        elif event.cause == "definition":
            allowed = event.effective_at == live_since[names[event.segment]]
        else:
            allowed = event.cause == "clock"
        report.expect(f"cause '{event.cause}' of {event.id} at {event.effective_at.isoformat()} fits", allowed, True)
    _walk(once, report, shop, brute, names, live_since, until)


def _delivered_once(events: Sequence[Event], report: Noting) -> list[Event]:
    """The events without repeated deliveries; an id must always say the same."""
    by_id: dict[str, Event] = {}
    for event in events:
        report.expect(f"event {event.id} told again", event, by_id.setdefault(event.id, event))
    for event in by_id.values():
        made_of = f"{event.shop}/{event.segment}/{event.customer}/{event.version}"
        report.expect("an event's id", event.id, made_of)
    return sorted(by_id.values())


def _alternate(events: Sequence[Event], report: Noting) -> None:
    """Every customer's events of a segment begin with an enter and alternate, and never go back in time."""
    for before, after in pairwise(events):
        if _pair(before) == _pair(after):
            report.expect(f"{after.id} is the opposite of the one before", after.change != before.change, True)
            report.expect(f"{after.id} is not earlier", after.effective_at >= before.effective_at, True)
    first = {_pair(event): event for event in reversed(events)}
    for event in first.values():
        report.expect(f"{event.id}, the first of its customer", event.change, "enter")


def _pair(event: Event) -> tuple[str, str, str]:
    return event.shop, event.segment, event.customer


def _walk(
    events: Sequence[Event],
    report: Noting,
    shop: Shop,
    brute: BruteForce,
    names: Mapping[str, str],
    live_since: Mapping[str, datetime],
    until: datetime,
) -> None:
    """Fold the events from midnight to midnight: only there does time alone change anything.

    With the clock's events of a midnight the fold equals brute force at that instant, by what was known
    before it; and each of these events is a flip that brute force shows between just before and then.
    """
    waiting = sorted(events, key=lambda event: (event.effective_at, event.version))
    folded: dict[str, set[str]] = {name: set() for name in live_since}
    for stop in [*midnights(shop.zone, min(live_since.values()), until), None]:
        before = stop - MICROSECOND if stop else until
        past = _taken(waiting, before)
        for event in past:
            report.expect(f"{event.id} by the clock at {event.effective_at.isoformat()}", event.cause == "clock", False)
        _fold(folded, names, past)
        live = [name for name, since in live_since.items() if since <= before]
        now = _taken(waiting, stop) if stop else []
        by_clock = [event for event in now if event.cause == "clock"]
        _fold(folded, names, by_clock)
        expected = brute.members(shop.id, stop or until, known=before)
        for name in live:
            where = f"events of {shop.id}, '{name}', folded to {(stop or until).isoformat()}"
            report.compare(where, folded[name], expected[name])
        _compare_flips(by_clock, report, brute, shop, names, before)
        _fold(folded, names, [event for event in now if event.cause != "clock"])


def _taken(waiting: list[Event], until: datetime) -> list[Event]:
    """The events up to that instant, which wait no longer."""
    count = bisect_right(waiting, until, key=lambda event: event.effective_at)
    taken = waiting[:count]
    del waiting[:count]
    return taken


def _compare_flips(
    by_clock: Sequence[Event],
    report: Noting,
    brute: BruteForce,
    shop: Shop,
    names: Mapping[str, str],
    before: datetime,
) -> None:
    """Note events of the clock whose change had been made just before already."""
    held = brute.members(shop.id, before, only={event.customer for event in by_clock}) if by_clock else {}
    for event in by_clock:
        was_in = event.customer in held[names[event.segment]]
        report.expect(f"{event.id} leaves what it was in just before midnight", event.change == "leave", was_in)


def _fold(folded: dict[str, set[str]], names: Mapping[str, str], events: Sequence[Event]) -> None:
    for event in events:
        members = folded[names[event.segment]]
        if event.change == "enter":
            members.add(event.customer)
        else:
            members.discard(event.customer)
