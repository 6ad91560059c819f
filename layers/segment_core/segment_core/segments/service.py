"""Making, changing and deleting segments.

A change is saved with everything that follows from it in one transaction, and then taken to the customers.
"""

from __future__ import annotations

from datetime import datetime

from segment_core.errors import Conflict, InvalidRequest, PreconditionFailed
from segment_core.language import canonical
from segment_core.language.spelling import folded
from segment_core.model.generation import Generation, definition_id
from segment_core.model.segment import SegmentRecord
from segment_core.record import replace
from segment_core.segments import builds, limits, names, nesting
from segment_core.segments.limits import Room
from segment_core.segments.plan import Edit, Plan, planned
from segment_core.segments.reads import Found, Segment, find, read
from segment_core.segments.requests import IdempotentRequest
from segment_core.store import generations, segments
from segment_core.store.client import Operation, backoff
from segment_core.store.segments import Text
from segment_core.store.tables import Tables

_ROOM = Room()


def create(
    tables: Tables,
    shop: str,
    name: str,
    text: str,
    at: datetime,
    build_machine: str,
    room: Room = _ROOM,
    *,
    announce: bool = True,
    request: IdempotentRequest | None = None,
) -> Segment:
    """Save a segment and evaluate the customers who are there; what takes too long goes on in the background.

    A name that is taken gets a number. Without `announce` nobody is told who is in when it is first published. A
    `request` that was carried out before makes nothing: the segment it made is returned.
    Raises InvalidQuery with every problem of the text, InvalidRequest (`invalid_name`), Conflict
    (`segment_name_taken`, `idempotency_key_reused`), TooMany and NotFound (`shop_not_found`).
    """
    if request is not None and (made := request.made(tables, shop)) is not None:
        return read(tables, shop, made, at)
    wished = names.valid(name)
    segment, build = builds.new_id(), builds.new_id()
    for pause in backoff():
        generation = generations.newest(tables.segments, shop)
        limits.check_segments(generation, room)
        named = _free_name(tables, shop, generation, wished)
        written = nesting.understood(tables, shop, generation, text, saving=frozenset({named}))
        record = SegmentRecord(segment, named, 1, at, at)
        plan = planned(generation, {segment: Edit(1, written.asks, silent=not announce)}, build, at)
        limits.check_builds(plan.generation, room)
        operations = [
            segments.put_operation(tables.segments, shop, record, None),
            segments.text_operation(tables.segments, shop, Text(definition_id(segment, 1), canonical(written.query))),
            *segments.name_operations(tables.segments, shop, segment, named, None),
            *(request.operations(tables, shop, segment, at) if request else []),
        ]
        if _save(tables, shop, generation, plan, build, at, operations):
            break
        # The other one of two that were sent at once may have come first.
        if request is not None and (made := request.made(tables, shop)) is not None:
            return read(tables, shop, made, at)
        pause()
    builds.start(tables, shop, build, at, build_machine)
    return read(tables, shop, segment, at)


def change(
    tables: Tables,
    shop: str,
    segment: str,
    at: datetime,
    build_machine: str,
    *,
    editions: frozenset[int] | None,
    name: str | None = None,
    text: str | None = None,
    room: Room = _ROOM,
) -> Segment:
    """Rename a segment, or give it another query, or both; what readers see stays until the new one is built.

    `editions` are those of the segment that the change is about, None: any. A query that the segment has already is
    not built again; what changes neither name nor query is not written, and the edition stays.
    Raises what `create` does, and PreconditionFailed.
    """
    if name is None and text is None:
        raise InvalidRequest("At least one attribute to change must be present", code="nothing_to_change")
    wished = None if name is None else names.valid(name)
    build = builds.new_id()
    for pause in backoff():
        generation = generations.newest(tables.segments, shop)
        before = find(tables, shop, segment)
        _check_edition(before.record, editions)
        named = before.name if wished is None else wished
        if _taken(tables, shop, generation, named, by_other_than=segment):
            raise names.taken()
        record = replace(before.record, name=named)
        operations = segments.name_operations(tables.segments, shop, segment, named, before.name)
        plan = None
        if text is not None:
            saving = frozenset({named, before.name, segment})
            written = nesting.understood(tables, shop, generation, text, segment, saving)
            if (query := canonical(written.query)) != before.newest_text:
                record = replace(record, revision=record.revision + 1)
                written_now = Text(definition_id(segment, record.revision), query)
                operations.append(segments.text_operation(tables.segments, shop, written_now))
                silent = before.pending is not None and before.pending.silent
                plan = planned(generation, {segment: Edit(record.revision, written.asks, silent)}, build, at)
                limits.check_builds(plan.generation, room)
        if record == before.record:
            break
        record = replace(record, updated_at=at, edition=record.edition + 1)
        operations.append(segments.put_operation(tables.segments, shop, record, before.record))
        if plan is None and segments.save(operations):
            break
        if plan is not None and _save(tables, shop, generation, plan, build, at, operations):
            builds.start(tables, shop, build, at, build_machine)
            break
        pause()
    return read(tables, shop, segment, at)


def delete(
    tables: Tables, shop: str, segment: str, at: datetime, build_machine: str, editions: frozenset[int] | None = None
) -> None:
    """Withdraw a segment: readers lose it at once, its members leave it with cause `definition`.

    Raises NotFound (`segment_not_found`), PreconditionFailed, and Conflict (`segment_has_dependents`) if others ask it.
    """
    job = builds.new_id()
    for pause in backoff():
        generation = generations.newest(tables.segments, shop)
        before = find(tables, shop, segment)
        _check_edition(before.record, editions)
        _check_independent(tables, shop, before)
        without = generation.without(segment, at)
        record = replace(before.record, deleted=True, updated_at=at, edition=before.record.edition + 1)
        operations = [
            segments.put_operation(tables.segments, shop, record, before.record),
            *segments.name_operations(tables.segments, shop, segment, None, before.name),
            *builds.withdraw(tables, shop, generation, without, job, at),
        ]
        if generations.save(tables.segments, shop, without, generation, operations):
            break
        pause()
    builds.start(tables, shop, job, at, build_machine)


def _save(
    tables: Tables, shop: str, generation: Generation, plan: Plan, build: str, at: datetime, operations: list[Operation]
) -> bool:
    beside = [*operations, *builds.begin(tables, shop, generation, plan, build, at)]
    return generations.save(tables.segments, shop, plan.generation, generation, beside)


def _check_edition(record: SegmentRecord, editions: frozenset[int] | None) -> None:
    if editions is not None and record.edition not in editions:
        raise PreconditionFailed("the segment was changed since it was read; read it again and decide anew")


def _check_independent(tables: Tables, shop: str, found: Found) -> None:
    if not found.dependents:
        return
    named = segments.names(tables.segments, shop, found.dependents)
    told = ", ".join(sorted(f"'{name}' ({one})" for one, name in named.items()))
    raise Conflict(f"other segments ask this one: {told}; change or delete them first", code="segment_has_dependents")


def _free_name(tables: Tables, shop: str, generation: Generation, wished: str) -> str:
    return next(name for name in names.candidates(wished) if not _taken(tables, shop, generation, name))


def _taken(tables: Tables, shop: str, generation: Generation, name: str, by_other_than: str = "") -> bool:
    # Queries ask a segment by its name or its id: a name that is another one's id would stand for both.
    ids = {folded(one.segment) for one in generation.live if one.segment != by_other_than}
    return folded(name) in ids or segments.name_taken(tables.segments, shop, name, by_other_than)
