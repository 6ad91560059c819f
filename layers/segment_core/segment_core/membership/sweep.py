"""The sweep: put every customer whose time has come on the work queue."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError

from segment_core.instants import parse
from segment_core.membership.budget import SecondsLeft
from segment_core.model.segment import ABANDONED_AFTER
from segment_core.privacy import shops as erasing
from segment_core.runtime import machine, queue
from segment_core.runtime.observability import count, logger, waited
from segment_core.store import erasures, jobs, keys, memberships, shops
from segment_core.store.jobs import Unfinished
from segment_core.store.tables import Tables

# A shop's midnight can make everybody due at once: what is left comes the next minute.
CUSTOMERS_PER_SWEEP = 20_000

# So many of one shop, then the next shop has its turn: one that has its midnight keeps no other waiting.
CUSTOMERS_PER_TURN = 500

_GOLDEN = (math.sqrt(5) - 1) / 2


def sweep(tables: Tables, work_queue_url: str, build_machine: str, at: datetime, seconds_left: SecondsLeft) -> int:
    """Queue all customers due by `at`, of every shop, and go on with abandoned jobs; returns how many of both.

    An idle minute costs one query for the shops, one for the jobs of all, one for erasures, and one per due shard of
    each shop. What fails for one shop, or for the jobs, does not keep the sweep from the others; the first
    failure is raised when all have had their turn. Whom there is no time for is found the next minute.
    """
    sent = 0
    failures: list[Exception] = []
    abandoned: dict[str, list[Unfinished]] = {}
    with _noting(failures, "jobs not read"):
        abandoned = _abandoned(tables, at)
        count("JobsAbandoned", sum(job.step != "rest" for theirs in abandoned.values() for job in theirs))
    with _noting(failures, "erasures not read"):
        for shop in erasing.waiting(tables, at):
            sent += queue.send_all(work_queue_url, shop, [{"kind": "erasure", "shop": shop}])
    waiting = deque(
        (shop, _turns(tables, work_queue_url, build_machine, shop, abandoned.get(shop, []), at))
        for shop in _from_elsewhere(list(shops.ids(tables.segments)), at)
    )
    while waiting and seconds_left() > 0:
        shop, turns = waiting.popleft()
        with _noting(failures, "shop not swept", shop):
            queued = next(turns, None)
            if queued is not None:
                sent += queued
                waiting.append((shop, turns))
    if waiting:
        logger().warning("no time for all shops", extra={"shops": len(waiting)})
        count("ShopsNotSwept", len(waiting))
    if failures:
        raise failures[0]
    return sent


def _from_elsewhere(every: list[str], at: datetime) -> list[str]:
    """All shops, beginning each minute with another one.

    Steps of the golden ratio divide a round most evenly: were there time for a tenth of the shops only, each
    would still have its turn within a quarter of an hour.
    """
    minute = int(at.timestamp()) // 60
    first = int(minute * _GOLDEN % 1 * len(every))
    return every[first:] + every[:first]


@contextmanager
def _noting(failures: list[Exception], what: str, shop: str | None = None) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, RuntimeError) as error:
        logger().warning(what, exc_info=error, extra={"shop": shop})
        failures.append(error)


def _turns(
    tables: Tables, work_queue_url: str, build_machine: str, shop: str, abandoned: Sequence[Unfinished], at: datetime
) -> Iterator[int]:
    """Begin with what the shop has to do, a turn at a time; how much each turn was."""
    # Who is asked to go on with a job has as long as its last worker had.
    lost = [job.id for job in abandoned if jobs.touch(tables.segments, job, at)]
    for job in lost:
        machine.start(build_machine, shop, job, at)
        yield 1
    due = islice(memberships.due(tables.memberships, shop, at), CUSTOMERS_PER_SWEEP)
    while turn := [*islice(due, CUSTOMERS_PER_TURN)]:
        waited("OldestDueSeconds", at - min(one.minute for one in turn))
        yield queue.send_all(
            work_queue_url,
            shop,
            ({"kind": "evaluate", "shop": shop, "customer": one.customer, "cause": "clock"} for one in turn),
        )


def _abandoned(tables: Tables, at: datetime) -> dict[str, list[Unfinished]]:
    """Shop to its jobs that nobody goes on with, and those that have rested."""
    found: dict[str, list[Unfinished]] = {}
    for job in jobs.unfinished(tables.segments):
        if job.touched_at <= at - ABANDONED_AFTER:
            found.setdefault(job.shop, []).append(job)
    return found


def next_due(segments_table: str, memberships_table: str) -> datetime | None:
    """The first minute at which a sweep would find a due customer or an abandoned job, over all shops; None if never.

    For whoever moves the clock by hand: sweeps before that minute would do nothing.
    """
    minutes = [memberships.next_due(memberships_table, shop) for shop in shops.ids(segments_table)]
    minutes += [_full_minute(job.touched_at + ABANDONED_AFTER) for job in jobs.unfinished(segments_table)]
    minutes += [_full_minute(erasure.wake_at) for erasure in erasures.unfinished(segments_table)]
    return min((minute for minute in minutes if minute is not None), default=None)


def _full_minute(instant: datetime) -> datetime:
    return parse(keys.due_minute(instant))
