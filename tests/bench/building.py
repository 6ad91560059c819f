"""A new segment is built over 100,000 customers on DynamoDB Local, a quarter of whom are in.

Two processes do what the state machine's workers do, as fast as they can. Units are as AWS counts them.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from segment_core.membership.budget import unlimited
from segment_core.membership.jobs import at_once
from segment_core.membership.machine import Worker
from segment_core.segments import builds, service
from segment_core.store import client, generations
from segment_core.store.capacity import Consumed, Meter
from segment_core.store.tables import Tables

from .filled import CUSTOMERS, NOW, SHOP, filled
from .units import as_on_aws

QUERY = "amount_spent >= 150"
WORKERS = 2

_meter = Meter()


def measure() -> dict[str, float | str]:
    """Build it, step by step."""
    tables = filled().tables
    with pytest.MonkeyPatch.context() as patch:
        # The build is begun here, and nobody works on it within the request.
        patch.setattr(builds, "start", lambda *_: None)
        made = service.create(tables, SHOP, "Spenders", QUERY, NOW, "")
    (build,) = generations.newest(tables.segments, SHOP).builds
    task: dict[str, Any] = {"shop": SHOP, "job": build}
    taken: dict[str, float] = {}
    consumed: list[Consumed] = []
    memory: list[float] = []
    boss = Worker(tables, NOW, unlimited, at_once, WORKERS)
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=spawned, initializer=_begin) as pool:
        list(pool.map(_idle, range(WORKERS * 2)))
        while (step := boss.do({"do": "begin", **task}))["more"]:
            began = time.perf_counter()
            tasks = [{"do": "part", "step": step["step"], "part": part, **task} for part in step["parts"]]
            for number, (used, megabytes) in enumerate(pool.map(_work, [tables] * len(tasks), tasks), start=1):
                consumed += used
                memory.append(megabytes)
                _say(f"{step['step']}: {number} of {len(tasks)} parts in {time.perf_counter() - began:.0f} s")
            boss.do({"do": "end", "step": step["step"], **task})
            taken[step["step"]] = time.perf_counter() - began
    return {
        "customers": CUSTOMERS,
        "members": service.read(tables, SHOP, made.id, NOW).count or 0,
        "workers": WORKERS,
        **{f"{step}, s": seconds for step, seconds in taken.items()},
        "walk, customers a second": CUSTOMERS / taken["walk"],
        "walk and publication and telling, customers a second": CUSTOMERS / sum(taken.values()),
        "memory of a worker at most, MB": max(memory),
        **_units(consumed),
    }


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _units(consumed: Sequence[Consumed]) -> dict[str, float]:
    """Units in all and for a customer."""
    found: defaultdict[str, float] = defaultdict(float)
    for line in consumed:
        kind = "write" if line.writes else "read"
        found[f"{kind} units"] += float(as_on_aws(line))
        found[f"{kind} units, {line.table.rpartition('-')[2]}"] += float(as_on_aws(line))
    return dict(sorted(found.items())) | {
        f"{kind} units a customer": found[f"{kind} units"] / CUSTOMERS for kind in ("read", "write")
    }


def _begin() -> None:
    _meter.watch(client.client().meta.events)


def _idle(_: int) -> None:
    """What a process does that is only to be there."""
    time.sleep(0.2)


def _work(tables: Tables, task: dict[str, Any]) -> tuple[list[Consumed], float]:
    """One part, to its end: what it consumed, and the most memory that the process ever had."""
    ended = Worker(tables, NOW, unlimited, at_once, WORKERS).do(task)["ended"]
    if not ended:
        raise RuntimeError(f"part {task['part']} did not come to its end")
    return _meter.take(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
