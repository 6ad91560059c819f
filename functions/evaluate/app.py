"""`evaluate`: brings customers up to date, woken by their facts or by the work queue."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core import clock
from segment_core.membership import budget
from segment_core.membership.wake import Wake, defer_marked, in_messages, in_records, long_last
from segment_core.runtime.batch import process
from segment_core.runtime.environment import EvaluateEnvironment, environment
from segment_core.runtime.observability import observed
from segment_core.store.tables import Tables

# When an extract's time is up, its page is still to be written.
SECONDS_KEPT = 25


@observed()
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of stream records or of messages; what fails goes to the work queue, or is tried again from there."""
    env = environment(EvaluateEnvironment)
    tables = Tables(env.customers_table, env.memberships_table, env.members_table, segments=env.segments_table)
    seconds_left = budget.of_invocation(context, SECONDS_KEPT)
    waking = partial(Wake, tables, env.work_queue_url, env.exports_bucket, clock.now(), seconds_left)
    records = event["Records"]
    if records[0]["eventSource"] == "aws:sqs":
        wake = waking(in_messages(records), env.secrets_prefix)
        answer = process(EventType.SQS, long_last(records), wake.by_message, context)
    else:
        records = defer_marked(records, env.work_queue_url)
        wake = waking(in_records(records), env.secrets_prefix)
        answer = process(EventType.DynamoDBStreams, records, wake.by_fact, context, wake.park)
    wake.settle()
    return answer
