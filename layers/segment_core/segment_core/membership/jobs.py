"""Taking a change of definition or settings to every customer it concerns, page by page.

A job can be begun again anywhere: each page is idempotent and notes how far it came, if it was the first
to come there. Of several who work on one job side by side, one goes on. What one call does not finish, a
message on the work queue goes on with, and the sweep finds jobs that nobody goes on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from segment_core.membership.budget import SecondsLeft
from segment_core.membership.evaluate import evaluate_all
from segment_core.model.generation import definition_id
from segment_core.model.membership import Membership
from segment_core.model.segment import Job, Step
from segment_core.store import facts, generations, jobs, keys, members, memberships, segments
from segment_core.store.client import backoff
from segment_core.store.members import Row
from segment_core.store.tables import Tables

PAGE = 100

# (where the job stands after a page, how many customers were on it)
Page = Callable[[Tables, str, Job, datetime, SecondsLeft], tuple[Job, int]]


def work(tables: Tables, shop: str, job_id: str, at: datetime, seconds_left: SecondsLeft) -> bool:
    """Go on with the job while there is time; False if somebody must go on with it later.

    True if it has ended, or somebody else goes on with it. The time is looked at after each customer, so a
    call that has any comes further by a customer or a shard at least.
    """
    noted = job = jobs.read(tables.segments, shop, job_id)
    while job is not None and noted is not None:
        plan = _PLANS[job.step]
        in_time, seen = seconds_left() > 0, 0
        if in_time:
            job, seen = plan.page(tables, shop, job, at, seconds_left)
        if job.shard == plan.shards:
            plan.then(tables, shop, noted, at)
            noted = job = jobs.read(tables.segments, shop, job_id)
            continue
        # Where nobody was is passed again in no time: that needs no note of its own.
        if job != noted and (seen or not in_time):
            job = replace(job, touched_at=at)
            if not jobs.advance(tables.segments, shop, noted, job):
                return True
            noted = job
        if not in_time:
            return False
    return True


def _walk(tables: Tables, shop: str, job: Job, at: datetime, seconds_left: SecondsLeft) -> tuple[Job, int]:
    """Evaluate a page of the roster under the new definition and write the rows of its list."""
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    definition = definition_id(job.id, job.revision)
    outcomes = evaluate_all(tables, shop, customers, at, "definition", seconds_left=seconds_left)
    rows = []
    for customer, (membership, generation) in outcomes.items():
        live = generation.find(definition)
        if live and membership and membership.bits >> live.slot & 1:
            rows.append(Row(definition, customer, True, membership.effective_at, membership.version))
    if rows:
        members.apply(tables, shop, rows, at)
        newest = generations.current(tables.segments, shop)
        # It may have been withdrawn and its list cleared before these rows were written.
        if newest is None or newest.find(definition) is None:
            members.remove(tables, shop, rows)
    return _moved(job, _came_to(customers, outcomes, after)), len(customers)


def _announce(tables: Tables, shop: str, job: Job, at: datetime, seconds_left: SecondsLeft) -> tuple[Job, int]:
    """Re-stamp who is in a definition that was published or withdrawn: that is where its events come from.

    Memberships say who that is; the list follows them a moment later, and would miss who enters in it.
    Whoever commits under the generation before after this has passed, re-stamps the customer themselves.
    """
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    definition = definition_id(job.id, job.revision)
    found = memberships.read_all(tables.memberships, shop, customers)
    theirs = [one for one in customers if one in found and _is_in(tables, shop, found[one], definition)]
    outcomes = evaluate_all(tables, shop, theirs, at, "definition", restamp=True, seconds_left=seconds_left)
    return _moved(job, _came_to(theirs, outcomes, after)), len(customers)


def _is_in(tables: Tables, shop: str, membership: Membership, definition: str) -> bool:
    written = generations.numbered(tables.segments, shop, membership.generation).find(definition)
    return written is not None and bool(membership.bits >> written.slot & 1)


def _resettle(tables: Tables, shop: str, job: Job, at: datetime, seconds_left: SecondsLeft) -> tuple[Job, int]:
    """Evaluate a page of the roster under the shop's new settings."""
    customers, after = facts.roster(tables.customers, shop, job.shard, job.after or None, PAGE)
    outcomes = evaluate_all(tables, shop, customers, at, "settings", restamp=True, seconds_left=seconds_left)
    return _moved(job, _came_to(customers, outcomes, after)), len(customers)


def _clear(tables: Tables, shop: str, job: Job, at: datetime, seconds_left: SecondsLeft) -> tuple[Job, int]:
    """Remove a page of the rows of a withdrawn definition, which nobody is in any more."""
    definition = definition_id(job.id, job.revision)
    customers = members.shard_rows(tables.members, shop, definition, job.shard, job.after, PAGE)
    members.remove_rows(tables.members, shop, definition, job.shard, customers)
    return _moved(job, customers[-1] if len(customers) == PAGE else None), len(customers)


def _came_to(asked: Sequence[str], done: Iterable[str], after: str | None) -> str | None:
    """Where to go on after: the end of the page, or the last who had their turn if the time was up before it."""
    turns = [*done]
    return after if len(turns) == len(asked) else turns[-1]


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
