"""`project`: takes each change of membership to lists, counts, history and the event bus."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core import clock
from segment_core.membership import parking
from segment_core.membership.project import project, take_up
from segment_core.membership.stream import changes
from segment_core.runtime.batch import process
from segment_core.runtime.environment import ProjectEnvironment, environment
from segment_core.runtime.observability import count, observed
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: object) -> Any:
    """A batch of stream records, projected together so that they share writes, or changes that were parked.

    An error fails the batch; the event source then halves it until the record at fault is alone, and that is parked.
    """
    env = environment(ProjectEnvironment)
    tables = Tables("", env.memberships_table, env.members_table, env.history_table, env.segments_table)
    records = event["Records"]
    if records[0]["eventSource"] == "aws:sqs":
        kept = timedelta(days=env.history_days)
        late = partial(take_up, tables, env.event_bus_name, clock.now(), kept)
        return process(EventType.SQS, records, lambda record: count("SegmentFlips", late(record)), context)
    if len(records) == 1:
        park = partial(parking.park, env.project_retry_queue_url)
        return process(EventType.DynamoDBStreams, records, lambda one: _project(tables, env, [one]), context, park)
    _project(tables, env, records)
    return {"batchItemFailures": []}


def _project(tables: Tables, env: ProjectEnvironment, records: list[Any]) -> None:
    kept = timedelta(days=env.history_days)
    count("SegmentFlips", project(tables, env.event_bus_name, list(changes(records)), clock.now(), kept))
