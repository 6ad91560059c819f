"""`python -m tests.bench.rules.index RULES`: what compiling rules costs in time and memory; JSON on stdout."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path
from statistics import median

from segment_core.rules import RuleSet

from .engines.ours import queries
from .rules import dense


def run(count: int) -> dict[str, float]:
    """Seconds to build the index of parsed queries and to load the rules as JSON, and the memory that it holds."""
    rules = dense(count)
    text, parsed = json.dumps(rules), queries(rules)
    gc.collect()
    before = _resident()
    kept = RuleSet(parsed)
    gc.collect()
    memory = _resident() - before
    building, loading = [], []
    for _ in range(3):
        building.append(_timed(lambda: RuleSet(parsed)))
        loading.append(_timed(lambda: json.loads(text)))
    assert not kept.refused
    return {"build, s": median(building), "json.loads, s": median(loading), "memory, MB": memory / 1e6}


def _timed(call: object) -> float:
    gc.collect()
    started = time.process_time()
    call()  # type: ignore[operator]
    return time.process_time() - started


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
