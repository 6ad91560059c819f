"""Invocations that can be stopped between two calls: each has a thread, but only one of all threads ever runs.

A handler is ordinary code that calls and waits. To stop it in the middle and let another go on, it needs a stack of
its own. Whoever runs hands on the baton, so the order of everything is decided by the scheduler alone. Most invocations
are not stopped, and run where the scheduler runs: that is much quicker.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process of this invocation ends here and now: no handler may catch this."""


class Task:
    """One invocation: what it runs, whether it is done, and how it ended. `stops`: whether it can be stopped."""

    def __init__(self, name: str, body: Callable[[], Any], back: threading.Lock, *, stops: bool) -> None:
        self.name = name
        self.stops = stops
        self.value: Any = None
        self.failure: BaseException | None = None
        self.done = False
        self.calls = 0
        # Set by whoever must not be troubled any more, so that it comes to an end.
        self.calm = False
        # How many seconds each of its calls takes, how far its clock is off, and at which second it is over.
        self.pace = 0.0
        self.skew = 0.0
        self.deadline = float("inf")
        self._body = body
        self._back = back
        self._mine = taken()
        self._killed = False
        self._begun = False

    def resume(self) -> None:
        """Let it run until it pauses or ends."""
        if not self.stops:
            self._run()
            return
        if self._begun:
            self._mine.release()
        else:
            self._begun = True
            # A Thread would wait until it has begun, which is one more turn for each of thousands.
            _thread.start_new_thread(self._run, ())
        self._back.acquire()

    def pause(self) -> None:
        """Called by the invocation itself: let the scheduler go on. Raises Killed if it was ended meanwhile."""
        if not self.stops:
            return
        self._back.release()
        self._mine.acquire()
        if self._killed:
            raise Killed

    def kill(self) -> None:
        """End a paused invocation."""
        self._killed = True
        self.resume()

    def _run(self) -> None:
        try:
            self.value = self._body()
        except BaseException as failure:  # noqa: BLE001 - however it ends, the scheduler must go on and is told why
            self.failure = failure
        finally:
            self.done = True
            if self.stops:
                self._back.release()


def taken() -> threading.Lock:
    """A lock that somebody else lets go of: of all that wait for one, it is whose turn it is."""
    lock = threading.Lock()
    lock.acquire()
    return lock
