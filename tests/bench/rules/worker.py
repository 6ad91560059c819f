"""`python -m tests.bench.rules.worker ENGINE RULES SET SECONDS`: one engine in a process of its own; JSON on stdout.

Nothing is measured of an engine whose answers are not the oracle's. What is measured is time of the processor, in
passes over customers that take turns with passes of `json.loads` over records of the same customers.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import cycle, islice
from typing import Any

from . import oracle, rules
from .customers import record, values

ENGINES = {
    "datalogic-py": "datalogic",
    "common-expression-language": "cel_rust",
    "cel-python": "cel_python",
    "rule-engine": "ruleengine",
    "flagsmith-flag-engine": "flagsmith",
    "eval": "evals",
    "ours": "ours",
    "ours, with change": "ours",
}
SETS = {"dense": rules.dense, "selective": rules.selective}

CUSTOMERS = 1_000
"""Few enough to lie near the processor, as one does who was just read from a message."""

VERIFIED, PASSES, MOST_PASSES = 100, 9, 45


def run(engine: str, count: int, set_: str, seconds: float) -> dict[str, Any]:
    """Verify and measure."""
    module = import_module(f".engines.{ENGINES[engine]}", __package__)
    chosen = SETS[set_](count)
    started = time.process_time()
    built = (module.build_with_change if engine.endswith("with change") else module.build)(chosen)
    compiling = time.process_time() - started
    known = values(20)
    few = list(built.given(known))
    slow = timed(built.ask, few[:1])
    if slow * len(few) < seconds:
        # The first answers of those that are quick make much ready.
        slow = min(timed(built.ask, few) for _ in range(2))
    verified = max(2, min(VERIFIED, int(seconds / max(slow, 1e-7))))
    known = values(max(verified, min(CUSTOMERS, int(seconds / max(slow, 1e-7)))))
    wrong = sum(
        built.bits(built.ask(given)) != oracle.members(chosen, one)
        for one, given in zip(known[:verified], built.given(known[:verified]), strict=True)
    )
    result: dict[str, Any] = {"verified": verified, "wrong": wrong, "compile, s": compiling}
    if wrong:
        return result
    given, records = list(built.given(known)), [record(one) for one in known]
    customers, texts = cycle(given), cycle(records)
    size = max(1, min(len(given), int(seconds / PASSES / max(slow, 1e-7))))
    passes = max(PASSES, min(MOST_PASSES, int(seconds / max(slow * size, 1e-7)))) if slow < seconds else 3
    gc.collect()
    gc.disable()
    taken, loading = [], []
    for _ in range(passes):
        taken.append(timed(built.ask, list(islice(customers, size))))
        loading.append(timed(json.loads, list(islice(texts, CUSTOMERS))))
    return result | {"us": [one * 1e6 for one in taken], "json.loads, us": [one * 1e6 for one in loading]}


def timed(call: Callable[[Any], object], arguments: Iterable[Any]) -> float:
    """Seconds of the processor for each call."""
    arguments = list(arguments)
    started = time.process_time()
    for argument in arguments:
        call(argument)
    return (time.process_time() - started) / len(arguments)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))))
