"""The present, for handlers and the command only: the core is given `at` and never asks.

A local stack replaces the clock so that time can be moved; on AWS it is the system's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)


_clock: Clock = _system


def now() -> datetime:
    """The present instant, in UTC."""
    return _clock()


def use(clock: Clock | None) -> None:
    """Replace the clock of this process; None puts the system's back."""
    global _clock
    _clock = clock or _system
