"""Repeated timing with the garbage collector out of the way."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median

_SAMPLE_SECONDS = 0.02


def seconds_per_call(*calls: Callable[[], object], samples: int = 25) -> list[float]:
    """Median seconds of each call. The calls take turns, so that a slow moment of the machine hits all of them."""
    repeats = [_repeats(call) for call in calls]
    taken: list[list[float]] = [[] for _ in calls]
    gc.collect()
    gc.disable()
    try:
        for _ in range(samples):
            for call, times, row in zip(calls, repeats, taken, strict=True):
                row.append(_timed(call, times) / times)
    finally:
        gc.enable()
    return [median(row) for row in taken]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _repeats(call: Callable[[], object]) -> int:
    """How often to call for one sample that the clock can resolve."""
    times = 1
    while _timed(call, times) < _SAMPLE_SECONDS / 4:
        times *= 2
    return times


def _timed(call: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        call()
    return time.perf_counter() - started
