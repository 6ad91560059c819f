"""`ingest`: turns queued webhooks and imported documents into facts and merges them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core.errors import InvalidDocument, InvalidRequest, NotUnderstood, TidemarkError, TooLarge
from segment_core.ingest import messages
from segment_core.runtime import queue
from segment_core.runtime.batch import process
from segment_core.runtime.environment import IngestEnvironment, environment
from segment_core.runtime.observability import count, logger, observed
from segment_core.store import facts


@observed()
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of messages; those that must be tried again are reported one by one."""
    return process(EventType.SQS, event["Records"], _merge, context)


def _merge(record: Mapping[str, Any]) -> None:
    table = environment(IngestEnvironment).customers_table
    try:
        told = messages.read(record["body"])
        changed = facts.merge_all(table, told.shop, told.facts, bulk=told.bulk)
    except (NotUnderstood, InvalidDocument, InvalidRequest, TooLarge) as error:
        _park(record, error)
    else:
        count("FactsMerged" if changed else "FactsKnown")


def _park(record: Mapping[str, Any], error: TidemarkError) -> None:
    """Trying again cannot help: keep the message with the reason, and let the others go on."""
    count("MessageParked")
    logger().warning("message parked", extra={"message_id": record["messageId"], "code": error.code})
    queue.send(
        environment(IngestEnvironment).ingest_dead_letter_queue_url,
        record["attributes"].get("MessageGroupId", "unknown"),
        _as_object(record["body"]),
        {"code": error.code, "reason": error.message},
    )


def _as_object(body: str) -> dict[str, Any]:
    """The message as it was; what is no JSON object is kept as text."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {"kind": "unreadable", "text": body}
