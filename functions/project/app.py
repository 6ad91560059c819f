"""`project`: takes each change of membership to lists, counts, history and the event bus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core import clock
from segment_core.membership import parking
from segment_core.membership.project import project, take_up
from segment_core.membership.stream import changes
from segment_core.privacy import copies
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
    records = event["Records"]
    if records[0]["eventSource"] == "aws:sqs":
        return process(EventType.SQS, records, partial(_take_up, env), context)
    if len(records) == 1:
        park = partial(parking.park, env.project_retry_queue_url)
        return process(EventType.DynamoDBStreams, records, lambda one: _project(env, [one]), context, park)
    _project(env, records)
    return {"batchItemFailures": []}


def _project(env: ProjectEnvironment, records: list[Any]) -> None:
    tables, kept, told = _tables(env), timedelta(days=env.history_days), [*changes(records)]
    count("SegmentFlips", project(tables, env.event_bus_name, told, clock.now(), kept))
    copies.forget(tables, env.work_queue_url, told)


def _take_up(env: ProjectEnvironment, record: Mapping[str, Any]) -> None:
    tables, kept, change = _tables(env), timedelta(days=env.history_days), parking.change_of(record["body"])
    count("SegmentFlips", take_up(tables, env.event_bus_name, change, clock.now(), kept))
    copies.forget(tables, env.work_queue_url, [change])


def _tables(env: ProjectEnvironment) -> Tables:
    return Tables("", env.memberships_table, env.members_table, env.history_table, env.segments_table)
