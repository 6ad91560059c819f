"""Repeated timing with the garbage collector out of the way, and what memory processes have."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
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


def thirds(values: Sequence[float]) -> tuple[float, float, float]:
    """The medians of the first, the middle and the last third."""
    part = max(1, len(values) // 3)
    return median(values[:part]), median(values[part:-part] or values), median(values[-part:])


def resident(pid: int) -> float:
    """MB of memory that a process has, on Linux."""
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


class Memory:
    """Resident memory of a process and all that it started, sample by sample."""

    def __init__(self, pid: int) -> None:
        self._processes = [pid, *_descendants(pid)]
        self._names = {one: Path(f"/proc/{one}/cmdline").read_text().split("\0")[0] for one in self._processes}
        self._samples: defaultdict[int, list[float]] = defaultdict(list)

    def sample(self) -> None:
        """Note what each has now. Raises FileNotFoundError if one has ended."""
        for pid in self._processes:
            self._samples[pid].append(resident(pid))

    def figures(self) -> dict[str, float]:
        """MB in the last third of the time, and that over the first and the middle one, of whichever process grew most.

        What grows with what there is to do at once, or until it has met all there is to know, has grown by the middle.
        The stack is the process itself; of the others, the store is the one that runs Java.
        """
        first_of = next(iter(self._samples))
        found: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for pid, samples in self._samples.items():
            name = "stack" if pid == first_of else "store" if "java" in self._names[pid] else "functions"
            found[name].append(thirds(samples))
        figures = {}
        for name, pairs in found.items():
            figures[f"memory of {name}, MB"] = sum(last for *_, last in pairs)
            figures[f"memory of {name}, last third / first"] = max(last / first for first, _, last in pairs)
            figures[f"memory of {name}, last third / middle"] = max(last / middle for _, middle, last in pairs)
        return figures


def _descendants(pid: int) -> Iterator[int]:
    children = Path(f"/proc/{pid}/task")
    for thread in children.iterdir():
        for child in (thread / "children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


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
