"""Beginning what a change of definitions or settings still has to do: saved with the change, then worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from segment_core.errors import Contention
from segment_core.membership import budget
from segment_core.membership import jobs as working
from segment_core.model.generation import Generation
from segment_core.model.segment import Job
from segment_core.runtime import machine
from segment_core.runtime.observability import logger
from segment_core.segments.plan import Plan
from segment_core.store import jobs
from segment_core.store.client import Operation
from segment_core.store.tables import Tables

# A small shop's segment is ready when the answer comes; nobody's answer waits for a large one's.
SECONDS_PER_REQUEST = 5.0


def new_id() -> str:
    """An id for a segment or a job."""
    return uuid4().hex[:12]


def begin(
    tables: Tables,
    shop: str,
    before: Generation,
    plan: Plan,
    build: str,
    at: datetime,
    touched_at: datetime | None = None,
) -> list[Operation]:
    """The part of a transaction that begins a build, ends those that it absorbs and clears up after them.

    `touched_at` in the past lets the next sweep begin with it.
    """
    operations = []
    if build in plan.generation.builds:
        operations.append(jobs.put_operation(tables.segments, shop, Job(build, "walk", at, touched_at or at)))
    return operations + withdraw(tables, shop, before, plan.generation, new_id(), at)


def withdraw(
    tables: Tables, shop: str, before: Generation, after: Generation, job: str, at: datetime
) -> list[Operation]:
    """The part of a transaction that ends builds without definitions, and begins to clear up after withdrawn ones."""
    ended = sorted(before.builds.keys() - after.builds.keys())
    operations = jobs.end_operations(tables.segments, shop, ended)
    if before.by_id.keys() - after.by_id.keys():
        clearing = Job(job, "stamp", at, at, before=before.number, after=after.number)
        operations.append(jobs.put_operation(tables.segments, shop, clearing))
    return operations


def start(tables: Tables, shop: str, job: str, at: datetime, build_machine: str) -> None:
    """Work on the job for some seconds; what takes longer is the state machine's.

    The job was saved with the change, so what fails from here on is no failure of the request. One that cannot even be
    handed on is found by the sweep.
    """
    done = False
    with _left_to_others(shop, job):
        done = working.work(tables, shop, job, at, budget.lasting(SECONDS_PER_REQUEST))
    if not done:
        with _left_to_others(shop, job):
            machine.start(build_machine, shop, job, at)


@contextmanager
def _left_to_others(shop: str, job: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Contention) as error:
        logger().warning("job left to others", exc_info=error, extra={"shop": shop, "job": job})
