"""Making and deleting segments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from segment_core.errors import Conflict, InvalidRequest, NotFound
from segment_core.language import Limits, check
from segment_core.membership import jobs
from segment_core.model.generation import Generation
from segment_core.model.segment import Job, SegmentRecord
from segment_core.runtime import queue
from segment_core.segments.reads import Segment, find, view
from segment_core.store import generations, segments
from segment_core.store.client import backoff
from segment_core.store.tables import Tables

NAME_LIMIT = 255

# Definitions do not ask each other yet, so one that would is refused instead of being answered wrongly.
_LIMITS = Limits(segments={})


def create(tables: Tables, shop: str, name: str, text: str, at: datetime, work_queue_url: str) -> Segment:
    """Save a segment and evaluate the customers who are there; what takes too long goes on in the background.

    Raises InvalidQuery with every problem of the text, InvalidRequest (`invalid_name`), Conflict
    (`segment_name_taken`) and NotFound (`shop_not_found`).
    """
    name = _valid_name(name)
    query = check(text, _LIMITS).canonical
    segment = uuid4().hex[:12]
    record = SegmentRecord(segment, name, query, 1, "building", at, at)
    job = Job(segment, "walk", record.revision, touched_at=at)
    for pause in backoff():
        previous = _generation(tables, shop)
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
    if not jobs.work(tables, shop, job, at):
        queue.send(work_queue_url, shop, {"kind": "job", "shop": shop, "job": job})


def _valid_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidRequest("Name can't be blank", code="invalid_name")
    if len(name) > NAME_LIMIT:
        raise InvalidRequest(
            f"Name is too long (maximum is {NAME_LIMIT} characters)",
            code="invalid_name",
        )
    return name


def _generation(tables: Tables, shop: str) -> Generation:
    generation = generations.current(tables.segments, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return generation
