"""`ingest`: turns queued webhooks and imported documents into facts and merges them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from segment_core import clock
from segment_core.errors import InvalidDocument, InvalidRequest, NotFound, NotUnderstood, TidemarkError, TooLarge
from segment_core.ingest import messages
from segment_core.runtime import queue
from segment_core.runtime.batch import process
from segment_core.runtime.environment import IngestEnvironment, environment
from segment_core.runtime.observability import count, logger, observed
from segment_core.segments.domains import Domains
from segment_core.segments.intake import take_in
from segment_core.store.tables import Tables


@observed()
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of messages; those that must be tried again are reported one by one."""
    return process(EventType.SQS, event["Records"], _merge, context)


@cache
def _domains() -> Domains:
    """They live as long as the process."""
    return Domains(environment(IngestEnvironment).segments_table)


def _merge(record: Mapping[str, Any]) -> None:
    env = environment(IngestEnvironment)
    try:
        told = messages.read(record["body"], lambda domain: _domains().shop_of(domain, clock.now()))
        changed = take_in(Tables(env.customers_table, segments=env.segments_table), told, clock.now())
    except (NotUnderstood, InvalidDocument, InvalidRequest, TooLarge, NotFound) as error:
        _park(record, error)
    else:
        count("FactsMerged" if changed else "FactsKnown" if told.facts else "WebhookIgnored")


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
