"""`evaluate`: brings customers up to date, woken by their facts or by the work queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core import clock
from segment_core.membership.wake import Wake
from segment_core.runtime.batch import process
from segment_core.runtime.environment import EvaluateEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of stream records or of messages; what fails is reported record by record."""
    env = environment(EvaluateEnvironment)
    tables = Tables(env.customers_table, env.memberships_table, env.members_table, segments=env.segments_table)
    wake = Wake(tables, env.work_queue_url, clock.now())
    records = event["Records"]
    if records[0]["eventSource"] == "aws:sqs":
        return process(EventType.SQS, records, wake.by_message, context)
    return process(EventType.DynamoDBStreams, wake.defer_marked(records), wake.by_fact, context)
