"""Taking a change of definition or settings to every customer it concerns, page by page.

A job can be worked on from several places at once and begun again anywhere: each page is idempotent and
only notes how far it came. What one call does not finish, a message on the work queue goes on with, and
the sweep finds jobs that nobody goes on with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from segment_core.membership.evaluate import evaluate_all
from segment_core.model.generation import definition_id
from segment_core.model.membership import Membership
from segment_core.model.segment import Job, Step
from segment_core.store import facts, generations, jobs, keys, members, memberships, segments
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
    job = jobs.read(tables.segments, shop, job_id)
    while job is not None and customers > 0:
        plan = _PLANS[job.step]
        moved, seen = plan.page(tables, shop, job, at)
        customers -= seen
        if moved.shard == plan.shards:
            plan.then(tables, shop, job, at)
            job = jobs.read(tables.segments, shop, job_id)
        # Where nobody was is passed again in no time: that needs no note.
        elif not seen or jobs.advance(tables.segments, shop, replace(moved, touched_at=at)):
            job = moved
        else:
            # The job has ended or begun its next step elsewhere, and that stands.
            job = jobs.read(tables.segments, shop, job_id)
    return job is None


def _walk(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Evaluate a page of the roster under the new definition and write the rows of its list."""
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    definition = definition_id(job.id, job.revision)
    rows = []
    for customer, (membership, generation) in evaluate_all(tables, shop, customers, at, "definition").items():
        live = generation.find(definition)
        if live and membership and membership.bits >> live.slot & 1:
            rows.append(Row(definition, customer, True, membership.effective_at, membership.version))
    members.apply(tables, shop, rows, at)
    return _moved(job, after), len(customers)


def _announce(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Re-stamp who is in a definition that was published or withdrawn: that is where its events come from.

    Memberships say who that is; the list follows them a moment later, and would miss who enters in it.
    Whoever commits under the generation before after this has passed, re-stamps the customer themselves.
    """
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    definition = definition_id(job.id, job.revision)
    found = memberships.read_all(tables.memberships, shop, customers)
    theirs = [customer for customer, one in found.items() if _is_in(tables, shop, one, definition)]
    evaluate_all(tables, shop, theirs, at, "definition", restamp=True)
    return _moved(job, after), len(customers)


def _is_in(tables: Tables, shop: str, membership: Membership, definition: str) -> bool:
    written = generations.numbered(tables.segments, shop, membership.generation).find(definition)
    return written is not None and bool(membership.bits >> written.slot & 1)


def _resettle(tables: Tables, shop: str, job: Job, at: datetime) -> tuple[Job, int]:
    """Evaluate a page of the roster under the shop's new settings."""
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    evaluate_all(tables, shop, customers, at, "settings", restamp=True)
    return _moved(job, after), len(customers)


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
    "announce": _Plan(_announce, keys.ROSTER_SLICES, _end),
    "retire": _Plan(_announce, keys.ROSTER_SLICES, _begin_clearing),
    "clear": _Plan(_clear, keys.LIST_SHARDS, _forget),
    "resettle": _Plan(_resettle, keys.ROSTER_SLICES, _end),
}
