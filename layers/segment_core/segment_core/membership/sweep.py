"""The sweep: put every customer whose time has come on the work queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice

from botocore.exceptions import ClientError

from segment_core.runtime import queue
from segment_core.runtime.observability import logger
from segment_core.store import jobs, memberships, shops
from segment_core.store.tables import Tables

# A job that has not moved for this long lost its worker.
ABANDONED_AFTER = timedelta(minutes=5)


# A shop's midnight can make everybody due at once: what is left comes the next minute.
CUSTOMERS_PER_SWEEP = 20_000


def sweep(tables: Tables, work_queue_url: str, at: datetime) -> int:
    """Queue all customers due by `at`, of every shop, and abandoned jobs; returns how many messages.

    An idle minute costs one query for the shops, one for the jobs of all, and one per due shard of each
    shop. What fails for one shop, or for the jobs, does not keep the sweep from the others; the first
    failure is raised when all have had their turn.
    """
    sent = 0
    failures: list[Exception] = []
    abandoned: dict[str, list[str]] = {}
    with _noting(failures, "jobs not read"):
        abandoned = _abandoned(tables, at)
    every = list(shops.ids(tables.segments))
    # No shop is always the last one.
    first = at.minute % len(every) if every else 0
    for shop in every[first:] + every[:first]:
        with _noting(failures, "shop not swept", shop):
            sent += _sweep_shop(tables, work_queue_url, shop, abandoned.get(shop, []), at)
    if failures:
        raise failures[0]
    return sent


@contextmanager
def _noting(failures: list[Exception], what: str, shop: str | None = None) -> Iterator[None]:
    try:
        yield
    except (ClientError, RuntimeError) as error:
        logger().warning(what, exc_info=error, extra={"shop": shop})
        failures.append(error)


def _sweep_shop(tables: Tables, work_queue_url: str, shop: str, abandoned: Sequence[str], at: datetime) -> int:
    due = islice(memberships.due(tables.memberships, shop, at), CUSTOMERS_PER_SWEEP)
    sent = queue.send_all(
        work_queue_url,
        shop,
        ({"kind": "evaluate", "shop": shop, "customer": customer, "cause": "clock"} for customer in due),
    )
    return sent + queue.send_all(work_queue_url, shop, ({"kind": "job", "shop": shop, "job": job} for job in abandoned))


def _abandoned(tables: Tables, at: datetime) -> dict[str, list[str]]:
    """Shop to its jobs that nobody goes on with."""
    found: dict[str, list[str]] = {}
    for job in jobs.unfinished(tables.segments):
        if job.touched_at <= at - ABANDONED_AFTER:
            found.setdefault(job.shop, []).append(job.id)
    return found


def next_due(segments_table: str, memberships_table: str) -> datetime | None:
    """The first minute at which a sweep would find a due customer, over all shops; None if never.

    For whoever moves the clock by hand: sweeps before that minute would do nothing.
    """
    minutes = [memberships.next_due(memberships_table, shop) for shop in shops.ids(segments_table)]
    return min((minute for minute in minutes if minute is not None), default=None)
