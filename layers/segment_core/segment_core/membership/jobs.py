"""Taking a change of definition or settings to every customer it concerns, page by page.

A job can be worked on from several places at once and begun again anywhere: each page is idempotent and
only notes how far it came. What one call does not finish, a message on the work queue goes on with, and
the sweep finds jobs that nobody goes on with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from segment_core.membership.evaluate import evaluate_customer
from segment_core.model.generation import definition_id
from segment_core.model.membership import Cause
from segment_core.model.segment import Job, Step
from segment_core.store import facts, generations, jobs, keys, members, segments
from segment_core.store.client import backoff
from segment_core.store.members import Row
from segment_core.store.tables import Tables

PAGE = 100

# A call of the API must answer within its 29 seconds; the rest is left to the work queue.
CUSTOMERS_PER_CALL = 1000

# (where the job stands after a page, how many customers were on it)
Page = Callable[[Tables, str, Job, datetime], tuple[Job, int]]


def work(tables: Tables, shop: str, job_id: str, at: datetime, customers: int = CUSTOMERS_PER_CALL) -> bool:
    """Do about that many customers' worth of the job; True if nothing is left of it."""
    while customers > 0:
        job = jobs.read(tables.segments, shop, job_id)
        if job is None:
            return True
        moved, seen = _PAGES[job.step](tables, shop, job, at)
        customers -= seen
        if moved.shard < _SHARDS[job.step]:
            # False: the job has ended or begun its next step elsewhere, and that stands.
            jobs.advance(tables.segments, shop, replace(moved, touched_at=at))
        else:
            _ENDS[job.step](tables, shop, job, at)
    return jobs.read(tables.segments, shop, job_id) is None


def _walk(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Evaluate a page of the roster under the new definition and write the rows of its list."""
    customers, after = facts.roster(
        tables.customers, shop, job.shard, job.after or None, PAGE
    )
    rows = []
    for customer in customers:
        membership, generation = evaluate_customer(
            tables, shop, customer, at, "definition"
        )
        live = generation.find(definition_id(job.id, job.revision))
        if live and membership and membership.bits >> live.slot & 1:
            rows.append(
                Row(
                    live.id, customer, True, membership.effective_at, membership.version
                )
            )
    members.apply(tables, shop, rows, at)
    return _moved(job, after), len(customers)


def _resettle(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Evaluate a page of the roster under the shop's new settings."""
    customers, after = facts.roster(
        tables.customers, shop, job.shard, job.after or None, PAGE
    )
    _restamp(tables, shop, customers, at, "settings")
    return _moved(job, after), len(customers)


def _announce(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Re-stamp a page of the members of a published definition: that is where its events come from."""
    customers = _listed(tables, shop, job)
    _restamp(tables, shop, customers, at, "definition")
    return _moved(job, customers[-1] if len(customers) == PAGE else None), len(customers)


def _retire(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Re-stamp a page of the members of a withdrawn definition, then remove their rows."""
    customers = _listed(tables, shop, job)
    _restamp(tables, shop, customers, at, "definition")
    members.remove_rows(
        tables.members, shop, definition_id(job.id, job.revision), job.shard, customers
    )
    return _moved(job, customers[-1] if len(customers) == PAGE else None), len(customers)


def _moved(job: Job, after: str | None) -> Job:
    return (
        replace(job, after=after)
        if after
        else replace(job, shard=job.shard + 1, after="")
    )


def _listed(tables: Tables, shop: str, job: Job) -> list[str]:
    definition = definition_id(job.id, job.revision)
    return members.shard_rows(
        tables.members, shop, definition, job.shard, job.after, PAGE
    )


def _restamp(
    tables: Tables, shop: str, customers: list[str], at: datetime, cause: Cause
) -> None:
    for customer in customers:
        evaluate_customer(tables, shop, customer, at, cause, restamp=True)


def _publish(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    """One conditional write from which readers see the new definition; announcing it comes next."""
    for pause in backoff():
        record = segments.read(tables.segments, shop, job.id)
        generation = generations.current(tables.segments, shop)
        if record is None or generation is None or record.state != "building":
            return
        ready = replace(record, state="ready", updated_at=at)
        announce = Job(job.id, "announce", job.revision, touched_at=at)
        published = generation.publishing(job.id, job.revision, at)
        if segments.change(
            tables.segments, shop, ready, announce, published, generation
        ):
            return
        pause()


def _end(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    jobs.end(tables.segments, shop, job)


def _forget(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    record = segments.read(tables.segments, shop, job.id)
    if record is not None:
        segments.forget(tables.segments, shop, record, at)
    jobs.end(tables.segments, shop, job)


_PAGES: dict[Step, Page] = {
    "walk": _walk,
    "announce": _announce,
    "retire": _retire,
    "resettle": _resettle,
}
_SHARDS: dict[Step, int] = {
    "walk": keys.ROSTER_SLICES,
    "announce": keys.LIST_SHARDS,
    "retire": keys.LIST_SHARDS,
    "resettle": keys.ROSTER_SLICES,
}
_ENDS: dict[Step, Callable[[Tables, str, Job, datetime], None]] = {
    "walk": _publish,
    "announce": _end,
    "retire": _forget,
    "resettle": _end,
}
