"""A build leaves the tables to others: so many customers a second, and nothing saved up."""

from __future__ import annotations

from segment_core.membership.pace import Pace


class Clock:
    """A clock that moves when somebody waits or works."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def test_who_is_fast_waits_and_who_is_slow_does_not() -> None:
    clock = Clock()
    pace = Pace(50, lambda: clock.now, clock.wait)
    for page_took in (0.5, 3.0, 0.5, 2.0):
        clock.now += page_took
        pace(100)
    # A page of 100 is worth two seconds; the second saved by nobody is not made up for.
    assert clock.waits == [1.5, 1.5]


def test_pages_without_customers_cost_nothing() -> None:
    clock = Clock()
    pace = Pace(50, lambda: clock.now, clock.wait)
    for _ in range(16):
        pace(0)
    assert clock.waits == []
