"""Asking for an export or a snapshot of a segment's members, and how far it came. The work queue does the work."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from segment_core.errors import Conflict, NotFound
from segment_core.evaluator.ordering import SortKey
from segment_core.model.extract import Extract, Format, Kind
from segment_core.runtime import queue
from segment_core.segments.reads import find
from segment_core.store import extracts, generations, segments
from segment_core.store.extracts import Page
from segment_core.store.tables import Tables

# How long an export or a snapshot is there; the bucket's lifecycle has the same day.
LIFETIME = timedelta(days=1)


def export(tables: Tables, shop: str, segment: str, form: Format, at: datetime, work_queue_url: str) -> Extract:
    """Have the members written to a file. Raises NotFound (`segment_not_found`), Conflict (`segment_not_ready`)."""
    return _start(tables, shop, segment, "export", form, False, at, work_queue_url)


def snapshot(
    tables: Tables, shop: str, segment: str, key: SortKey, reverse: bool, at: datetime, work_queue_url: str
) -> Extract:
    """Have the members put into an order, as of now. Raises as `export` does."""
    return _start(tables, shop, segment, "snapshot", key, reverse, at, work_queue_url)


def read(tables: Tables, shop: str, segment: str, kind: Kind, extract_id: str, at: datetime) -> Extract:
    """How far it came. Raises NotFound (`segment_not_found`, `export_not_found`, `snapshot_not_found`)."""
    find(tables, shop, segment)
    extract = extracts.read(tables.segments, shop, extract_id)
    if extract is None or extract.ends_at <= at or (extract.segment, extract.kind) != (segment, kind):
        raise NotFound(f"there is no {kind} '{extract_id}' of this segment, or none any more", code=f"{kind}_not_found")
    return extract


def page(
    tables: Tables, shop: str, segment: str, snapshot_id: str, after: str | None, limit: int, at: datetime
) -> tuple[Extract, Page]:
    """Members of a snapshot in its order. Raises as `read` does, and Conflict (`snapshot_not_ready`,
    `snapshot_failed`).
    """
    extract = read(tables, shop, segment, "snapshot", snapshot_id, at)
    if extract.state == "failed":
        raise Conflict(f"the snapshot has failed ({extract.error}); ask for another one", code="snapshot_failed")
    if extract.state != "ready":
        raise Conflict("the snapshot is being made; ask for it until it is ready", code="snapshot_not_ready")
    return extract, extracts.page(tables.members, shop, extract, after, limit)


def _start(
    tables: Tables, shop: str, segment: str, kind: Kind, order: str, reverse: bool, at: datetime, work_queue_url: str
) -> Extract:
    find(tables, shop, segment)
    definition = generations.newest(tables.segments, shop).published.get(segment)
    if definition is None:
        raise Conflict(
            "the segment is being built for the first time; wait until it is ready", code="segment_not_ready"
        )
    extract = Extract(
        id=uuid4().hex,
        segment=segment,
        definition=definition.id,
        kind=kind,
        order=order,
        reverse=reverse,
        state="building",
        expected=segments.count(tables.segments, shop, definition.id),
        written=0,
        after="",
        version=1,
        made_at=at,
        touched_at=at,
        ends_at=at + LIFETIME,
    )
    extracts.create(tables.segments, shop, extract)
    queue.send(work_queue_url, shop, {"kind": "extract", "shop": shop, "extract": extract.id})
    return extract
