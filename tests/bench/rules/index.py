"""`python -m tests.bench.rules.index RULES`: what compiling rules costs in time and memory; JSON on stdout."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from segment_core.rules import RuleSet

from .engines.ours import queries
from .rules import dense


def run(count: int) -> dict[str, float]:
    """Seconds to build the index of parsed queries and to load the rules as JSON, and the memory that it takes.

    `memory` is what it holds; the process grows by more, since what building left behind is not given back.
    """
    rules = dense(count)
    text, parsed = json.dumps(rules), queries(rules)
    gc.collect()
    before = _resident()
    kept = RuleSet(parsed)
    gc.collect()
    grown = _resident() - before
    building, loading = [], []
    for _ in range(3):
        building.append(_timed(lambda: RuleSet(parsed)))
        loading.append(_timed(lambda: json.loads(text)))
    assert not kept.refused
    return {
        "build, s": median(building),
        "json.loads, s": median(loading),
        "memory, MB": _held(lambda: RuleSet(parsed)) / 1e6,
        "process grows by, MB": grown / 1e6,
    }


def _held(make: Callable[[], object]) -> int:
    """Bytes of what was made."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held


def _timed(call: object) -> float:
    gc.collect()
    started = time.process_time()
    call()  # type: ignore[operator]
    return time.process_time() - started


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
