"""The sweep: put every customer whose time has come on the work queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from segment_core.runtime import queue
from segment_core.store import jobs, memberships, shops
from segment_core.store.tables import Tables

# A job that has not moved for this long lost its worker.
ABANDONED_AFTER = timedelta(minutes=5)


def sweep(tables: Tables, work_queue_url: str, at: datetime) -> int:
    """Queue all customers due by `at`, of every shop, and abandoned jobs; returns how many messages.

    An idle minute costs one query per due shard of each shop and one for its jobs.
    """
    sent = 0
    for shop in shops.every(tables.segments):
        due = memberships.due(tables.memberships, shop.id, at)
        sent += queue.send_all(
            work_queue_url,
            shop.id,
            (
                {
                    "kind": "evaluate",
                    "shop": shop.id,
                    "customer": customer,
                    "cause": "clock",
                }
                for customer in due
            ),
        )
        unfinished = jobs.unfinished(tables.segments, shop.id)
        abandoned = (
            job for job in unfinished if job.touched_at <= at - ABANDONED_AFTER
        )
        sent += queue.send_all(
            work_queue_url,
            shop.id,
            ({"kind": "job", "shop": shop.id, "job": job.id} for job in abandoned),
        )
    return sent


def next_due(segments_table: str, memberships_table: str) -> datetime | None:
    """The first minute at which a sweep would find a due customer, over all shops; None if never.

    For whoever moves the clock by hand: sweeps before that minute would do nothing.
    """
    minutes = [
        memberships.next_due(memberships_table, shop.id)
        for shop in shops.every(segments_table)
    ]
    return min((minute for minute in minutes if minute is not None), default=None)
