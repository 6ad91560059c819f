"""`project`: takes each change of membership to lists, counts, history and the event bus."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from segment_core import clock
from segment_core.membership.project import project
from segment_core.membership.stream import changes
from segment_core.runtime.environment import ProjectEnvironment, environment
from segment_core.runtime.observability import count, observed
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: object) -> dict[str, list[Any]]:
    """A batch of stream records, projected together so that they share writes.

    An error fails the batch; the event source then halves it until the record at fault is alone.
    """
    env = environment(ProjectEnvironment)
    tables = Tables(
        members=env.members_table,
        history=env.history_table,
        segments=env.segments_table,
    )
    kept = timedelta(days=env.history_days)
    told = project(tables, env.event_bus_name, list(changes(event["Records"])), clock.now(), kept)
    count("SegmentFlips", told)
    return {"batchItemFailures": []}
