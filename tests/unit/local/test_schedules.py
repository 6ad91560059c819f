"""A moved clock fires where there is work; when that is, it asks again only if the answer may have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from segment_core.instants import iso
from tidemark.stack.asynchronous import Asynchronous
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.schedules import Schedules
from tidemark.stack.wiring import FunctionSettings, Schedule
from tidemark.stack.writes import Writes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

SWEEP = FunctionSettings("Sweep", "sweep", "arn:sweep", Path(), "app.handler", 30, 512, {}, 0, None)
MINUTELY = Schedule("Minutely", "sweep", "rate(1 minute)", None, "here")


class Work:
    """Work that is due at instants, and what is asked and fired for it."""

    def __init__(self, database: Database) -> None:
        self.due: list[datetime] = []
        self.asked = 0
        self.fired: list[datetime] = []
        self.events: list[Any] = []
        self.writes = Writes()
        self.on_fire: Callable[[], None] = self.do
        self.clock = StackClock(database, NOON)
        self.schedules = Schedules(
            [MINUTELY],
            {SWEEP.name: SWEEP},
            {SWEEP.id: "module:next"},
            cast("Functions", self),
            cast("Asynchronous", self),
            self.clock,
            self.writes,
            lambda: None,
        )

    def call(self, name: str, target: str) -> str | None:
        """As functions tell when there will be work."""
        self.asked += 1
        return iso(min(self.due)) if self.due else None

    def invoke(self, function: FunctionSettings, event: Any) -> Outcome:
        """As functions are fired."""
        self.fired.append(self.clock.now())
        self.events.append(event)
        self.on_fire()
        return Outcome("", None, None)

    def do(self) -> None:
        """What is due, and leave a note of it in a table."""
        self.due = [due for due in self.due if due > self.clock.now()]
        self.writes.note(["Memberships"])

    def add(self, due: datetime) -> None:
        """Work for later, as a function that writes it into a table."""
        self.due.append(due)
        self.writes.note(["Memberships"])

    def move(self, to: datetime) -> int:
        """How often it was asked while the clock moved there."""
        before = self.asked
        self.schedules.move(to)
        return self.asked - before


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    database = Database(tmp_path / "stack.sqlite")
    yield Work(database)
    database.close()


def test_without_a_write_the_answer_stands(work: Work) -> None:
    assert work.move(NOON + HOUR) == 1
    assert work.move(NOON + 2 * HOUR) == 0
    assert work.fired == []


def test_an_instant_ahead_stands_too(work: Work) -> None:
    work.add(NOON + 3 * HOUR)
    assert work.move(NOON + HOUR) == 1
    assert work.move(NOON + 2 * HOUR) == 0
    work.move(NOON + 4 * HOUR)
    assert work.fired == [NOON + 3 * HOUR]


def test_after_a_write_it_is_asked_again(work: Work) -> None:
    work.move(NOON + HOUR)
    work.add(NOON + 90 * MINUTE)
    work.move(NOON + 2 * HOUR)
    assert work.fired == [NOON + 90 * MINUTE]


def test_work_that_makes_work_on_the_way_is_found(work: Work) -> None:
    def again() -> None:
        work.do()
        if len(work.fired) < 3:
            work.add(work.clock.now() + 5 * MINUTE)

    work.add(NOON + 10 * MINUTE)
    work.on_fire = again
    work.move(NOON + HOUR)
    assert work.fired == [NOON + minutes * MINUTE for minutes in (10, 15, 20)]


def test_a_write_while_it_answers_means_asking_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = work.call

    def overtaken(name: str, target: str) -> str | None:
        told = answer(name, target)
        if work.asked == 1:
            work.add(NOON + 90 * MINUTE)
        return told

    monkeypatch.setattr(work, "call", overtaken)
    work.move(NOON + HOUR)
    work.move(NOON + 2 * HOUR)
    assert work.fired == [NOON + 90 * MINUTE]


def test_work_that_is_done_without_a_write_is_done_once(work: Work) -> None:
    work.on_fire = work.due.clear
    work.add(NOON + 10 * MINUTE)
    work.move(NOON + HOUR)
    assert work.fired == [NOON + 10 * MINUTE]


def test_work_that_stays_undone_is_tried_at_every_instant(work: Work) -> None:
    work.on_fire = lambda: None
    work.add(NOON + 10 * MINUTE)
    work.move(NOON + 13 * MINUTE)
    assert work.fired == [NOON + minutes * MINUTE for minutes in (10, 11, 12, 13)]


def test_who_fires_by_hand_may_say_with_which_event(work: Work) -> None:
    work.schedules.fire_now("Minutely")
    work.schedules.fire_now("Minutely", {"repair": True})
    assert [event.get("repair") for event in work.events] == [None, True]
    with pytest.raises(KeyError):
        work.schedules.fire_now("Yearly")
