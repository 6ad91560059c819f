"""How fast a build may go, so that it leaves the tables to those who serve the shop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """So many customers a second: called after each page, it waits for as long as the page was too early.

    Nothing is saved up: after a slow page the next ones are no faster.
    """

    a_second: float
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._next = self.now()

    def __call__(self, customers: int) -> None:
        """So many customers had their turn."""
        now = self.now()
        # From the end of the last wait: what a page was slower by is not made up for.
        self._next = max(self._next + customers / self.a_second, now)
        if self._next > now:
            self.wait(self._next - now)
