"""`evaluate`: brings customers up to date, woken by their facts or by the work queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from segment_core import clock
from segment_core.membership.wake import Wake
from segment_core.runtime.environment import EvaluateEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of stream records or of messages; what fails is reported record by record."""
    env = environment(EvaluateEnvironment)
    tables = Tables(
        env.customers_table,
        env.memberships_table,
        env.members_table,
        segments=env.segments_table,
    )
    wake = Wake(tables, env.work_queue_url, clock.now())
    records = event["Records"]
    if records[0]["eventSource"] == "aws:sqs":
        kind, evaluate = EventType.SQS, wake.by_message
    else:
        kind, evaluate = EventType.DynamoDBStreams, wake.by_fact
        records = wake.defer_marked(records)
    if not records:
        return {"batchItemFailures": []}
    return process_partial_response(
        event={"Records": records},
        record_handler=lambda record: evaluate(record.raw_event),
        processor=BatchProcessor(event_type=kind, raise_on_entire_batch_failure=False),
        context=context,
    )
