"""Enter and leave events against brute force: what each did, why, and at which exact instant."""

from __future__ import annotations

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
    """Fold the events from midnight to midnight.

    Just before each, the fold equals brute force; at it, what the clock did equals how brute force
    differs between the two instants with the same facts. No clock event is anywhere else.
    """
    waiting = sorted(events, key=lambda event: (event.effective_at, event.version))
    folded: dict[str, set[str]] = {name: set() for name in live_since}
    position = 0
    for stop in [*midnights(shop.zone, min(live_since.values()), until), None]:
        before = stop - MICROSECOND if stop else until
        while position < len(waiting) and waiting[position].effective_at <= before:
            event = waiting[position]
            report.expect(f"{event.id} by the clock at {event.effective_at.isoformat()}", event.cause == "clock", False)
            _fold(folded, names, event)
            position += 1
        live = [name for name, since in live_since.items() if since <= before]
        held = brute.members(shop.id, before)
        for name in live:
            report.compare(f"events of {shop.id}, '{name}', folded to {before.isoformat()}", folded[name], held[name])
        if stop is None:
            break
        flipped = brute.members(shop.id, stop, known=before)
        clock: list[Event] = []
        while position < len(waiting) and waiting[position].effective_at == stop:
            if waiting[position].cause == "clock":
                clock.append(waiting[position])
            _fold(folded, names, waiting[position])
            position += 1
        for name in live:
            where = f"clock events of {shop.id}, '{name}' at {stop.isoformat()}"
            mine = {f"{event.change} {event.customer}" for event in clock if names[event.segment] == name}
            entered, left = flipped[name] - held[name], held[name] - flipped[name]
            report.compare(where, mine, {f"enter {one}" for one in entered} | {f"leave {one}" for one in left})


def _fold(folded: dict[str, set[str]], names: Mapping[str, str], event: Event) -> None:
    members = folded[names[event.segment]]
    if event.change == "enter":
        members.add(event.customer)
    else:
        members.discard(event.customer)
