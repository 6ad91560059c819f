"""Making and deleting segments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from segment_core.errors import Conflict, Contention, InvalidRequest, NotFound
from segment_core.language import Limits, check
from segment_core.membership import budget, jobs
from segment_core.model.generation import Generation
from segment_core.model.segment import Job, SegmentRecord
from segment_core.runtime import queue
from segment_core.runtime.observability import logger
from segment_core.segments.limits import DEFINITIONS_PER_SHOP, check_room
from segment_core.segments.reads import Segment, find, view
from segment_core.store import generations, keys, segments
from segment_core.store.client import backoff
from segment_core.store.tables import Tables

NAME_LIMIT = 255

# A small shop's segment is ready when the answer comes; nobody's answer waits for a large one's.
SECONDS_PER_REQUEST = 5.0

# Definitions do not ask each other yet, so one that would is refused instead of being answered wrongly.
_LIMITS = Limits(segments={})


def create(
    tables: Tables,
    shop: str,
    name: str,
    text: str,
    at: datetime,
    work_queue_url: str,
    most_definitions: int = DEFINITIONS_PER_SHOP,
) -> Segment:
    """Save a segment and evaluate the customers who are there; what takes too long goes on in the background.

    Raises InvalidQuery with every problem of the text, InvalidRequest (`invalid_name`), Conflict
    (`segment_name_taken`, `too_many_segments`) and NotFound (`shop_not_found`).
    """
    name = _valid_name(name)
    query = check(text, _LIMITS).canonical
    segment = uuid4().hex[:12]
    record = SegmentRecord(segment, name, query, 1, "building", at, at)
    job = Job(segment, "walk", record.revision, touched_at=at)
    for pause in backoff():
        previous = _generation(tables, shop)
        check_room(previous, most_definitions)
        if segments.create(
            tables.segments,
            shop,
            record,
            job,
            previous.adding(segment, 1, at),
            previous,
        ):
            break
        if segments.name_taken(tables.segments, shop, name):
            raise Conflict(f"a segment is already named '{name}'", code="segment_name_taken")
        pause()
    _start(tables, shop, segment, at, work_queue_url)
    return view(tables, shop, find(tables, shop, segment), at)


def delete(tables: Tables, shop: str, segment: str, at: datetime, work_queue_url: str) -> None:
    """Withdraw a segment: readers lose it at once, its members leave it with cause `definition`.

    Raises NotFound (`segment_not_found`).
    """
    for pause in backoff():
        record = find(tables, shop, segment)
        previous = _generation(tables, shop)
        withdrawn = replace(record, state="deleting", updated_at=at)
        job = Job(segment, "retire", record.revision, touched_at=at)
        if segments.change(
            tables.segments,
            shop,
            withdrawn,
            job,
            previous.without(segment, at),
            previous,
        ):
            break
        pause()
    _start(tables, shop, segment, at, work_queue_url)


def _start(tables: Tables, shop: str, job: str, at: datetime, work_queue_url: str) -> None:
    """Begin with the job; it was saved with the change, so what fails from here on is no failure of the request.

    A job that cannot even be queued is found by the sweep.
    """
    done = False
    with _left_to_others(shop, job):
        done = jobs.work(tables, shop, job, at, budget.lasting(SECONDS_PER_REQUEST))
    if not done:
        with _left_to_others(shop, job):
            queue.send(work_queue_url, shop, {"kind": "job", "shop": shop, "job": job})


@contextmanager
def _left_to_others(shop: str, job: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Contention) as error:
        logger().warning("job left to others", exc_info=error, extra={"shop": shop, "job": job})


def _valid_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidRequest("Name can't be blank", code="invalid_name")
    if len(name) > NAME_LIMIT:
        raise InvalidRequest(
            f"Name is too long (maximum is {NAME_LIMIT} characters)",
            code="invalid_name",
        )
    keys.segment_name(name)
    return name


def _generation(tables: Tables, shop: str) -> Generation:
    generation = generations.current(tables.segments, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return generation
