"""The sweep: put every customer whose time has come on the work queue."""

from __future__ import annotations

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

    An idle minute costs one query per due shard of each shop and one for its jobs. A shop that fails does
    not keep the sweep from the others; the first failure is raised when all have had their turn.
    """
    sent, failures = 0, []
    every = list(shops.every(tables.segments))
    # No shop is always the last one.
    first = at.minute % len(every) if every else 0
    for shop in every[first:] + every[:first]:
        try:
            sent += _sweep_shop(tables, work_queue_url, shop.id, at)
        except (ClientError, RuntimeError) as error:
            logger().warning("shop not swept", exc_info=error, extra={"shop": shop.id})
            failures.append(error)
    if failures:
        raise failures[0]
    return sent


def _sweep_shop(tables: Tables, work_queue_url: str, shop: str, at: datetime) -> int:
    due = islice(memberships.due(tables.memberships, shop, at), CUSTOMERS_PER_SWEEP)
    sent = queue.send_all(
        work_queue_url,
        shop,
        ({"kind": "evaluate", "shop": shop, "customer": customer, "cause": "clock"} for customer in due),
    )
    unfinished = jobs.unfinished(tables.segments, shop)
    abandoned = (job for job in unfinished if job.touched_at <= at - ABANDONED_AFTER)
    return sent + queue.send_all(
        work_queue_url, shop, ({"kind": "job", "shop": shop, "job": job.id} for job in abandoned)
    )


def next_due(segments_table: str, memberships_table: str) -> datetime | None:
    """The first minute at which a sweep would find a due customer, over all shops; None if never.

    For whoever moves the clock by hand: sweeps before that minute would do nothing.
    """
    minutes = [memberships.next_due(memberships_table, shop.id) for shop in shops.every(segments_table)]
    return min((minute for minute in minutes if minute is not None), default=None)
