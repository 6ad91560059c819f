"""What is under way in the stack, counted, so that "idle" is a fact and not a guess.

Whoever holds work (a request, a batch, an invocation) says so before taking it over and until it is handed
on, so at no instant is a piece of work with nobody.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tidemark.stack.errors import NotIdle

# How often to look again while waiting: only for what no notification tells of, such as a retry's pause.
_LOOK_AGAIN_SECONDS = 0.05


class Activity:
    """Counts what is under way; knows which stores of work are not yet empty."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._under_way: Counter[str] = Counter()
        self._pending: list[Callable[[], str | None]] = []
        self._stopping = False

    def watch(self, pending: Callable[[], str | None]) -> None:
        """Add a store of work; `pending` says in words what it still holds, or None."""
        self._pending.append(pending)

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Mark something as under way."""
        with self._condition:
            self._under_way[what] += 1
        try:
            yield
        finally:
            with self._condition:
                self._under_way[what] -= 1
                self._condition.notify_all()

    def notify(self) -> None:
        """Something changed that may make the stack idle."""
        with self._condition:
            self._condition.notify_all()

    def stop(self) -> None:
        """End everyone's waiting."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    def wait_until_idle(self, timeout: float) -> None:
        """Return once nothing is under way or pending.

        Raises NotIdle, saying what holds things up, after `timeout` seconds or when the stack stops.
        """
        deadline = time.monotonic() + timeout
        with self._condition:
            while reasons := self._reasons():
                if self._stopping or time.monotonic() >= deadline:
                    raise NotIdle(f"not idle after {timeout:g} s: {'; '.join(reasons)}")
                self._condition.wait(_LOOK_AGAIN_SECONDS)

    def _reasons(self) -> list[str]:
        under_way = [f"{what} is under way" for what, count in self._under_way.items() if count > 0]
        return under_way + [reason for pending in self._pending if (reason := pending())]
