"""Schedules: fired as the clock runs, or when somebody moves it.

Moving jumps from one instant at which a schedule has work to the next, and at each lets the stack become idle.
The outcome is that of firing at every scheduled instant, since those between would find nothing to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segment_core import instants
from tidemark.stack import expressions
from tidemark.stack.asynchronous import Asynchronous
from tidemark.stack.clock import StackClock
from tidemark.stack.errors import ClockError
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.names import ACCOUNT, REGION
from tidemark.stack.wiring import FunctionSettings, Schedule
from tidemark.stack.writes import Writes

# How often a running clock is looked at.
_LOOK_SECONDS = 0.5
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """When a schedule will have work (None: never), as it was told after so many writes to tables."""

    work: datetime | None
    writes: int

    def stands(self, writes: int, now: datetime) -> bool:
        """Whether asking again must give the same: nothing was written, and the instant has not come."""
        return writes == self.writes and (self.work is None or now < self.work)


class Timetable:
    """One schedule: its instants, and how far it has been served."""

    def __init__(self, schedule: Schedule, function: FunctionSettings, next_work: str | None, served: datetime) -> None:
        """`next_work`: place of a function (`module:name`) that tells when the schedule will find something to do."""
        self.schedule = schedule
        self.function = function
        self.next_work = next_work
        self.served = served
        self.answer: Answer | None = None
        self._next_after = expressions.parse(schedule.expression, schedule.place)

    def next(self) -> datetime:
        """The first instant not yet served."""
        return self._next_after(self.served)

    def next_from(self, instant: datetime) -> datetime:
        """The first instant not yet served that is not before the given one."""
        return self._next_after(max(self.served, instant - _A_MOMENT))


class Schedules:
    """All schedules of the stack, and the moving of its clock."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        functions: Mapping[str, FunctionSettings],
        next_work: Mapping[str, str],
        running: Functions,
        asynchronous: Asynchronous,
        clock: StackClock,
        writes: Writes,
        drain: Callable[[], None],
    ) -> None:
        self._timetables = [
            Timetable(one, functions[one.function], next_work.get(functions[one.function].id), clock.now())
            for one in schedules
        ]
        self._functions = running
        self._asynchronous = asynchronous
        self._clock = clock
        self._writes = writes
        self._drain = drain
        # Held by whoever fires: the running clock, a move, or a call by hand.
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules")

    @property
    def ids(self) -> list[str]:
        """The names of all schedules."""
        return [timetable.schedule.id for timetable in self._timetables]

    def start(self) -> None:
        """Begin to watch the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Fire no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def fire_now(self, id: str, event: Mapping[str, Any] | None = None) -> Outcome:
        """Fire one schedule, whatever the time; `event` takes the place of its own. Raises KeyError."""
        with self._lock:
            for timetable in self._timetables:
                if timetable.schedule.id == id:
                    return self._fire(timetable, self._clock.now(), event)
        raise KeyError(id)

    def move(self, to: datetime) -> dict[str, Any]:
        """Move the clock. Raises ClockError if that were back."""
        with self._lock:
            self._drain()
            begin, ran = self._clock.now(), not self._clock.frozen
            if to < begin:
                raise ClockError(f"it is {instants.iso(begin)}; the clock does not go back to {instants.iso(to)}")
            fired = 0
            try:
                while (due := self._next_due(to)) is not None:
                    instant, timetables = due
                    self._clock.stand_at(max(instant, self._clock.now()))
                    for timetable in timetables:
                        timetable.served = instant
                        self._fire(timetable, instant)
                        fired += 1
                    self._drain()
                self._clock.stand_at(to)
                for timetable in self._timetables:
                    timetable.served = max(timetable.served, to)
            finally:
                if ran:
                    self._clock.run_from(self._clock.now())
        return {"from": instants.iso(begin), "to": instants.iso(to), "fired": fired}

    def stand_still(self, still: bool) -> None:
        """Stop the clock, or let it run."""
        with self._lock:
            (self._clock.stand_at if still else self._clock.run_from)(self._clock.now())

    def _next_due(self, to: datetime) -> tuple[datetime, list[Timetable]] | None:
        """The next instant up to `to` at which schedules have work, with those schedules."""
        due: dict[datetime, list[Timetable]] = {}
        for timetable in self._timetables:
            if timetable.next() > to:
                continue
            instant = self._work_at(timetable)
            if instant is not None and instant <= to:
                due.setdefault(instant, []).append(timetable)
        return min(due.items(), key=lambda item: item[0]) if due else None

    def _work_at(self, timetable: Timetable) -> datetime | None:
        if timetable.next_work is None:
            return timetable.next()
        # Counted before it is asked: a write while it answers makes it worth asking again.
        writes = self._writes.count
        if timetable.answer is None or not timetable.answer.stands(writes, self._clock.now()):
            told = self._functions.call(timetable.function.name, timetable.next_work)
            timetable.answer = Answer(None if told is None else instants.parse(told), writes)
        work = timetable.answer.work
        return None if work is None else timetable.next_from(work)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            with self._lock:
                if self._clock.frozen:
                    continue
                for timetable in self._timetables:
                    now = self._clock.now()
                    if timetable.next() <= now:
                        # Instants that were missed (a machine asleep) are not made up for, as on AWS.
                        instant = timetable.next()
                        timetable.served = now
                        self._fire(timetable, instant)

    def _fire(self, timetable: Timetable, instant: datetime, event: Mapping[str, Any] | None = None) -> Outcome:
        if event is None:
            event = timetable.schedule.input
        if event is None:
            event = _event(timetable.schedule, instant)
        return self._asynchronous.invoke(timetable.function, event)


def parse_duration(text: str) -> timedelta:
    """A span such as `P30D`, `PT5M`, `30d` or `90m`. Raises ClockError."""
    plain = text.strip().upper().removeprefix("P").replace("T", "")
    units = {"D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
    if len(plain) < 2 or plain[-1] not in units or not plain[:-1].isdigit():
        raise ClockError(f"'{text}' is not a span: write 30d, 12h, 5m or P30D")
    if "T" not in text.upper() and text.upper().startswith("P") and plain[-1] == "M":
        raise ClockError("months have no fixed length: write days")
    return timedelta(**{units[plain[-1]]: int(plain[:-1])})


def _event(schedule: Schedule, instant: datetime) -> dict[str, Any]:
    """What EventBridge Scheduler sends when no input is given."""
    return {
        "version": "0",
        "id": f"{schedule.id}-{int(instant.timestamp())}",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": instants.iso(instant),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{schedule.id}"],
        "detail": "{}",
    }
