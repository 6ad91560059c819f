"""What is left of definitions that are answered no longer, and how it goes: lists, counters, texts."""

from __future__ import annotations

from datetime import datetime

from segment_core.model.generation import LiveDefinition
from segment_core.model.segment import Job
from segment_core.store import generations, members, segments
from segment_core.store.client import backoff
from segment_core.store.tables import Tables


def free(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    """Keep the lists of what the job's change withdrew no longer.

    Done before lists are cleared: from then on the projection removes what it writes into them late.
    """
    gone = {one.id for one in _gone(tables, shop, job)}
    for pause in backoff():
        generation = generations.current(tables.segments, shop)
        if generation is None or gone.isdisjoint(generation.retired):
            return
        if generations.save(tables.segments, shop, generation.freed(gone, at), generation):
            return
        pause()


def clear(tables: Tables, shop: str, job: Job, shard: int, place: str, page: int) -> str:
    """Remove a page of rows of one shard of the withdrawn lists; the place to go on from, empty after the last.

    A place is the number of a list and whom to go on after in it.
    """
    gone = _gone(tables, shop, job)
    number, _, after = place.partition("#")
    at_list = int(number or 0)
    if at_list >= len(gone):
        return ""
    definition = gone[at_list].id
    customers = members.shard_rows(tables.members, shop, definition, shard, after, page)
    members.remove_rows(tables.members, shop, definition, shard, customers)
    if len(customers) == page:
        return f"{at_list}#{customers[-1]}"
    return f"{at_list + 1}#" if at_list + 1 < len(gone) else ""


def forget(tables: Tables, shop: str, job: Job, at: datetime) -> None:
    """Delete the counters of withdrawn lists, texts that no definition has any more, and deleted segments."""
    gone = _gone(tables, shop, job)
    generation = generations.current(tables.segments, shop)
    live = {one.text for one in generation.live} if generation else set()
    for definition in gone:
        segments.forget_counters(tables.segments, shop, definition.id)
    for text in {one.text for one in gone} - live:
        segments.forget_text(tables.segments, shop, text)
    for segment in sorted({one.segment for one in gone}):
        record = segments.read(tables.segments, shop, segment)
        if record is not None and record.deleted:
            segments.keep_name(tables.segments, shop, record, at)


def _gone(tables: Tables, shop: str, job: Job) -> list[LiveDefinition]:
    """The definitions that the job's change withdrew, in the order of their ids."""
    before = generations.numbered(tables.segments, shop, job.before)
    after = generations.numbered(tables.segments, shop, job.after)
    return sorted((one for one in before.live if one.id not in after.by_id), key=lambda one: one.id)
