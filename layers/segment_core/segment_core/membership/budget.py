"""How long a piece of work may go on: whoever gives the time says how many seconds are left of it.

Work that can be left to others looks after each customer, so one customer's evaluation is all it can be late by.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

SecondsLeft = Callable[[], float]
"""Zero or less: stop at the next place from which somebody else can go on."""


def unlimited() -> float:
    """Work is not left to others."""
    return math.inf


def lasting(seconds: float) -> SecondsLeft:
    """That many seconds from now on, by a clock that nobody can set."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def of_invocation(context: Any, kept: float) -> SecondsLeft:
    """What Lambda leaves the invocation of this context, but for the seconds that are kept to end it in order."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - kept
