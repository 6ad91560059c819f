"""Taking a change of definition or settings to every customer it concerns, page by page.

A job can be worked on from several places at once and begun again anywhere: each page is idempotent and
only notes how far it came. What one call does not finish, a message on the work queue goes on with, and
the sweep finds jobs that nobody goes on with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
CUSTOMERS_PER_CALL = 300

# (where the job stands after a page, how many customers were on it)
Page = Callable[[Tables, str, Job, datetime], tuple[Job, int]]


def work(tables: Tables, shop: str, job_id: str, at: datetime, customers: int = CUSTOMERS_PER_CALL) -> bool:
    """Do about that many customers' worth of the job; True if nothing is left of it."""
    while customers > 0:
        job = jobs.read(tables.segments, shop, job_id)
        if job is None:
            return True
        plan = _PLANS[job.step]
        moved, seen = plan.page(tables, shop, job, at)
        customers -= seen
        if moved.shard < plan.shards:
            # False: the job has ended or begun its next step elsewhere, and that stands.
            jobs.advance(tables.segments, shop, replace(moved, touched_at=at))
        else:
            plan.then(tables, shop, job, at)
    return jobs.read(tables.segments, shop, job_id) is None


def _walk(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Evaluate a page of the roster under the new definition and write the rows of its list.

    Every item is written, changed or not: an evaluation that began under the generation before, and so
    does not know the new definition, fails on the version.
    """
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    rows = []
    for customer in customers:
        membership, generation = evaluate_customer(tables, shop, customer, at, "definition", restamp=True)
        live = generation.find(definition_id(job.id, job.revision))
        if live and membership and membership.bits >> live.slot & 1:
            rows.append(Row(live.id, customer, True, membership.effective_at, membership.version))
    members.apply(tables, shop, rows, at)
    return _moved(job, after), len(customers)


def _restamp(cause: Cause) -> Page:
    """Re-stamp a page of the roster: events of a definition that was published or withdrawn come from that.

    All customers, not only those who are listed: lists follow a moment later, and a customer who enters in
    that moment would be missed.
    """

    def page(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
        customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
        for customer in customers:
            evaluate_customer(tables, shop, customer, at, cause, restamp=True)
        return _moved(job, after), len(customers)

    return page


def _clear(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Remove a page of the rows of a withdrawn definition, which nobody is in any more."""
    definition = definition_id(job.id, job.revision)
    customers = members.shard_rows(tables.members, shop, definition, job.shard, job.after, PAGE)
    members.remove_rows(tables.members, shop, definition, job.shard, customers)
    return _moved(job, customers[-1] if len(customers) == PAGE else None), len(customers)


def _moved(job: Job, after: str | None) -> Job:
    return replace(job, after=after) if after else replace(job, shard=job.shard + 1, after="")


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
        if segments.change(tables.segments, shop, ready, announce, published, generation):
            return
        pause()


def _begin_clearing(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    jobs.replace(tables.segments, shop, job, Job(job.id, "clear", job.revision, touched_at=at))


def _end(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    jobs.end(tables.segments, shop, job)


def _forget(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    record = segments.read(tables.segments, shop, job.id)
    if record is not None:
        segments.forget(tables.segments, shop, record, at)
    jobs.end(tables.segments, shop, job)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a step goes: its pages, over how many shards, and what comes after the last."""

    page: Page
    shards: int
    then: Callable[[Tables, str, Job, datetime], None]


_PLANS: dict[Step, _Plan] = {
    "walk": _Plan(_walk, keys.ROSTER_SLICES, _publish),
    "announce": _Plan(_restamp("definition"), keys.ROSTER_SLICES, _end),
    "retire": _Plan(_restamp("definition"), keys.ROSTER_SLICES, _begin_clearing),
    "clear": _Plan(_clear, keys.LIST_SHARDS, _forget),
    "resettle": _Plan(_restamp("settings"), keys.ROSTER_SLICES, _end),
}
